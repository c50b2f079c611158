/**
 * Questions about jobs, and their cancelling.
 *
 * @internal
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { baseUrl, type Handler, type Wire } from "../Dialect.ts"
import type { Operation } from "../Operations.ts"
import * as Body from "./body.ts"
import * as Delivery from "./delivery.ts"
import { refuse } from "./googleRefusal.ts"
import * as Jobs from "./jobs.ts"
import type { Refusal } from "./refusal.ts"
import { toApiKeyForm, toVertexForm } from "./veoAnswer.ts"
import { type Addressed, apiKeyModel, findModel } from "./veoForms.ts"

/** GET of an operation, in the API-key form. */
export const get = (wire: Wire, name: string): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const operation = yield* Jobs.ask(wire, name)
    return HttpServerResponse.unsafeJson(toApiKeyForm(operation, uriOf(wire, request, operation)))
  })

const uriOf = (wire: Wire, request: HttpServerRequest.HttpServerRequest, { record }: Operation) =>
  `${baseUrl(wire, request)}/v1beta/files/${record.id}:download?alt=media`

const Page = Schema.Struct({
  pageSize: Schema.optionalWith(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1000)), {
    default: () => 100
  }),
  pageToken: Schema.optional(Schema.String)
})

const badPage = () => invalid("pageSize", "must be a whole number from 1 to 1000")

/** The jobs of a model in the API-key form, the oldest first; a page's token is the name of the last one before it. */
export const list = (wire: Wire, model: string): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { path } = apiKeyModel((yield* findModel(model)).id)
    const page = yield* Effect.mapError(HttpServerRequest.schemaSearchParams(Page), badPage)
    const all = (yield* Jobs.list(wire)).filter(({ record }) => record.name.startsWith(`${path}/`))
    const from = all.findIndex(({ record }) => record.id === page.pageToken) + 1
    const shown = all.slice(from, from + page.pageSize)
    const last = shown.at(-1)
    return HttpServerResponse.unsafeJson({
      operations: shown.map((operation) => toApiKeyForm(operation, uriOf(wire, request, operation))),
      ...(last === undefined || from + shown.length >= all.length ? {} : { nextPageToken: last.record.id })
    })
  })

/** `operations/ID:cancel` of google.longrunning, which is empty whether or not there was anything left to stop. */
export const cancel = (wire: Wire, name: string): Handler =>
  Jobs.find(wire, name).pipe(
    Effect.flatMap(({ record }) => wire.operations.cancel(record.id)),
    Effect.as(HttpServerResponse.unsafeJson({}))
  )

const invalid = (field: string, description: string): Refusal =>
  refuse({ why: "invalid", violations: [{ field, description }] })

const Fetch = Schema.Struct({ operationName: Schema.String })

/** A question of this kind is one line long; this is its limit in bytes. */
const maximumQuestion = 64 * 1024

/** `fetchPredictOperation`, the question of the Vertex form. */
export const fetch = (wire: Wire, { path }: Addressed): Handler =>
  Effect.gen(function* () {
    const { operationName } = yield* Body.json(wire, Fetch, maximumQuestion)
    if (!operationName.startsWith(`${path}/operations/`)) {
      return yield* invalid("operationName", `must begin with ${path}/operations/`)
    }
    return yield* answer(wire, yield* Jobs.ask(wire, operationName))
  })

/** Without a destination the video itself is in the answer, as in the original. */
const answer = (wire: Wire, operation: Operation): Handler => {
  const { outcome, destination } = operation.record
  return outcome._tag === "Rendered" && destination === undefined
    ? Delivery.sendInside(wire, operation.record, toVertexForm(operation))
    : Effect.succeed(HttpServerResponse.unsafeJson(toVertexForm(operation)))
}
