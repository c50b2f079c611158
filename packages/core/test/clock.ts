/**
 * A machine whose time of day is set while it runs.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Runs a test on the test clock, but for the time of day, which `set` moves by so many milliseconds; timers don't care. */
export const withTimeOfDay = <A, E, R>(
  test: (set: (by: number) => Effect.Effect<void>) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => withClocks(({ set }) => test(set))

/** The same, and `suspend` lets so many milliseconds go by in which no timer of this machine runs. */
export const withClocks = <A, E, R>(
  test: (machine: {
    readonly set: (by: number) => Effect.Effect<void>
    readonly suspend: (by: number) => Effect.Effect<void>
  }) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) => {
    let asleep = 0
    let off = 0
    const shifted: Clock.Clock = Object.create(clock, {
      unsafeCurrentTimeMillis: { value: () => clock.unsafeCurrentTimeMillis() + asleep + off },
      unsafeCurrentTimeNanos: { value: () => clock.unsafeCurrentTimeNanos() + BigInt(asleep * 1_000_000) },
      currentTimeMillis: { get: () => Effect.map(clock.currentTimeMillis, (now) => now + asleep + off) }
    })
    const set = (by: number) =>
      Effect.sync(() => {
        off += by
      })
    const suspend = (by: number) =>
      Effect.sync(() => {
        asleep += by
      })
    return Effect.withClock(test({ set, suspend }), shifted)
  })
