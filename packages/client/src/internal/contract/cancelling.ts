/**
 * A cancel looks before it leaps, and tells what became of it.
 */
import * as Effect from "effect/Effect"
import { must, play } from "./stage.ts"
import type { Case, Subject } from "./subject.ts"

const videoUrl = "https://videos.example.com/video.mp4"

export const cases = (subject: Subject): ReadonlyArray<Case> => {
  const { id, wire } = subject
  const cancelled = { yet: false }
  return [
    play(
      subject,
      "C11 a job that has its video is AlreadyFinished, and is not asked to stop",
      { poll: () => wire.succeeded(id, videoUrl) },
      (stage) =>
        Effect.gen(function* () {
          const outcome = yield* told(stage.provider.cancel(yield* stage.operation))
          const expected = wire.cancelling === undefined ? ["NotSupported"] : ["AlreadyFinished"]
          yield* must(`it is ${expected.join()}`, expected.includes(outcome), outcome)
          yield* must("nothing is deleted", stage.asked("cancel").length === 0, stage.asked("cancel"))
        })
    ),
    play(
      subject,
      "a job that runs is stopped, asked to stop, or cannot be",
      {
        poll: () => (cancelled.yet && wire.cancelled !== undefined ? wire.cancelled(id) : wire.running(id)),
        cancel: () => {
          cancelled.yet = true
          return wire.cancelling?.(id) ?? { status: 405 }
        }
      },
      (stage) =>
        Effect.gen(function* () {
          const outcome = yield* told(stage.provider.cancel(yield* stage.operation))
          const expected =
            wire.cancelling === undefined
              ? ["NotSupported"]
              : wire.cancelled === undefined
                ? ["Requested", "Cancelled"]
                : ["Cancelled"]
          yield* must(`it is ${expected.join(" or ")}`, expected.includes(outcome), outcome)
        })
    )
  ]
}

const told = <A, E extends Error>(effect: Effect.Effect<A, E>): Effect.Effect<string> =>
  Effect.match(effect, { onFailure: ({ message }) => message, onSuccess: String })
