/**
 * PORT: the records, their leases, and the log of what happened to them.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Costs from "./Costs.ts"
import {
  type Amendment,
  type Generation,
  GenerationId,
  type GenerationState,
  type InState,
  type StateOf,
  type StateTag
} from "./Generation.ts"
import type {
  BudgetSpent,
  DuplicateOperation,
  GenerationNotFound,
  HeldBack,
  KeyTaken,
  LeaseLost,
  ProviderPaused,
  StorageError
} from "./GenerationError.ts"
import type { Budget, GenerationQueue } from "./GenerationQueue.ts"
import * as MemoryRecords from "./internal/memoryRecords.ts"
import type { Operation } from "./Operation.ts"
import type * as Receipt from "./Receipt.ts"

/**
 * A generation held by one owner. Each claim raises the fence, and a write with an older fence changes nothing: a
 * process that slept through the end of its lease cannot do harm.
 */
export interface Claim<G extends Generation = Generation> {
  readonly generation: G
  readonly owner: string
  readonly fence: number
}

/** One line of the log: a transition, when it happened, and why. Appended, never changed. */
export const GenerationEvent = Schema.Struct({
  generationId: GenerationId,
  sequence: Schema.Positive,
  at: Schema.DateTimeUtcFromNumber,
  from: Schema.NullOr(Schema.String),
  to: Schema.String,
  cause: Schema.String,
  attempt: Schema.NonNegativeInt
})
export type GenerationEvent = typeof GenerationEvent.Type

/** Which records to list: the newest `limit` in any of `states`, of a `batch`; what is absent is not asked for. */
export interface ListOptions {
  readonly states?: ReadonlyArray<StateTag> | undefined
  readonly batch?: string | undefined
  readonly limit?: number | undefined
}

/**
 * The memory of all generations. What a method has answered is on disk. Writes are compare-and-set: on the state and
 * the fence that the claim was read with.
 */
