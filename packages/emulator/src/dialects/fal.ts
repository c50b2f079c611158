/**
 * The wire of fal's queue: any model under its own address, a status that says only whether the work is over, and a result
 * that says what came of it.
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
import * as Fields from "../internal/fields.ts"
import * as HostedRequest from "../internal/hostedRequest.ts"
import * as Jobs from "../internal/jobs.ts"
import * as Key from "../internal/key.ts"
import { type Plain, plainly, type Reason, Refusal, refusalOf } from "../internal/refusal.ts"
import { submit } from "../internal/submission.ts"
import { uuid } from "../internal/uuid.ts"
import type { OperationRecord } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"

const routes = (wire: Wire): Routes => {
  const answered = answering(wire)
  return HttpRouter.empty.pipe(
    HttpRouter.get("/api/openapi/queue/openapi.json", answeringAll(openApi)),
    HttpRouter.get("/files/:id/output.mp4", answeringAll(file(wire))),
    HttpRouter.get("/models/requests/by-endpoint", answered(list(wire))),
    HttpRouter.get("/:owner/:app/requests/:id/status", answered(status(wire))),
    HttpRouter.get("/:owner/:app/requests/:id", answered(result(wire))),
    HttpRouter.put("/:owner/:app/requests/:id/cancel", answered(cancel(wire))),
    HttpRouter.post("/:owner/:app", answered(enqueue(wire))),
    HttpRouter.post("/:owner/:app/*", answered(enqueue(wire)))
  )
}

const id = Effect.map(HttpRouter.params, (params) => params["id"] ?? "")

// --- endpoints -------------------------------------------------------------------------------------------------

/** Below fal's other address (`https://fal.ai`), and for everybody: what an endpoint takes. Here all take the same. */
const openApi: Handler = Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }) => {
  const endpoint = new URLSearchParams(url.split("?")[1] ?? "").get("endpoint_id") ?? ""
  return /^[\w.-]+(\/[\w.-]+)+$/.test(endpoint)
    ? Effect.succeed(HttpServerResponse.unsafeJson(HostedRequest.openApi(endpoint)))
    : Effect.fail(refuse({ why: "unknown-model", model: endpoint }))
})

// --- requests --------------------------------------------------------------------------------------------------

/** The whole address below the queue is the model's. */
const enqueue = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const model = request.url.replace(/^\//, "").replace(/\/*(\?.*)?$/, "")
    const ask = yield* Effect.flatMap(Body.json(wire, HostedRequest.Input), (input) =>
      HostedRequest.toAsk(model, input)
    )
    const { fal_webhook: label } = yield* HttpServerRequest.ParsedSearchParams
    const labelled = typeof label === "string" ? { label } : {}
    return yield* submit(wire, { ...ask, ...labelled, known: (id) => ({ name: uuid(id) }) }, (record) =>
      HttpServerResponse.unsafeJson({
        status: "IN_QUEUE",
        queue_position: 0,
        ...urlsOf(record, baseUrl(wire, request)),
        logs: null,
        metrics: {}
      })
    )
  })

const Wanted = Schema.Struct({
  endpoint_id: Schema.NonEmptyString,
  start: Schema.optional(Schema.DateTimeUtc),
  end: Schema.optional(Schema.DateTimeUtc),
  limit: Schema.optionalWith(Schema.compose(Schema.NumberFromString, Fields.wholeNumber(1, 100)), {
    default: () => 50
  }),
  cursor: Schema.optional(Schema.String)
})

