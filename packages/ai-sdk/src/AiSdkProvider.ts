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
import type { Operation, VideoOutput } from "@mutoscope/core/Operation"
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
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { callOptions } from "./internal/callOptions.ts"
import { nothing, type Observed, observing, watched } from "./internal/observed.ts"
import { type Status, statusOf, toDownload, type VideoData } from "./internal/results.ts"
import { type Blocked, ofBlocked, ofError, ofPoll, ofSubmit, wordsOf } from "./internal/thrown.ts"
import { type SdkModel, type Startable, toStartable } from "./internal/unresumable.ts"

export type { SdkModel }

/** One model, made with the `fetch` that it has to use: `(fetch) => createFal({ fetch }).video("veo3.1")`. */
export interface Model {
  readonly make: (fetch: typeof globalThis.fetch) => SdkModel
  /** What it can do, where that is known; else everything is passed on, and the vendor decides. */
  readonly capabilities?: Partial<Capabilities.Capabilities> | undefined
  /**
   * Takes a model that has `doGenerate` alone: its jobs live in this process, and are lost with it, paid or not. Such a
   * model is refused unless this says `true`.
   */
  readonly acceptLoss?: boolean | undefined
}

/** Models by the names that people give them, and the name that their operations carry: `ai-sdk`. */
export interface Options {
  readonly provider?: string | undefined
  readonly models: { readonly [name: string]: Model }
  /** The `fetch` below: the platform's. */
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
 * accepts that.
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
    const startable = new Map<string, Startable>()
    for (const [name, model] of Object.entries(options.models)) {
      const made = toStartable(model.make(fetch), model.acceptLoss ?? false)
      if (made === undefined)
        return yield* Effect.fail(
          ConfigError.InvalidData(
            [provider, name],
            `${name} cannot be resumed: its jobs would be lost with this process. Set acceptLoss to use it all the same`
          )
        )
      startable.set(name, made)
    }
    const files = yield* JobApi.make(fetching(provider, options.localOrigin))
    const known = models(options)
    const find = (model: string) =>
      Option.fromNullable(known.find((capabilities) => Capabilities.isNamed(capabilities, model)))
    const bridge: Bridge = {
      provider,
      files,
      find,
      model: (name) => Option.fromNullable(startable.get(name)),
      fileSystem: yield* Effect.serviceOption(FileSystem)
    }
    return VideoProvider.of({
      submit: (intent) => submit(bridge, intent),
      poll: (operation) =>
        Effect.map(ask(bridge, operation), (answer) =>
          "_tag" in answer ? answer : statusOf(answer, provider)
        ),
      cancel: () => Effect.succeed("NotSupported"),
      reconcile: () => Effect.succeed({ _tag: "NotSupported" }),
      download: (operation, video, from, request) => download(bridge, operation, video, from, request),
      capabilities: find,
      models: known
    })
  })

/** {@link make} as a layer. */
export const layer = (
  options: Options
): Layer.Layer<VideoProvider, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.scoped(VideoProvider, make(options))

interface Bridge {
  readonly provider: string
  readonly files: Context.Tag.Service<VideoProvider>
  readonly find: (model: string) => Option.Option<Capabilities.Capabilities>
  readonly model: (name: string) => Option.Option<Startable>
  readonly fileSystem: Option.Option<FileSystem>
}

/** Videos are fetched as every provider's are: by our own transport, verified, resumed, and without any key. */
const fetching = (provider: string, localOrigin = "https://ai-sdk.invalid"): JobApi.JobApi => ({
  provider,
  baseUrl: localOrigin,
  models: [],
  submit: () => Effect.dieMessage("nothing is submitted here"),
  accepted: () => Option.none(),
  poll: ({ model }) => ({ model, method: "GET", path: "/" }),
  status: () => Option.none()
})