export class GenerationStore extends Context.Tag("@mutoscope/core/GenerationStore")<
  GenerationStore,
  {
    /** Writes a new record, held by its owner from the start. Fails where its id or its key is taken. */
    readonly create: (generation: Generation, owner: string) => Effect.Effect<Claim, KeyTaken | StorageError>
    /** The record with this id. */
    readonly get: (id: GenerationId) => Effect.Effect<Generation, GenerationNotFound | StorageError>
    /** The record meant by an id, a unique beginning of one, `last`, a provider's operation id, or a job key. */
    readonly find: (reference: string) => Effect.Effect<Generation, GenerationNotFound | StorageError>
    /** The newest completed record with this fingerprint. */
    readonly rendered: (
      fingerprint: string
    ) => Effect.Effect<Option.Option<InState<"Completed">>, StorageError>
    /**
     * Another completed record whose video has this SHA-256 (in lower-case hexadecimal digits) too, though something else was
     * asked for.
     */
    readonly double: (
      generation: Generation,
      sha256: string
    ) => Effect.Effect<Option.Option<InState<"Completed">>, StorageError>
    /** Newest first. */
    readonly list: (options: ListOptions) => Effect.Effect<ReadonlyArray<Generation>, StorageError>
    /** What was sent cost, summed: nothing for what was clearly refused. A day is one in UTC. In the order of names. */
    readonly costs: (options: Costs.Options) => Effect.Effect<ReadonlyArray<Costs.Sum>, StorageError>
    /**
     * Of the newest 50 receipts for jobs that were sent within 90 days and quoted so, the one that exceeded its quote the
     * most; none where no receipt exceeded its quote. See {@link Receipt.overcharge}.
     */
    readonly overcharge: (
      quoting: Receipt.Quoting
    ) => Effect.Effect<Option.Option<Receipt.Overcharge>, StorageError>
    /** The log of one record, oldest first. */
    readonly events: (id: GenerationId) => Effect.Effect<ReadonlyArray<GenerationEvent>, StorageError>
    /** Takes a record that nobody holds, or whose holder no longer lives. */
    readonly claim: (
      id: GenerationId,
      owner: string
    ) => Effect.Effect<Claim, LeaseLost | GenerationNotFound | StorageError>
    /**
     * Takes up to `most` records that were sent (Submitting, Rendering or Downloading) and whose holder no longer lives.
     * What was given back by its holder is not taken, but for one whose cancel may still have to be passed on; nor is what
     * the owner itself holds, though it may have slept through its lease.
     */
    readonly adopt: (owner: string, most: number) => Effect.Effect<ReadonlyArray<Claim>, StorageError>
    /**
     * Moves a queued record to Submitting, in one transaction with the check that there is room for it: none where a limit
     * in flight is reached. Fails with `BudgetSpent` where the budget would be passed, and with `HeldBack` where it has a
     * place in the queue and that is paused, or the record set aside. Fails with `ProviderPaused` where the breaker of its
     * provider is open, unless its pause is over and nobody has another job of that provider in hand. A `day` is counted in UTC. A claim whose `quoted` is
     * another than on record has been quoted anew: that and its `estimate` are written with it.
     */
    readonly intend: (
      claim: Claim,
      intent: StateOf<"Submitting">,
      budget: Budget
    ) => Effect.Effect<
      Option.Option<Claim>,
      LeaseLost | BudgetSpent | HeldBack | ProviderPaused | StorageError
    >
    /**
     * Moves a held record to its next state, with what changes in it besides, and appends to its log. `cause` is for a
     * person. A record that has reached its end is held by nobody any more. A receipt that exceeds its quote raises the
     * estimates of all unfinished records that were quoted so, in the same transaction.
     */
    readonly transition: (
      claim: Claim,
      state: Exclude<GenerationState, StateOf<"Submitting" | "Rendering">>,
      cause: string,
      amendment?: Amendment
    ) => Effect.Effect<Claim, LeaseLost | StorageError>
    /**
     * Moves a held record to Rendering, and its operation with it: after a submit, or where a job is found again. Where another record has that operation of that provider
     * it fails with `DuplicateOperation`, and the record stays where it is.
     */
    readonly accept: (
      claim: Claim,
      state: StateOf<"Rendering">,
      cause: string
    ) => Effect.Effect<Claim, DuplicateOperation | LeaseLost | StorageError>
    /** Gives a record back, so that the next who wants it need not wait. */
    readonly release: (claim: Claim) => Effect.Effect<void, StorageError>
    /**
     * Says that an owner lives, for so long, counted in a time that nobody sets. An owner that never said so holds nothing
     * against others.
     */
    readonly heartbeat: (owner: string, lease: Duration.Duration) => Effect.Effect<void, StorageError>
    /** Says that an owner lives no longer: what it still holds can be adopted at once. */
    readonly retire: (owner: string) => Effect.Effect<void, StorageError>
    /** Notes that somebody wants it stopped. Needs no claim, and changes no state. */
    readonly requestCancel: (id: GenerationId) => Effect.Effect<Generation, GenerationNotFound | StorageError>
    /**
     * Notes that the provider has confirmed that it stopped the job. Needs no claim, and changes no state: it is written before
     * anything else is done about it, so that it is known even where the provider forgets stopped jobs.
     */
    readonly confirmCancel: (id: GenerationId) => Effect.Effect<Generation, GenerationNotFound | StorageError>
    /** Changes the file or folder that the video of a held record goes to. */
    readonly relocate: (claim: Claim, output: string) => Effect.Effect<Claim, LeaseLost | StorageError>
    /** Notes an operation outside the records, where a record cannot be written. It is opened before any submit. */
    readonly spool: (id: GenerationId, operation: Operation) => Effect.Effect<void, StorageError>
    /** The operation noted for a record, if any. */
    readonly spooled: (id: GenerationId) => Effect.Effect<Option.Option<Operation>, StorageError>
    /** The records that wait for their turn. */
    readonly queue: GenerationQueue
  }
>() {}

/** Records that live as long as the layer: for tests, and for programs that need no record after they end. */
export const layerMemory: Layer.Layer<GenerationStore> = Layer.sync(GenerationStore, MemoryRecords.make)
