/**
 * The part of the record store that is a queue: many records that wait for their turn, one table for every process.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Breaker, Failure } from "./Breaker.ts"
import type { Generation, GenerationId } from "./Generation.ts"
import type { StorageError } from "./GenerationError.ts"
import type { Claim } from "./GenerationStore.ts"
import { MicroUsd } from "./Money.ts"

/**
 * The most jobs that may be in flight at a provider at once, over all processes: submitted or rendering. Without a
 * `model` it holds for all the provider's models together; both limits hold where there are both.
 */
export const InFlightLimit = Schema.Struct({
  provider: Schema.NonEmptyString,
  model: Schema.optional(Schema.NonEmptyString),
  most: Schema.NonNegativeInt
})
export type InFlightLimit = typeof InFlightLimit.Type

/**
 * What a run may spend: the most submits of one process, the most money of these, and the most money of one day (UTC) of
 * all processes. What is absent is not limited. A submit whose outcome is unknown counts as spent.
 */
export const Budget = Schema.Struct({
  jobs: Schema.optional(Schema.NonNegativeInt),
  run: Schema.optional(MicroUsd),
  day: Schema.optional(MicroUsd)
})
export type Budget = typeof Budget.Type

/** No limit at all. */
export const unlimited: Budget = {}

/** The queue as it stands: whether it is paused, its limits, how many wait, are set aside, and are in flight. */
export interface QueueState {
  readonly paused: boolean
  readonly limits: ReadonlyArray<InFlightLimit>
  readonly waiting: number
  readonly aside: number
  readonly inFlight: number
  /** The open breakers of all providers, in the order of their names. */
  readonly breakers: ReadonlyArray<Breaker>
}

/** Which records of the queue are meant: those of one batch or all, but for some; the fewer these are, the better. */
export interface Which {
  readonly batch?: string | undefined
  readonly except?: ReadonlyArray<GenerationId> | undefined
  /** None of these providers. */
  readonly exceptProviders?: ReadonlyArray<string> | undefined
}

/** What a {@link GenerationStore} can do with records that wait for their turn. */
export interface GenerationQueue {
  /**
   * Writes all of them in one transaction, held by nobody, and answers with the record of each in the same order: the
   * earlier one where its key is known already, with a turn again where it had been set aside.
   */
  readonly add: (
    generations: ReadonlyArray<Generation>
  ) => Effect.Effect<ReadonlyArray<Generation>, StorageError>
  /**
   * Claims up to `most` of these records whose turn it is: highest priority first, batches of one priority in turn, each in
   * its order. None while the queue is paused, and none of a provider or model whose limit is reached. Of a
   * provider whose breaker is open, one at most, and only while nobody has another of its jobs in hand.
   */
  readonly take: (
    owner: string,
    options: Which & { readonly most: number }
  ) => Effect.Effect<ReadonlyArray<Claim>, StorageError>
  /**
   * Sets aside those of these records that wait, in whosever hands: they are not sent until they are added again. Answers
   * with them, as they are then; what was sent is not among them.
   */
  readonly setAside: (
    ids: ReadonlyArray<GenerationId>
  ) => Effect.Effect<ReadonlyArray<Generation>, StorageError>
  /** The limits that are reached and keep some of these from their turn. */
  readonly full: (which: Which) => Effect.Effect<ReadonlyArray<InFlightLimit>, StorageError>
  /**
   * Claims up to `most` records in flight at a provider that nobody looks after: they were given back, or their holder no
   * longer lives. They count as in flight until somebody sees that they are not.
   */
  readonly takeInFlight: (
    owner: string,
    options: { readonly provider: string; readonly most: number }
  ) => Effect.Effect<ReadonlyArray<Claim>, StorageError>
  /** How many of these wait for their turn. */
  readonly waiting: (which: Which) => Effect.Effect<number, StorageError>
  /** Lets nothing more be taken and nothing of the queue be sent, or lets it again. What is in flight goes on. */
  readonly pause: (paused: boolean) => Effect.Effect<void, StorageError>
  /** Sets a limit in place of the one that there may be for the same provider and model. */
  readonly limit: (limit: InFlightLimit) => Effect.Effect<void, StorageError>
  /** Takes a limit away. */
  readonly unlimit: (limit: Omit<InFlightLimit, "most">) => Effect.Effect<void, StorageError>
  /** Counts a job that was accepted and delivered no video. A record that moves to Completed closes the breaker. */
  readonly fail: (failure: Failure) => Effect.Effect<void, StorageError>
  /** The open breakers of the providers of these records, in the order of the providers' names. */
  readonly breakers: (which: Which) => Effect.Effect<ReadonlyArray<Breaker>, StorageError>
  /** Closes the breaker of a provider. False where it was not open; what it had counted is forgotten all the same. */
  readonly close: (provider: string) => Effect.Effect<boolean, StorageError>
  /** The queue as it stands. */
  readonly state: Effect.Effect<QueueState, StorageError>
}
