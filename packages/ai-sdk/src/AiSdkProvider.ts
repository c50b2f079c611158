/**
 * Any video model of the AI SDK (specification v4) as a `VideoProvider`: Wan, MiniMax, Seedance, Kling, FLUX, and whatever
 * comes next.
 *
 * A submit is one call to the model's `doStart`; nothing repeats it. The record holds what `doStart` returned, so that any
 * process can ask `doStatus`. Addresses of results are asked for anew when they are fetched and never stored, since some
 * vendors put the key into them.
 *
 * @since 0.1.0
 */
import type { SharedV4Warning as Warning } from "@ai-sdk/provider"
import { FileSystem } from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as JobApi from "@mutoscope/client/JobApi"
import { strip } from "@mutoscope/client/Secrets"
import * as Capabilities from "@mutoscope/core/Capabilities"
import {
  type DownloadError,
  OutputRefused,
  type PollError,
  type SubmitError,
  UnexpectedAnswer,
  UnsupportedOption
} from "@mutoscope/core/GenerationError"
import { Json } from "@mutoscope/core/Json"
import type { Operation, OperationStatus, VideoOutput } from "@mutoscope/core/Operation"
import {
  type Intent,
  type ResumePoint,
  type VideoDownload,
  VideoProvider
} from "@mutoscope/core/VideoProvider"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Clock from "effect/Clock"
import * as ConfigError from "effect/ConfigError"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { callOptions } from "./internal/callOptions.ts"
import * as DryStart from "./internal/dryStart.ts"
import { type Reader, readerOf } from "./internal/nativeReading.ts"
import { nothing, type Observed, observing, watched } from "./internal/observed.ts"
import { readBy, type Status, statusOf, toDownload, type VideoData, withCharge } from "./internal/results.ts"
import { ofBlocked, ofError, ofPoll, ofSubmit, onlyAnswer, wordsOf } from "./internal/thrown.ts"
import { type SdkModel, type Startable, toStartable } from "./internal/unresumable.ts"
import { carriedBy, sentencesOf } from "./internal/warnings.ts"

export type { SdkModel }

/**
 * One model, made with the `fetch` that it has to use: `(fetch) => createFal({ fetch }).video("veo3.1")`.
 *
 * What its package does not pass on of a request (a last frame, a seed of 0) is found by a dry start: a model is made with a
 * `fetch` that sends nothing, and its `doStart` is called with a signal that is aborted already. Images that would be lost are
 * refused, options that would be lost are warned of.
 */
export interface Model {
  /** Makes the model. It has to send by this `fetch` alone. */
  readonly make: (fetch: typeof globalThis.fetch) => SdkModel
  /** What it can do, where that is known; else everything is passed on, and the vendor decides. */
  readonly capabilities?: Partial<Capabilities.Capabilities> | undefined
  /**
   * Takes a model that has `doGenerate` alone: its jobs live in this process, and are lost with it, paid or not. Such a
   * model is refused unless this says `true`.
   */
  readonly acceptLoss?: boolean | undefined
  /**
   * Whether dry starts are made. Default: true where `make` takes a `fetch`. Set it to false for a model whose `doStart` sends
   * by other means.
   */
  readonly dryStart?: boolean | undefined
  /**
   * Headers for addresses of results that want a key, by the origin of the address: `{ "https://openrouter.ai": { authorization:
   * Redacted.make("Bearer KEY") } }`. Headers go to the very origin that they are given for, and no redirect carries them to
   * another. Default: none.
   */
  readonly resultHeaders?: ResultHeaders | undefined
}

/** Headers by origin (`https://HOST[:PORT]`, without a path), and by their names. */
export interface ResultHeaders {
  readonly [origin: string]: { readonly [name: string]: string | Redacted.Redacted }
}

/** What there is to set. */
export interface Options {
  /** The name that operations carry. Default: `ai-sdk`. */
  readonly provider?: string | undefined
  /** Models by the names that people give them. */
  readonly models: { readonly [name: string]: Model }
  /** The `fetch` that models send by, in the end. Default: the platform's. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Where videos are fetched from, in addition to public addresses: a server of one's own on this machine. */
  readonly localOrigin?: string | undefined
}

