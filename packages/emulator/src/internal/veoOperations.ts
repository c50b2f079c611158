/**
 * Questions about jobs, and their cancelling.
 *
 * @internal
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { baseUrl, type Emulation } from "../Emulation.ts"
import type { Operation } from "../Operations.ts"
import { type GoogleError, invalidArgument } from "./googleError.ts"
import * as Media from "./media.ts"
import * as Socket from "./socket.ts"
import { inlineMark, toApiKeyForm, toVertexForm } from "./veoAnswer.ts"
import { videoFor } from "./veoDownloads.ts"
import { type Addressed, apiKeyModel, askFor, findModel, findOperation, type Handler } from "./veoForms.ts"

/** GET of an operation, in the API-key form. */
export const get = (emulation: Emulation, name: string): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const operation = yield* askFor(emulation, name)
    return HttpServerResponse.unsafeJson(toApiKeyForm(operation, uriOf(emulation, request, operation)))
  })

const uriOf = (emulation: Emulation, request: HttpServerRequest.HttpServerRequest, { record }: Operation) =>
  `${baseUrl(emulation, request)}/v1beta/files/${record.id}:download?alt=media`

const Page = Schema.Struct({
  pageSize: Schema.optionalWith(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, 1000)), {
    default: () => 100
  }),
  pageToken: Schema.optional(Schema.String)
})

const badPage = () =>
  invalidArgument([{ field: "pageSize", description: "must be a whole number from 1 to 1000" }])

/** The jobs of a model in the API-key form, the oldest first; a page's token is the name of the last one before it. */
export const list = (emulation: Emulation, model: string): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { path } = apiKeyModel((yield* findModel(model)).id)
    const page = yield* Effect.mapError(HttpServerRequest.schemaSearchParams(Page), badPage)
    const all = (yield* emulation.operations.list).filter(({ record }) => record.name.startsWith(`${path}/`))
    const from = all.findIndex(({ record }) => record.id === page.pageToken) + 1
    const shown = all.slice(from, from + page.pageSize)
    const last = shown.at(-1)
    return HttpServerResponse.unsafeJson({
      operations: shown.map((operation) => toApiKeyForm(operation, uriOf(emulation, request, operation))),
      ...(last === undefined || from + shown.length >= all.length ? {} : { nextPageToken: last.record.id })
    })
  })

/** `operations/ID:cancel` of google.longrunning, which is empty whether or not there was anything left to stop. */
export const cancel = (emulation: Emulation, name: string): Handler =>
  findOperation(emulation, name).pipe(
    Effect.flatMap(({ record }) => emulation.operations.cancel(record.id)),
    Effect.as(HttpServerResponse.unsafeJson({}))
  )

const Fetch = Schema.parseJson(Schema.Struct({ operationName: Schema.String }))

/** A question of this kind is one line long; this is its limit in bytes. */
const maximumQuestion = 64 * 1024

/** `fetchPredictOperation`, the question of the Vertex form. */
export const fetch = (emulation: Emulation, { path }: Addressed): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const text = yield* Socket.bodyText(request, maximumQuestion)
    const { operationName } = yield* Effect.mapError(Schema.decode(Fetch)(text), () => badName("is missing"))
    if (!operationName.startsWith(`${path}/operations/`)) {
      return yield* badName(`must begin with ${path}/operations/`)
    }
    return yield* answer(emulation, yield* askFor(emulation, operationName))
  })

const badName = (description: string): GoogleError =>
  invalidArgument([{ field: "operationName", description }])

/** Without a destination the video itself is in the answer, as in the original. */
const answer = (emulation: Emulation, operation: Operation): Handler => {
  const { outcome, destination } = operation.record
  return outcome._tag === "Rendered" && destination === undefined
    ? inline(emulation, operation)
    : Effect.succeed(HttpServerResponse.unsafeJson(toVertexForm(operation)))
}

const inline = (emulation: Emulation, operation: Operation): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { video, truncated } = yield* videoFor(emulation, operation.record)
    const text = JSON.stringify(toVertexForm(operation))
    const mark = JSON.stringify(inlineMark).slice(1, -1)
    const at = text.lastIndexOf(mark)
    const around = { before: text.slice(0, at), after: text.slice(at + mark.length) }
    return yield* Media.sendInline(request, video, around, { truncated })
  })
