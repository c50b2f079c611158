/**
 * Processing the queue in turn: as many at once as the caller wants and the limits allow, until nothing is left to take.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Breaker from "../Breaker.ts"
import type * as Generation from "../Generation.ts"
import type { GenerationError, StorageError } from "../GenerationError.ts"
import type { InFlightLimit, Which } from "../GenerationQueue.ts"
import { GenerationStore } from "../GenerationStore.ts"
import { Policy } from "../Policy.ts"
import type { VideoProvider } from "../VideoProvider.ts"
import * as Ends from "./ends.ts"
import type { Hands } from "./hands.ts"
import * as Reconciling from "./reconciling.ts"
import { reopenAll } from "./reopening.ts"
import type { Listener } from "./reporting.ts"

/** How to drain the queue; all of it can be left out. */
export interface DrainOptions {
  /** Only the records of this batch. */
  readonly batch?: string | undefined
  /** How many to have in hand at once: 8. */
  readonly concurrency?: number | undefined
  /** Whether lost submits of an earlier run of the batch are looked for first, where the policy is to reconcile: true. */
  readonly lost?: boolean | undefined
  /** Told of each step of the progress of each. */
  readonly onProgress?: Listener | undefined
  /** Told of each as it ends: with a video, or why not. What stops the run is none of these, and is in its result. */
  readonly onEnd?: ((end: Ends.End) => Effect.Effect<void>) | undefined
  /** Told of the limits that keep all that is left from being sent, with nothing in hand, and again when they change. */
  readonly onFull?: ((limits: ReadonlyArray<InFlightLimit>) => Effect.Effect<void>) | undefined
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
  { makeRoom, owner, resume, through, within }: Hands,
  options: DrainOptions
): Effect.Effect<Drained, StorageError, GenerationStore | VideoProvider> =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const { roomInterval, submitsAtOnce, unknownSubmit } = yield* Policy
    const { batch, concurrency = defaultConcurrency, lost = true, onProgress } = options
    const { onEnd = () => Effect.void, onFull = () => Effect.void } = options
    const inHand = yield* FiberSet.make()
    const unsent = new Set<Generation.GenerationId>()
    const moved = yield* Queue.sliding<void>(1)
    const ends = Ends.none()
    const which = (): Which => ({ batch, except: Array.from(ends.unstorable) })
    let told = ""

    const work = (
      generation: Generation.Generation,
      run: Effect.Effect<Generation.InState<"Completed">, GenerationError>
    ) =>
      Effect.either(run).pipe(
        Effect.flatMap((result) =>
          Ends.count(ends, { generation, result }) ? onEnd({ generation, result }) : Effect.void
        ),
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
        if (room <= 0 || unsent.size > submitsAtOnce || ends.halted !== undefined) return "nothing wanted"
        const claims = yield* records.queue.take(owner, { ...which(), most: Math.min(room, atOnce) })
        for (const claim of claims) {
          unsent.add(claim.generation.id)
          // The fiber inherits that it cannot be interrupted; one that is before it has begun still gives its claim back.
          const onAccepted = () => moveOn(claim.generation)
          const halted = () => ends.halted
          const manner = { halted, listener: onProgress, queued: true, onAccepted }
          const run = through(Effect.succeed(claim), manner)
          yield* work(
            claim.generation,
            Effect.onInterrupt(Effect.interruptible(run), () => Effect.ignoreLogged(records.release(claim)))
          )
        }
        return claims.length > 0 ? "some" : "none to have"
      })
    )

    const lookForRoom = (idle: boolean) =>
      Effect.gen(function* () {
        const limits = yield* records.queue.full(which())
        for (const provider of new Set(limits.map(({ provider }) => provider))) yield* makeRoom(provider)
        const now = JSON.stringify(limits)
        if (!idle || limits.length === 0 || now === told) return
        told = now
        yield* onFull(limits)
      })

    // What an earlier run of the batch had sent comes first: it costs nothing but looks.
    if (batch !== undefined) yield* reopenAll(owner, batch)
    const goOn = (generation: Generation.Generation) =>
      work(generation, resume(generation.id, { listener: onProgress, queued: true }))
    const sent = batch === undefined ? [] : yield* records.list({ batch, states: sentStates })
    for (const generation of sent) yield* goOn(generation)
    if (batch !== undefined && lost && unknownSubmit === "reconcile") {
      const unknown = yield* records.list({ batch, states: ["SubmitUnknown"] })
      const looked = Effect.sync(() => moved.unsafeOffer(undefined))
      yield* FiberSet.run(inHand, Effect.ensuring(within(Reconciling.whereFound(unknown, goOn)), looked))
    }
    for (;;) {
      const taken = yield* take
      if (taken === "some") continue
      const idle = (yield* FiberSet.size(inHand)) === 0
      if (idle && (ends.halted !== undefined || (yield* records.queue.waiting(which())) === 0))
        return drained(ends, false)
      if (idle && (yield* records.queue.state).paused) return drained(ends, true)
      const stopped = idle ? yield* pausedProvider(which()) : Option.none()
      if (Option.isSome(stopped)) return { ...drained(ends, false), halted: stopped }
      if (taken === "none to have") yield* lookForRoom(idle)
      yield* Effect.timeoutOption(Queue.take(moved), roomInterval)
    }
  }).pipe(Effect.scoped)

/** Why nothing of these can be sent: the breakers of all their providers are open, and no try is due. */
const pausedProvider = (
  which: Which
): Effect.Effect<Option.Option<GenerationError>, StorageError, GenerationStore> =>
  Effect.gen(function* () {
    const { queue } = yield* GenerationStore
    const now = yield* DateTime.now
    const paused = (yield* queue.breakers(which)).filter((breaker) => Breaker.isPaused(breaker, now))
    const [first] = paused
    if (first === undefined) return Option.none()
    const exceptProviders = paused.map(({ provider }) => provider)
    return (yield* queue.waiting({ ...which, exceptProviders })) === 0
      ? Option.some(Breaker.toError(first))
      : Option.none()
  })

/** So many are taken in one transaction. */
const atOnce = 8

const sentStates = ["Submitting", "Rendering", "Unreachable", "Downloading"] as const

const drained = ({ completed, failed, halted }: Ends.Ends, paused: boolean): Drained => ({
  completed,
  failed,
  halted: Option.fromNullable(halted),
  paused
})
