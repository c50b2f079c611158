/**
 * What a model accepts, as data; the check of a request against it, and the nearest request that passes.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { UnsupportedOption } from "./GenerationError.ts"
import * as Cases from "./internal/cases.ts"
import * as Fitting from "./internal/fitting.ts"
import * as Ignoring from "./internal/ignoring.ts"
import * as Pricing from "./internal/pricing.ts"
import * as Money from "./Money.ts"
import { Input, Price, Tokens } from "./Price.ts"
import { AspectRatio, Resolution, type VideoRequest } from "./VideoRequest.ts"

export { nearestDuration } from "./internal/fitting.ts"
export { Input, Price } from "./Price.ts"

/** The lengths a model renders: any whole number of seconds in a range, or a few. */
export const Durations = Schema.Union(
  Schema.TaggedStruct("Range", { minimum: Schema.Number, maximum: Schema.Number }),
  Schema.TaggedStruct("OneOf", { seconds: Schema.NonEmptyArray(Schema.Number) })
)
export type Durations = typeof Durations.Type

/** The longest prompt, counted as the provider counts. */
export const PromptLimit = Schema.Struct({
  unit: Schema.Literal("code points", "UTF-16 units", "bytes"),
  most: Schema.Positive
})
export type PromptLimit = typeof PromptLimit.Type

/** Something that a provider may take and not look at. */
export const Ignorable = Schema.Literal(
  "aspectRatio",
  "resolution",
  "duration",
  "audio",
  "negativePrompt",
  "seed"
)
export type Ignorable = typeof Ignorable.Type

/** Something that cannot always be said beside the rest. */
export const Excludable = Schema.Literal("audio", "negativePrompt", "seed")
export type Excludable = typeof Excludable.Type

/**
 * What holds only for some requests of a model: for those that come `with` an input, `without` one, in a `resolution`, or
 * for all where nothing is said. `requires` is an input that has to be there then; `excludes` are options that cannot be
 * given, and `ignored` those that the provider takes and does not look at, or has no place for; `aspectRatios`,
 * `resolutions` and `durations` are what is left of the model's.
 */
export const Case = Schema.Struct({
  with: Schema.optional(Input),
  without: Schema.optional(Input),
  resolution: Schema.optional(Resolution),
  requires: Schema.optional(Input),
  excludes: Schema.optional(Schema.NonEmptyArray(Excludable)),
  ignored: Schema.optional(Schema.NonEmptyArray(Ignorable)),
  aspectRatios: Schema.optional(Schema.NonEmptyArray(AspectRatio)),
  resolutions: Schema.optional(Schema.NonEmptyArray(Resolution)),
  durations: Schema.optional(Durations)
})
export type Case = typeof Case.Type

/** The most bytes of one input of each kind: one that is larger is refused. Unknown where absent. */
export const InputLimits = Schema.Struct({
  /** Of a start image, a last frame and each reference image. */
  image: Schema.optional(Schema.Positive),
  /** Of a video to extend. */
  video: Schema.optional(Schema.Positive)
})
export type InputLimits = typeof InputLimits.Type

/**
 * One model of one provider. `aliases` are the short names it also answers to; `minimumPollInterval` is in seconds;
 * `audio` says whether sound can be chosen; `extend` whether it goes on with a video that is given; `inputLimits` are the most
 * bytes of one input; of the inputs in each list of `exclusive` a request may hold one; `ignored` are the options that the provider takes and does not look at, and `cases` what differs with what a request comes with;
 * `outputLifetime` is for how many seconds a finished video can be fetched. `retiredOn` is the day (YYYY-MM-DD) from which
 * it no longer answers, and `replacement` what to ask for instead. `price` is absent where it is unknown; `tokens` is how many
 * tokens a video counts as, for a price by the token.
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
  inputLimits: Schema.optional(InputLimits),
  exclusive: Schema.optional(Schema.Array(Schema.NonEmptyArray(Input))),
  ignored: Schema.optional(Schema.Array(Ignorable)),
  cases: Schema.optional(Schema.Array(Case)),
  promptLimit: Schema.optional(PromptLimit),
  outputLifetime: Schema.optional(Schema.Positive),
  cancel: Schema.Boolean,
  progress: Schema.Boolean,
  minimumPollInterval: Schema.NonNegative,
  retiredOn: Schema.optional(Schema.String),
  replacement: Schema.optional(Schema.NonEmptyString),
  price: Schema.optional(Price),
  tokens: Schema.optional(Tokens)
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

/**
 * The most that a request may cost, all of its priced parts together; none where the price of one of them is unknown. What
 * the request leaves open, or the provider ignores, counts as what costs most.
 */
