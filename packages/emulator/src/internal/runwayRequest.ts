/**
 * What a client asks of Runway: the fields differ from model to model, and the emulator takes them all.
 *
 * @internal
 */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Wire } from "../Dialect.ts"
import type { IgnoredInput } from "../OperationRecord.ts"
import * as Body from "./body.ts"
import { describe, frameOf } from "./description.ts"
import * as Fields from "./fields.ts"
import type { Refusal } from "./refusal.ts"
import type { Ask } from "./submission.ts"

type Read = Effect.Effect<Omit<Ask, "known">, Refusal, HttpServerRequest.HttpServerRequest>

const Asset = Schema.Union(Schema.NonEmptyString, Schema.Struct({ uri: Schema.NonEmptyString }))
const Assets = Schema.Union(Schema.NonEmptyString, Schema.Array(Asset))

/** Pairs of pixels, a shape, or the height of whatever shape the first image has. */
const Ratio = Schema.String.pipe(
  Schema.pattern(/^(\d{1,4}:\d{1,4}|auto_(480|720|1080)p|adaptive)$/)
).annotations(Fields.saying("must be WIDTH:HEIGHT"))

/** The API's own models count the prompt in UTF-16 units. */
const longestPrompt = 1000
const own = /^(gen|veo)/

const Create = Schema.Struct({
  model: Schema.NonEmptyString,
  promptText: Fields.Prompt,
  ratio: Fields.maybe(Ratio),
  resolution: Fields.maybe(Fields.oneOf("480p", "720p", "768p", "1080p", "2k")),
  duration: Fields.maybe(Schema.Union(Schema.Literal("auto"), Fields.Seconds)),
  seed: Fields.maybe(Fields.Seed),
  audio: Fields.maybe(Fields.flag),
  negativePrompt: Fields.maybe(Fields.Text),
  outputFormat: Fields.maybe(Fields.oneOf("mp4")),
  promptImage: Fields.maybe(Assets),
  references: Fields.maybe(Assets),
  referenceVideos: Fields.maybe(Assets),
  referenceAudio: Fields.maybe(Assets),
  emulatorScenario: Fields.maybe(Fields.ScenarioText)
})
type Create = typeof Create.Type

/** A request for a video of a text. */
export const fromText = (wire: Wire): Read =>
  read(wire, ({ model, promptImage }) =>
    promptImage !== undefined
      ? ["promptImage", "is for image_to_video"]
      : /^gen[34](a|_)/.test(model)
        ? ["model", `${model} begins with an image`]
        : undefined
  )

/** A request for a video that begins with an image. */
export const fromImage = (wire: Wire): Read =>
  read(wire, ({ promptImage }) =>
    promptImage === undefined || promptImage.length === 0 ? ["promptImage", "must not be empty"] : undefined
  )

const read = (
  wire: Wire,
  fault: (fields: Create) => readonly [field: string, description: string] | undefined
): Read =>
  Effect.gen(function* () {
    const fields = yield* Body.json(wire, Create)
    const { model, promptText } = fields
    const [field, description] =
      fault(fields) ??
      (own.test(model) && promptText.length > longestPrompt
        ? ["promptText", `must be at most ${longestPrompt} characters`]
        : [])
    if (field !== undefined && description !== undefined)
      return yield* wire.dialect.refuse({ why: "invalid", violations: [{ field, description }] })
    return {
      model,
      video: yield* describe({
        prompt: promptText,
        negativePrompt: fields.negativePrompt,
        seed: fields.seed,
        frame: frame(fields),
        duration: typeof fields.duration === "number" ? fields.duration : 5,
        audio: fields.audio ?? !model.startsWith("gen")
      }),
      ignoredInputs: inputs(fields),
      scenario: fields.emulatorScenario
    }
  })

const frame = ({ ratio = "adaptive", resolution }: Create): Fields.Frame => {
  const [width = 16, height = 9] = ratio.includes(":") ? ratio.split(":").map(Number) : []
  if (Math.min(width, height) >= 64)
    return { width: 2 * Math.round(width / 2), height: 2 * Math.round(height / 2) }
  const asked = /auto_(\d+)p/.exec(ratio)?.[1] ?? resolution?.replace("2k", "1440") ?? "720"
  return frameOf(`${Math.max(1, width)}:${Math.max(1, height)}`, Number.parseInt(asked, 10))
}

const inputs = (fields: Create): ReadonlyArray<IgnoredInput> =>
  (["promptImage", "references", "referenceVideos", "referenceAudio"] as const).flatMap((field) => {
    const given = fields[field] ?? []
    return typeof given === "string"
      ? [{ field }]
      : given.map((_, index) => ({ field: `${field}[${index}]` }))
  })
