/**
 * The wire of Runway's API: tasks from a text or an image, paid in credits, and gone for good once they are deleted.
 *
 * @since 0.1.0
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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
import * as RunwayRequest from "../internal/runwayRequest.ts"
import { submit } from "../internal/submission.ts"
import { uuid } from "../internal/uuid.ts"
import type { OperationRecord } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"

const routes = (wire: Wire): Routes => {
  const answered = (handler: Handler) => answering(wire)(Effect.zipRight(versioned, handler))
  return HttpRouter.empty.pipe(
    HttpRouter.post("/v1/text_to_video", answered(create(wire, RunwayRequest.fromText(wire)))),
    HttpRouter.post("/v1/image_to_video", answered(create(wire, RunwayRequest.fromImage(wire)))),
    HttpRouter.post("/v1/video_to_video", answered(cannot("Making a video of a video"))),
    HttpRouter.get("/v1/tasks/:id", answered(retrieve(wire))),
    HttpRouter.del("/v1/tasks/:id", answered(remove(wire))),
    HttpRouter.get("/v1/outputs/:id/video.mp4", answeringAll(output(wire)))
  )
}

const id = Effect.map(HttpRouter.params, (params) => params["id"] ?? "")

const cannot = (what: string): Handler => Effect.fail(refuse({ why: "unsupported", what }))

/** Each request names the version of the API that it means. */
const versioned = Effect.filterOrFail(
  HttpServerRequest.HttpServerRequest,
  ({ headers }) => headers["x-runway-version"] === version,
  () =>
    refuse({ why: "invalid", violations: [{ field: "X-Runway-Version", description: `must be ${version}` }] })
)

const version = "2024-11-06"

const create = (wire: Wire, read: ReturnType<typeof RunwayRequest.fromText>): Handler =>
  Effect.gen(function* () {
    const ask = { ...(yield* read), known: (id: string) => ({ name: uuid(id) }) }
    return yield* submit(wire, ask, (record) =>
      HttpServerResponse.unsafeJson({ id: record.name, estimatedCost: { credits: credits(record) } })
    )
  })

const retrieve = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const operation = yield* Jobs.ask(wire, yield* id)
    return HttpServerResponse.unsafeJson(toTask(operation, baseUrl(wire, request)))
  })

/** Stops what runs, and takes away what is done: neither is found any more. */
const remove = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const { record } = yield* Jobs.find(wire, yield* id)
    yield* Effect.mapError(wire.operations.forget(record.id), () => refuse({ why: "not-stored" }))
    return HttpServerResponse.empty({ status: 204 })
  })

/** The address of an output is a secret of its own, and asks for no key. */
const output = (wire: Wire): Handler =>
  Effect.flatMap(id, (name) =>
    Effect.flatMap(Jobs.find(wire, name), ({ record }) => Delivery.send(wire, record))
  )

// --- answers ---------------------------------------------------------------------------------------------------

const toTask = (operation: Operation, base: string) => {
  const { record } = operation
  return {
    id: record.name,
    createdAt: DateTime.formatIso(DateTime.unsafeMake(record.createdAt)),
    ...stateOf(operation, base),
    metadata: {
      notice,
      seed: record.video.seed,
      ...(record.ignoredInputs.length === 0
        ? {}
        : { ignoredInputs: record.ignoredInputs, ignoredInputsNotice })
    }
  }
}

/** A task that nothing came of, and nobody knows why, has succeeded without an output. */
const stateOf = ({ progress, record }: Operation, base: string) => {
  const { outcome } = record
  const estimatedCost = { credits: credits(record) }
  const cost = estimatedCost
  switch (outcome._tag) {
    case "Pending":
      return Option.match(progress, {
        onNone: () => ({ status: "PENDING", estimatedCost }),
        onSome: (progress) => ({
          status: "RUNNING",
          progress: Math.min(1, Math.max(0, progress)),
          estimatedCost
        })
      })
    case "Rendered":
      return { status: "SUCCEEDED", output: [`${base}/v1/outputs/${record.name}/video.mp4`], cost }
    case "Withheld":
      return outcome.reasons.length === 0
        ? { status: "SUCCEEDED", output: [], cost }
        : { status: "FAILED", failure: outcome.reasons.join(" "), failureCode: "SAFETY.OUTPUT.VIDEO", cost }
    case "Failed":
      return {
        status: "FAILED",
        failure: outcome.message,
        failureCode: "INTERNAL.BAD_OUTPUT.CODE01",
        cost: { credits: 0 }
      }
    case "Cancelled":
      return { status: "CANCELLED", cost: { credits: 0 } }
  }
}

/** As many as for Gen-4.5, whatever the model is. */
const credits = ({ video }: OperationRecord) => 12 * video.duration

// --- refusals --------------------------------------------------------------------------------------------------

/** Says no as Runway does: `{"error": "text"}`, and where the body is at fault, what is wrong with it. */
const refuse = (reason: Reason): Refusal => {
  const said = plainly(reason)
  switch (reason.why) {
    case "quota":
      return refusalOf({ status: 400 }, { error: "You do not have enough credits to run this task.", docUrl })
    case "invalid":
      return invalid(reason.violations.map(({ description, field }) => issue(field, description)))
    case "unknown-model":
    case "retired-model":
      return invalid([issue("model", said.message)])
    default:
      return refusalOf(said, { error: said.message, docUrl })
  }
}

const docUrl = "https://docs.dev.runwayml.com/api"

const issue = (field: string, message: string) => ({ code: "custom", path: field.split("."), message })

const invalid = (issues: ReadonlyArray<object>) =>
  refusalOf({ status: 400 }, { error: "Validation of body failed", issues, docUrl })

/** Runway's API. The vendor's own client adds `/v1` to its base URL by itself. */
export const dialect: Dialect = {
  name: "runway",
  title: "Runway",
  prefix: "/runway",
  keys: [Key.authorization("Bearer")],
  scenarioField: "emulatorScenario",
  lacks: {},
  refuse,
  routes
}
