/**
 * From flags and settings to a request: a flag first, then what was settled in advance, then a default, for which the
 * model's nearest is taken where it cannot do it.
 */
import type { Latitude } from "@mutoscope/core/Capabilities"
import { InvalidRequest, type UnsupportedOption } from "@mutoscope/core/GenerationError"
import type { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Configuration } from "./Configuration.ts"
import * as Google from "./google.ts"
import { Output } from "./Output.ts"

/** The flags that describe a video. Their values are checked here, not by the parser, for the sake of its messages. */
export interface RequestFlags {
  readonly model: Option.Option<string>
  readonly aspectRatio: Option.Option<string>
  readonly duration: Option.Option<number>
  readonly resolution: Option.Option<string>
  readonly negativePrompt: Option.Option<string>
  readonly seed: Option.Option<number>
  readonly audio: boolean
  readonly noAudio: boolean
  readonly startImage: Option.Option<string>
  readonly lastFrame: Option.Option<string>
  readonly referenceImage: ReadonlyArray<string>
  readonly extend: Option.Option<string>
  readonly providerOptions: Option.Option<string>
  /** Not of the request: what to make of one that the model cannot do, and which models are next. */
  readonly snap: boolean
  readonly fallback: ReadonlyArray<string>
  /** Whether the next is tried also after a refusal that may be about the content. */
  readonly fallbackUnclear: boolean
}

/** The model that is asked where nobody names one. */
export const defaultModel = "veo-3.1"

/** The request that prompt, flags and settings make. */
export const requestOf = (
  prompt: string,
  flags: RequestFlags
): Effect.Effect<
  VideoRequest.VideoRequest,
  InvalidRequest | UnsupportedOption,
  Configuration | VideoProvider | Output
> =>
  Effect.gen(function* () {
    const fields = yield* fieldsOf(flags)
    const { unasked } = yield* latitude(flags)
    const decoded = yield* VideoRequest.decode({ prompt, ...fields })
    const { request, why } = yield* Google.chosen(decoded, unasked)
    if (Option.isSome(why)) yield* Effect.flatMap(Output, ({ note }) => note(why.value))
    return request
  })

/** The fields of a request, unchecked and without its prompt, that flags and settings make for a model. */
export const fieldsOf = (
  flags: RequestFlags,
  wanted?: string
): Effect.Effect<Readonly<Record<string, unknown>>, InvalidRequest, Configuration> =>
  Effect.gen(function* () {
    const { settings } = yield* Configuration
    const { defaults } = VideoRequest
    return {
      model: wanted ?? Option.getOrElse(flags.model, () => settings.model ?? defaultModel),
      aspectRatio: Option.getOrElse(flags.aspectRatio, () => settings.aspectRatio ?? defaults.aspectRatio),
      duration: Option.getOrElse(flags.duration, () => settings.duration ?? defaults.duration),
      resolution: Option.getOrElse(flags.resolution, () => settings.resolution ?? defaults.resolution),
      ...given("negativePrompt", flags.negativePrompt),
      ...given("seed", flags.seed),
      ...given("audio", yield* sound(flags)),
      ...given("startImage", Option.map(flags.startImage, image)),
      ...given("lastFrame", Option.map(flags.lastFrame, image)),
      ...(flags.referenceImage.length === 0 ? {} : { referenceImages: flags.referenceImage.map(image) }),
      ...given("extend", Option.map(flags.extend, image)),
      ...given("providerOptions", yield* Effect.transposeMapOption(flags.providerOptions, parse))
    }
  })

/** The flags, or fields of a line, that have a default. */
const withDefault = ["aspectRatio", "resolution", "duration"] as const

/**
 * What may be done where the model cannot, or does not, take the request: of `line`, what was given for it alone. What was
 * given nowhere is `unasked`.
 */
export const latitude = (
  flags: Pick<RequestFlags, "fallback" | "fallbackUnclear" | "snap" | (typeof withDefault)[number]>,
  line: Readonly<Record<string, unknown>> = {}
): Effect.Effect<Latitude & Pick<RequestFlags, "fallback" | "fallbackUnclear">, never, Configuration> =>
  Effect.map(Configuration, ({ settings }) => ({
    snap: flags.snap,
    fallback: flags.fallback.length === 0 ? (settings.fallback ?? []) : flags.fallback,
    fallbackUnclear: flags.fallbackUnclear || (settings.fallbackUnclear ?? false),
    unasked: withDefault.filter(
      (name) => flags[name]._tag === "None" && settings[name] === undefined && line[name] === undefined
    )
  }))

const given = <A>(name: string, value: Option.Option<A>): { readonly [name: string]: A } =>
  Option.match(value, { onNone: () => ({}), onSome: (known) => ({ [name]: known }) })

const sound = ({ audio, noAudio }: RequestFlags): Effect.Effect<Option.Option<boolean>, InvalidRequest> =>
  audio && noAudio
    ? new InvalidRequest({
        field: "audio",
        value: "--audio --no-audio",
        reason: "Sound is wanted and not wanted: give one of --audio and --no-audio"
      })
    : Effect.succeed(audio || noAudio ? Option.some(audio) : Option.none())

/** An image or a video as people name it: by an address or a path. */
export const image = (place: string) =>
  /^(https?|gs):\/\//i.test(place) ? { _tag: "Url", url: place } : { _tag: "Path", path: place }

const parse = (json: string) =>
  Effect.mapError(
    Schema.decode(Schema.parseJson())(json),
    () =>
      new InvalidRequest({
        field: "providerOptions",
        value: json.slice(0, 80),
        reason: '--provider-options must be JSON, like \'{"personGeneration":"allow_adult"}\''
      })
  )
