/**
 * What is logged, traced and counted of the flow, so that the flow itself can be read without it.
 *
 * A generation may wait for minutes beside thousands of others. So nothing is kept around it but the span of its
 * stage; a line of the log is given the generation's id when it is written.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import type { Generation } from "../Generation.ts"
import type { GenerationError } from "../GenerationError.ts"
import * as Telemetry from "../Telemetry.ts"

/** A line of the log that says which generation it is about. */
export const about =
  ({ id }: Generation) =>
  <R>(line: Effect.Effect<void, never, R>): Effect.Effect<void, never, R> =>
    Effect.annotateLogs(line, "generation", id)

/** A run of the flow has begun. */
export const begun = Metric.increment(Telemetry.inFlight)

/** It has ended, however it did. */
export const ended = Metric.incrementBy(Telemetry.inFlight, -1)

/** It has ended with an error, or with a bug. */
export const failed = (generation: Generation, cause: Cause.Cause<GenerationError>) =>
  about(generation)(
    Option.match(Cause.failureOption(cause), {
      onNone: () => Effect.logError("stopped by a defect", cause),
      onSome: (error) => Effect.logWarning(error.message, { error: error._tag })
    })
  )

/** The stages of one run. A stage is a span, a line in the log, and its seconds, however many steps it takes. */
export interface Stages {
  /** Runs a step in its stage, and ends that with the step's end where it leads out of it. */
  readonly within: <A, E, R>(
    name: string,
    step: Effect.Effect<A, E, R>,
    staysAfter: (result: A) => boolean
  ) => Effect.Effect<A, E, R>
  /** Ends the stage, if there is one, before its time. */
  readonly leave: Effect.Effect<void>
  /** Whether the next step is the first of its stage. */
  readonly isNew: (name: string) => boolean
  /** When the present stage began, in milliseconds since 1970. */
  readonly since: () => number
}

interface Stage {
  readonly name: string
  readonly from: number
  readonly span: Tracer.Span
}

/** No stage yet. */
export const stages = (generation: Generation): Stages => {
  let stage: Stage | undefined

  const enter = (name: string) =>
    stage?.name === name
      ? Effect.succeed(stage)
      : Effect.zipRight(
          leave(Exit.void),
          Effect.map(begin(generation, name), (begun) => {
            stage = begun
            return begun
          })
        )
  const leave = (exit: Exit.Exit<unknown, unknown>) =>
    Effect.suspend(() => {
      const left = stage
      stage = undefined
      return left === undefined ? Effect.void : finish(left, exit)
    })
  return {
    within: (name, step, staysAfter) =>
      Effect.flatMap(enter(name), ({ span }) =>
        Effect.onExit(Effect.withParentSpan(step, span), (exit) =>
          Exit.isSuccess(exit) && staysAfter(exit.value) ? Effect.void : leave(exit)
        )
      ),
    leave: leave(Exit.void),
    isNew: (name) => stage?.name !== name,
    since: () => stage?.from ?? Number.POSITIVE_INFINITY
  }
}

const begin = (generation: Generation, name: string): Effect.Effect<Stage> =>
  about(generation)(Effect.logInfo(name)).pipe(
    Effect.zipRight(
      Effect.makeSpan(`videogen.${name}`, {
        attributes: { generation: generation.id },
        captureStackTrace: false
      })
    ),
    Effect.flatMap((span) => Effect.map(Clock.currentTimeMillis, (from) => ({ name, from, span })))
  )

const finish = ({ from, name, span }: Stage, exit: Exit.Exit<unknown, unknown>) =>
  Effect.clockWith((clock) =>
    Effect.flatMap(clock.currentTimeMillis, (to) => {
      span.end(clock.unsafeCurrentTimeNanos(), exit)
      return Metric.update(Metric.tagged(Telemetry.stageSeconds, "stage", name), (to - from) / 1000)
    })
  )

/** Says that something is tried again, and why. */
export const retry = (generation: Generation, error: { readonly message: string }) =>
  Effect.zipRight(
    Metric.increment(Telemetry.retries),
    about(generation)(Effect.logWarning(`Trying again: ${error.message}`))
  )
