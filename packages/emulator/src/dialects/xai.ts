/**
 * The wire of xAI's Grok Imagine: a job that runs is answered with 202, at first without a word, and one whose video is
 * held back with 400.
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
import * as Body from "../internal/body.ts"
import * as Delivery from "../internal/delivery.ts"
import { describe, frameOf, ignoredInputsNotice, notice } from "../internal/description.ts"
import * as Fields from "../internal/fields.ts"
import * as Jobs from "../internal/jobs.ts"
import * as Key from "../internal/key.ts"
import { plainly, type Reason, type Refusal, refusalOf } from "../internal/refusal.ts"
import { submit } from "../internal/submission.ts"
import { isUuid, uuid } from "../internal/uuid.ts"
import type { IgnoredInput, OperationRecord } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"

const routes = (wire: Wire): Routes => {
  const answered = answering(wire)
  return HttpRouter.empty.pipe(
    HttpRouter.post("/videos/generations", answered(generate(wire))),
    HttpRouter.post("/videos/extensions", answered(extend(wire))),
    HttpRouter.post("/videos/edits", answered(cannot("Editing a video"))),
    HttpRouter.get("/videos/:id", answered(retrieve(wire))),
    HttpRouter.get("/vidgen/:id/video.mp4", answeringAll(vidgen(wire)))
  )
}

const id = Effect.map(HttpRouter.params, (params) => params["id"] ?? "")

const cannot = (what: string): Handler => Effect.fail(refuse({ why: "unsupported", what }))

// --- jobs ------------------------------------------------------------------------------------------------------

const Asset = Schema.Struct({ url: Schema.NonEmptyString })
const Assets = Schema.Array(Schema.Union(Asset, Schema.Struct({ voice_id: Schema.NonEmptyString })))

const common = {
  model: Schema.NonEmptyString,
  prompt: Fields.Prompt,
  duration: Fields.maybe(Fields.wholeNumber(1, 15)),
  emulator_scenario: Fields.maybe(Fields.ScenarioText)
}

const Generate = Schema.Struct({
  ...common,
  user: Fields.maybe(Schema.String),
  aspect_ratio: Fields.maybe(Fields.oneOf("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3")),
  resolution: Fields.maybe(Fields.oneOf("480p", "720p", "1080p")),
  generate_audio: Fields.maybe(Fields.flag),
  image: Fields.maybe(Asset),
  last_frame: Fields.maybe(Asset),
  keyframes: Fields.maybe(Schema.Array(Schema.Struct({ image: Asset, timestamp_s: Schema.Positive }))),
  reference_images: Fields.maybe(Assets),
  reference_audios: Fields.maybe(Assets)
})
type Generate = typeof Generate.Type

const Extend = Schema.Struct({ ...common, video: Asset })

const generate = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const fields = yield* Body.json(wire, Generate)
    const fault = tooFine(fields)
    if (fault !== undefined)
      return yield* refuse({ why: "invalid", violations: [{ field: "resolution", description: fault }] })
    const { aspect_ratio = "16:9", resolution = "480p" } = fields
    const frame = frameOf(aspect_ratio, Number.parseInt(resolution, 10))
    return yield* accept(wire, fields, frame, fields.generate_audio ?? true, inputs(fields))
  })

const tooFine = ({ model, reference_images, resolution }: Generate): string | undefined => {
  if (resolution !== "1080p") return undefined
  if (reference_images !== undefined) return "is at most 720p with reference images"
  return model === "grok-imagine-video" ? "is at most 720p for this model" : undefined
}

/** What comes after a video that nobody looks at: as large as most of them. */
const extend = (wire: Wire): Handler =>
  Effect.flatMap(Body.json(wire, Extend), (fields) =>
    accept(wire, fields, frameOf("16:9", 720), true, [{ field: "video" }])
  )

const accept = (
  wire: Wire,
  fields: Pick<Generate, "model" | "prompt" | "duration" | "emulator_scenario" | "user">,
  frame: Fields.Frame,
  audio: boolean,
  ignoredInputs: ReadonlyArray<IgnoredInput>
): Handler =>
  Effect.flatMap(describe({ prompt: fields.prompt, frame, duration: fields.duration ?? 6, audio }), (video) =>
    submit(
      wire,
      {
        model: fields.model,
        video,
        ignoredInputs,
        label: fields.user,
        known: (id) => ({ name: uuid(id) }),
        scenario: fields.emulator_scenario
      },
      ({ name }) => HttpServerResponse.unsafeJson({ request_id: name })
    )
  )