/** What is assumed of a model. */
export const assumed = (provider: string, model: string): Capabilities.Capabilities => ({
  provider,
  model,
  aliases: [],
  title: model,
  aspectRatios: ["16:9", "9:16", "1:1", "4:3"],
  resolutions: ["480p", "720p", "1080p", "4K"],
  durations: { _tag: "Range", minimum: 2, maximum: 60 },
  audio: "optional",
  negativePrompt: false,
  seed: true,
  startImage: true,
  lastFrame: true,
  referenceImages: 10,
  cancel: false,
  progress: false,
  minimumPollInterval: 5
})

/** The models of such options, without making them. */
export const models = ({ models, provider = "ai-sdk" }: Options): ReadonlyArray<Capabilities.Capabilities> =>
  Object.entries(models).map(([name, { capabilities }]) => ({ ...assumed(provider, name), ...capabilities }))

/**
 * The models as a `VideoProvider`. Fails with a `ConfigError` for a model whose jobs could not be resumed, unless its user
 * accepts that, and for `resultHeaders` whose origin is none, or is not safe for a key.
 */
export const make = (
  options: Options
): Effect.Effect<
  Context.Tag.Service<VideoProvider>,
  ConfigError.ConfigError,
  HttpClient.HttpClient | Scope.Scope
> =>
  Effect.gen(function* () {
    const { provider = "ai-sdk" } = options
    const fetch = watched(options.fetch ?? globalThis.fetch)
    const served = new Map<string, Served>()
    for (const [name, model] of Object.entries(options.models)) {
      const sdkModel = model.make(fetch)
      const made = toStartable(sdkModel, model.acceptLoss ?? false)
      if (made === undefined)
        return yield* Effect.fail(
          ConfigError.InvalidData(
            [provider, name],
            `${name} cannot be resumed: its jobs would be lost with this process. Set acceptLoss to use it all the same`
          )
        )
      served.set(name, {
        startable: made,
        read: readerOf(sdkModel.provider, provider),
        dryStart:
          sdkModel.doStart !== undefined && (model.dryStart ?? model.make.length > 0)
            ? Option.some(model.make)
            : Option.none(),
        keyed: yield* keyedFiles(provider, name, model.resultHeaders ?? {})
      })
    }
    const files = yield* JobApi.make(fetching(provider, options.localOrigin))
    const known = models(options)
    const find = (model: string) =>
      Option.fromNullable(known.find((capabilities) => Capabilities.isNamed(capabilities, model)))
    const bridge: Bridge = {
      provider,
      files,
      find,
      model: (name) => Option.fromNullable(served.get(name)),
      fileSystem: yield* Effect.serviceOption(FileSystem)
    }
    return VideoProvider.of({
      submit: (intent) => submit(bridge, intent),
      poll: (operation) =>
        Effect.flatMap(ask(bridge, operation), ({ status, warnings }) => warned(status, operation, warnings)),
      cancel: () => Effect.succeed("NotSupported"),
      reconcile: () => Effect.succeed({ _tag: "NotSupported" }),
      download: (operation, video, from, request) => download(bridge, operation, video, from, request),
      capabilities: find,
      models: known,
      narrowed: (capabilities, request) => narrowed(bridge, capabilities, request)
    })
  })

/** {@link make} as a layer. */
export const layer = (
  options: Options
): Layer.Layer<VideoProvider, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.scoped(VideoProvider, make(options))

interface Bridge {
  readonly provider: string
  readonly files: Files
  readonly find: (model: string) => Option.Option<Capabilities.Capabilities>
  readonly model: (name: string) => Option.Option<Served>
  readonly fileSystem: Option.Option<FileSystem>
}

/** What a download needs of a provider. */
type Files = Pick<Context.Tag.Service<VideoProvider>, "download">

/** A model, and what is known of how to ask it. */
interface Served {
  readonly startable: Startable
  /** Reads more in the answers of a vendor that is known. */
  readonly read: Option.Option<Reader>
  /** How to make one for dry starts; none where it gets none. */
  readonly dryStart: Option.Option<DryStart.Make>
  /** Who fetches from origins that want headers, by origin. */
  readonly keyed: ReadonlyMap<string, Files>
}

/** Videos are fetched as every provider's are: by our own transport, verified, resumed, and without any key. */
const fetching = (provider: string, localOrigin = "https://ai-sdk.invalid"): JobApi.JobApi => ({
  provider,
  baseUrl: localOrigin,
  models: [],
  submit: () => Effect.dieMessage("nothing is submitted here"),
  accepted: () => Option.none(),
  poll: ({ model }) => ({ model, method: "GET", path: "/" }),
  status: () => Option.none(),
  looksAgain: false
})

