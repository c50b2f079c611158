/**
 * Progress on its way from the flow to whoever listens: numbered with the generation's id, never going back.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import type { GenerationId } from "../Generation.ts"
import type { Progress, Report } from "../Progress.ts"

/** Told of each report. */
export type Listener = (progress: Progress) => Effect.Effect<void>

/** A function that passes reports on to a listener and lets no percentage fall behind an earlier one. */
export const reporter = (generationId: GenerationId, listener: Listener | undefined) => {
  let highest = 0
  return (report: Report): Effect.Effect<void> => {
    if (listener === undefined) return Effect.void
    highest = Math.max(highest, report.percent)
    return listener({ _tag: "Progress", generationId, ...report, percent: highest })
  }
}

/** A call that reports to a listener, as a stream of its reports that ends with its result. */
export const streamed = <A, E>(
  call: (listener: Listener) => Effect.Effect<A, E>
): Stream.Stream<Progress | A, E> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const queue = yield* Queue.unbounded<Take.Take<Progress | A, E>>()
      yield* call((progress) => Queue.offer(queue, Take.of(progress))).pipe(
        Effect.matchCauseEffect({
          onFailure: (cause) => Queue.offer(queue, Take.failCause(cause)),
          onSuccess: (result) => Queue.offerAll(queue, [Take.of(result), Take.end])
        }),
        Effect.forkScoped
      )
      return Stream.flattenTake(Stream.fromQueue(queue))
    })
  )
