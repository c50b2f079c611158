/**
 * Progress on its way from the flow to whoever listens: numbered with the generation's id, never going back.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Take from "effect/Take"
import type { GenerationId } from "../Generation.ts"
import type { Progress, Report } from "../Progress.ts"

/** Told of each report. */
export type Listener = (progress: Progress) => Effect.Effect<void>

/** The reports of one generation, and whoever listens to them. */
export interface Reporter {
  /** Tells all who listen. No percentage falls behind an earlier one. */
  readonly report: (report: Report) => Effect.Effect<void>
  /** Listens from now on, beginning with the newest report, for as long as the scope is open. */
  readonly listen: (listener: Listener) => Effect.Effect<void, never, Scope.Scope>
}

/** A reporter that has reported nothing yet. */
export const reporter = (generationId: GenerationId, first: Listener | undefined): Reporter => {
  let listeners: ReadonlyArray<Listener> = first === undefined ? [] : [first]
  let last: Progress | undefined
  const tell = (progress: Progress) =>
    Effect.forEach(listeners, (listener) => listener(progress), { discard: true })
  return {
    report: (report) => {
      const percent = Math.max(last?.percent ?? 0, report.percent)
      last = { _tag: "Progress", generationId, ...report, percent }
      return listeners.length === 0 ? Effect.void : tell(last)
    },
    listen: (listener) =>
      Effect.suspend(() => {
        // The same function may listen twice, and each time stop by itself.
        const own: Listener = (progress) => listener(progress)
        const begin = Effect.sync(() => {
          listeners = [...listeners, own]
        })
        const stop = Effect.sync(() => {
          listeners = listeners.filter((other) => other !== own)
        })
        const newest = last === undefined ? Effect.void : own(last)
        return Effect.zipRight(
          Effect.acquireRelease(begin, () => stop),
          newest
        )
      })
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
