/**
 * The breakers of providers, in the memory of this process.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Breaker from "../Breaker.ts"
import type { Generation } from "../Generation.ts"

/** Breakers that have seen nothing yet. */
export const make = () => {
  const breakers = new Map<string, Breaker.Breaker>()
  const opened = (provider: string) => {
    const breaker = breakers.get(provider)
    return breaker?.openedAt === undefined ? undefined : breaker
  }
  return {
    fail: (failure: Breaker.Failure) =>
      Effect.map(
        DateTime.now,
        (now) =>
          void breakers.set(failure.provider, Breaker.after(breakers.get(failure.provider), failure, now))
      ),
    close: (provider: string) =>
      Effect.sync(() => {
        const wasOpen = opened(provider) !== undefined
        breakers.delete(provider)
        return wasOpen
      }),
    delivered: (provider: string) => void breakers.delete(provider),
    open: (): ReadonlyArray<Breaker.Breaker> =>
      Array.from(breakers.keys())
        .sort()
        .flatMap((provider) => opened(provider) ?? []),
    /** The open breaker that keeps one more job of this provider from being sent, beside those in somebody's hands. */
    holding: (provider: string, inHand: ReadonlyArray<Generation>, now: DateTime.Utc) => {
      const breaker = opened(provider)
      if (breaker === undefined) return undefined
      return Breaker.isPaused(breaker, now) || inHand.some((one) => one.provider === provider)
        ? breaker
        : undefined
    }
  }
}
