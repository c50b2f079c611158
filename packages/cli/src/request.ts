/**
 * From flags and settings to a request: a flag first, then what was settled in advance, then a default that the model
 * can do.
 */
import { isNamed as isGoogle } from "@videogen/client/Google"
import { nearestDuration } from "@videogen/core/Capabilities"
import { InvalidRequest, type UnsupportedOption } from "@videogen/core/GenerationError"
import { VideoProvider } from "@videogen/core/VideoProvider"
import * as VideoRequest from "@videogen/core/VideoRequest"
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
    const { request, why } = yield* Effect.flatMap(VideoRequest.decode({ prompt, ...fields }), Google.chosen)
    if (Option.isSome(why)) yield* Effect.flatMap(Output, ({ note }) => note(why.value))
    return request
  })

/** The fields of a request, unchecked and without its prompt, that flags and settings make for a model. */
export const fieldsOf = (
  flags: RequestFlags,
  wanted?: string
): Effect.Effect<Readonly<Record<string, unknown>>, InvalidRequest, Configuration | VideoProvider> =>
  Effect.gen(function* () {
    const { settings } = yield* Configuration
    const model = wanted ?? Option.getOrElse(flags.model, () => settings.model ?? defaultModel)
    return {
      model,
      aspectRatio: Option.getOrElse(
        flags.aspectRatio,
        () => settings.aspectRatio ?? VideoRequest.defaults.aspectRatio
      ),
      duration: Option.getOrElse(flags.duration, () => settings.duration) ?? (yield* legalDuration(model)),
      resolution: Option.getOrElse(
        flags.resolution,
        () => settings.resolution ?? VideoRequest.defaults.resolution
      ),
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

/** What may be done where the model cannot, or does not, take the request. */
export const latitude = ({ fallback, snap }: Pick<RequestFlags, "fallback" | "snap">) =>
  Effect.map(Configuration, ({ settings }) => ({
    snap,
    fallback: fallback.length === 0 ? (settings.fallback ?? []) : fallback
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

/** Nobody asked for five seconds, so a model that cannot do them gets the nearest that it can. */
const legalDuration = (model: string) =>
  Effect.gen(function* () {
    const [google] = isGoogle(model) ? yield* Google.models : []
    const known = google ?? Option.getOrUndefined((yield* VideoProvider).capabilities(model))
    return known === undefined
      ? VideoRequest.defaults.duration
      : nearestDuration(known.durations, VideoRequest.defaults.duration)
  })

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
