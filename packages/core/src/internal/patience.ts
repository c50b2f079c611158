/**
 * A schedule that is asked when to go on, instead of being slept through: who waits for it needs no fiber.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Schedule from "effect/Schedule"
import * as Decision from "effect/ScheduleDecision"
import * as Intervals from "effect/ScheduleIntervals"
import * as Monotonic from "../Monotonic.ts"

/** One use of a schedule, from its beginning to its end. */
export interface Patience<In> {
  /** The moment (milliseconds of `Monotonic`) to go on after such an input; none where patience has run out. */
  readonly next: (input: In) => Effect.Effect<Option.Option<number>>
  /** As if nothing had been asked yet. */
  readonly renew: () => void
}

/** A use of a schedule. */
export const make = <In>(schedule: Schedule.Schedule<unknown, In>): Patience<In> => {
  let state: unknown = schedule.initial
  return {
    next: (input) =>
      Effect.flatMap(Monotonic.now, (now) =>
        Effect.map(schedule.step(now, input, state), ([next, , decision]) => {
          state = next
          return Decision.isContinue(decision)
            ? Option.some(Math.max(now, Intervals.start(decision.intervals)))
            : Option.none()
        })
      ),
    renew: () => {
      state = schedule.initial
    }
  }
}
