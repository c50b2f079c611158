/**
 * What a client asks of Seedance: a prompt and media as parts of one content, and fields that a model either knows or
 * refuses.
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
import type { FieldViolation, Refusal } from "./refusal.ts"
import * as SeedanceModels from "./seedanceModels.ts"
import type { Ask } from "./submission.ts"

const Source = Schema.Struct({ url: Schema.NonEmptyString })

const Part = Schema.Struct({
  type: Fields.oneOf("text", "image_url", "video_url", "audio_url"),
  text: Fields.maybe(Fields.Text),
  image_url: Fields.maybe(Source),
  video_url: Fields.maybe(Source),
  audio_url: Fields.maybe(Source),
  role: Fields.maybe(
    Fields.oneOf("first_frame", "last_frame", "reference_image", "reference_video", "reference_audio")
  )
})
type Part = typeof Part.Type

const Length = Schema.Union(Schema.Literal(-1), Fields.wholeNumber(2, 30)).annotations(
  Fields.saying("must be -1, or a whole number from 2 to 30")
)

const Seed = Schema.Union(Schema.Literal(-1), Fields.Seed).annotations(
  Fields.saying(`must be a whole number from -1 to ${Fields.largestSeed}`)
)

const Resolution = Schema.String.pipe(
  Schema.pattern(/^(480p|720p|1080p|4k)$/i),
  Schema.annotations(Fields.saying("must be one of 480p, 720p, 1080p, 4k"))
)

/** A field that is not one of these is refused. */
const Create = Schema.Struct({
  model: Schema.NonEmptyString,
  content: Schema.Array(Part),
  ratio: Fields.maybe(Fields.oneOf("16:9", "9:16", "4:3", "3:4", "1:1", "21:9", "adaptive")),
  resolution: Fields.maybe(Resolution),
  duration: Fields.maybe(Length),
  frames: Fields.maybe(Fields.wholeNumber(29, 289)),
  seed: Fields.maybe(Seed),
  generate_audio: Fields.maybe(Fields.flag),
  camera_fixed: Fields.maybe(Fields.flag),
  watermark: Fields.maybe(Fields.flag),
  draft: Fields.maybe(Fields.flag),
  return_last_frame: Fields.maybe(Fields.flag),
  output_format: Fields.maybe(Fields.oneOf("mp4")),
  framespersecond: Fields.maybe(Schema.Number),
  service_tier: Fields.maybe(Fields.oneOf("default", "flex")),
  priority: Fields.maybe(Fields.wholeNumber(0, 9)),
  execution_expires_after: Fields.maybe(Schema.Int),
  callback_url: Fields.maybe(Schema.String),
  safety_identifier: Fields.maybe(Schema.String.pipe(Schema.maxLength(64))),
  tools: Fields.maybe(Schema.Array(Schema.Unknown)),
  emulator_scenario: Fields.maybe(Fields.ScenarioText)
}).annotations({ parseOptions: { onExcessProperty: "error" } })
type Create = typeof Create.Type

/** Reads a submit, and refuses what the model does not take. */
export const read = (
  wire: Wire
): Effect.Effect<Omit<Ask, "known">, Refusal, HttpServerRequest.HttpServerRequest> =>
  Effect.gen(function* () {
    const fields = yield* Body.json(wire, Create)
    const model = SeedanceModels.of(fields.model)
    const violations = [...contentFaults(fields.content), ...modelFaults(fields, model)]
    if (violations.length > 0) return yield* wire.dialect.refuse({ why: "invalid", violations })
    const ratio = fields.ratio === undefined || fields.ratio === "adaptive" ? "16:9" : fields.ratio
    const resolution = (fields.resolution ?? "720p").toLowerCase()
    return {
      model: fields.model,
      video: yield* describe({
        prompt: textOf(fields.content),
        seed: fields.seed === -1 ? undefined : fields.seed,
        frame: frame(ratio, resolution),
        duration: secondsOf(fields),
        audio: fields.generate_audio ?? model.audio
      }),
      ignoredInputs: inputs(fields.content),
      label: fields.safety_identifier,
      echo: { ratio, resolution, service_tier: fields.service_tier ?? "default" },
      scenario: fields.emulator_scenario
    }
  })

const textOf = (content: ReadonlyArray<Part>) => content.flatMap(({ text = [] }) => text).join("\n")

/** Frames are 24 a second. Where the model may choose, it makes five seconds. */
const secondsOf = ({ duration = 5, frames }: Create): number =>
  frames === undefined ? (duration === -1 ? 5 : duration) : Math.round(frames / 24)

