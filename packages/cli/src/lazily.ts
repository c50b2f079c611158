/**
 * What a command does is loaded when it is done, so that help and the other commands need not wait for it.
 */
import * as Effect from "effect/Effect"

/** A handler that is fetched with its module. */
export const lazily =
  <Flags, A, E, R>(module: () => Promise<(flags: Flags) => Effect.Effect<A, E, R>>) =>
  (flags: Flags): Effect.Effect<A, E, R> =>
    Effect.flatMap(Effect.promise(module), (handler) => handler(flags))
