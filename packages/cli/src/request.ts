/**
 * From flags and settings to a request: a flag first, then what was settled in advance, then a default, for which the
 * model's nearest is taken where it cannot do it.
 */
import { homedir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
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
      ...given("startImage", yield* Effect.transposeMapOption(flags.startImage, image)),
      ...given("lastFrame", yield* Effect.transposeMapOption(flags.lastFrame, image)),
      ...(flags.referenceImage.length === 0
        ? {}
        : { referenceImages: yield* Effect.forEach(flags.referenceImage, image) }),
      ...given("extend", yield* Effect.transposeMapOption(flags.extend, image)),
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

/**
 * An image or a video as people name it: an http, https or gs address, a `file:` address, a `data:` address with its bytes, or
 * a path, in which a leading `~` is the home folder.
 */
export const image = (
  place: string
): Effect.Effect<typeof VideoRequest.MediaInput.Encoded, InvalidRequest> => {
  if (/^(https?|gs):\/\//i.test(place)) return Effect.succeed({ _tag: "Url", url: place })
  if (/^data:/i.test(place)) return bytesOf(place)
  if (/^file:/i.test(place)) return pathOf(place)
  const path = /^~(?=$|[/\\])/.test(place) ? join(homedir(), place.slice(1)) : place
  return Effect.succeed({ _tag: "Path", path })
}

const pathOf = (url: string) =>
  Effect.try({
    try: () => ({ _tag: "Path" as const, path: fileURLToPath(url) }),
    catch: (error) =>
      unusable(
        url,
        `expected a file: address of this machine, like file:///pictures/a.png (${messageOf(error)})`
      )
  })

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const bytesOf = (url: string): Effect.Effect<typeof VideoRequest.MediaInput.Encoded, InvalidRequest> => {
  const [, mimeType, data] = /^data:([^;,]+)(?:;[^;,]*)*;base64,(.+)$/is.exec(url) ?? []
  return mimeType === undefined || data === undefined
    ? unusable(url, "expected a data: address in base64, like data:image/png;base64,iVBORw0K...")
    : Effect.succeed({ _tag: "Bytes", mimeType, data })
}

const unusable = (place: string, reason: string) => {
  const value = place.length > 80 ? `${place.slice(0, 80)}...` : place
  return new InvalidRequest({ field: "image", value, reason: `${value} cannot be used: ${reason}` })
}

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
