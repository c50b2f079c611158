/**
 * The body of `predictLongRunning`: what it may hold, and what it means for the renderer.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Faults from "../Faults.ts"
import type { IgnoredInput, VideoDescription } from "../OperationRecord.ts"
import { type FieldViolation, type GoogleError, invalidArgument, malformedBody } from "./googleError.ts"
import type { VeoModel } from "./veoModels.ts"

const saying = (message: string) => ({ message: () => ({ message, override: true }) })

const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const longestPrompt = 20_000

const Text = Schema.String.pipe(
  Schema.filter((text) =>
    text.length > longestPrompt
      ? `must be at most ${longestPrompt} characters`
      : /\p{Surrogate}/u.test(text)
        ? "must be well-formed Unicode"
        : undefined
  )
)

const Prompt = Text.pipe(
  Schema.filter((text) => (text.trim() === "" ? "must not be empty" : undefined))
).annotations({ missingMessage: () => "must not be empty" })

const Base64 = Schema.String.pipe(
  Schema.filter((text) => (Either.isRight(Encoding.decodeBase64(text)) ? undefined : "must be base64"))
)

const Media = Schema.Struct({
  bytesBase64Encoded: maybe(Base64),
  encodedVideo: maybe(Base64),
  gcsUri: maybe(Schema.String),
  uri: maybe(Schema.String),
  mimeType: maybe(Schema.String),
  encoding: maybe(Schema.String)
})
type Media = typeof Media.Type

const Instance = Schema.Struct({
  prompt: Schema.propertySignature(Prompt).annotations({ missingMessage: () => "must not be empty" }),
  image: maybe(Media),
  lastFrame: maybe(Media),
  video: maybe(Media),
  mask: maybe(Media),
  referenceImages: maybe(Schema.Array(Schema.Struct({ image: Media })))
})

const ratios = { "16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1, "4:3": 4 / 3 } as const
const lines = { "480p": 480, "720p": 720, "1080p": 1080, "4k": 2160, "4K": 2160 } as const

const wholeNumber = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.between(minimum, maximum)).annotations(
    saying(`must be a whole number from ${minimum} to ${maximum}`)
  )

const flag = Schema.Boolean.annotations(saying("must be true or false"))

const ScenarioText = Schema.String.pipe(
  Schema.filter((text) => Option.isSome(Faults.parse(text)))
).annotations(saying(Faults.advice))

const Parameters = Schema.Struct({
  aspectRatio: maybe(
    Schema.Literal("16:9", "9:16", "1:1", "4:3").annotations(saying("must be one of 16:9, 9:16, 1:1, 4:3"))
  ),
  resolution: maybe(
    Schema.Literal("480p", "720p", "1080p", "4k", "4K").annotations(
      saying("must be one of 480p, 720p, 1080p, 4k")
    )
  ),
  durationSeconds: maybe(wholeNumber(2, 60)),
  seed: maybe(wholeNumber(0, 2 ** 32 - 1)),
  sampleCount: maybe(
    Schema.Literal(1).annotations(saying("must be 1: the emulator makes one video a request"))
  ),
  negativePrompt: maybe(Text),
  generateAudio: maybe(flag),
  storageUri: maybe(
    Schema.String.pipe(Schema.pattern(/^gs:\/\/[^/]+(\/.*)?$/)).annotations(
      saying("must be gs://BUCKET/PATH")
    )
  ),
  emulatorScenario: maybe(ScenarioText)
})

const Body = Schema.Struct({
  instances: Schema.Array(Instance).pipe(
    Schema.filter((list) => (list.length === 1 ? undefined : "must hold exactly one instance"))
  ),
  parameters: maybe(Parameters)
})

/** A request that can be rendered. `scenario` is the text of one, and valid. */
export interface VeoRequest {
  readonly video: VideoDescription
  readonly ignoredInputs: ReadonlyArray<IgnoredInput>
  readonly storageUri?: string
  readonly scenario?: string
}