/** One for each origin: the transport lets no header of a site out of its origin. */
const keyedFiles = (provider: string, model: string, resultHeaders: ResultHeaders) =>
  Effect.gen(function* () {
    const keyed = new Map<string, Files>()
    for (const [origin, headers] of Object.entries(resultHeaders)) {
      if (!URL.canParse(origin) || new URL(origin).origin !== origin)
        return yield* Effect.fail(
          ConfigError.InvalidData(
            [provider, model, "resultHeaders"],
            `${origin} is not an origin: expected https://HOST[:PORT], without a path`
          )
        )
      const plain = Object.entries(headers).map(([name, value]) => [
        name.toLowerCase(),
        Redacted.isRedacted(value) ? Redacted.value(value) : value
      ])
      keyed.set(
        origin,
        yield* JobApi.make({ ...fetching(provider, origin), headers: Object.fromEntries(plain) })
      )
    }
    return keyed
  })

/** The capabilities for one request: without what the model would drop of it. */
const narrowed = (
  { model }: Pick<Bridge, "model">,
  capabilities: Capabilities.Capabilities,
  request: VideoRequest
): Effect.Effect<Capabilities.Capabilities> =>
  Option.match(
    Option.flatMap(model(capabilities.model), ({ dryStart }) => dryStart),
    {
      onNone: () => Effect.succeed(capabilities),
      onSome: (make) =>
        Effect.map(
          DryStart.dropped(make, request),
          Option.match({
            onNone: () => capabilities,
            onSome: (dropped) => DryStart.without(capabilities, request, dropped)
          })
        )
    }
  )

const submit = Effect.fnUntraced(function* (bridge: Bridge, intent: Intent) {
  const { provider } = bridge
  const { request } = intent
  const name = request.model
  const found = Option.all([
    bridge.find(name),
    Option.flatMap(bridge.find(name), ({ model }) => bridge.model(model))
  ])
  const [capabilities, { startable }] = yield* Effect.mapError(
    found,
    () => new UnsupportedOption({ provider, model: name, option: "model", value: name, supported: [] })
  )
  yield* Capabilities.check(capabilities, request)
  yield* Capabilities.check(yield* narrowed(bridge, capabilities, request), request)
  const { model } = capabilities
  const options = yield* callOptions(intent, { provider, model, fileSystem: bridge.fileSystem })
  const about = { provider, model, now: yield* Clock.currentTimeMillis }
  const observed = nothing("All")
  const { operation, warnings } = yield* call<Awaited<ReturnType<Startable["start"]>>, SubmitError>(
    observed,
    (abortSignal) => startable.start({ ...options, abortSignal }),
    (thrown) => ofSubmit(thrown, about, observed)
  )
  const handle = yield* Effect.mapError(decodeJson(operation), () =>
    ofSubmit(new Error("its answer does not name a job"), about, observed)
  )
  const sentences = sentencesOf(name, warnings).map((sentence) => strip(sentence, observed.secrets))
  yield* Effect.forEach(sentences, (sentence) => Effect.logWarning(sentence)).pipe(
    Effect.annotateLogs("generation", intent.id)
  )
  return {
    provider,
    model,
    id: JSON.stringify(handle),
    metadata: { operation: handle, ...(sentences.length === 0 ? {} : { warnings: sentences }) }
  } satisfies Operation
})

const decodeJson = Schema.decodeUnknown(Json)

/** A finished job tells of what was warned of at its submit, and of what is warned of now. */
const warned = (
  status: OperationStatus,
  { metadata, model }: Operation,
  warnings: ReadonlyArray<Warning> | undefined
): Effect.Effect<OperationStatus> => {
  if (status._tag !== "Succeeded") return Effect.succeed(status)
  const before = carriedBy(metadata)
  const now = sentencesOf(model, warnings)
    .map((sentence) => strip(sentence))
    .filter((sentence) => !before.includes(sentence))
  const all = [...before, ...now]
  return Effect.as(
    Effect.forEach(now, (sentence) => Effect.logWarning(sentence)),
    all.length === 0 ? status : { ...status, warnings: all }
  )
}

/** A call of the model. Interrupting it aborts it. */
const call = <A, E>(
  observed: Observed,
  begin: (signal: AbortSignal) => PromiseLike<A>,
  failed: (thrown: unknown) => E
): Effect.Effect<A, E> =>
  Effect.tryPromise({ try: (signal) => observing(observed, () => begin(signal)), catch: failed })

