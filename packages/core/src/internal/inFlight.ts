/**
 * What has been sent cannot be unsent: an effect that is waited for even when its caller is interrupted.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

/** Runs an effect so that interrupting its caller waits for it, for at most `grace`, before it is interrupted too. */
export const finishInFlight =
  (grace: Duration.Duration) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Effect.forkDaemon(Effect.interruptible(effect)), (fiber) =>
        restore(Fiber.join(fiber)).pipe(
          Effect.onInterrupt(() =>
            Fiber.await(fiber).pipe(
              Effect.interruptible,
              Effect.timeoutTo({
                duration: grace,
                onSuccess: () => Effect.void,
                onTimeout: () => Fiber.interrupt(fiber)
              }),
              Effect.flatten
            )
          )
        )
      )
    )
