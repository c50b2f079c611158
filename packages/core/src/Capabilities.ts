/**
 * What a model accepts, as data, and the check of a request against it.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { UnsupportedOption } from "./GenerationError.ts"
import * as Money from "./Money.ts"
import {
  AspectRatio,
  nearestAspectRatio,
  nearestResolution,
  Resolution,
  type VideoRequest
} from "./VideoRequest.ts"

/** The lengths a model renders: any whole number of seconds in a range, or a few. */
export const Durations = Schema.Union(
  Schema.TaggedStruct("Range", { minimum: Schema.Number, maximum: Schema.Number }),
  Schema.TaggedStruct("OneOf", { seconds: Schema.NonEmptyArray(Schema.Number) })
)
export type Durations = typeof Durations.Type

/**
 * What a model costs: a price for each second of video, as read on the day `asOf` (YYYY-MM-DD). The first rate whose
 * `resolution` and `audio` are the request's, or are not said, is the one that holds.
 */
export const Price = Schema.Struct({
  asOf: Schema.String,
  rates: Schema.NonEmptyArray(
    Schema.Struct({
      resolution: Schema.optional(Resolution),
      audio: Schema.optional(Schema.Boolean),
      perSecond: Money.MicroUsd
    })
  )
})
export type Price = typeof Price.Type

/** The longest prompt, counted as the provider counts. */
export const PromptLimit = Schema.Struct({
  unit: Schema.Literal("code points", "UTF-16 units", "bytes"),
  most: Schema.Positive
})
export type PromptLimit = typeof PromptLimit.Type

/** Something that a request may come with. */
export const Input = Schema.Literal("startImage", "lastFrame", "referenceImages", "extend")
export type Input = typeof Input.Type

/** Something that a provider may take and not look at. */
export const Ignorable = Schema.Literal(
  "aspectRatio",
  "resolution",
  "duration",
  "audio",
  "negativePrompt",
  "seed"
)

/**
 * One model of one provider. `aliases` are the short names it also answers to; `minimumPollInterval` is in seconds;
 * `audio` says whether sound can be chosen; `extend` whether it goes on with a video that is given; of the inputs in each
 * list of `exclusive` a request may hold one; `ignored` are the options that the provider takes and does not look at;
 * `outputLifetime` is for how many seconds a finished video can be fetched. `retiredOn` is the day (YYYY-MM-DD) from which
 * it no longer answers, and `replacement` what to ask for instead. `price` is absent where it is unknown.
 */
export const Capabilities = Schema.Struct({
  provider: Schema.NonEmptyString,
  model: Schema.NonEmptyString,
  aliases: Schema.Array(Schema.NonEmptyString),
  title: Schema.NonEmptyString,
  aspectRatios: Schema.NonEmptyArray(AspectRatio),
  resolutions: Schema.NonEmptyArray(Resolution),
  durations: Durations,
  audio: Schema.Literal("always", "optional", "never"),
  negativePrompt: Schema.Boolean,
  seed: Schema.Boolean,
  startImage: Schema.Boolean,
  lastFrame: Schema.Boolean,
  referenceImages: Schema.NonNegativeInt,
  extend: Schema.optional(Schema.Boolean),
  exclusive: Schema.optional(Schema.Array(Schema.NonEmptyArray(Input))),
  ignored: Schema.optional(Schema.Array(Ignorable)),
  promptLimit: Schema.optional(PromptLimit),
  outputLifetime: Schema.optional(Schema.Positive),
  cancel: Schema.Boolean,
  progress: Schema.Boolean,
  minimumPollInterval: Schema.NonNegative,
  retiredOn: Schema.optional(Schema.String),
  replacement: Schema.optional(Schema.NonEmptyString),
  price: Schema.optional(Price)
})
export type Capabilities = typeof Capabilities.Type

/** Whether a model answers to a name: its own, an alias, or either with `provider/` before it. */
export const isNamed = (capabilities: Capabilities, name: string): boolean =>
  [capabilities.model, ...capabilities.aliases].some(
    (known) => known === name || `${capabilities.provider}/${known}` === name
  )

/** The least time between two looks at a job of the model. */
export const pollInterval = ({ minimumPollInterval }: Capabilities): Duration.Duration =>
  Duration.seconds(minimumPollInterval)

/** What a request is expected to cost; none where no price is known for it. Sound counts unless it is switched off. */
export const estimate = (
  { audio, price }: Capabilities,
  request: VideoRequest
): Option.Option<Money.MicroUsd> => {
  const sound = request.audio ?? audio !== "never"
  const rate = price?.rates.find(
    (rate) =>
      (rate.resolution ?? request.resolution) === request.resolution && (rate.audio ?? sound) === sound
  )
  return Option.map(Option.fromNullable(rate), ({ perSecond }) => Money.times(perSecond, request.duration))
}

/**
 * Refuses, before anything is sent, what the model cannot do, and names the nearest thing that it can. It checks
 * the request's shape alone; what a provider silently ignores is not legal either.
 */