const inputs = (fields: Generate): ReadonlyArray<IgnoredInput> => [
  ...(["image", "last_frame"] as const).flatMap((field) => (fields[field] === undefined ? [] : [{ field }])),
  ...(["keyframes", "reference_images", "reference_audios"] as const).flatMap((field) =>
    (fields[field] ?? []).map((_, index) => ({ field: `${field}[${index}]` }))
  )
]

const retrieve = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const name = yield* id
    if (!isUuid(name)) return yield* malformedId
    return answerOf(yield* Jobs.ask(wire, name), baseUrl(wire, request))
  })

/** Where the videos are nobody is asked for a key. */
const vidgen = (wire: Wire): Handler =>
  Effect.flatMap(id, (name) =>
    Effect.flatMap(Jobs.find(wire, name), ({ record }) => Delivery.send(wire, record))
  )

// --- answers ---------------------------------------------------------------------------------------------------

/** A job that nothing came of, and nobody knows why, is done, and has no video. */
const answerOf = (operation: Operation, base: string) => {
  const { record } = operation
  const { model, outcome, video } = record
  const done = { status: "done", progress: 100, model, usage: usage(record), metadata: metadata(record) }
  switch (outcome._tag) {
    case "Pending":
      return Option.isNone(operation.progress)
        ? HttpServerResponse.empty({ status: 202 })
        : HttpServerResponse.unsafeJson(
            { status: "pending", progress: Math.round(100 * Jobs.progressOf(operation)) },
            { status: 202 }
          )
    case "Rendered":
      return HttpServerResponse.unsafeJson({
        ...done,
        video: {
          url: `${base}/vidgen/${record.name}/video.mp4`,
          duration: video.duration,
          respect_moderation: true
        }
      })
    case "Withheld":
      return outcome.reasons.length === 0
        ? HttpServerResponse.unsafeJson({ ...done, video: null })
        : HttpServerResponse.unsafeJson(
            { code: "imagine:content-moderated", error: outcome.reasons.join(" "), usage: usage(record) },
            { status: 400 }
          )
    case "Failed":
    case "Cancelled":
      return HttpServerResponse.unsafeJson({
        status: "failed",
        model,
        error: {
          code: "internal",
          message: outcome._tag === "Failed" ? outcome.message : "The job was cancelled."
        }
      })
  }
}

/** Eight cents a second, in units of which a dollar has ten thousand million. */
const usage = ({ video }: OperationRecord) => ({ cost_in_usd_ticks: 800_000_000 * video.duration })

const metadata = ({ ignoredInputs, video }: OperationRecord) => ({
  notice,
  seed: video.seed,
  ...(ignoredInputs.length === 0
    ? {}
    : { ignored_inputs: ignoredInputs, ignored_inputs_notice: ignoredInputsNotice })
})

// --- refusals --------------------------------------------------------------------------------------------------

/** Says no as xAI does: `{"code": "word", "error": "text"}`. */
const refuse = (reason: Reason): Refusal => {
  const said = plainly(reason)
  return refusalOf(said, { code: codeOf(reason), error: said.message })
}

const malformedId: Refusal = refusalOf(
  { status: 400 },
  { code: "invalid-argument", error: "Malformed request ID" }
)

const codeOf = ({ why }: Reason) => {
  switch (why) {
    case "quota":
    case "rate-limit":
      return "resource-exhausted"
    case "unauthorized":
      return "unauthenticated:bad-credentials"
    case "forbidden":
      return "permission-denied"
    case "unavailable":
      return "unavailable"
    case "not-stored":
      return "internal"
    case "invalid":
    case "malformed":
    case "too-large":
      return "invalid-argument"
    default:
      return "not-found"
  }
}

/** xAI's video API. */
export const dialect: Dialect = {
  name: "xai",
  title: "xAI Grok Imagine",
  prefix: "/xai/v1",
  keys: [Key.authorization("Bearer")],
  scenarioField: "emulator_scenario",
  lacks: {},
  refuse,
  routes
}
