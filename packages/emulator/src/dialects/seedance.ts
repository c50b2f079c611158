/**
 * The wire of Seedance on BytePlus ModelArk (Volcengine Ark in China): tasks, which can be cancelled while they wait, and
 * not once they run.
 *
 * @since 0.1.0
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
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
import * as Delivery from "../internal/delivery.ts"
import { ignoredInputsNotice, notice } from "../internal/description.ts"
import * as Jobs from "../internal/jobs.ts"
import * as Key from "../internal/key.ts"
import { plainly, type Reason, type Refusal, refusalOf } from "../internal/refusal.ts"
import * as SeedanceRequest from "../internal/seedanceRequest.ts"
import { submit } from "../internal/submission.ts"
import type { OperationRecord } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"

const routes = (wire: Wire): Routes => {
  const answered = answering(wire)
  return HttpRouter.empty.pipe(
    HttpRouter.post("/contents/generations/tasks", answered(create(wire))),
    HttpRouter.get("/contents/generations/tasks", answered(list(wire))),
    HttpRouter.get("/contents/generations/tasks/:id", answered(retrieve(wire))),
    HttpRouter.del("/contents/generations/tasks/:id", answered(remove(wire))),
    HttpRouter.get("/storage/:id/video.mp4", answeringAll(storage(wire)))
  )
}

const id = Effect.map(HttpRouter.params, (params) => params["id"] ?? "")

// --- tasks -----------------------------------------------------------------------------------------------------

const create = (wire: Wire): Handler =>
  Effect.flatMap(SeedanceRequest.read(wire), (ask) =>
    submit(wire, { ...ask, known: (id) => ({ name: `cgt-${id}` }) }, ({ name }) =>
      HttpServerResponse.unsafeJson({ id: name })
    )
  )

const retrieve = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const operation = yield* Jobs.ask(wire, yield* id)
    const { label } = operation.record
    return HttpServerResponse.unsafeJson({
      ...toTask(operation, baseUrl(wire, request)),
      // Documented of a task by itself, and not of those of the list.
      ...(label === undefined ? {} : { safety_identifier: label })
    })
  })

const number = (most: number) =>
  Schema.optionalWith(Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, most)), { exact: true })

const Page = Schema.Struct({
  page_num: number(500),
  page_size: number(500),
  "filter.status": Schema.optional(Schema.String),
  "filter.model": Schema.optional(Schema.String),
  "filter.service_tier": Schema.optional(Schema.String)
})

/** The newest first. Those of the tier `flex` are not shown unless they are asked for. */
const list = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const page = yield* Effect.mapError(HttpServerRequest.schemaSearchParams(Page), () =>
      refuse({
        why: "invalid",
        violations: [{ field: "page_num", description: "and page_size are whole numbers from 1 to 500" }]
      })
    )
    const { page_num = 1, page_size = 10 } = page
    const { "filter.model": model, "filter.service_tier": tier = "default", "filter.status": status } = page
    const found = (yield* Jobs.list(wire))
      .toReversed()
      .map((operation) => toTask(operation, baseUrl(wire, request)))
      .filter((task) => task.service_tier === tier)
      .filter((task) => model === undefined || task.model === model)
      .filter((task) => status === undefined || task.status === status)
    const items = found.slice((page_num - 1) * page_size, page_num * page_size)
    return HttpServerResponse.unsafeJson({ total: found.length, items })
  })

/** Takes what waits out of the queue, and deletes what has ended, unless it was cancelled; what runs it cannot stop. */
const remove = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const { progress, record } = yield* Jobs.find(wire, yield* id)
    const ended = record.outcome._tag
    if (ended === "Cancelled" || (ended === "Pending" && Option.isSome(progress)))
      return yield* undeletable(record.name, ended === "Pending" ? "Running" : "Cancelled")
    yield* ended === "Pending"
      ? wire.operations.cancel(record.id)
      : Effect.mapError(wire.operations.forget(record.id), () => refuse({ why: "not-stored" }))
    return HttpServerResponse.unsafeJson({})
  })

/** Where the videos are nobody is asked for a key. */
const storage = (wire: Wire): Handler =>
  Effect.flatMap(id, (name) =>
    Effect.flatMap(Jobs.find(wire, name), ({ record }) => Delivery.send(wire, record))
  )

