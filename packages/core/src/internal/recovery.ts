/**
 * Going on with what others left: at once with what a dead process held, and on request with all that is unfinished.
 */
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Generation from "../Generation.ts"
import type { GenerationError, HeldBack, ProviderPaused, StorageError } from "../GenerationError.ts"
import { GenerationStore } from "../GenerationStore.ts"
import * as Monotonic from "../Monotonic.ts"
import { Policy } from "../Policy.ts"
import type { VideoProvider } from "../VideoProvider.ts"
import type { Hands } from "./hands.ts"
import { reopenAll } from "./reopening.ts"
import type { Listener } from "./reporting.ts"

/** A generation that did not end with a video, and why. */
export interface Unfinished {
  readonly generation: Generation.Generation
  readonly error: GenerationError
}

/** What came of resuming everything: each unfinished record is in one of these. */
export interface Recovery {
  readonly finished: ReadonlyArray<Generation.InState<"Completed">>
  readonly unfinished: ReadonlyArray<Unfinished>
  /** Submits whose outcome is unknown: somebody has to decide. */
  readonly undecided: ReadonlyArray<Generation.Generation>
  /** In the hands of other processes. */
  readonly elsewhere: ReadonlyArray<Generation.Generation>
  /** Not sent, and not to be: unsent jobs of the queue are left there, the queue or their provider is paused, or they were set aside. */
  readonly heldBack: ReadonlyArray<Held>
}

/**
 * A generation that is held back, and why: the whole queue is `paused`, it was set `aside`, it is an `unsent` job of the queue
 * and the caller left those out, or the breaker of its `provider` is open, with what the jobs before it ended with.
 */
export type Held =
  | { readonly generation: Generation.Generation; readonly why: HeldBack["why"] | "unsent" }
  | { readonly generation: Generation.Generation; readonly why: "provider"; readonly error: ProviderPaused }

/**
 * Takes over, from now on, what dead processes had sent. Looked for often enough that a lease and one look are over
 * within 15 seconds. Nothing is submitted by this: what was not sent is left to whoever asks for it.
 */
export const adoptOrphans = ({ aside, owner }: Hands) =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const { lease } = yield* Policy
    const adoptSome = Effect.tap(records.adopt(owner, atOnce), (claims) =>
      Effect.forEach(claims, (claim) => aside(claim, {}), { discard: true })
    ).pipe(Effect.uninterruptible)
    const adoptAll = Effect.repeat(adoptSome, { while: (claims) => claims.length === atOnce })
    const isAwake = yield* wakefulness(lease)
    yield* Effect.whenEffect(adoptAll, isAwake).pipe(
      Effect.catchAll((error) => Effect.logWarning("Could not look for what others left", error)),
      Effect.schedule(Schedule.spaced(Duration.times(lease, 1 / 6))),
      Effect.forkScoped
    )
  })

/**
 * Whether this process was awake for long enough to judge others. A machine that sleeps stops them all, and whoever wakes
 * first must let the others say that they live.
 */
const wakefulness = (lease: Duration.Duration) =>
  Effect.map(Monotonic.now, (begun) => {
    const half = Duration.toMillis(lease) / 2
    let last = begun
    let from = begun
    return Effect.map(Monotonic.now, (now) => {
      if (now - last > half) from = now + half
      last = now
      return now >= from
    })
  })

/** So many records are adopted in one transaction. */
const atOnce = 64

/** What to resume, and how. */
export interface ResumeAllOptions {
  /** Receives the progress of each. */
  readonly onProgress?: Listener | undefined
  /** The folder that takes the videos; by default each goes where its record says. */
  readonly output?: string | undefined
  /**
   * Whether jobs of the queue that were never sent are sent: `true`. `false` leaves them in the queue, as `heldBack` because
   * `unsent`, so that nothing is paid for that a budget or an interrupted batch had left.
   */
  readonly queued?: boolean | undefined
  /**
   * Called where other processes hold some of the records, with how many and for how long at most a process that has ended does
   * so. After that time these are tried once more. Without it they are not waited for.
   */
  readonly onHeld?: ((count: number, wait: Duration.Duration) => Effect.Effect<void>) | undefined
}

