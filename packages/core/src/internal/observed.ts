/**
 * What is logged, traced and counted of the flow, so that the flow itself can be read without it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import type { GenerationId } from "../Generation.ts"
import type { GenerationError } from "../GenerationError.ts"
import * as Telemetry from "../Telemetry.ts"

/** One run of the flow: counted while it lasts, its failure logged, every line of it under the generation's id. */
export const generation =
  (id: GenerationId) =>
  <A, E extends GenerationError, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.acquireUseRelease(
      Metric.increment(Telemetry.inFlight),
      () => Effect.tapError(effect, (error) => Effect.logWarning(error.message, { error: error._tag })),
      () => Metric.incrementBy(Telemetry.inFlight, -1)
    ).pipe(
      Effect.withSpan("videogen.generation", { attributes: { generation: id } }),
      Effect.annotateLogs("generation", id)
    )

/** One step: a span, a line in the log, and its seconds. */
export const stage = <A, E, R>(name: string, effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Clock.currentTimeMillis, (from) =>
    Effect.logInfo(name).pipe(
      Effect.zipRight(effect),
      Effect.ensuring(
        Effect.flatMap(Clock.currentTimeMillis, (to) =>
          Metric.update(Metric.tagged(Telemetry.stageSeconds, "stage", name), (to - from) / 1000)
        )
      ),
      Effect.withSpan(`videogen.${name}`)
    )
  )

/** Says that something is tried again, and why. */
export const retry = (error: { readonly message: string }) =>
  Effect.zipRight(Metric.increment(Telemetry.retries), Effect.logWarning(`Trying again: ${error.message}`))

/** The same schedule, each of its recurrences logged and counted. */
export const retries = (schedule: Schedule.Schedule<unknown, GenerationError>) =>
  Schedule.onDecision(Schedule.zipRight(schedule, Schedule.identity<GenerationError>()), (error, decision) =>
    decision._tag === "Continue" ? retry(error) : Effect.void
  )
