/**
 * Room under a limit in flight. A job that was given back, or whose holder died, counts as in flight until somebody looks
 * at it; so whoever waits for room does. That costs looks and nothing else: all of these have been sent.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import { Policy } from "../Policy.ts"

/** So many are taken in one transaction. */
const atOnce = 64

/**
 * Takes what nobody looks after at a provider and hands it to `aside`; once in each lease, since what cannot be finished
 * comes back at once.
 */
export const maker = (owner: string, aside: (claim: Claim) => Effect.Effect<void>) => {
  const made = new Map<string, number>()
  const takeSome = (provider: string) =>
    Effect.flatMap(GenerationStore, ({ queue }) =>
      queue.takeInFlight(owner, { provider, most: atOnce })
    ).pipe(
      Effect.tap((claims) => Effect.forEach(claims, aside, { discard: true })),
      Effect.uninterruptible
    )
  return (provider: string): Effect.Effect<void, never, GenerationStore> =>
    Effect.gen(function* () {
      const { lease } = yield* Policy
      const now = yield* Clock.currentTimeMillis
      const since = now - (made.get(provider) ?? Number.NEGATIVE_INFINITY)
      if (since >= 0 && since < Duration.toMillis(lease)) return
      made.set(provider, now)
      yield* Effect.repeat(takeSome(provider), { while: (claims) => claims.length === atOnce })
    }).pipe(Effect.catchAll((error) => Effect.logWarning("Could not look for room", error)))
}
