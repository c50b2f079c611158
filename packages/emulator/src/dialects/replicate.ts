/**
 * The wire of Replicate: predictions of official models, of versions and of deployments.
 *
 * @since 0.1.0
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import {
  answering,
  answeringAll,
  baseUrl,
  type Dialect,
  type Handler,
  type Routes,
  type Wire
} from "../Dialect.ts"
import * as Body from "../internal/body.ts"
import * as Delivery from "../internal/delivery.ts"
import { ignoredInputsNotice, notice } from "../internal/description.ts"
import * as HostedRequest from "../internal/hostedRequest.ts"
import * as Jobs from "../internal/jobs.ts"
import * as Key from "../internal/key.ts"
import { type Plain, plainly, type Reason, type Refusal, refusalOf } from "../internal/refusal.ts"
import { submit } from "../internal/submission.ts"
import type { Operation } from "../Operations.ts"

const routes = (wire: Wire): Routes => {
  const answered = answering(wire)
  return HttpRouter.empty.pipe(
    HttpRouter.post("/models/:owner/:name/predictions", answered(create(wire, official))),
    HttpRouter.post("/deployments/:owner/:name/predictions", answered(create(wire, deployed))),
    HttpRouter.post("/predictions", answered(create(wire, versioned))),
    HttpRouter.get("/predictions", answered(list(wire))),
    HttpRouter.get("/predictions/:id", answered(retrieve(wire))),
    HttpRouter.post("/predictions/:id/cancel", answered(cancel(wire))),
    HttpRouter.get("/delivery/:id/output.mp4", answeringAll(delivery(wire)))
  )
}

const id = Effect.map(HttpRouter.params, (params) => params["id"] ?? "")

// --- predictions -----------------------------------------------------------------------------------------------

const Create = Schema.Struct({
  input: HostedRequest.Input,
  version: Schema.optionalWith(Schema.NonEmptyString, { exact: true }),
  webhook: Schema.optionalWith(Schema.NonEmptyString, { exact: true })
})
type Create = typeof Create.Type

/** The name of the model that a request is about, if it says one. */
type Named = (fields: Create) => Effect.Effect<string | undefined, never, HttpRouter.RouteContext>

const inAddress = Effect.map(HttpRouter.params, ({ name = "", owner = "" }) => `${owner}/${name}`)
const official: Named = () => inAddress
const deployed: Named = () => Effect.map(inAddress, (name) => `deployments/${name}`)
const versioned: Named = ({ version }) => Effect.succeed(version)

/** Nobody is kept waiting: `Prefer: wait` is answered at once, as when the wait is over. */
const create = (wire: Wire, named: Named): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const fields = yield* Body.json(wire, Create)
    const model = yield* named(fields)
    if (model === undefined)
      return yield* refuse({ why: "invalid", violations: [{ field: "version", description: "is required" }] })
    const ask = yield* HostedRequest.toAsk(model, fields.input)
    const { emulator_scenario: _, ...echo } = fields.input
    return yield* submit(
      wire,
      { ...ask, label: fields.webhook, echo, known: (id) => ({ name: id }) },
      (record) =>
        HttpServerResponse.unsafeJson(
          toPrediction({ record, progress: Option.none() }, baseUrl(wire, request)),
          { status: 201 }
        )
    )
  })

const retrieve = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const operation = yield* Effect.flatMap(id, (name) => Jobs.ask(wire, name))
    return HttpServerResponse.unsafeJson(toPrediction(operation, baseUrl(wire, request)))
  })

/** What has ended stays as it is. */
const cancel = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const name = yield* id
    const { record } = yield* Jobs.find(wire, name)
    yield* wire.operations.cancel(record.id)
    return HttpServerResponse.unsafeJson(toPrediction(yield* Jobs.find(wire, name), baseUrl(wire, request)))
  })

const pageSize = 100

/** A hundred a page, the newest first; a cursor is the id of the last that was shown. */
const list = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { cursor } = yield* HttpServerRequest.ParsedSearchParams
    const all = (yield* Jobs.list(wire)).toReversed()
    const from = cursor === undefined ? 0 : 1 + all.findIndex(({ record }) => record.name === cursor)
    const shown = all.slice(from, from + pageSize)
    const last = shown.at(-1)
    const base = baseUrl(wire, request)
    return HttpServerResponse.unsafeJson({
      previous: null,
      next:
        last === undefined || from + shown.length >= all.length
          ? null
          : `${base}/predictions?cursor=${last.record.name}`,
      results: shown.map((operation) => ({ ...toPrediction(operation, base), source: "api" }))
    })
  })