/** Of one endpoint, in a time, the newest first. At fal this is at an address of its own (`https://api.fal.ai/v1`). */
const list = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const { cursor, end, endpoint_id, limit, start } = yield* Effect.mapError(
      HttpServerRequest.schemaSearchParams(Wanted),
      () => refuse({ why: "invalid", violations: [{ field: "endpoint_id", description: "is required" }] })
    )
    const found = (yield* Jobs.list(wire))
      .toReversed()
      .filter(
        ({ record: { createdAt, model } }) =>
          model === endpoint_id &&
          createdAt >= (start?.epochMillis ?? 0) &&
          createdAt < (end?.epochMillis ?? Number.POSITIVE_INFINITY)
      )
    const from = 1 + found.findIndex(({ record }) => record.name === cursor)
    const shown = found.slice(from, from + limit)
    const isMore = from + shown.length < found.length
    return HttpServerResponse.unsafeJson({
      items: shown.map(({ record }) => ({
        request_id: record.name,
        endpoint_id: record.model,
        sent_at: time(record.createdAt),
        started_at: time(record.createdAt),
        ...(record.outcome._tag === "Pending" ? {} : { ended_at: time(record.outcome.at) })
      })),
      has_more: isMore,
      next_cursor: isMore ? shown.at(-1)?.record.name : null
    })
  })

const time = (milliseconds: number) => DateTime.formatIso(DateTime.unsafeMake(milliseconds))

/** Requests are kept under the owner and the app: what else the model's address has is not in theirs. */
const urlsOf = ({ model, name }: OperationRecord, base: string) => {
  const url = `${base}/${appOf(model)}/requests/${name}`
  return { request_id: name, response_url: url, status_url: `${url}/status`, cancel_url: `${url}/cancel` }
}

const appOf = (model: string) => model.split("/").slice(0, 2).join("/")

/** The request of that id, if it is one of this app. */
const ofApp = (wire: Wire, find: typeof Jobs.find) =>
  Effect.flatMap(HttpRouter.params, ({ app = "", id: name = "", owner = "" }) =>
    Effect.filterOrFail(
      find(wire, name),
      ({ record }) => appOf(record.model) === `${owner}/${app}`,
      () => refuse({ why: "unknown-job", job: name })
    )
  )

/** 202 until the work is over, whatever came of it. */
const status = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { logs } = yield* HttpServerRequest.ParsedSearchParams
    const operation = yield* ofApp(wire, Jobs.ask)
    const state = yield* stateOf(wire, operation, logs === "1" || logs === "true")
    return HttpServerResponse.unsafeJson(
      { ...state, ...urlsOf(operation.record, baseUrl(wire, request)) },
      { status: state.status === "COMPLETED" ? 200 : 202 }
    )
  })

const stateOf = (wire: Wire, operation: Operation, withLogs: boolean) =>
  Effect.gen(function* () {
    const { record } = operation
    const { outcome } = record
    const logs = withLogs ? logsOf(operation) : null
    if (outcome._tag !== "Pending")
      return {
        status: "COMPLETED",
        logs,
        metrics: { inference_time: Math.max(0, outcome.at - record.createdAt) / 1000 }
      }
    if (Option.isSome(operation.progress)) return { status: "IN_PROGRESS", logs }
    return { status: "IN_QUEUE", queue_position: yield* before(wire, record) }
  })

/** How many requests wait before it. */
const before = (wire: Wire, { createdAt, id }: OperationRecord) =>
  Effect.map(
    wire.operations.list,
    (all) =>
      all.filter(
        ({ progress, record }) =>
          record.outcome._tag === "Pending" &&
          Option.isNone(progress) &&
          record.createdAt < createdAt &&
          record.id !== id
      ).length
  )

/** Models draw their progress into the log. */
const logsOf = (operation: Operation) => {
  const steps = Math.round(50 * Jobs.progressOf(operation))
  const bar = "#".repeat(Math.floor(steps / 5)).padEnd(10)
  return [
    {
      message: `${String(2 * steps).padStart(3)}%|${bar}| ${steps}/50`,
      level: "INFO",
      source: "USER",
      timestamp: DateTime.formatIso(DateTime.unsafeMake(operation.record.createdAt))
    }
  ]
}

const result = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { record } = yield* ofApp(wire, Jobs.ask)
    return yield* resultOf(record, baseUrl(wire, request))
  })

