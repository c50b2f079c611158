/**
 * The body of a generation: what it may hold, and what its model can do of it.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Wire } from "../Dialect.ts"
import type { IgnoredInput } from "../OperationRecord.ts"
import * as Body from "./body.ts"
import { describe, frameOf } from "./description.ts"
import * as Fields from "./fields.ts"
import * as Jobs from "./jobs.ts"
import { findModel, type OpenRouterModel } from "./openRouterModels.ts"
import { refuse } from "./openRouterRefusal.ts"
import type { FieldViolation } from "./refusal.ts"

const lines = {
  "360p": 360,
  "480p": 480,
  "720p": 720,
  "768p": 768,
  "1080p": 1080,
  "1K": 1024,
  "2K": 1440,
  "4K": 2160
} as const

const Link = Schema.Struct({ url: Schema.String })

const FrameImage = Schema.Struct({
  type: Schema.Literal("image_url"),
  image_url: Link,
  frame_type: Fields.oneOf("first_frame", "last_frame")
})

/** An image, a video, or sound; which of them does not matter to those who do not look. */
const InputReference = Schema.Struct({ type: Schema.String })

/** `fake-provider` is a slug of OpenRouter's own, so that its client lets these options through. */
const Options = Schema.Struct({
  "fake-provider": Fields.maybe(Schema.Struct({ emulator_scenario: Fields.maybe(Fields.ScenarioText) }))
})

const Generation = Schema.Struct({
  model: Schema.NonEmptyString,
  prompt: Fields.Prompt,
  duration: Fields.maybe(Fields.Seconds),
  resolution: Fields.maybe(Fields.oneOf("360p", "480p", "720p", "768p", "1080p", "1K", "2K", "4K")),
  aspect_ratio: Fields.maybe(Fields.oneOf("16:9", "9:16", "1:1", "4:3", "3:4", "3:2", "2:3", "21:9", "9:21")),
  size: Fields.maybe(Fields.PixelSize),
  generate_audio: Fields.maybe(Fields.flag),
  seed: Fields.maybe(Fields.Seed),
  frame_images: Fields.maybe(Schema.Array(FrameImage)),
  input_references: Fields.maybe(Schema.Array(InputReference)),
  previous_job_id: Fields.maybe(Schema.String),
  callback_url: Fields.maybe(
    Schema.String.pipe(Schema.pattern(/^https:\/\/./)).annotations(Fields.saying("must be an https address"))
  ),
  session_id: Fields.maybe(Schema.String.pipe(Schema.maxLength(256))),
  provider: Fields.maybe(Schema.Struct({ options: Fields.maybe(Options) }))
})
type Generation = typeof Generation.Type

/** The generation that a body asks for. Webhooks are not called: `callback_url` is only looked at. */
export const read = (wire: Wire) =>
  Effect.gen(function* () {
    const asked = yield* Body.json(wire, Generation)
    const model = findModel(asked.model)
    if (model === undefined) return yield* refuse({ why: "unknown-model", model: asked.model })
    const violations = beyond(model, asked)
    if (violations.length > 0) return yield* refuse({ why: "invalid", violations })
    yield* continued(wire, asked)
    return {
      model: model.id,
      video: yield* describe({
        prompt: asked.prompt,
        seed: asked.seed,
        frame: asked.size ?? frameOf(asked.aspect_ratio ?? "16:9", lines[asked.resolution ?? "720p"]),
        duration: asked.duration ?? model.durations?.[0] ?? 5,
        audio: asked.generate_audio ?? model.audio ?? true
      }),
      ignoredInputs: inputs(asked),
      label: asked.session_id,
      scenario: asked.provider?.options?.["fake-provider"]?.emulator_scenario
    }
  })

/** What the catalogue says that the model cannot do. */
const beyond = (
  { durations, ratios, resolutions }: OpenRouterModel,
  { aspect_ratio, duration, resolution }: Generation
): ReadonlyArray<FieldViolation> => [
  ...notAmong("duration", duration, durations),
  ...notAmong("resolution", resolution, resolutions),
  ...notAmong("aspect_ratio", aspect_ratio, ratios)
]

const notAmong = <A extends string | number>(
  field: string,
  value: A | undefined,
  supported: ReadonlyArray<A> | null
): ReadonlyArray<FieldViolation> =>
  value === undefined || supported === null || supported.includes(value)
    ? []
    : [{ field, description: `must be one of ${supported.join(", ")} for this model` }]

/** A job to go on with has to be one of the same model, and done. */
const continued = (wire: Wire, { model, previous_job_id: previous }: Generation) =>
  Effect.gen(function* () {
    if (previous === undefined) return
    const { record } = yield* Jobs.find(wire, previous)
    if (record.model !== model) {
      const description = `must be a job of ${model}`
      return yield* refuse({ why: "invalid", violations: [{ field: "previous_job_id", description }] })
    }
    if (record.outcome._tag !== "Rendered") return yield* refuse({ why: "not-ready", job: previous })
  })

/** What came with a prompt, none of which is looked at. */
const inputs = ({ frame_images, input_references, previous_job_id }: Generation): Array<IgnoredInput> => [
  ...(frame_images ?? []).map((_, index) => ({ field: `frame_images[${index}]` })),
  ...(input_references ?? []).map((_, index) => ({ field: `input_references[${index}]` })),
  ...(previous_job_id === undefined ? [] : [{ field: "previous_job_id" }])
]