// --- answers ---------------------------------------------------------------------------------------------------

/** Times are in seconds. */
const toTask = (operation: Operation, base: string) => {
  const { ignoredInputs, model, name, createdAt, outcome, video, echo = {} } = operation.record
  return {
    id: name,
    model,
    ...stateOf(operation, base),
    created_at: Math.floor(createdAt / 1000),
    updated_at: Math.floor((outcome._tag === "Pending" ? createdAt : outcome.at) / 1000),
    seed: video.seed,
    resolution: echo["resolution"],
    ratio: echo["ratio"],
    duration: video.duration,
    framespersecond,
    generate_audio: video.audio,
    service_tier: echo["service_tier"],
    execution_expires_after: 48 * 3600,
    metadata: {
      notice,
      ...(ignoredInputs.length === 0
        ? {}
        : { ignored_inputs: ignoredInputs, ignored_inputs_notice: ignoredInputsNotice })
    }
  }
}

const framespersecond = 24

/** A task that nothing came of, and nobody knows why, has succeeded without a video. */
const stateOf = ({ progress, record }: Operation, base: string) => {
  const { outcome } = record
  const failed = (code: string, message: string) => ({ status: "failed", error: { code, message } })
  switch (outcome._tag) {
    case "Pending":
      return { status: Option.isSome(progress) ? "running" : "queued" }
    case "Rendered":
      return {
        status: "succeeded",
        content: { video_url: `${base}/storage/${record.name}/video.mp4` },
        usage: usage(record)
      }
    case "Withheld":
      return outcome.reasons.length === 0
        ? { status: "succeeded", content: {}, usage: usage(record) }
        : failed("OutputVideoSensitiveContentDetected", outcome.reasons.join(" "))
    case "Failed":
      return failed("InternalServiceError", outcome.message)
    case "Cancelled":
      return { status: "cancelled" }
  }
}

/** A token is 1024 pixels. */
const usage = ({ video: { duration, height, width } }: OperationRecord) => {
  const tokens = Math.round((width * height * framespersecond * duration) / 1024)
  return { completion_tokens: tokens, total_tokens: tokens }
}

// --- refusals --------------------------------------------------------------------------------------------------

/** Says no as Ark does: `{"error": {"code", "message", "param", "type"}}`. */
const refuse = (reason: Reason): Refusal => {
  const said = plainly(reason)
  const param = reason.why === "invalid" ? (reason.violations[0]?.field ?? "") : ""
  const [code, type] = wordsOf(reason)
  return refusalOf(said, { error: { code, message: said.message, param, type } })
}

const undeletable = (job: string, state: "Running" | "Cancelled"): Refusal =>
  refusalOf(
    { status: 409 },
    {
      error: {
        code: `InvalidAction.${state}TaskDeletion`,
        message: `Cannot delete task ${job} because it is ${state === "Running" ? "currently running" : "cancelled"}.`,
        param: "",
        type: "Conflict"
      }
    }
  )

const wordsOf = ({ why }: Reason): readonly [code: string, type: string] => {
  switch (why) {
    case "quota":
      return ["QuotaExceeded", "TooManyRequests"]
    case "rate-limit":
      return ["RateLimitExceeded.EndpointRPMExceeded", "TooManyRequests"]
    case "unauthorized":
      return ["AuthenticationError", "Unauthorized"]
    case "forbidden":
      return ["AccessDenied", "Forbidden"]
    case "unavailable":
    case "not-stored":
      return ["InternalServiceError", "InternalServerError"]
    case "invalid":
    case "malformed":
    case "too-large":
      return ["InvalidParameter", "BadRequest"]
    case "unknown-model":
    case "retired-model":
      return ["InvalidEndpointOrModel.NotFound", "NotFound"]
    default:
      return ["ResourceNotFound", "NotFound"]
  }
}

/** The tasks of Ark, as Seedance is asked for. */
export const dialect: Dialect = {
  name: "seedance",
  title: "Seedance on BytePlus ModelArk",
  prefix: "/seedance/api/v3",
  keys: [Key.authorization("Bearer")],
  scenarioField: "emulator_scenario",
  lacks: {},
  refuse,
  routes
}