/** A video, or none of which nobody knows why; everything else is refused. */
const resultOf = (record: OperationRecord, base: string) => {
  const { outcome } = record
  switch (outcome._tag) {
    case "Pending":
      return Effect.fail(refuse({ why: "not-ready", job: record.name }))
    case "Rendered":
      return Effect.succeed(
        output(record, { video: videoAt(`${base}/files/${record.name}/output.mp4`, outcome.bytes) })
      )
    case "Withheld":
      return outcome.reasons.length === 0
        ? Effect.succeed(output(record, { video: null }))
        : Effect.fail(refusalOf({ status: 422 }, { detail: outcome.reasons.map(withheld) }))
    case "Failed":
      return Effect.fail(requestError(500, outcome.message, "runner_server_error"))
    case "Cancelled":
      return Effect.fail(requestError(499, "The request was cancelled by the client.", "client_cancelled"))
  }
}

const output = (record: OperationRecord, fields: object) =>
  HttpServerResponse.unsafeJson(
    {
      ...fields,
      seed: record.video.seed,
      prompt: record.video.prompt,
      notice,
      ...(record.ignoredInputs.length === 0
        ? {}
        : { ignored_inputs: record.ignoredInputs, ignored_inputs_notice: ignoredInputsNotice })
    },
    { headers: { "x-fal-request-id": record.name, "x-fal-billable-units": String(record.video.duration) } }
  )

const videoAt = (url: string, file_size: number) => ({
  url,
  content_type: "video/mp4",
  file_name: "output.mp4",
  file_size
})

/** Where videos are, nobody is asked for a key. */
const file = (wire: Wire): Handler =>
  Effect.flatMap(id, (name) =>
    Effect.flatMap(Jobs.find(wire, name), ({ record }) => Delivery.send(wire, record))
  )

const cancel = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const { record } = yield* ofApp(wire, Jobs.find)
    if (record.outcome._tag !== "Pending")
      return HttpServerResponse.unsafeJson({ status: "ALREADY_COMPLETED" }, { status: 400 })
    yield* wire.operations.cancel(record.id)
    return HttpServerResponse.unsafeJson({ status: "CANCELLATION_REQUESTED" }, { status: 202 })
  })

// --- refusals --------------------------------------------------------------------------------------------------

/** Says no as fal does: `{"detail": "text"}`, and where the input is at fault, what is wrong with it. */
const refuse = (reason: Reason): Refusal => {
  const said = { ...plainly(reason), ...own(reason) }
  return reason.why === "invalid"
    ? refusalOf(
        { status: 422 },
        {
          detail: reason.violations.map(({ description, field }) => ({
            loc: ["body", ...field.split(".")],
            msg: description,
            type: "value_error"
          }))
        }
      )
    : refusalOf(said, { detail: said.message })
}

/** Where it has a status of its own, or other words. */
const own = (reason: Reason): Partial<Plain> => {
  switch (reason.why) {
    case "quota":
      return { status: 403, message: "User is locked. Reason: Exhausted balance. Top up your balance." }
    case "unauthorized":
      return { message: "Authentication is required to access this application." }
    case "unknown-model":
    case "retired-model":
      return { message: `Application '${appOf(reason.model)}' not found` }
    case "malformed":
      return { status: 422 }
    case "not-ready":
      return { status: 400, message: "Request is still in progress" }
    default:
      return {}
  }
}

const withheld = (msg: string) => ({
  loc: ["body", "prompt"],
  msg,
  type: "content_policy_violation",
  url: "https://docs.fal.ai/errors#content_policy_violation"
})

/** What the queue itself says of a request that came to nothing. */
const requestError = (status: number, detail: string, type: string): Refusal => {
  const { response } = refusalOf({ status }, { detail, error_type: type })
  return new Refusal({ response: HttpServerResponse.setHeader(response, "x-fal-error-type", type) })
}

/** fal's queue. */
export const dialect: Dialect = {
  name: "fal",
  title: "fal",
  prefix: "/fal",
  keys: [Key.authorization("Key")],
  scenarioField: "emulator_scenario",
  lacks: {},
  refuse,
  routes
}