const inputs = (content: ReadonlyArray<Part>): ReadonlyArray<IgnoredInput> =>
  content.flatMap(({ type }, index) => (type === "text" ? [] : [{ field: `content[${index}].${type}` }]))

// --- sizes -----------------------------------------------------------------------------------------------------

type Shape = Exclude<NonNullable<Create["ratio"]>, "adaptive">

/** The models' own sizes of the shapes that lie, `WIDTHxHEIGHT`. Others are as high as they are called. */
const sizes: { readonly [resolution: string]: { readonly [ratio: string]: readonly [number, number] } } = {
  "480p": { "16:9": [864, 496], "4:3": [752, 560], "1:1": [640, 640], "21:9": [992, 432] },
  "720p": { "16:9": [1280, 720], "4:3": [1112, 834], "1:1": [960, 960], "21:9": [1470, 630] },
  "1080p": { "16:9": [1920, 1080], "4:3": [1664, 1248], "1:1": [1440, 1440], "21:9": [2206, 946] }
}

const frame = (ratio: Shape, resolution: string): Fields.Frame => {
  const lying = sizes[resolution]?.[ratio]
  const standing = sizes[resolution]?.[ratio.split(":").toReversed().join(":")]
  const [width, height] = lying ?? standing?.toReversed() ?? []
  return width === undefined || height === undefined
    ? frameOf(ratio, resolution === "4k" ? 2160 : Number.parseInt(resolution, 10))
    : { width, height }
}

// --- what does not go together -----------------------------------------------------------------------------------

const fault = (is: boolean, field: string, description: string): ReadonlyArray<FieldViolation> =>
  is ? [{ field, description }] : []

const contentFaults = (content: ReadonlyArray<Part>): ReadonlyArray<FieldViolation> => {
  const media = content.filter(({ type }) => type !== "text")
  const images = content.filter(({ type }) => type === "image_url")
  const roles = media.map(roleOf)
  const first = roles.filter((role) => role === "first_frame").length
  const last = roles.filter((role) => role === "last_frame").length
  return [
    ...content.flatMap((part, index) => [
      ...fault(part[part.type] === undefined, `content[${index}].${part.type}`, "is missing"),
      ...fault(part.text?.trim() === "", `content[${index}].text`, "must not be empty"),
      ...fault(!fits(part), `content[${index}].role`, `is not one of a part with ${part.type}`)
    ]),
    ...fault(content.length === 0, "content", "must not be empty"),
    ...fault(
      images.length > 1 && images.some(({ role }) => role === undefined),
      "content",
      "role must be specified for image contents"
    ),
    ...fault(first > 1 || last > 1, "content", "there is at most one first frame, and one last frame"),
    ...fault(last > first, "content", "a last frame goes with a first frame"),
    ...fault(
      first + last > 0 && first + last < media.length,
      "content",
      "first/last frame content cannot be mixed with reference media content"
    )
  ]
}

/** One image alone is what the video begins with. */
const roleOf = ({ role, type }: Part) => role ?? (type === "image_url" ? "first_frame" : undefined)

/** A video or a sound is a reference, and has to say so. */
const fits = (part: Part): boolean => {
  switch (part.type) {
    case "text":
      return part.role === undefined
    case "image_url":
      return part.role !== "reference_video" && part.role !== "reference_audio"
    case "video_url":
      return part.role === "reference_video"
    case "audio_url":
      return part.role === "reference_audio"
  }
}

const modelFaults = (fields: Create, model: SeedanceModels.Model): ReadonlyArray<FieldViolation> => {
  const roles = fields.content.filter(({ type }) => type !== "text").map(roleOf)
  const framed = roles.some((role) => role === "first_frame")
  const { duration = 5, ratio = "adaptive", resolution = "720p", service_tier } = fields
  const [least, most] = model.seconds
  const not = (what: string) => `${what} is not supported by ${fields.model}`
  return [
    ...fault(
      duration === -1 ? !model.ownLength : duration < least || duration > most,
      "duration",
      not(`${duration}`)
    ),
    ...fault(!model.resolutions.includes(resolution.toLowerCase()), "resolution", not(resolution)),
    ...fault(fields.generate_audio === true && !model.audio, "generate_audio", not("sound")),
    ...fault(fields.camera_fixed !== undefined && !model.cameraFixed, "camera_fixed", not("it")),
    ...fault(service_tier === "flex" && !model.flex, "service_tier", not("flex")),
    ...fault(roles.includes("last_frame") && !model.lastFrame, "content", not("a last frame")),
    ...fault(roles.length > 0 && !framed && !model.references, "content", not("reference media")),
    ...fault(
      framed && ratio !== "adaptive" && !model.ratioOfFrame,
      "ratio",
      "the output ratio follows the first-frame image"
    )
  ]
}
