/**
 * What can be counted and timed while videos are made. Each metric is labelled with nothing but the stage, so that
 * a long-lived process does not grow.
 *
 * @since 0.1.0
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

/** Generations that this process works on now. */
export const inFlight = Metric.gauge("mutoscope_generations_in_flight", {
  description: "Generations that this process works on now"
})

/** Requests that were tried again after something failed on the way. */
export const retries = Metric.counter("mutoscope_retries_total", {
  description: "Requests that were tried again",
  incremental: true
})

/** Bytes of finished videos. */
export const bytes = Metric.counter("mutoscope_downloaded_bytes_total", {
  description: "Bytes of videos downloaded and verified",
  incremental: true
})

/** Seconds that each stage took. */
export const stageSeconds = Metric.histogram(
  "mutoscope_stage_seconds",
  MetricBoundaries.fromIterable([0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600]),
  "Seconds that a stage of a generation took"
)
