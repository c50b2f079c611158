/**
 * The wire of OpenAI's Videos API, `/v1/videos`, which gateways and servers of one's own speak as well.
 *
 * @since 0.1.0
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { answering, type Dialect, type Handler, type Routes, type Wire } from "../Dialect.ts"
import * as Body from "../internal/body.ts"
import * as Delivery from "../internal/delivery.ts"
import { describe, ignoredInputsNotice, notice } from "../internal/description.ts"
import * as Fields from "../internal/fields.ts"
import * as Jobs from "../internal/jobs.ts"
import * as Key from "../internal/key.ts"
import { plainly, type Reason, type Refusal, refusalOf } from "../internal/refusal.ts"
import { submit } from "../internal/submission.ts"
import type { IgnoredInput, Outcome } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"

const routes = (wire: Wire): Routes => {
  const answered = answering(wire)
  return HttpRouter.empty.pipe(
    HttpRouter.get("/models", answered(listModels)),
    HttpRouter.get("/models/:id", answered(getModel)),
    HttpRouter.post("/videos", answered(create(wire))),
    HttpRouter.get("/videos", answered(list(wire))),
    HttpRouter.get("/videos/:id", answered(retrieve(wire))),
    HttpRouter.del("/videos/:id", answered(remove(wire))),
    HttpRouter.get("/videos/:id/content", answered(content(wire))),
    HttpRouter.post("/videos/:id/remix", answered(cannot("Remixing a video"))),
    HttpRouter.post("/videos/edits", answered(cannot("Editing a video"))),
    HttpRouter.post("/videos/extensions", answered(cannot("Extending a video"))),
    HttpRouter.post("/videos/characters", answered(cannot("Keeping a character")))
  )
}

const id = Effect.map(HttpRouter.params, (params) => params["id"] ?? "")

const cannot = (what: string): Handler => Effect.fail(refuse({ why: "unsupported", what }))

// --- models ----------------------------------------------------------------------------------------------------

/** Those of the vendor. A job may name any other: gateways and servers of one's own have theirs. */
const models = ["sora-2", "sora-2-pro", "emulator"].map((id) => ({
  id,
  object: "model",
  created: 1_759_795_200,
  owned_by: "mutoscope-emulator"
}))

const listModels: Handler = Effect.sync(() => HttpServerResponse.unsafeJson({ object: "list", data: models }))

const getModel: Handler = Effect.flatMap(id, (name) => {
  const model = models.find((known) => known.id === name)
  return model === undefined
    ? Effect.fail(refuse({ why: "unknown-model", model: name }))
    : Effect.succeed(HttpServerResponse.unsafeJson(model))
})

// --- jobs ------------------------------------------------------------------------------------------------------

const Reference = Schema.Union(
  Schema.String,
  Schema.Struct({ file_id: Fields.maybe(Schema.String), image_url: Fields.maybe(Schema.String) })
)

/** The vendor's fields, and those with which servers of one's own go beyond them. */
const Create = Schema.Struct({
  prompt: Fields.Prompt,
  model: Fields.maybe(Schema.NonEmptyString),
  seconds: Fields.maybe(Fields.orText(Fields.Seconds, "must be a whole number from 1 to 60")),
  size: Fields.maybe(Fields.PixelSize),
  input_reference: Fields.maybe(Reference),
  seed: Fields.maybe(Fields.orText(Fields.Seed, `must be a whole number from 0 to ${Fields.largestSeed}`)),
  negative_prompt: Fields.maybe(Fields.Text),
  user: Fields.maybe(Schema.String),
  generate_sound: Fields.maybe(Fields.orText(Fields.flag, "must be true or false")),
  emulator_scenario: Fields.maybe(Fields.ScenarioText)
})

const create = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const { fields, files } = yield* Body.jsonOrForm(wire, Create)
    const ask = {
      model: fields.model ?? "sora-2",
      video: yield* describe({
        prompt: fields.prompt,
        negativePrompt: fields.negative_prompt,
        seed: fields.seed,
        frame: fields.size ?? { width: 720, height: 1280 },
        duration: fields.seconds ?? 4,
        audio: fields.generate_sound ?? true
      }),
      ignoredInputs: [...inputs(fields.input_reference), ...files],
      label: fields.user,
      known: (id: string) => ({ name: `video_${id}` }),
      scenario: fields.emulator_scenario
    }
    return yield* submit(wire, ask, (record) =>
      HttpServerResponse.unsafeJson(toVideo(wire, { record, progress: Option.none() }))
    )
  })

const inputs = (reference: typeof Reference.Type | undefined): ReadonlyArray<IgnoredInput> =>
  reference === undefined ? [] : [{ field: "input_reference" }]

const retrieve = (wire: Wire): Handler =>
  Effect.flatMap(id, (name) => Jobs.ask(wire, name)).pipe(
    Effect.map((operation) => HttpServerResponse.unsafeJson(toVideo(wire, operation)))
  )

/** Nothing can be cancelled here, but what is deleted is also stopped. */
const remove = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const { record } = yield* Jobs.find(wire, yield* id)
    yield* Effect.mapError(wire.operations.forget(record.id), () => refuse({ why: "not-stored" }))
    return HttpServerResponse.unsafeJson({ id: record.name, object: "video.deleted", deleted: true })
  })

