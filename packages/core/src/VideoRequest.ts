/**
 * What the caller wants: independent of any provider, and validated before anything is sent or stored.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { InvalidRequest } from "./GenerationError.ts"
import { Base64Bytes } from "./internal/base64.ts"
import { findUnsafe, JsonObject } from "./Json.ts"

/** Width to height. */
export const AspectRatio = Schema.Literal("16:9", "9:16", "1:1", "4:3").annotations({
  message: () => ({ message: "Aspect ratio must be one of 16:9, 9:16, 1:1, 4:3", override: true })
})
export type AspectRatio = typeof AspectRatio.Type

/** The shorter side: 480, 720, 1080 or 2160 pixels. */
export const Resolution = Schema.Literal("480p", "720p", "1080p", "4K").annotations({
  message: () => ({ message: "Resolution must be one of 480p, 720p, 1080p, 4K", override: true })
})
export type Resolution = typeof Resolution.Type

/**
 * An image to start from, to end with, or to refer to, or a video to go on with: a file here, an address, or the bytes, as
 * they are or in base64. Bytes go into the record; of a file, only its path does.
 */
export const MediaInput = Schema.Union(
  Schema.TaggedStruct("Path", { path: Schema.NonEmptyString }),
  Schema.TaggedStruct("Url", { url: Schema.NonEmptyString }),
  Schema.TaggedStruct("Bytes", { data: Base64Bytes, mimeType: Schema.NonEmptyString })
)
export type MediaInput = typeof MediaInput.Type

/** The longest prompt, in Unicode code points (an emoji made of several counts as several). */
export const maximumPromptLength = 2000

/** The shortest and the longest video, in seconds. */
export const durationRange = { minimum: 2, maximum: 60 } as const

/** The largest seed: providers take an unsigned 32-bit number. */
export const maximumSeed = 2 ** 32 - 1

const shortText = (name: string) =>
  Schema.String.pipe(
    Schema.filter((text) =>
      text.length <= maximumPromptLength || Array.from(text).length <= maximumPromptLength
        ? undefined
        : `${name} too long (max ${maximumPromptLength} characters)`
    )
  )

const Prompt = shortText("Prompt").pipe(
  Schema.filter((text) => (text.trim() === "" ? "Prompt cannot be empty" : undefined))
)

const DurationSeconds = Schema.Number.pipe(
  Schema.filter((seconds) =>
    !(seconds >= durationRange.minimum && seconds <= durationRange.maximum)
      ? `Duration must be between ${durationRange.minimum} and ${durationRange.maximum} seconds`
      : !Number.isInteger(seconds)
        ? "Duration must be a whole number of seconds"
        : undefined
  )
).annotations({
  message: (issue) => ({ message: messageOf(issue, "Duration must be a number of seconds"), override: true }),
  arbitrary: () => (fc) => fc.integer({ min: durationRange.minimum, max: durationRange.maximum })
})

const Seed = Schema.Number.pipe(
  Schema.filter((seed) => Number.isInteger(seed) && seed >= 0 && seed <= maximumSeed)
).annotations({
  message: () => ({ message: `Seed must be a whole number between 0 and ${maximumSeed}`, override: true }),
  arbitrary: () => (fc) => fc.integer({ min: 0, max: maximumSeed })
})

const required = <A, I>(schema: Schema.Schema<A, I>, missing: string) =>
  Schema.propertySignature(schema).annotations({ missingMessage: () => missing })

/**
 * A wish for a video. `duration` is in whole seconds, 2-60; `seed` is 0 to 2^32-1; `audio` says whether the video
 * shall have sound, and leaves it to the model where it is absent; `extend` is a video to go on with. Inputs and `providerOptions` are for models that
 * take them.
 */
export class VideoRequest extends Schema.Class<VideoRequest>("@mutoscope/core/VideoRequest")({
  prompt: required(Prompt, "Prompt cannot be empty"),
  model: required(
    Schema.String.pipe(Schema.filter((model) => (model.trim() === "" ? "Model is required" : undefined))),
    "Model is required"
  ),
  aspectRatio: required(AspectRatio, "Missing required setting: aspectRatio"),
  duration: required(DurationSeconds, "Missing required setting: duration"),
  resolution: required(Resolution, "Missing required setting: resolution"),
  negativePrompt: Schema.optional(shortText("Negative prompt")),
  seed: Schema.optional(Seed),
  audio: Schema.optional(Schema.Boolean),
  startImage: Schema.optional(MediaInput),
  lastFrame: Schema.optional(MediaInput),
  referenceImages: Schema.optional(Schema.Array(MediaInput)),
  extend: Schema.optional(MediaInput),
  providerOptions: Schema.optional(JsonObject)
}) {}

/** What a program offers where its user named nothing: 16:9, 5 seconds, 720p. */
export const defaults = { aspectRatio: "16:9", duration: 5, resolution: "720p" } as const

/**
 * A valid request from an untrusted value (plain text, numbers, and bytes as they are or in base64), or `InvalidRequest`
 * for its first fault, with the nearest legal value where there is one.
 */