const submit = Effect.fnUntraced(function* (bridge: Bridge, intent: Intent) {
  const { provider } = bridge
  const name = intent.request.model
  const found = Option.all([
    bridge.find(name),
    Option.flatMap(bridge.find(name), ({ model }) => bridge.model(model))
  ])
  const [capabilities, startable] = yield* Effect.mapError(
    found,
    () => new UnsupportedOption({ provider, model: name, option: "model", value: name, supported: [] })
  )
  yield* Capabilities.check(capabilities, intent.request)
  const { model } = capabilities
  const options = yield* callOptions(intent, { provider, model, fileSystem: bridge.fileSystem })
  const about = { provider, model, now: yield* Clock.currentTimeMillis }
  const observed = nothing("All")
  const { operation } = yield* call<{ readonly operation: unknown }, SubmitError>(
    observed,
    (abortSignal) => startable.start({ ...options, abortSignal }),
    (thrown) => ofSubmit(thrown, about, observed)
  )
  const handle = yield* Effect.mapError(decodeJson(operation), () =>
    ofSubmit(new Error("its answer does not name a job"), about, observed)
  )
  return { provider, model, id: JSON.stringify(handle), metadata: { operation: handle } } satisfies Operation
})

const decodeJson = Schema.decodeUnknown(Json)

/** A call of the model. Interrupting it aborts it. */
const call = <A, E>(
  observed: Observed,
  begin: (signal: AbortSignal) => PromiseLike<A>,
  failed: (thrown: unknown) => E
): Effect.Effect<A, E> =>
  Effect.tryPromise({ try: (signal) => observing(observed, () => begin(signal)), catch: failed })

/** What the model says of a job, or that a filter held its video back. */
const ask = (
  bridge: Bridge,
  { id, metadata, model }: Operation
): Effect.Effect<Status | Blocked, PollError> =>
  Effect.gen(function* () {
    const { provider } = bridge
    const startable = yield* Effect.mapError(
      bridge.model(model),
      () => new UnexpectedAnswer({ provider, status: 0, reason: `there is no model ${model} here`, body: "" })
    )
    const about = { provider, model, now: yield* Clock.currentTimeMillis }
    const observed = nothing("Refusals")
    const asked = yield* Effect.either(
      call<Status, unknown>(
        observed,
        (abortSignal) => startable.status({ operation: metadata?.["operation"] ?? id, abortSignal }),
        (thrown) => thrown
      )
    )
    if (Either.isLeft(asked)) {
      const blocked = ofBlocked(asked.left, about, observed)
      return yield* Option.match(blocked, {
        onNone: () => Effect.fail(ofPoll(asked.left, about, observed)),
        onSome: (end) => Effect.succeed(end)
      })
    }
    const answer = asked.right
    if (answer.status !== "error") return answer
    const blocked = ofBlocked(answer.error, about, observed)
    if (Option.isSome(blocked)) return blocked.value
    const unanswered = ofError(answer.error, about, observed)
    if (Option.isSome(unanswered)) return yield* Effect.fail(unanswered.value)
    return { ...answer, error: strip(wordsOf(answer.error, observed), observed.secrets) }
  })

const download = (
  bridge: Bridge,
  operation: Operation,
  video: VideoOutput,
  from: ResumePoint,
  request: VideoRequest | undefined
): Effect.Effect<VideoDownload, DownloadError, Scope.Scope> =>
  Effect.gen(function* () {
    const answer = yield* Effect.catchTag(ask(bridge, operation), "OperationNotFound", (error) =>
      Effect.fail(new OutputRefused(error))
    )
    const index = video._tag === "Inline" ? video.index : 0
    const data: VideoData | undefined =
      !("_tag" in answer) && answer.status === "completed" ? answer.videos[index] : undefined
    if (data === undefined)
      return yield* new OutputRefused({
        provider: bridge.provider,
        reason: "its answer names no finished video now"
      })
    return yield* toDownload(data, bridge.provider, (uri) =>
      Effect.catchTag(
        bridge.files.download(operation, { _tag: "Remote", uri }, from, request),
        "AuthenticationFailed",
        ({ reason }) => new OutputRefused({ provider: bridge.provider, reason: `${reason}; ${keyless}` })
      )
    )
  })

const keyless =
  "the address wants credentials and got none, since models of the AI SDK keep their keys to themselves"
