/**
 * The service that programs call: from a prompt to a verified video, with at most one paid request for each record.
 * What happens in between is told in GenerationFlow.ts.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberMap from "effect/FiberMap"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import * as Capabilities from "./Capabilities.ts"
import * as Generation from "./Generation.ts"
import * as Errors from "./GenerationError.ts"
import * as Flow from "./GenerationFlow.ts"
import { type Claim, GenerationStore } from "./GenerationStore.ts"
import * as Cancellation from "./internal/cancellation.ts"
import * as Observed from "./internal/observed.ts"
import * as Owner from "./internal/owner.ts"
import * as Reporting from "./internal/reporting.ts"
import type { CancelOutcome, OperationStatus } from "./Operation.ts"
import { Policy } from "./Policy.ts"
import type * as Progress from "./Progress.ts"
import { VideoProvider } from "./VideoProvider.ts"
import type { VideoRequest } from "./VideoRequest.ts"
import type { VideoStore } from "./VideoStore.ts"

/** What a caller may say about a call; all of it can be left out. */
export interface GenerateOptions {
  /** The id of the record to be made. */
  readonly id?: Generation.GenerationId
  /** The file (ending in .mp4) or folder to store the video in. */
  readonly output?: string
  /** Told of each step of the progress. */
  readonly onProgress?: Reporting.Listener
}

/** A generation that has its video. */
export type CompletedGeneration = Generation.InState<"Completed">

/** A record, and what the provider says of it now (none where there is nobody to ask). */
export interface GenerationStatus {
  readonly generation: Generation.Generation
  readonly operation: Option.Option<OperationStatus>
}

/** The errors of finding a record and asking its provider. */
export type LookupError = Errors.GenerationNotFound | Errors.StorageError | Errors.PollError

/** From a prompt to a verified video, at most one paid request for each record. */
export class VideoGenerator extends Context.Tag("@videogen/core/VideoGenerator")<
  VideoGenerator,
  {
    /** Makes a record, submits, waits, downloads. Interrupting it leaves a record that can be resumed. */
    readonly generate: (
      request: VideoRequest,
      options?: GenerateOptions
    ) => Effect.Effect<CompletedGeneration, Errors.GenerationError>
    /** The same as a stream of progress that ends with the completed generation. */
    readonly stream: (
      request: VideoRequest,
      options?: GenerateOptions
    ) => Stream.Stream<Progress.Progress | CompletedGeneration, Errors.GenerationError>
    /** Makes a record and returns it; the rest goes on for as long as the generator lives. */
    readonly start: (
      request: VideoRequest,
      options?: GenerateOptions
    ) => Effect.Effect<Generation.Generation, Errors.GenerationError>
    /** Goes on with a record from wherever it stands. Takes an id, a unique beginning of one, or an operation's id. */
    readonly resume: (
      reference: string,
      options?: GenerateOptions
    ) => Effect.Effect<CompletedGeneration, Errors.GenerationError>
    /** What is known of a generation, asked of the provider while it renders. Takes what `resume` takes. */
    readonly status: (reference: string) => Effect.Effect<GenerationStatus, LookupError>
    /** Asks for a generation to be stopped and says truthfully what came of it. Takes what `resume` takes. */
    readonly cancel: (reference: string) => Effect.Effect<CancelOutcome, LookupError>
  }
>() {}

/** A generator over one provider (or a router of many), one store of records and one store of videos. */
export const make = Effect.gen(function* () {
  const context = yield* Effect.context<VideoProvider | GenerationStore | VideoStore>()
  const provider = yield* VideoProvider
  const records = yield* GenerationStore
  const owner = yield* Owner.make
  const { submitsAtOnce } = yield* Policy
  const submits = yield* Effect.makeSemaphore(submitsAtOnce)
  const started = yield* FiberMap.make<Generation.GenerationId, CompletedGeneration, Errors.GenerationError>()

  const begin = (request: VideoRequest, options: GenerateOptions) =>
    Effect.flatMap(record(provider, request, options), (generation) => records.create(generation, owner))

  /** Runs the flow while the record is held, and gives it back at once when it ends, however it ends. */
  const hold = <E extends Errors.GenerationError>(claim: Effect.Effect<Claim, E>, options: GenerateOptions) =>
    Effect.acquireUseRelease(
      Effect.zipLeft(claim, Observed.begun),
      (held) => Flow.run(held, options.onProgress, submits),
      (held) => Effect.zipRight(Observed.ended, Effect.ignoreLogged(records.release(held)))
    ).pipe(Effect.provide(context))

  const generate = (request: VideoRequest, options: GenerateOptions = {}) =>
    hold(begin(request, options), options)

  const start = (request: VideoRequest, options: GenerateOptions = {}) =>
    Effect.uninterruptible(
      Effect.tap(begin(request, options), (claim) =>
        FiberMap.run(started, claim.generation.id, Effect.interruptible(hold(Effect.succeed(claim), options)))
      )
    ).pipe(Effect.map(({ generation }) => generation))

  const resume = (reference: string, options: GenerateOptions = {}) =>
    Effect.gen(function* () {
      const { id } = yield* records.find(reference)
      const running = FiberMap.unsafeGet(started, id)
      return yield* Option.isSome(running)
        ? Fiber.join(running.value)
        : hold(records.claim(id, owner), options)
    })

  const status = (reference: string) =>
    Effect.gen(function* () {
      const generation = yield* records.find(reference)
      return { generation, operation: yield* lookAt(provider, generation) }
    })

  return VideoGenerator.of({
    generate,
    stream: (request, options) =>
      Reporting.streamed((onProgress) => generate(request, { ...options, onProgress })),
    start,
    resume,
    status,
    cancel: (reference) => Effect.provide(Cancellation.cancel(reference, owner), context)
  })
})

/** The service; its started generations and its heartbeat live as long as the layer. */
export const layer: Layer.Layer<
  VideoGenerator,
  Errors.StorageError,
  VideoProvider | GenerationStore | VideoStore
> = Layer.scoped(VideoGenerator, make)

/** The record of a request, made only of what is legal for the model. */
const record = Effect.fnUntraced(function* (
  provider: VideoProvider["Type"],
  request: VideoRequest,
  options: GenerateOptions
) {
  const capabilities = yield* Option.match(provider.capabilities(request.model), {
    onNone: () => Effect.fail(unknownModel(provider, request.model)),
    onSome: Effect.succeed
  })
  yield* Capabilities.check(capabilities, request)
  const now = yield* DateTime.now
  const fields = {
    id: options.id ?? (yield* Generation.makeId),
    request,
    provider: capabilities.provider,
    state: { _tag: "Queued" as const, attempt: 0 },
    createdAt: now,
    updatedAt: now,
    ...(options.output === undefined ? {} : { output: options.output })
  }
  // Made of valid parts; checking them again would cost more than writing the record.
  return new Generation.Generation(fields, { disableValidation: true })
})

const unknownModel = ({ models }: VideoProvider["Type"], model: string) =>
  new Errors.UnsupportedOption({
    provider:
      models.length === 0 ? "no provider" : [...new Set(models.map(({ provider }) => provider))].join(", "),
    model,
    option: "model",
    value: model,
    supported: models.map(({ provider, model: name, aliases }) => `${provider}/${aliases[0] ?? name}`)
  })

const lookAt = (provider: VideoProvider["Type"], generation: Generation.Generation) =>
  Generation.isIn("Rendering", "Downloading")(generation)
    ? Effect.asSome(provider.poll(generation.state.operation))
    : Effect.succeedNone