export const decode = (input: unknown): Effect.Effect<VideoRequest, InvalidRequest> =>
  Option.match(findUnsafe(input, isInputData), {
    onSome: ({ path, value, reason }) =>
      Effect.fail(invalid(path, value, path === "duration" ? rangeMessage : reason)),
    onNone: () => {
      const given = withoutUndefined(input)
      return Either.mapLeft(decodeEither(given), (error) => toInvalidRequest(error, given))
    }
  })

/**
 * A valid request from values of the program's own, as {@link decode} would make it.
 */
export const make = (fields: typeof VideoRequest.Encoded): Effect.Effect<VideoRequest, InvalidRequest> =>
  decode(fields)

/** Whether two requests ask for the same. */
export const equivalence = Schema.equivalence(VideoRequest)

const decodeEither = Schema.decodeUnknownEither(VideoRequest, { onExcessProperty: "error" })

/** A setting that was passed on without a value counts as not given. */
const withoutUndefined = (input: unknown): unknown =>
  typeof input === "object" && input !== null && !Array.isArray(input)
    ? Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
    : input

const isInputData = (path: string) => /^(startImage|lastFrame|extend|referenceImages\.\d+)\.data$/.test(path)

const rangeMessage = `Duration must be between ${durationRange.minimum} and ${durationRange.maximum} seconds`

const messageOf = (issue: ParseResult.ParseIssue, otherwise: string): string =>
  issue._tag === "Refinement" && issue.issue._tag === "Type" && issue.issue.message !== undefined
    ? issue.issue.message
    : otherwise

const toInvalidRequest = (error: ParseResult.ParseError, input: unknown): InvalidRequest => {
  const [issue] = issuesOf(error, input)
  const path = (issue?.path ?? []).map(String)
  const value = path.reduce<unknown>(
    (parent, key) => (typeof parent === "object" && parent !== null ? Reflect.get(parent, key) : undefined),
    input
  )
  return invalid(path.join("."), value, issue?.message ?? "it is no request")
}

// Messages are made of all that is wrong and of all beside it, with each single byte of an input: seconds and gigabytes
// for an image. Which bytes they are makes no difference to what is wrong.
const issuesOf = (error: ParseResult.ParseError, input: unknown) =>
  Either.match(decodeEither(withoutBytes(input)), {
    onLeft: ParseResult.ArrayFormatter.formatErrorSync,
    onRight: () => ParseResult.ArrayFormatter.formatErrorSync(error)
  })

const withoutBytes = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (ArrayBuffer.isView(value)) return new Uint8Array()
  if (Array.isArray(value)) return value.map(withoutBytes)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutBytes(inner)]))
}

const invalid = (field: string, value: unknown, reason: string): InvalidRequest => {
  const nearest = nearestLegal(field, value)
  return new InvalidRequest({
    field: field === "" ? "request" : field,
    value: shorten(value),
    reason: reason.length > longestReason ? `${reason.slice(0, longestReason)}...` : reason,
    ...(nearest === undefined ? {} : { nearest })
  })
}

/** A reason may show what was given. */
const longestReason = 1000

const shorten = (value: unknown): string => {
  const text = typeof value === "string" ? value : typeof value === "object" ? "(an object)" : String(value)
  return Inspectable.toStringUnknown(text.length > 200 ? `${text.slice(0, 200)}...` : text).replace(
    /\p{Surrogate}/gu,
    "\uFFFD"
  )
}

const nearestLegal = (field: string, value: unknown): string | number | undefined => {
  switch (field) {
    case "duration":
      return typeof value === "number" || typeof value === "string"
        ? nearestDuration(Number(value))
        : undefined
    case "aspectRatio":
      return typeof value === "string" ? nearestAspectRatio(value) : undefined
    case "resolution":
      return typeof value === "string" ? nearestResolution(value) : undefined
    default:
      return undefined
  }
}

const nearestDuration = (seconds: number) =>
  Number.isNaN(seconds)
    ? undefined
    : Math.min(durationRange.maximum, Math.max(durationRange.minimum, Math.round(seconds)))

const proportion = (ratio: string): number => {
  const [width = Number.NaN, height = Number.NaN] = ratio.split(/[:x/]/).map(Number)
  return Math.log(width / height)
}

/** The legal ratio whose shape is closest to a ratio like `3:2`, or undefined where it is no ratio. */
export const nearestAspectRatio = (
  ratio: string,
  among: ReadonlyArray<AspectRatio> = AspectRatio.literals
): AspectRatio | undefined => closest(proportion(ratio), among, proportion)

const lines = (resolution: string): number =>
  /^4k$/i.test(resolution) ? 2160 : Number.parseInt(/^(\d+)p?$/i.exec(resolution.trim())?.[1] ?? "", 10)

/** The legal resolution closest to one like `1440p`, or undefined where it is none. */
export const nearestResolution = (
  resolution: string,
  among: ReadonlyArray<Resolution> = Resolution.literals
): Resolution | undefined => closest(lines(resolution), among, lines)

const closest = <A>(
  wanted: number,
  among: ReadonlyArray<A>,
  measure: (candidate: A) => number
): A | undefined =>
  Number.isNaN(wanted)
    ? undefined
    : [...among].sort((a, b) => Math.abs(measure(a) - wanted) - Math.abs(measure(b) - wanted))[0]
