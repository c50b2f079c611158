/**
 * What is logged, traced and counted of the flow, so that the flow itself can be read without it.
 *
 * A generation may wait for minutes beside thousands of others. So nothing is kept around it but the span of its
 * stage; a line of the log is given the generation's id when it is written.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import type { Generation } from "../Generation.ts"
import type { GenerationError } from "../GenerationError.ts"
import type { Claim } from "../GenerationStore.ts"
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

/** It has ended with an error. */
export const failed = (generation: Generation, error: GenerationError) =>
  about(generation)(Effect.logWarning(error.message, { error: error._tag }))

/** One step: a span, a line in the log, and its seconds. */
export const stage = <A, E, R>(name: string, { generation }: Claim, effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Clock.currentTimeMillis, (from) => {
    const took = Effect.flatMap(Clock.currentTimeMillis, (to) =>
      Metric.update(Metric.tagged(Telemetry.stageSeconds, "stage", name), (to - from) / 1000)
    )
    return about(generation)(Effect.logInfo(name)).pipe(
      Effect.zipRight(effect),
      Effect.tapBoth({ onFailure: () => took, onSuccess: () => took }),
      Effect.withSpan(`videogen.${name}`, {
        attributes: { generation: generation.id },
        captureStackTrace: false
      })
    )
  })

/** Says that something is tried again, and why. */
export const retry = (generation: Generation, error: { readonly message: string }) =>
  Effect.zipRight(
    Metric.increment(Telemetry.retries),
    about(generation)(Effect.logWarning(`Trying again: ${error.message}`))
  )

/** The same schedule, each of its recurrences logged and counted. */
export const retries = ({ generation }: Claim, schedule: Schedule.Schedule<unknown, GenerationError>) =>
  Schedule.onDecision(Schedule.zipRight(schedule, Schedule.identity<GenerationError>()), (error, decision) =>
    decision._tag === "Continue" ? retry(generation, error) : Effect.void
  )
