/**
 * A machine whose time of day is set while it runs.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Runs a test on the test clock, but for the time of day, which `set` moves by so many milliseconds; timers don't care. */
export const withTimeOfDay = <A, E, R>(
  test: (set: (by: number) => Effect.Effect<void>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => {
    let off = 0
    const shifted: Clock.Clock = Object.create(clock, {
      unsafeCurrentTimeMillis: { value: () => clock.unsafeCurrentTimeMillis() + off },
      unsafeCurrentTimeNanos: { value: () => clock.unsafeCurrentTimeNanos() },
      currentTimeMillis: { get: () => Effect.map(clock.currentTimeMillis, (now) => now + off) }
    })
    const set = (by: number) =>
      Effect.sync(() => {
        off += by
      })
    return Effect.withClock(test(set), shifted)
  })
