/**
 * A job that its provider does not know: it may be behind, it may have stopped it on our request, and after minutes of nothing
 * else the record is unreachable. The operation is kept in each case.
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { StateOf } from "../Generation.ts"
import type { OperationNotFound } from "../GenerationError.ts"
import type { Claim } from "../GenerationStore.ts"
import { Policy } from "../Policy.ts"
import * as Progress from "../Progress.ts"
import { VideoProvider } from "../VideoProvider.ts"
import * as Cancellation from "./cancellation.ts"
import type { Course } from "./course.ts"
import * as Observed from "./observed.ts"
import * as Record from "./record.ts"
import * as Verdict from "./verdict.ts"
import * as Waiting from "./waiting.ts"

/** Asks again for as long as the policy says; then the record is unreachable, unless the job is too young to tell. */
export const missing = Effect.fnUntraced(function* (
  course: Course,
  claim: Claim,
  state: StateOf<"Rendering">,
  error: OperationNotFound
) {
  if (yield* Cancellation.isConfirmed(claim)) return { claim: yield* Record.cancelled(claim) }
  const due = yield* course.searches.next(error)
  if (Option.isSome(due)) {
    yield* course.report(Progress.looking)
    yield* Observed.retry(claim.generation, error)
    return { claim, due: due.value }
  }
  const { unreachableAfter } = yield* Policy
  const known = DateTime.distanceDuration(state.submittedAt, yield* DateTime.now)
  if (Duration.lessThan(known, unreachableAfter)) return { claim, failure: error }
  return { claim: yield* Record.unreachable(claim, state, error), failure: error }
})

/** One look for a job that its provider did not know: it is found, or the record stays where it is. */
export const search = Effect.fnUntraced(function* (
  course: Course,
  claim: Claim,
  state: StateOf<"Unreachable">
) {
  const answer = yield* Effect.either(
    Effect.flatMap(VideoProvider, (provider) => provider.poll(state.operation))
  )
  if (Either.isRight(answer))
    return {
      claim: yield* Verdict.isUnderway(answer.right)
        ? Record.found(claim, state)
        : Verdict.settled(claim, state, answer.right)
    }
  const error = answer.left
  if (error._tag !== "OperationNotFound") return yield* Waiting.again(course, claim, error)
  return (yield* Cancellation.isConfirmed(claim))
    ? { claim: yield* Record.cancelled(claim) }
    : { claim, failure: error }
})