const Variant = Schema.Struct({ variant: Schema.optional(Fields.oneOf("video")) })

const content = (wire: Wire): Handler =>
  Effect.gen(function* () {
    yield* Effect.mapError(HttpServerRequest.schemaSearchParams(Variant), () =>
      refuse({ why: "invalid", violations: [{ field: "variant", description: "must be video" }] })
    )
    const { record } = yield* Jobs.find(wire, yield* id)
    return yield* Delivery.send(wire, record)
  })

const Page = Schema.Struct({
  after: Schema.optional(Schema.String),
  limit: Schema.optionalWith(Schema.compose(Schema.NumberFromString, Fields.wholeNumber(1, 100)), {
    default: () => 20
  }),
  order: Schema.optionalWith(Fields.oneOf("asc", "desc"), { default: () => "desc" })
})

const badPage = (): Refusal =>
  refuse({
    why: "invalid",
    violations: [{ field: "limit", description: "must be from 1 to 100, and order asc or desc" }]
  })

/** A page begins behind the job whose id is `after`. */
const list = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const { after, limit, order } = yield* Effect.mapError(
      HttpServerRequest.schemaSearchParams(Page),
      badPage
    )
    const oldestFirst = yield* Jobs.list(wire)
    const all = order === "asc" ? oldestFirst : oldestFirst.toReversed()
    const last = after === undefined ? -1 : all.findIndex(({ record }) => record.name === after)
    if (after !== undefined && last < 0) return yield* refuse({ why: "unknown-job", job: after })
    const shown = all.slice(last + 1, last + 1 + limit)
    return HttpServerResponse.unsafeJson({
      object: "list",
      data: shown.map((operation) => toVideo(wire, operation)),
      first_id: shown[0]?.record.name ?? null,
      last_id: shown.at(-1)?.record.name ?? null,
      has_more: last + 1 + shown.length < all.length
    })
  })

// --- answers ---------------------------------------------------------------------------------------------------

/** A job as the wire shows it; times are in seconds since 1970. */
const toVideo = (wire: Wire, operation: Operation) => {
  const { record } = operation
  const { outcome, video } = record
  return {
    id: record.name,
    object: "video",
    model: record.model,
    status: statusOf(operation),
    progress: Math.round(100 * Jobs.progressOf(operation)),
    created_at: inSeconds(record.createdAt),
    completed_at: outcome._tag === "Rendered" ? inSeconds(outcome.at) : null,
    expires_at:
      outcome._tag === "Rendered" ? inSeconds(outcome.at + Duration.toMillis(wire.retention)) : null,
    prompt: video.prompt,
    seconds: String(video.duration),
    size: `${video.width}x${video.height}`,
    remixed_from_video_id: null,
    error: errorOf(outcome),
    metadata: {
      notice,
      seed: video.seed,
      ...(record.ignoredInputs.length === 0
        ? {}
        : { ignored_inputs: record.ignoredInputs, ignored_inputs_notice: ignoredInputsNotice })
    }
  }
}

const inSeconds = (milliseconds: number) => Math.floor(milliseconds / 1000)

const statusOf = ({ record: { outcome }, progress }: Operation) => {
  switch (outcome._tag) {
    case "Pending":
      return Option.isSome(progress) ? "in_progress" : "queued"
    case "Rendered":
      return "completed"
    default:
      return "failed"
  }
}

const errorOf = (outcome: Outcome) => {
  switch (outcome._tag) {
    case "Pending":
    case "Rendered":
      return null
    case "Withheld":
      return { code: "moderation_blocked", message: outcome.reasons.join(" ") }
    case "Failed":
      return { code: "video_generation_failed", message: outcome.message }
    case "Cancelled":
      return { code: "cancelled", message: "The job was cancelled." }
  }
}

// --- refusals --------------------------------------------------------------------------------------------------

/** Says no as OpenAI does: `{"error": {"message", "type", "param", "code"}}`. */
const refuse = (reason: Reason): Refusal => {
  const said = plainly(reason)
  return refusalOf(said, {
    error: {
      message: said.message,
      type: typeOf(reason),
      param: reason.why === "invalid" ? (reason.violations[0]?.field ?? null) : null,
      code: codeOf(reason)
    }
  })
}

const typeOf = ({ why }: Reason) => {
  switch (why) {
    case "quota":
      return "insufficient_quota"
    case "rate-limit":
      return "requests"
    case "unavailable":
    case "not-stored":
      return "server_error"
    default:
      return "invalid_request_error"
  }
}

const codeOf = ({ why }: Reason) => {
  switch (why) {
    case "quota":
      return "insufficient_quota"
    case "rate-limit":
      return "rate_limit_exceeded"
    case "unauthorized":
      return "invalid_api_key"
    case "retired-model":
    case "unknown-model":
      return "model_not_found"
    case "invalid":
      return "invalid_value"
    default:
      return null
  }
}

/** OpenAI's Videos API. */
export const dialect: Dialect = {
  name: "openai",
  title: "OpenAI Videos",
  prefix: "/openai/v1",
  keys: [Key.authorization("Bearer")],
  scenarioField: "emulator_scenario",
  lacks: {
    "empty-result":
      "a job is completed and has its one video, or it failed (what is lost later is expired-file)"
  },
  refuse,
  routes
}
