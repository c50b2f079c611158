/**
 * The time that only goes forward. What a process waits for is counted in it: the time of day may be put back or forward
 * at any moment.
 *
 * @since 0.1.0
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

// Whole milliseconds, as timers count: a due time between two of them is never quite reached.
const nanosInMilli = BigInt(1_000_000)

/** The milliseconds since some moment before this process began; a longer time has a larger number. */
export const unsafeNow = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos() / nanosInMilli)

/** The same, of the clock in the context. */
export const now: Effect.Effect<number> = Effect.clockWith((clock) => Effect.sync(() => unsafeNow(clock)))