/** How a job is doing, where its videos are, and what is warned of. */
interface Asked {
  readonly status: OperationStatus
  readonly videos: ReadonlyArray<VideoData>
  readonly warnings?: ReadonlyArray<Warning> | undefined
}

const ended = (status: OperationStatus): Asked => ({ status, videos: [] })

const answered = (answer: Status, provider: string): Asked => ({
  status: statusOf(answer, provider),
  videos: answer.status === "completed" ? answer.videos : [],
  warnings: answer.status === "error" ? [] : answer.warnings
})

/** Asks the model how a job is doing. Where the vendor is known, its own adapter has the last word on how the job ended. */
const ask = (bridge: Bridge, operation: Operation): Effect.Effect<Asked, PollError> =>
  Effect.gen(function* () {
    const { provider } = bridge
    const { id, metadata, model } = operation
    const { read, startable } = yield* Effect.mapError(
      bridge.model(model),
      () => new UnexpectedAnswer({ provider, status: 0, reason: `there is no model ${model} here`, body: "" })
    )
    const about = { provider, model, now: yield* Clock.currentTimeMillis }
    const observed = nothing(Option.isSome(read) ? "All" : "Refusals")
    const asked = yield* Effect.either(
      call<Status, unknown>(
        observed,
        (abortSignal) => startable.status({ operation: metadata?.["operation"] ?? id, abortSignal }),
        (thrown) => thrown
      )
    )
    const end = Option.flatMap(Option.all([read, onlyAnswer(about, observed)]), ([read, answer]) =>
      read(answer, operation)
    )
    const answer = Either.getOrElse(asked, () => undefined)
    if (answer?.status === "completed") {
      const told = answered(answer, provider)
      return { ...told, status: withCharge(told.status, end) }
    }
    if (Option.isSome(end)) return readBy(end.value)
    if (Either.isLeft(asked)) {
      const blocked = ofBlocked(asked.left, about, observed)
      return yield* Option.match(blocked, {
        onNone: () => Effect.fail(ofPoll(asked.left, about, observed)),
        onSome: (end) => Effect.succeed(ended(end))
      })
    }
    if (asked.right.status !== "error") return answered(asked.right, provider)
    const { error } = asked.right
    const blocked = ofBlocked(error, about, observed)
    if (Option.isSome(blocked)) return ended(blocked.value)
    const unanswered = ofError(error, about, observed)
    if (Option.isSome(unanswered)) return yield* Effect.fail(unanswered.value)
    return answered({ ...asked.right, error: strip(wordsOf(error, observed), observed.secrets) }, provider)
  })

const download = (
  bridge: Bridge,
  operation: Operation,
  video: VideoOutput,
  from: ResumePoint,
  request: VideoRequest | undefined
): Effect.Effect<VideoDownload, DownloadError, Scope.Scope> =>
  Effect.gen(function* () {
    const { videos } = yield* Effect.catchTag(ask(bridge, operation), "OperationNotFound", (error) =>
      Effect.fail(new OutputRefused(error))
    )
    const data = videos[video._tag === "Inline" ? video.index : 0]
    if (data === undefined)
      return yield* new OutputRefused({
        provider: bridge.provider,
        reason: "its answer names no finished video now"
      })
    return yield* toDownload(data, bridge.provider, (uri) => fetched(bridge, operation, uri, from, request))
  })

/** With the headers for the origin of the address, where there are some. */
const fetched = (
  { files, model, provider }: Bridge,
  operation: Operation,
  uri: string,
  from: ResumePoint,
  request: VideoRequest | undefined
): Effect.Effect<VideoDownload, DownloadError, Scope.Scope> => {
  const { origin } = URL.canParse(uri) ? new URL(uri) : { origin: "" }
  const keyed = Option.flatMapNullable(model(operation.model), ({ keyed }) => keyed.get(origin))
  const { download } = Option.getOrElse(keyed, () => files)
  const fetching = download(operation, { _tag: "Remote", uri }, from, request)
  return Option.isSome(keyed)
    ? fetching
    : Effect.catchTag(
        fetching,
        "AuthenticationFailed",
        ({ reason }) => new OutputRefused({ provider, reason: `${reason}; ${keyless(origin)}` })
      )
}

const keyless = (origin: string): string =>
  `the address wants credentials and got none, since models of the AI SDK keep their keys to themselves. Give them in resultHeaders, for ${origin}`
