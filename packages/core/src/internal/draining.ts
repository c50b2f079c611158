/**
 * Processing the queue in turn: as many at once as the caller wants and the limits allow, until nothing is left to take.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as Generation from "../Generation.ts"
import { type GenerationError, isAboutAccount, isOfOnePlace, type StorageError } from "../GenerationError.ts"
import type { Which } from "../GenerationQueue.ts"
import { GenerationStore } from "../GenerationStore.ts"
import { Policy } from "../Policy.ts"
import type { Hands } from "./hands.ts"
import type { Listener } from "./reporting.ts"

/** How to drain the queue; all of it can be left out. */
export interface DrainOptions {
  /** Only the records of this batch. */
  readonly batch?: string | undefined
  /** How many to have in hand at once: 8. */
  readonly concurrency?: number | undefined
  /** Told of each step of the progress of each. */
  readonly onProgress?: Listener | undefined
  /** Told of each as it ends: with a video, or why not. */
  readonly onEnd?: ((end: End) => Effect.Effect<void>) | undefined
}

/** How one generation ended for this run. */
export interface End {
  readonly generation: Generation.Generation
  readonly result: Either.Either<Generation.InState<"Completed">, GenerationError>
}

/** What came of a run over the queue. */
export interface Drained {
  readonly completed: number
  readonly failed: number
  /** What keeps the rest from being taken: something that each of them would meet. */
  readonly halted: Option.Option<GenerationError>
  /** The queue is paused, and some of it is left. */
  readonly paused: boolean
}

const defaultConcurrency = 8

/** Takes and finishes what waits in the queue. Interrupted, it gives back what it holds. */
export const drain = (
  { owner, resume, through }: Hands,
  options: DrainOptions
): Effect.Effect<Drained, StorageError, GenerationStore> =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const { roomInterval, submitsAtOnce } = yield* Policy
    const { batch, concurrency = defaultConcurrency, onEnd = () => Effect.void, onProgress } = options
    const inHand = yield* FiberSet.make()
    const unsent = new Set<Generation.GenerationId>()
    const moved = yield* Queue.sliding<void>(1)
    const unstorable = new Set<Generation.GenerationId>()
    const which = (): Which => ({ batch, except: Array.from(unstorable) })
    const tally = { completed: 0, failed: 0 }
    let halted: Option.Option<GenerationError> = Option.none()

    const work = (
      generation: Generation.Generation,
      run: Effect.Effect<Generation.InState<"Completed">, GenerationError>
    ) =>
      Effect.either(run).pipe(
        Effect.flatMap((result) => {
          if (Either.isRight(result)) tally.completed++
          // It is still in the queue, and nothing came of it.
          else if (result.left._tag === "HeldBack") return Effect.void
          else if (isOfOnePlace(result.left)) {
            if (unstorable.has(generation.id)) return Effect.void
            unstorable.add(generation.id)
            tally.failed++
            if (unstorable.size >= mostUnstorable) halted = Option.some(result.left)
          } else if (haltsAll(result.left)) halted = Option.some(result.left)
          else if (result.left._tag !== "LeaseLost") tally.failed++
          return onEnd({ generation, result })
        }),
        Effect.ensuring(Effect.sync(() => moveOn(generation))),
        FiberSet.run(inHand)
      )

    const moveOn = ({ id }: Generation.Generation) => {
      unsent.delete(id)
      moved.unsafeOffer(undefined)
    }

    // Not before most of the last are sent: what is held unsent is kept from every other process.
    const take = Effect.uninterruptible(
      Effect.gen(function* () {
        const room = concurrency - (yield* FiberSet.size(inHand))
        if (room <= 0 || unsent.size > submitsAtOnce || Option.isSome(halted)) return 0
        const claims = yield* records.queue.take(owner, { ...which(), most: Math.min(room, atOnce) })
        for (const claim of claims) {
          unsent.add(claim.generation.id)
          // The fiber inherits that it cannot be interrupted; one that is before it has begun still gives its claim back.
          const onAccepted = () => moveOn(claim.generation)
          const run = through(Effect.succeed(claim), { listener: onProgress, queued: true, onAccepted })
          yield* work(
            claim.generation,
            Effect.onInterrupt(Effect.interruptible(run), () => Effect.ignoreLogged(records.release(claim)))
          )
        }
        return claims.length
      })
    )

    // What an earlier run of the batch had sent comes first: it costs nothing but looks.
    const sent = batch === undefined ? [] : yield* records.list({ batch, states: sentStates })
    for (const generation of sent) {
      yield* work(generation, resume(generation.id, { listener: onProgress, queued: true }))
    }
    for (;;) {
      if ((yield* take) > 0) continue
      const idle = (yield* FiberSet.size(inHand)) === 0
      if (idle && (Option.isSome(halted) || (yield* records.queue.waiting(which())) === 0))
        return { ...tally, halted, paused: false }
      if (idle && (yield* records.queue.state).paused) return { ...tally, halted, paused: true }
      yield* Effect.timeoutOption(Queue.take(moved), roomInterval)
    }
  }).pipe(Effect.scoped)

/** So many are taken in one transaction. */
const atOnce = 8

/** So many videos that have no place of their own make it likely that no other has one either. */
const mostUnstorable = 100

const sentStates = ["Submitting", "Rendering", "Downloading"] as const

/** Each of the others would meet the same, and some of it would cost. */
const haltsAll = (error: GenerationError) => isAboutAccount(error) || error._tag === "StorageError"