/** The request in a body; whatever is not said is as the model has it, and the seed is drawn. */
export const decode = (text: string, model: VeoModel): Effect.Effect<VeoRequest, GoogleError> =>
  Schema.decode(Schema.parseJson())(text).pipe(
    Effect.map((json) => withoutNulls(json)),
    Effect.flatMap(Schema.decodeUnknown(Body, { errors: "all" })),
    Effect.mapError(toGoogleError),
    Effect.flatMap(({ instances: [instance], parameters = {} }) =>
      instance === undefined
        ? Effect.fail(
            invalidArgument([{ field: "instances", description: "must hold exactly one instance" }])
          )
        : Effect.map(
            parameters.seed === undefined
              ? Random.nextIntBetween(0, 2 ** 32 - 1)
              : Effect.succeed(parameters.seed),
            (seed) => toRequest(instance, parameters, seed, model)
          )
    )
  )

/** Nothing that is asked for lies deeper. */
const deepest = 8

/** Clients send `null` for what they do not send. */
const withoutNulls = (value: unknown, depth = 0): unknown =>
  depth > deepest || typeof value !== "object" || value === null
    ? value
    : Array.isArray(value)
      ? value.map((item) => withoutNulls(item, depth + 1))
      : Object.fromEntries(
          Object.entries(value).flatMap(([key, item]) =>
            item === null ? [] : [[key, withoutNulls(item, depth + 1)]]
          )
        )

const toRequest = (
  instance: typeof Instance.Type,
  parameters: typeof Parameters.Type,
  seed: number,
  model: VeoModel
): VeoRequest => ({
  video: {
    prompt: instance.prompt,
    ...(parameters.negativePrompt === undefined ? {} : { negativePrompt: parameters.negativePrompt }),
    seed,
    ...size(parameters.aspectRatio ?? "16:9", parameters.resolution ?? "720p"),
    duration: parameters.durationSeconds ?? 8,
    audio: parameters.generateAudio ?? model.audio
  },
  ignoredInputs: inputs(instance),
  ...(parameters.storageUri === undefined ? {} : { storageUri: parameters.storageUri }),
  ...(parameters.emulatorScenario === undefined ? {} : { scenario: parameters.emulatorScenario })
})

/** The resolution is the shorter side; encoders want even numbers. */
const size = (ratio: keyof typeof ratios, resolution: keyof typeof lines) => {
  const short = lines[resolution]
  const long = 2 * Math.round((short * Math.max(ratios[ratio], 1 / ratios[ratio])) / 2)
  return ratios[ratio] >= 1 ? { width: long, height: short } : { width: short, height: long }
}

const inputs = (instance: typeof Instance.Type): ReadonlyArray<IgnoredInput> => [
  ...(["image", "lastFrame", "video", "mask"] as const).flatMap((field) => input(field, instance[field])),
  ...(instance.referenceImages ?? []).flatMap(({ image }, index) => input(`referenceImages[${index}]`, image))
]

const input = (field: string, media: Media | undefined): ReadonlyArray<IgnoredInput> => {
  if (media === undefined) return []
  const mimeType = media.mimeType ?? media.encoding
  const base64 = media.bytesBase64Encoded ?? media.encodedVideo
  return [
    {
      field,
      ...(mimeType === undefined ? {} : { mimeType }),
      ...(base64 === undefined ? {} : { bytes: Buffer.byteLength(base64, "base64") })
    }
  ]
}

const toGoogleError = (error: ParseResult.ParseError): GoogleError => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
  const root = issues.find(({ path }) => path.length === 0)
  return root === undefined ? invalidArgument(issues.map(toViolation)) : malformedBody(root.message)
}

const toViolation = ({ path, message }: ParseResult.ArrayFormatterIssue): FieldViolation => ({
  field: path.reduce<string>(
    (name, key) =>
      typeof key === "number" ? `${name}[${key}]` : name === "" ? String(key) : `${name}.${String(key)}`,
    ""
  ),
  description: message
})
