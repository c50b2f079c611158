/**
 * Several questions at the same time.
 */
import * as Effect from "effect/Effect"

/** Asks all of them, 8 at once, and hands back all that they say. A single one, or none, needs no fiber of its own. */
export const together = <A, E, R>(
  questions: ReadonlyArray<Effect.Effect<ReadonlyArray<A>, E, R>>
): Effect.Effect<ReadonlyArray<A>, E, R> => {
  const [first, ...others] = questions
  if (first === undefined) return Effect.succeed([])
  return others.length === 0
    ? first
    : Effect.map(Effect.all(questions, { concurrency: 8 }), (all) => all.flat())
}
