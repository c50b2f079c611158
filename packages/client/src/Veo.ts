/**
 * Veo, through the `predictLongRunning` protocol, in both of its forms: Vertex AI, and the API-key form that Google
 * itself switched off but that proxies, and the emulator, speak.
 *
 * @since 0.1.0
 */
import { FileSystem } from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Capabilities from "@mutoscope/core/Capabilities"
import {
  OutputRefused,
  type PollError,
  type SubmitError,
  UnexpectedAnswer,
  UnsupportedOption
} from "@mutoscope/core/GenerationError"
import type { CancelOutcome, Operation, OperationStatus, VideoOutput } from "@mutoscope/core/Operation"
import { type Intent, type ResumePoint, VideoProvider } from "@mutoscope/core/VideoProvider"
import type * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Adapter from "./Adapter.ts"
import * as Catalogue from "./catalogue/veo.ts"
import { type Answered, pollError, submitError } from "./internal/classification.ts"
import { toLine } from "./internal/clientLine.ts"
import { download, stream } from "./internal/download.ts"
import { withoutJob } from "./internal/envelope.ts"
import { inquire, isSuccess, promoted, submit } from "./internal/http.ts"
import { inlineDownload } from "./internal/inlineDownload.ts"
import { inVideos } from "./internal/inlineVideo.ts"
import { came, outcome } from "./internal/jobCancel.ts"
import { mayBeElsewhere } from "./internal/jobDownload.ts"
import type { Line } from "./internal/line.ts"
import { blockedIn } from "./internal/refusedPoll.ts"
import * as VeoAnswer from "./internal/veoAnswer.ts"
import { largest } from "./internal/veoInputs.ts"
import { type ApiKeyOptions, type Options, type Shared, vertexConfig } from "./internal/veoOptions.ts"
import { type Place, place } from "./internal/veoPlace.ts"
import { reconcile } from "./internal/veoReconcile.ts"
import * as VeoRequest from "./internal/veoRequest.ts"

export {
  type ApiKeyOptions,
  apiKeyConfig,
  type Options,
  type Shared,
  type VertexOptions,
  vertexConfig
} from "./internal/veoOptions.ts"

/** The capabilities of a server that renders whatever it is asked for, says how far it is, and can be stopped. */
export const unrestricted = {
  aspectRatios: ["16:9", "9:16", "1:1", "4:3"],
  resolutions: ["480p", "720p", "1080p", "4K"],
  durations: { _tag: "Range", minimum: 2, maximum: 60 },
  audio: "optional",
  seed: true,
  progress: true,
  cancel: true,
  minimumPollInterval: 0
} as const satisfies Partial<Capabilities.Capabilities>

/** The models that a Veo with such options has, without asking or connecting to anything. */
export const models = (options: Shared & Pick<Options, "_tag">): ReadonlyArray<Capabilities.Capabilities> =>
  Catalogue.models(options._tag, options.provider ?? "veo").map((model) => ({
    ...model,
    inputLimits: { image: largest, video: largest },
    cancel: options.cancel ?? false,
    ...options.capabilities
  }))

/**
 * A Veo as a `VideoProvider`. Images may be files where a `FileSystem` is at hand. Fails with a `ConfigError` where the
 * base address must not be used: Google's own for API keys, or one that a key would travel to in the clear.
 */
export const make = (
  options: Options
): Effect.Effect<Context.Tag.Service<VideoProvider>, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const line = toLine(yield* HttpClient.HttpClient)
    const fileSystem = yield* Effect.serviceOption(FileSystem)
    const veo: Veo = { ...(yield* place(options)), line, fileSystem, models: models(options) }
    return VideoProvider.of({
      submit: (intent) => submitTo(veo, intent),
      poll: (operation) => pollOn(veo, operation),
      cancel: (operation) => cancelOn(veo, operation),
      // Its list shows no labels, and so proves nothing.
      reconcile: (intent, { proofOnly = false } = {}) =>
        proofOnly ? Effect.succeed({ _tag: "NotSupported" }) : reconcileOn(veo, intent),
      download: (operation, video, from) => downloadFrom(veo, operation, video, from),
      capabilities: (model) => find(veo, model),
      models: veo.models
    })
  })

/** {@link make} as a layer. */
export const layer = (
  options: Options
): Layer.Layer<VideoProvider, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(VideoProvider, make(options))

/** {@link layer} with its options from the configuration: {@link vertexConfig} or {@link apiKeyConfig}. */
export const layerConfig = (
  options: Config.Config<Options> = vertexConfig
): Layer.Layer<VideoProvider, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(VideoProvider, Effect.flatMap(options, make))

/** A flag, also as text: in the environment everything is. */
const Flag = Schema.Union(Schema.Boolean, Schema.BooleanFromString)

/** The API-key form, for a registry. That of Vertex AI has a file of its own. */
export const adapter = Adapter.of({
  name: "veo",
  title: "Veo behind an API key: a proxy, or a server of one's own",
  settings: Schema.Struct({ baseUrl: Adapter.text, apiKey: Adapter.secret, cancel: Schema.optional(Flag) }),
  secrets: ["apiKey"],
  about: {
    baseUrl: "Where the server is, up to and without /v1beta",
    apiKey: "What it wants in x-goog-api-key",
    cancel: "true, if the server can stop a job that runs (Google's own cannot)"
  },
  entry: (provider, settings) => {
    const options: ApiKeyOptions = { _tag: "ApiKey", provider, ...settings }
    return Either.right({ models: models(options), address: settings.baseUrl, layer: layer(options) })
  }
})