/**
 * Resumes all that is unfinished and waits for its end. While the queue is paused nothing is sent by this, with a place in
 * the queue or without: only a caller that asks for one of these by its name does not mean the many.
 */
export const resumeAll = (
  { owner, resume }: Hands,
  { onHeld, onProgress: listener, output, queued = true }: ResumeAllOptions
): Effect.Effect<Recovery, StorageError, GenerationStore | VideoProvider> =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    yield* reopenAll(owner)
    const { paused } = yield* records.queue.state
    const all = yield* records.list({ states: unfinishedStates })
    const [held, free] = Arr.partitionMap(all, (generation) => heldBack(generation, paused, queued))
    const resumeEach = (some: ReadonlyArray<Generation.Generation>) =>
      Effect.forEach(
        some,
        (generation) =>
          Effect.map(Effect.either(resume(generation.id, { listener, output })), (end) => ({
            generation,
            end
          })),
        { concurrency: "unbounded" }
      )
    const ends = yield* resumeEach(free)
    const [elsewhere, others] = Arr.partition(ends, (one) => !isElsewhere(one))
    if (onHeld === undefined || elsewhere.length === 0) return receipt(ends, held)
    // A process that was killed, or whose disk was full, keeps its records until its lease has run out.
    const { lease } = yield* Policy
    const wait = Duration.sum(lease, margin)
    yield* onHeld(elsewhere.length, wait)
    const again = yield* Effect.delay(resumeEach(elsewhere.map(({ generation }) => generation)), wait)
    return receipt([...others, ...again], held)
  })

/** How much longer than a lease its end is waited for. */
const margin = Duration.seconds(1)

interface End {
  readonly generation: Generation.Generation
  readonly end: Either.Either<Generation.InState<"Completed">, GenerationError>
}

const isElsewhere = ({ end }: End) => Either.isLeft(end) && end.left._tag === "LeaseLost"

const heldBack = (generation: Generation.Generation, paused: boolean, queued: boolean) => {
  if (!Generation.isIn("Queued")(generation)) return Either.right(generation)
  if (generation.queue?.aside === true) return Either.left<Held>({ generation, why: "aside" })
  if (paused) return Either.left<Held>({ generation, why: "paused" })
  return generation.queue !== undefined && !queued
    ? Either.left<Held>({ generation, why: "unsent" })
    : Either.right(generation)
}

const unfinishedStates = [
  "Queued",
  "Submitting",
  "SubmitUnknown",
  "Rendering",
  "Unreachable",
  "Downloading"
] as const

const receipt = (ends: ReadonlyArray<End>, held: ReadonlyArray<Held>): Recovery => {
  const failed = ends.flatMap(({ end, generation }) =>
    Either.isLeft(end) ? [{ generation, error: end.left }] : []
  )
  const [left, alsoHeld] = Arr.partitionMap(failed, (one) =>
    Option.match(heldBy(one), { onNone: () => Either.left(one), onSome: Either.right })
  )
  const isDecision = ({ error }: Unfinished) => error._tag === "SubmitUnknown"
  const isHeld = ({ error }: Unfinished) => error._tag === "LeaseLost"
  return {
    finished: ends.flatMap(({ end }) => (Either.isRight(end) ? [end.right] : [])),
    unfinished: left.filter((one) => !isDecision(one) && !isHeld(one)),
    undecided: left.filter(isDecision).map(({ generation }) => generation),
    elsewhere: left.filter(isHeld).map(({ generation }) => generation),
    heldBack: [...held, ...alsoHeld]
  }
}

/** Why a generation was not sent, where that is what its end says. */
const heldBy = ({ error, generation }: Unfinished): Option.Option<Held> => {
  switch (error._tag) {
    case "HeldBack":
      return Option.some({ generation, why: error.why })
    case "ProviderPaused":
      return Option.some({ generation, why: "provider", error })
    default:
      return Option.none()
  }
}