export const estimate = (capabilities: Capabilities, request: VideoRequest): Option.Option<Money.MicroUsd> =>
  Option.map(Option.getRight(Pricing.bills(capabilities, request)), (bills) =>
    bills.reduce((most, bill) => Money.larger(most, bill.most), Money.zero)
  )

/** Whether the provider takes an option of a request and does not look at it, or is not told of it at all. */
export const ignores = (capabilities: Capabilities, request: VideoRequest, option: Ignorable): boolean =>
  Cases.isIgnored(capabilities, request, option)

/**
 * Refuses, before anything is sent, a model that is retired today (UTC), and what the model cannot do; it names the nearest
 * thing that can be had. What the provider takes and ignores is legal: see {@link warnings}.
 */
export const check = (
  capabilities: Capabilities,
  request: VideoRequest
): Effect.Effect<void, UnsupportedOption> =>
  Effect.flatMap(DateTime.now, (now) => {
    const { model, provider, retiredOn, replacement } = capabilities
    if (retiredOn !== undefined && retiredOn <= DateTime.formatIsoDateUtc(now))
      return Effect.fail(retired(capabilities, retiredOn, replacement))
    const [fault] = Fitting.faults(capabilities, request)
    if (fault === undefined) return Effect.void
    const { option, value, supported, nearest } = fault
    const known = nearest === undefined ? {} : { nearest }
    return Effect.fail(new UnsupportedOption({ provider, model, option, value, supported, ...known }))
  })

/** A request that a model can do, and a sentence for each thing that had to be changed for it. */
export interface Snapped {
  readonly request: VideoRequest
  readonly changes: ReadonlyArray<string>
}

/**
 * The nearest request that the model can do. It fails as {@link check} does where something has no nearest value: an image
 * for a model that takes none, sound for a silent one, a prompt that is too long. The model itself is never changed.
 */
export const snap = (
  capabilities: Capabilities,
  request: VideoRequest
): Effect.Effect<Snapped, UnsupportedOption> => {
  const snapped = Fitting.snapped(capabilities, request, { snap: true })
  return Effect.as(check(capabilities, snapped.request), snapped)
}

/**
 * A request that a model can be given, and sentences about what its caller should know of it. `ignored` are the options in it
 * that say nothing of the video.
 */
export interface Fitted {
  readonly request: VideoRequest
  readonly warnings: ReadonlyArray<string>
  readonly ignored: ReadonlyArray<Ignorable>
}

/**
 * How a request is fitted to a model. `snap` takes the nearest that the model can do of what was asked for; of what is
 * `unasked`, values that stand in the request though nobody chose them, the nearest is taken in any case, without a word.
 */
export interface Latitude {
  readonly snap: boolean
  readonly unasked?: ReadonlyArray<Ignorable> | undefined
}

/** Checks a request, or changes it as far as it may be changed, and says all that there is to say of it. */
export const fit = (
  capabilities: Capabilities,
  request: VideoRequest,
  latitude: Latitude
): Effect.Effect<Fitted, UnsupportedOption> => {
  const snapped = Fitting.snapped(capabilities, request, latitude)
  return Effect.as(check(capabilities, snapped.request), {
    request: snapped.request,
    warnings: [...snapped.changes, ...Ignoring.warnings(capabilities, snapped.request, latitude.unasked)],
    ignored: Ignoring.inVain(capabilities, snapped.request)
  })
}

/** A sentence for each thing that was asked for and that the provider takes without looking at it. */
export const warnings = (capabilities: Capabilities, request: VideoRequest): ReadonlyArray<string> =>
  Ignoring.warnings(capabilities, request)

const retired = ({ aliases, model, provider }: Capabilities, retiredOn: string, replacement?: string) =>
  new UnsupportedOption({
    provider,
    model,
    option: "model",
    value: aliases[0] ?? model,
    supported: [],
    retiredOn,
    ...(replacement === undefined ? {} : { nearest: replacement })
  })