interface Veo extends Place {
  readonly line: Line
  readonly fileSystem: Option.Option<FileSystem>
  readonly models: ReadonlyArray<Capabilities.Capabilities>
}

const find = (veo: Veo, model: string): Option.Option<Capabilities.Capabilities> =>
  Option.fromNullable(veo.models.find((capabilities) => Capabilities.isNamed(capabilities, model)))

const submitTo = Effect.fnUntraced(function* (veo: Veo, intent: Intent) {
  const { request } = intent
  const capabilities = yield* Effect.mapError(find(veo, request.model), () => noSuchModel(veo, request.model))
  yield* Capabilities.check(capabilities, request)
  const { extras, labels } = veo
  const body = yield* VeoRequest.body(request, capabilities, veo.fileSystem, {
    extras,
    labels: labels(intent)
  })
  const answer = yield* submit(veo.line, veo.site, veo.addresses.submit(capabilities.model, body))
  const id = yield* acceptedAs(answer)
  return { provider: veo.site.provider, id, model: capabilities.model }
})

/** The name in an answer. What has a name was accepted, whatever is beside it. */
const acceptedAs = (answer: Answered): Effect.Effect<string, SubmitError> =>
  Option.match(VeoAnswer.decodeAccepted(answer.body), {
    onNone: () => Effect.fail(submitError(withoutJob(answer, "an operation", { grpc: true }))),
    onSome: ({ name }) => Effect.succeed(name)
  })

const noSuchModel = ({ site, models }: Veo, model: string) =>
  new UnsupportedOption({
    provider: site.provider,
    model,
    option: "model",
    value: model,
    supported: models.flatMap(({ aliases }) => aliases.slice(0, 1))
  })

const pollOn = (veo: Veo, operation: Operation): Effect.Effect<OperationStatus, PollError> =>
  Effect.flatMap(nameOf(veo, operation), (name) =>
    Effect.flatMap(inquire(veo.line, veo.site, veo.addresses.poll(operation.model, name)), (answer) =>
      Option.match(statusOf(veo, answer), {
        onNone: () => Effect.fail(pollError(isSuccess(answer) ? senseless(answer) : answer)),
        onSome: Effect.succeed
      })
    )
  )

const senseless = (answer: Answered) =>
  promoted({ ...answer, fault: "its answer does not say how the operation is doing" })

const statusOf = (veo: Veo, answer: Answered): Option.Option<OperationStatus> =>
  isSuccess(answer)
    ? Option.flatMap(VeoAnswer.decodeOperation(answer.body), (operation) =>
        VeoAnswer.status(operation, veo.site.provider, answer.secrets)
      )
    : Option.map(blockedIn(answer, veo.site.provider), (error) => ({ _tag: "Failed", error }))

/** A record may come from anywhere; what is not the name of an operation never becomes part of an address. */
const nameOf = (veo: Veo, { id }: Operation): Effect.Effect<string, UnexpectedAnswer> =>
  Option.match(VeoAnswer.decodeName(id), {
    onNone: () =>
      Effect.fail(
        new UnexpectedAnswer({
          provider: veo.site.provider,
          status: 0,
          reason: "the record does not hold the name of one of its operations",
          body: ""
        })
      ),
    onSome: Effect.succeed
  })

const cancelOn = Effect.fnUntraced(function* (veo: Veo, operation: Operation) {
  const can = Option.exists(find(veo, operation.model), ({ cancel }) => cancel)
  if (!can) return "NotSupported" satisfies CancelOutcome
  const before = outcome(yield* pollOn(veo, operation))
  if (before !== "Requested") return before
  const name = yield* nameOf(veo, operation)
  const answer = yield* inquire(veo.line, veo.site, veo.addresses.cancel(operation.model, name))
  return yield* came(answer, pollOn(veo, operation))
})

const reconcileOn = (veo: Veo, intent: Intent) =>
  Option.match(find(veo, intent.request.model), {
    onNone: () => Effect.succeed({ _tag: "NotSupported" } as const),
    onSome: ({ model }) => reconcile(veo.line, veo.site, veo.addresses.list, model, intent)
  })

const downloadFrom = Effect.fnUntraced(function* (
  veo: Veo,
  operation: Operation,
  video: VideoOutput,
  from: ResumePoint
) {
  if (video._tag === "Inline") {
    const name = yield* nameOf(veo, operation)
    const answer = yield* stream(veo.line, veo.site, veo.addresses.poll(operation.model, name))
    return inlineDownload(answer, veo.site.provider, () => inVideos(video.index))
  }
  return yield* Effect.catchIf(fetchFrom(veo, operation, video.uri, from), mayBeElsewhere, (error) =>
    Effect.flatMap(addressNow(veo, operation), (uri) =>
      uri === undefined || uri === video.uri
        ? Effect.fail(error)
        : Effect.mapError(fetchFrom(veo, operation, uri, from), () => error)
    )
  )
})

const fetchFrom = (veo: Veo, { model }: Operation, uri: string, from: ResumePoint) => {
  const source = veo.addresses.source(model, uri)
  return typeof source === "string"
    ? Effect.fail(new OutputRefused({ provider: veo.site.provider, reason: source }))
    : download(veo.line, veo.site, source, from)
}

/** Where the job says that its first video is, asked anew: an address may have run out. */
const addressNow = (veo: Veo, operation: Operation): Effect.Effect<string | undefined> =>
  pollOn(veo, operation).pipe(
    Effect.timeout("10 seconds"),
    Effect.map((status) =>
      status._tag === "Succeeded" && status.videos[0]._tag === "Remote" ? status.videos[0].uri : undefined
    ),
    Effect.orElseSucceed(() => undefined)
  )
