/**
 * How long a lock that somebody else holds is waited for.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { isBusy } from "./storageError.ts"

/**
 * Quick at first, then four times a second, for five seconds. Each try blocks for at most the driver's own timeout;
 * between the tries the event loop runs.
 */
const whileBusy = Schedule.exponential("10 millis").pipe(
  Schedule.union(Schedule.spaced("250 millis")),
  Schedule.jittered,
  Schedule.upTo("5 seconds")
)

/** Tries again while another connection is in the way. Nothing is prepared for that where none is: mostly so. */
export const retryBusy = <A, R>(self: Effect.Effect<A, SqlError, R>): Effect.Effect<A, SqlError, R> =>
  Effect.catchIf(self, isBusy, () => Effect.retry(self, { schedule: whileBusy, while: isBusy }))