/** Where outputs are, nobody is asked for a token. */
const delivery = (wire: Wire): Handler =>
  Effect.flatMap(id, (name) =>
    Effect.flatMap(Jobs.find(wire, name), ({ record }) => Delivery.send(wire, record))
  )

// --- answers ---------------------------------------------------------------------------------------------------

const toPrediction = (operation: Operation, base: string) => {
  const { record } = operation
  const url = `${base}/predictions/${record.name}`
  return {
    id: record.name,
    model: record.model,
    version: "hidden",
    input: record.echo ?? {},
    ...stateOf(operation, base),
    created_at: time(record.createdAt),
    data_removed: false,
    ...(record.label === undefined ? {} : { webhook: record.label }),
    urls: { get: url, cancel: `${url}/cancel` },
    notice,
    ...(record.ignoredInputs.length === 0
      ? {}
      : { ignored_inputs: record.ignoredInputs, ignored_inputs_notice: ignoredInputsNotice })
  }
}

const time = (milliseconds: number) => DateTime.formatIso(DateTime.unsafeMake(milliseconds))

/** A prediction that nothing came of, and nobody knows why, has succeeded without an output. */
const stateOf = (operation: Operation, base: string) => {
  const { record } = operation
  const { outcome } = record
  const nothing = { output: null, error: null, logs: logsOf(operation), metrics: {} }
  if (outcome._tag === "Pending")
    return { ...nothing, status: Option.isSome(operation.progress) ? "processing" : "starting" }
  const seconds = Math.max(0, outcome.at - record.createdAt) / 1000
  const ended = {
    ...nothing,
    completed_at: time(outcome.at),
    metrics: { predict_time: seconds, total_time: seconds }
  }
  switch (outcome._tag) {
    case "Rendered":
      return { ...ended, status: "succeeded", output: `${base}/delivery/${record.name}/output.mp4` }
    case "Withheld":
      return outcome.reasons.length === 0
        ? { ...ended, status: "succeeded" }
        : {
            ...ended,
            status: "failed",
            error: `The input or output was flagged as sensitive. ${outcome.reasons.join(" ")} (E005)`
          }
    case "Failed":
      return { ...ended, status: "failed", error: outcome.message }
    case "Cancelled":
      return { ...ended, status: "canceled" }
  }
}

/** Models draw their progress into the log. */
const logsOf = (operation: Operation): string => {
  const steps = Math.round(50 * Jobs.progressOf(operation))
  const bar = "#".repeat(Math.floor(steps / 5)).padEnd(10)
  return `Using seed: ${operation.record.video.seed}\n${String(2 * steps).padStart(3)}%|${bar}| ${steps}/50\n`
}

// --- refusals --------------------------------------------------------------------------------------------------

/** Says no as Replicate does: `{"title", "detail", "status"}`. */
const refuse = (reason: Reason): Refusal => {
  const said = { ...plainly(reason), ...own(reason) }
  return refusalOf(said, { title: titleOf(said.status), detail: said.message, status: said.status })
}

/** Where it has a status of its own, or other words. */
const own = (reason: Reason): Partial<Plain> => {
  switch (reason.why) {
    case "quota":
      return { status: 402, message: "You have insufficient credit to run this model." }
    case "rate-limit":
      return { message: "Request was throttled. Your rate limit resets in ~1s." }
    case "invalid":
      return {
        status: 422,
        message: reason.violations.map(({ description, field }) => `- ${field}: ${description}`).join("\n")
      }
    case "unknown-job":
    case "unknown-model":
    case "retired-model":
      return { message: "The requested resource could not be found." }
    default:
      return {}
  }
}

const titleOf = (status: number): string => titles[status] ?? "Request failed"

const titles: { readonly [status: number]: string } = {
  401: "Unauthenticated",
  402: "Insufficient credit",
  404: "Not found",
  422: "Input validation failed",
  429: "Too many requests"
}

/** Replicate's API. */
export const dialect: Dialect = {
  name: "replicate",
  title: "Replicate",
  prefix: "/replicate/v1",
  keys: [Key.authorization("Bearer"), Key.authorization("Token")],
  scenarioField: "emulator_scenario",
  lacks: {},
  refuse,
  routes
}
