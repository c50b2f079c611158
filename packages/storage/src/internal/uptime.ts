/**
 * The time since this machine was started. All its processes count the same, and none of them is put back or forward with the
 * time of day, so that it is what a lease is counted in.
 */
import * as Monotonic from "@mutoscope/core/Monotonic"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

// The clock of each process begins to count at another moment; the timer of the system behind it does not.
const origin = Monotonic.unsafeNow(Clock.make()) - Number(process.hrtime.bigint() / BigInt(1_000_000))

/**
 * When this machine was started, in milliseconds since 1970, as far as the time of day can be trusted: two that differ by
 * more than a few seconds may be of two starts.
 */
export const booted: Effect.Effect<number> = Effect.suspend(() =>
  Effect.zipWith(Clock.currentTimeMillis, now, (today, uptime) => today - uptime)
)

/** Milliseconds, by the clock in the context. Two processes may see one moment a millisecond apart. */
export const now: Effect.Effect<number> = Effect.map(Monotonic.now, (now) => now - origin)
