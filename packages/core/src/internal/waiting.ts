/**
 * When to come back: after a look without an end, after what failed on the way, and when not to any more.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { StateOf } from "../Generation.ts"
import { type GenerationError, GenerationTimeout } from "../GenerationError.ts"
import type { Next } from "../GenerationFlow.ts"
import type { Claim } from "../GenerationStore.ts"
import * as Monotonic from "../Monotonic.ts"
import type { OperationStatus } from "../Operation.ts"
import { askedPause, Policy } from "../Policy.ts"
import * as Progress from "../Progress.ts"
import type { Course } from "./course.ts"
import * as Observed from "./observed.ts"

/** The same step again, after a pause. */
export const until = (claim: Claim, pause: Duration.Duration): Effect.Effect<Next> =>
  Effect.map(Monotonic.now, (now) => ({ claim, due: now + Duration.toMillis(pause) }))

/** The same step again when there may be room; which is said, and made, where nobody looks after what takes it. */
export const forRoom = (course: Course, claim: Claim): Effect.Effect<Next> =>
  Effect.gen(function* () {
    const { roomInterval } = yield* Policy
    yield* course.report(Progress.waiting)
    yield* course.makeRoom(claim.generation.provider)
    return yield* until(claim, roomInterval)
  })

/** The same step again, for as long as there is patience with such an error; then the error. */
export const again = <E extends GenerationError>(
  course: Course,
  claim: Claim,
  error: E
): Effect.Effect<Next, E> =>
  Effect.flatMap(course.retries.next(error), (due) =>
    Option.isNone(due)
      ? Effect.fail(error)
      : Observed.retry(claim.generation, error).pipe(
          Effect.zipRight(
            paused(course, error, claim.generation.state._tag === "Downloading" ? "downloading" : "rendering")
          ),
          Effect.as({ claim, due: due.value })
        )
  )

/** Reports the pause that a provider asked for. */
export const paused = (
  { report }: Course,
  error: GenerationError,
  stage: "starting" | "rendering" | "downloading"
): Effect.Effect<void> =>
  Effect.flatMap(Policy, ({ retryAfterLimit }) => {
    const pause = askedPause(error, retryAfterLimit)
    return Duration.greaterThan(pause, Duration.zero) ? report(Progress.paused(stage, pause)) : Effect.void
  })

/** Says how far the job may be, and comes back for the next look; at the end of patience, the time-out. */
export const stillRendering = (
  course: Course,
  claim: Claim,
  { operation, submittedAt }: StateOf<"Rendering">,
  status: OperationStatus
): Effect.Effect<Next, GenerationTimeout> =>
  Effect.gen(function* () {
    // The submit is on record by the time of day: another process may have sent it.
    const today = yield* Clock.currentTimeMillis
    const elapsed = Math.max(0, today - submittedAt.epochMillis) / 1000
    yield* course.report(reportOf(status, elapsed, claim.generation.request.duration))
    const due = yield* course.looks.next(undefined)
    return Option.isSome(due)
      ? { claim, due: due.value }
      : yield* yield* timedOut(
          course,
          claim,
          operation.id,
          status._tag === "Running" ? status.word : undefined
        )
  })

/** Looks for what is left of the time to wait. An answer that keeps coming, and never ends, does not hold it up. */
export const withinPatience = <A, E, R>(
  course: Course,
  claim: Claim,
  { operation }: StateOf<"Rendering">,
  look: Effect.Effect<A, E, R>
): Effect.Effect<A, E | GenerationTimeout, R> =>
  Effect.gen(function* () {
    const { pollTimeoutOf } = yield* Policy
    const timeout = pollTimeoutOf(claim.generation)
    if (!Duration.isFinite(timeout)) return yield* look
    const spent = Duration.millis((yield* Monotonic.now) - course.stages.since())
    const left = Duration.max(Duration.subtract(timeout, spent), shortestLook)
    const answer = yield* Effect.timeoutOption(look, left)
    return Option.isSome(answer) ? answer.value : yield* yield* timedOut(course, claim, operation.id)
  })

/** So long a look may take however little time is left. */
const shortestLook = Duration.seconds(10)

/** `word` is the provider's, where it names a state that is not known. */
const timedOut = (course: Course, { generation }: Claim, operationId: string, word?: string) =>
  Effect.map(
    Monotonic.now,
    (now) =>
      new GenerationTimeout({
        generationId: generation.id,
        operationId,
        waited: Duration.millis(now - course.stages.since()),
        ...(word === undefined ? {} : { word })
      })
  )

const reportOf = (status: OperationStatus, elapsed: number, duration: number): Progress.Report => {
  if (status._tag === "Pending" && status.position !== undefined) return Progress.queued(status.position)
  const { log, progress } = status._tag === "Running" ? status : {}
  return {
    ...Progress.rendering(progress, elapsed, duration),
    ...(log === undefined ? {} : { log })
  }
}

/** Whatever the stage still has of the time that a download may take as a whole. */
export const withinDeadline = <A, E, R>(
  course: Course,
  { generation }: Claim,
  { operation }: StateOf<"Downloading">,
  download: Effect.Effect<A, E, R>
): Effect.Effect<A, E | GenerationTimeout, R> =>
  Effect.gen(function* () {
    const { downloadDeadline } = yield* Policy
    if (!Duration.isFinite(downloadDeadline)) return yield* download
    const now = yield* Monotonic.now
    const spent = Duration.millis(now - course.stages.since())
    const onTimeout = () =>
      new GenerationTimeout({
        generationId: generation.id,
        operationId: operation.id,
        waited: downloadDeadline
      })
    return yield* Effect.timeoutFail(download, {
      duration: Duration.subtract(downloadDeadline, spent),
      onTimeout
    })
  })
