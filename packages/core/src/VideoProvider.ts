/**
 * PORT: somebody else's machine that turns a request into a video.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Capabilities } from "./Capabilities.ts"
import type { GenerationId } from "./Generation.ts"
import { type DownloadError, type PollError, type SubmitError, UnsupportedOption } from "./GenerationError.ts"
import { nearestModels } from "./Nearest.ts"
import type { CancelOutcome, Operation, OperationStatus, VideoOutput } from "./Operation.ts"
import type { VideoRequest } from "./VideoRequest.ts"

/**
 * One attempt to submit, as it stands in the record before the request is sent. {@link label} is what to give a provider
 * that takes an idempotency key or a label.
 */
export interface Intent {
  readonly id: GenerationId
  readonly attempt: number
  readonly provider: string
  readonly request: VideoRequest
  readonly startedAt: DateTime.Utc
}

/**
 * What a provider is told to call an attempt: `ID-ATTEMPT`, the same each time it is asked for. The id is random, so the
 * label says nothing about the user or the request.
 */
export const label = ({ attempt, id }: Pick<Intent, "id" | "attempt">): string => `${id}-${attempt}`

/** A job that carries our own label, or the id that we gave it: proof that the intent reached the provider. */
export interface Found {
  readonly _tag: "Found"
  readonly operation: Operation
}

/** Jobs of the same model from about the time of the intent: possible, not proven. That there is none proves nothing. */
export interface Candidates {
  readonly _tag: "Candidates"
  readonly operations: ReadonlyArray<Operation>
}

/** The provider has no list of jobs, or one that says nothing. */
export interface NotSupported {
  readonly _tag: "NotSupported"
}

/** How a lost intent is looked for. */
export interface ReconcileOptions {
  /**
   * Whether anything but proof is of no use. Then a provider that shows no labels answers `NotSupported` without being asked,
   * and `Candidates` say that a later look may still find the job. Default: false.
   */
  readonly proofOnly?: boolean
}

/** Whether an intent reached the provider, as far as the provider can say. */
export type Reconciliation = Found | Candidates | NotSupported

/**
 * How much of a video is here already: `offset` bytes, of the version that `validator` (a strong ETag) names, and that is
 * `totalBytes` long, where that was announced.
 */
export interface ResumePoint {
  readonly offset: number
  readonly validator: Option.Option<string>
  readonly totalBytes?: number | undefined
}

/** What a provider says that the whole video hashes to; `value` is in lower-case hexadecimal digits. */
export interface AnnouncedHash {
  readonly algorithm: "md5" | "sha-256"
  readonly value: string
}

/**
 * A download under way. `offset` is where its bytes really begin (0 where the provider would not go on from the
 * resume point), `totalBytes` the length of the whole video and `announcedHash` its hash, where they were announced.
 */
export interface VideoDownload {
  readonly offset: number
  readonly totalBytes: Option.Option<number>
  readonly announcedHash: Option.Option<AnnouncedHash>
  readonly validator: Option.Option<string>
  readonly bytes: Stream.Stream<Uint8Array, DownloadError>
}

/**
 * A video API. An implementation sends one request for each submit and never repeats it; what it cannot be sure of is
 * `SubmitUnknown`. A router over many providers is itself one.
 */
export class VideoProvider extends Context.Tag("@mutoscope/core/VideoProvider")<
  VideoProvider,
  {
    /** Sends the paid request, once. */
    readonly submit: (intent: Intent) => Effect.Effect<Operation, SubmitError>
    /** Asks how a job is doing. */
    readonly poll: (operation: Operation) => Effect.Effect<OperationStatus, PollError>
    /** Asks for a job to stop. */
    readonly cancel: (operation: Operation) => Effect.Effect<CancelOutcome, PollError>
    /** Looks whether an intent whose answer was lost reached the provider. */
    readonly reconcile: (
      intent: Intent,
      options?: ReconcileOptions
    ) => Effect.Effect<Reconciliation, PollError>
    /**
     * Opens the download of a finished video, from the resume point where the provider can. `request` is what the job was
     * asked for: an address that stands in it is never taken for that of the result.
     */
    readonly download: (
      operation: Operation,
      video: VideoOutput,
      from: ResumePoint,
      request?: VideoRequest
    ) => Effect.Effect<VideoDownload, DownloadError, Scope.Scope>
    /** What is known of a model by one of its names, without asking anybody. */
    readonly capabilities: (model: string) => Option.Option<Capabilities>
    /** Every model that can be named, as far as is known by now: a list that came in since may have added some. */
    readonly models: ReadonlyArray<Capabilities>
    /**
     * Asks whoever says what models can do now, for the models of these names, or for all that have a list (of a provider:
     * its own name with a slash); from then on
     * that comes before what is known without asking. It takes a few seconds at most, and hardly any time where somebody
     * was asked not long ago. The errors are of those who could not be asked: of them, what is known holds.
     */
    readonly refresh?: (names?: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<PollError>>
    /** Why a model of that name cannot be used, where more is known of it than that nobody has it. */
    readonly refusal?: (model: string) => Option.Option<UnsupportedOption>
    /**
     * The capabilities of a model, narrowed to what holds for one request, where that can only be known of the whole request:
     * a client in between drops what it has no field for. Nothing is sent. Default: they are the same for every request.
     */
    readonly narrowed?: (capabilities: Capabilities, request: VideoRequest) => Effect.Effect<Capabilities>
  }
>() {}

/**
 * Has what is known of some models, or without names of all that are listed anywhere, brought up to date before anything
 * is decided on it. The sentences are for people: whoever could not be asked, and that what is known of it holds.
 */
export const refreshed = (
  { refresh }: Pick<VideoProvider["Type"], "refresh">,
  names?: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>> =>
  refresh === undefined
    ? Effect.succeed([])
    : Effect.map(refresh(names), (errors) =>
        errors.map(
          ({ message, provider }) =>
            `What ${provider} has and charges now could not be asked (${message}): what is known of it holds`
        )
      )

/** The capabilities of a model for one request: those given, where its provider narrows none. */
export const narrowedTo = (
  { narrowed }: Pick<VideoProvider["Type"], "narrowed">,
  capabilities: Capabilities,
  request: VideoRequest
): Effect.Effect<Capabilities> =>
  narrowed === undefined ? Effect.succeed(capabilities) : narrowed(capabilities, request)

/**
 * What is known of a model by one of its names; where nobody has it, the refusal names the nearest that there are.
 * `unheard` are the sentences of {@link refreshed}: a model may be one of theirs.
 */
export const named = (
  provider: VideoProvider["Type"],
  model: string,
  unheard: ReadonlyArray<string> = []
): Effect.Effect<Capabilities, UnsupportedOption> =>
  Effect.suspend(() => {
    const refusal = provider.refusal?.(model) ?? Option.none()
    if (Option.isSome(refusal)) return Effect.fail(refusal.value)
    return Effect.mapError(provider.capabilities(model), () => unknown(provider, model, unheard))
  })

const unknown = ({ models }: VideoProvider["Type"], model: string, unheard: ReadonlyArray<string>) =>
  new UnsupportedOption({
    provider: models.length === 0 ? "no provider" : providersOf(models).join(", "),
    model,
    option: "model",
    value: model,
    supported: nearestModels(model, models),
    ...(unheard.length === 0 ? {} : { reason: ["nobody is known to have it", ...unheard].join("; ") })
  })

const providersOf = (models: ReadonlyArray<Capabilities>) => [
  ...new Set(models.map(({ provider }) => provider))
]
