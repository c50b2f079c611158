/**
 * The service that programs call: from a prompt to a verified video, with at most one paid request for each record.
 * What happens in between is told in GenerationFlow.ts.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Stream from "effect/Stream"
import * as Generation from "./Generation.ts"
import * as Errors from "./GenerationError.ts"
import type { Ports } from "./GenerationFlow.ts"
import { GenerationStore } from "./GenerationStore.ts"
import * as Cancellation from "./internal/cancellation.ts"
import * as Draining from "./internal/draining.ts"
import { fingerprint } from "./internal/fingerprint.ts"
import * as Hands from "./internal/hands.ts"
import * as Planning from "./internal/planning.ts"
import * as Recovery from "./internal/recovery.ts"
import * as Reporting from "./internal/reporting.ts"
import * as Resolution from "./internal/resolution.ts"
import type { CancelOutcome, OperationStatus } from "./Operation.ts"
import { Policy } from "./Policy.ts"
import type * as Progress from "./Progress.ts"
import { named, VideoProvider } from "./VideoProvider.ts"
import { equivalence, type VideoRequest } from "./VideoRequest.ts"

export type { Drained, DrainOptions } from "./internal/draining.ts"
export type { End } from "./internal/ends.ts"
export type { PlanOptions } from "./internal/planning.ts"
export type { Held, Recovery, Unfinished } from "./internal/recovery.ts"
export type { Listener } from "./internal/reporting.ts"
export type { Resolution, ResolveError } from "./internal/resolution.ts"

/** What a caller may say about a call; all of it can be left out. */
export interface GenerateOptions extends Omit<Planning.PlanOptions, "queue"> {
  /** Told of each step of the progress. */
  readonly onProgress?: Reporting.Listener | undefined
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
export class VideoGenerator extends Context.Tag("@mutoscope/core/VideoGenerator")<
  VideoGenerator,
  {
    /**
     * Makes a record, submits, waits, downloads. Interrupting it leaves a record that can be resumed. With a `key`, the job
     * is done once: whoever asks again under the same key is given the same video, or waits for it.
     */
    readonly generate: (
      request: VideoRequest,
      options?: GenerateOptions
    ) => Effect.Effect<CompletedGeneration, Errors.GenerationError>
    /** The same as a stream of progress that ends with the completed generation. */
    readonly stream: (
      request: VideoRequest,
      options?: GenerateOptions
    ) => Stream.Stream<Progress.Progress | CompletedGeneration, Errors.GenerationError>
    /**
     * Makes a record and returns it; the rest goes on for as long as the generator lives. So it does where its `key` is that
     * of a record which is not at its end, unless another process has that in hand.
     */
    readonly start: (
      request: VideoRequest,
      options?: GenerateOptions
    ) => Effect.Effect<Generation.Generation, Errors.GenerationError>
    /**
     * The record that `generate` would make, with what it is expected to cost. Nothing is written and no job is sent; whoever
     * says what its models can do and cost now is asked for that. Who could not be asked is among the record's warnings.
     */
    readonly plan: (
      request: VideoRequest,
      options?: Planning.PlanOptions
    ) => Effect.Effect<Generation.Generation, Errors.UnsupportedOption>
    /** The newest video of the very same request: model, settings, inputs and seed. None where the request has no seed. */
    readonly rendered: (
      request: VideoRequest
    ) => Effect.Effect<Option.Option<CompletedGeneration>, Errors.UnsupportedOption | Errors.StorageError>
    /**
     * Adds planned records with a place in the queue, in one transaction. The answer holds the record of each; where its key
     * was known, that is the earlier one.
     */
    readonly enqueue: (
      plans: ReadonlyArray<Generation.Generation>
    ) => Effect.Effect<ReadonlyArray<Generation.Generation>, Errors.StorageError>
    /** Takes what waits in the queue to its end, until nothing is left. Interrupting it gives back what it holds. */
    readonly drain: (options?: Draining.DrainOptions) => Effect.Effect<Draining.Drained, Errors.StorageError>
    /**
     * Resumes a record from wherever it stands. Takes an id, a unique beginning of one, or an operation's id. A record that failed
     * though its provider may have the video is looked at again. With an `output` the video goes to that file or folder.
     */
    readonly resume: (
      reference: string,
      options?: Pick<GenerateOptions, "onProgress" | "output">
    ) => Effect.Effect<CompletedGeneration, Errors.GenerationError>
    /**
     * Resumes every unfinished record that no other process holds, and says what came of each. Records that failed though
     * their provider may have the video are looked at again. While the queue is paused nothing is sent by it.
     */
    readonly resumeAll: (
      options?: Recovery.ResumeAllOptions
    ) => Effect.Effect<Recovery.Recovery, Errors.StorageError>
    /** Decides what to do about a submit whose outcome is unknown, or a job that is unreachable. Resume the record afterwards. */
    readonly resolve: (
      reference: string,
      resolution: Resolution.Resolution
    ) => Effect.Effect<Generation.Generation, Resolution.ResolveError>
    /** What is known of a generation, asked of the provider while it renders. Takes what `resume` takes. */
    readonly status: (reference: string) => Effect.Effect<GenerationStatus, LookupError>
    /** Asks for a generation to be stopped and says truthfully what came of it. Takes what `resume` takes. */
    readonly cancel: (reference: string) => Effect.Effect<CancelOutcome, LookupError>
  }
>() {}

/** A generator over one provider (or a router of many), one store of records and one store of videos. */
export const make = Effect.gen(function* () {
  const provider = yield* VideoProvider
  const records = yield* GenerationStore
  const sources = { provider, records }
  const hands = yield* Hands.make
  yield* Recovery.adoptOrphans(hands)

  const plan = (request: VideoRequest, options: GenerateOptions) => Planning.plan(sources, request, options)
  const create = (planned: Generation.Generation) => records.create(planned, hands.owner)
  const begin = (request: VideoRequest, options: GenerateOptions) =>
    Effect.flatMap(plan(request, options), create)

  const generate = (request: VideoRequest, options: GenerateOptions = {}) =>
    Effect.catchTag(
      hands.through(begin(request, options), { listener: options.onProgress }),
      "KeyTaken",
      (taken) =>
        Effect.flatMap(earlier(taken, request), ({ id }) =>
          patiently(hands.resume(id, { listener: options.onProgress }))
        )
    )

  const start = (request: VideoRequest, options: GenerateOptions = {}) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.tap(Effect.flatMap(restore(plan(request, options)), create), (claim) =>
        hands.aside(claim, { listener: options.onProgress })
      )
    ).pipe(
      Effect.map(({ generation }) => generation),
      Effect.catchTag("KeyTaken", (taken) =>
        Effect.tap(earlier(taken, request), ({ id }) => hands.ensure(id, { listener: options.onProgress }))
      )
    )

  /** What the key belongs to, if it asks for the same. */
  const earlier = ({ generationId, key }: Errors.KeyTaken, request: VideoRequest) =>
    Effect.filterOrFail(
      records.find(generationId),
      (generation) => equivalence(Generation.asked(generation), request),
      () =>
        new Errors.InvalidRequest({
          field: "key",
          value: key,
          reason: `The key belongs to generation ${generationId}, which asks for something else`
        })
    )

  return VideoGenerator.of({
    generate,
    stream: (request, options) =>
      Reporting.streamed((onProgress) => generate(request, { ...options, onProgress })),
    start,
    plan: (request, options = {}) => Planning.plan(sources, request, options),
    rendered: (request) =>
      named(provider, request.model).pipe(
        Effect.flatMap((capabilities) => fingerprint(capabilities, request)),
        Effect.flatMap(
          Option.match({ onNone: () => Effect.succeedNone, onSome: (print) => records.rendered(print) })
        )
      ),
    enqueue: (plans) => records.queue.add(plans),
    drain: (options = {}) => hands.within(Draining.drain(hands, options)),
    resume: (reference, { onProgress, output } = {}) =>
      Effect.flatMap(records.find(reference), ({ id }) => hands.resume(id, { listener: onProgress, output })),
    resumeAll: (options = {}) => hands.within(Recovery.resumeAll(hands, options)),
    resolve: (reference, resolution) => hands.within(Resolution.resolve(reference, resolution, hands.owner)),
    status: (reference) =>
      Effect.gen(function* () {
        const generation = yield* records.find(reference)
        return { generation, operation: yield* lookAt(provider, generation) }
      }),
    cancel: (reference) => hands.within(Cancellation.cancel(reference, hands.owner))
  })
})

/** The service; its started generations and its heartbeat live as long as the layer. */
export const layer: Layer.Layer<VideoGenerator, Errors.StorageError, Ports> = Layer.scoped(
  VideoGenerator,
  make
)

/** Waits for its turn while another process has it in hand. */
const patiently = <A>(effect: Effect.Effect<A, Errors.GenerationError>) =>
  Effect.flatMap(Policy, ({ roomInterval }) =>
    Effect.retry(effect, {
      schedule: Schedule.spaced(roomInterval),
      while: (error) => error._tag === "LeaseLost"
    })
  )

const lookAt = (provider: VideoProvider["Type"], generation: Generation.Generation) =>
  Generation.isIn("Rendering", "Unreachable", "Downloading")(generation)
    ? Effect.asSome(provider.poll(generation.state.operation))
    : Effect.succeedNone