export const check = (
  capabilities: Capabilities,
  request: VideoRequest
): Effect.Effect<void, UnsupportedOption> => {
  const fault = faults(capabilities, request)[0]
  return fault === undefined
    ? Effect.void
    : Effect.fail(
        new UnsupportedOption({ provider: capabilities.provider, model: capabilities.model, ...fault })
      )
}

interface Fault {
  readonly option: string
  readonly value: string
  readonly supported: ReadonlyArray<string>
  readonly nearest?: string
}

const faults = (can: Capabilities, request: VideoRequest): ReadonlyArray<Fault> => [
  ...choice(
    "aspect ratio",
    request.aspectRatio,
    can.aspectRatios,
    nearestAspectRatio(request.aspectRatio, can.aspectRatios)
  ),
  ...choice(
    "resolution",
    request.resolution,
    can.resolutions,
    nearestResolution(request.resolution, can.resolutions)
  ),
  ...duration(can.durations, request.duration),
  ...audio(can.audio, request.audio),
  ...given("negative prompt", request.negativePrompt, can.negativePrompt),
  ...given("seed", request.seed, can.seed),
  ...given("start image", request.startImage && "(an image)", can.startImage),
  ...given("last frame", request.lastFrame && "(an image)", can.lastFrame),
  ...references(can.referenceImages, request.referenceImages?.length ?? 0),
  ...given("video to extend", request.extend && "(a video)", can.extend ?? false),
  ...(can.exclusive ?? []).flatMap((inputs) => together(inputs, request)),
  ...(can.promptLimit === undefined ? [] : prompt(can.promptLimit, request.prompt))
]

const together = (inputs: ReadonlyArray<Input>, request: VideoRequest): ReadonlyArray<Fault> => {
  const [first, ...others] = inputs.filter((input) => isGiven(request, input))
  return first === undefined || others.length === 0
    ? []
    : [
        {
          option: [first, ...others].map((input) => names[input]).join(" with "),
          value: "(both)",
          supported: [`one of ${inputs.map((input) => names[input]).join(", ")}`]
        }
      ]
}

const isGiven = (request: VideoRequest, input: Input): boolean =>
  input === "referenceImages" ? (request.referenceImages ?? []).length > 0 : request[input] !== undefined

const names: { readonly [Name in Input]: string } = {
  startImage: "start image",
  lastFrame: "last frame",
  referenceImages: "reference images",
  extend: "video to extend"
}

const prompt = ({ most, unit }: PromptLimit, text: string): ReadonlyArray<Fault> => {
  const length = lengthIn[unit](text)
  return length <= most
    ? []
    : [{ option: "prompt length", value: `${length} ${unit}`, supported: [`at most ${most} ${unit}`] }]
}

const lengthIn: { readonly [Unit in PromptLimit["unit"]]: (text: string) => number } = {
  "code points": (text) => Array.from(text).length,
  "UTF-16 units": (text) => text.length,
  bytes: (text) => new TextEncoder().encode(text).length
}

const choice = <A extends string>(
  option: string,
  value: A,
  supported: ReadonlyArray<A>,
  nearest: A | undefined
): ReadonlyArray<Fault> =>
  supported.includes(value)
    ? []
    : [{ option, value, supported, ...(nearest === undefined ? {} : { nearest }) }]

const duration = (durations: Durations, seconds: number): ReadonlyArray<Fault> => {
  const nearest = nearestDuration(durations, seconds)
  const supported =
    durations._tag === "OneOf"
      ? durations.seconds.map((n) => `${n} s`)
      : [`${durations.minimum}-${durations.maximum} s`]
  return nearest === seconds
    ? []
    : [{ option: "duration", value: `${seconds} s`, supported, nearest: `${nearest} s` }]
}

/** The length in seconds that a model renders and that is closest to the one asked for (the longer of two). */
export const nearestDuration = (durations: Durations, seconds: number): number =>
  durations._tag === "Range"
    ? Math.min(durations.maximum, Math.max(durations.minimum, seconds))
    : durations.seconds.reduce((best, next) => {
        const gain = Math.abs(best - seconds) - Math.abs(next - seconds)
        return gain > 0 || (gain === 0 && next > best) ? next : best
      })

const audio = (can: Capabilities["audio"], wanted: boolean | undefined): ReadonlyArray<Fault> =>
  wanted === undefined || can === "optional" || wanted === (can === "always")
    ? []
    : [{ option: "audio", value: wanted ? "on" : "off", supported: [can === "always" ? "on" : "off"] }]

const given = (option: string, value: string | number | undefined, can: boolean): ReadonlyArray<Fault> =>
  value === undefined || can ? [] : [{ option, value: String(value).slice(0, 80), supported: [] }]

const references = (most: number, count: number): ReadonlyArray<Fault> =>
  count <= most
    ? []
    : [
        {
          option: "reference images",
          value: String(count),
          supported: [`at most ${most}`],
          nearest: String(most)
        }
      ]
