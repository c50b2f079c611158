/**
 * What is logged, traced and counted of the flow, so that the flow itself can be read without it.
 *
 * A generation may wait for minutes beside thousands of others. So nothing is kept around it but the span of its
 * stage; a line of the log is given the generation's id when it is written.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { Generation } from "../Generation.ts"
import type { GenerationError } from "../GenerationError.ts"
import * as Monotonic from "../Monotonic.ts"
import * as Telemetry from "../Telemetry.ts"

/** A line of the log that says which generation it is about. */
export const about =
  ({ id }: Generation) =>
  <R>(line: Effect.Effect<void, never, R>): Effect.Effect<void, never, R> =>
    Effect.annotateLogs(line, "generation", id)

/** Says how far a generation has come. Where nobody listens, nothing is prepared for it. */
export const say = (generation: Generation, message: string): Effect.Effect<void> =>
  Effect.flatMap(FiberRef.get(FiberRef.currentMinimumLogLevel), (least) =>
    LogLevel.lessThanEqual(least, LogLevel.Info) ? about(generation)(Effect.logInfo(message)) : Effect.void
  )

/** A run of the flow has begun. */
export const begun = Metric.increment(Telemetry.inFlight)

/** It has ended, however it did. */
export const ended = Metric.incrementBy(Telemetry.inFlight, -1)

/** It has ended with an error, or with a bug. That whoever listens wants it no longer is neither. */
export const failed = (generation: Generation, cause: Cause.Cause<GenerationError>) =>
  about(generation)(
    Option.match(Cause.failureOption(cause), {
      onNone: () =>
        Cause.isInterruptedOnly(cause)
          ? Effect.logDebug("interrupted")
          : Effect.logError("stopped by a defect", cause),
      onSome: (error) => Effect.logWarning(error.message, { error: error._tag })
    })
  )

/** The stages of one run. A stage is a span, a line in the log, and its seconds, however many steps it takes. */
export interface Stages {
  /** Makes the rest of this fiber, which is for one step, part of a stage. That begins here, if it has not begun. */
  readonly enter: (name: string) => Effect.Effect<void>
  /** Ends the stage, if there is one, as its last step ended. */
  readonly leave: (exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
  /** Whether the next step is the first of its stage. */
  readonly isNew: (name: string) => boolean
  /** When the present stage began, in milliseconds of `Monotonic`. */
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

  const leave = (exit: Exit.Exit<unknown, unknown>) =>
    Effect.suspend(() => {
      const left = stage
      stage = undefined
      return left === undefined ? Effect.void : finish(left, exit)
    })
  const enterNew = (name: string) =>
    Effect.zipRight(
      leave(Exit.void),
      Effect.flatMap(begin(generation, name), (begun) => {
        stage = begun
        return within(begun)
      })
    )
  return {
    enter: (name) => (stage?.name === name ? within(stage) : enterNew(name)),
    leave,
    isNew: (name) => stage?.name !== name,
    since: () => stage?.from ?? Number.POSITIVE_INFINITY
  }
}

// Not for a part of the fiber: to put the old parent back costs more than all the rest.
const within = ({ span }: Stage): Effect.Effect<void> =>
  FiberRef.update(FiberRef.currentContext, Context.add(Tracer.ParentSpan, span))

const begin = (generation: Generation, name: string): Effect.Effect<Stage> =>
  say(generation, name).pipe(
    Effect.zipRight(
      Effect.makeSpan(`mutoscope.${name}`, {
        attributes: { generation: generation.id },
        captureStackTrace: false
      })
    ),
    Effect.flatMap((span) => Effect.map(Monotonic.now, (from) => ({ name, from, span })))
  )

const finish = ({ from, name, span }: Stage, exit: Exit.Exit<unknown, unknown>) =>
  Effect.clockWith((clock) =>
    Effect.suspend(() => {
      const to = Monotonic.unsafeNow(clock)
      span.end(clock.unsafeCurrentTimeNanos(), exit)
      return Metric.update(secondsOf(name), (to - from) / 1000)
    })
  )

const labelled = new Map<string, typeof Telemetry.stageSeconds>()

/** The metric of a stage, made once: there are few stages, and very many of each. */
const secondsOf = (name: string) => {
  const known = labelled.get(name)
  if (known !== undefined) return known
  const made = Metric.tagged(Telemetry.stageSeconds, "stage", name)
  labelled.set(name, made)
  return made
}

/** Says that something is tried again, and why. */
export const retry = (generation: Generation, error: { readonly message: string }) =>
  Effect.zipRight(
    Metric.increment(Telemetry.retries),
    about(generation)(Effect.logWarning(`Trying again: ${error.message}`))
  )
