/**
 * How far a generation has come, in words and in percent, and where the percentage is from.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Schema from "effect/Schema"
import { GenerationId } from "./Generation.ts"

/** The five stages. Each begins at its own percentage: 0, 10, 20, 90 and 100. */
export const Stage = Schema.Literal("starting", "submitted", "rendering", "downloading", "complete")
export type Stage = typeof Stage.Type

/**
 * One report. `percent` is 0-100 and never goes back within a call; `source` says whether it marks a stage, was
 * reported by the provider, or is estimated from the time that has passed. `bytes` counts what has been downloaded;
 * `position` is how many jobs are before it in the provider's queue, and `log` the last line of the provider's log.
 */
export const Progress = Schema.TaggedStruct("Progress", {
  generationId: GenerationId,
  stage: Stage,
  percent: Schema.Number.pipe(Schema.between(0, 100)),
  message: Schema.String,
  source: Schema.Literal("stage", "reported", "estimated"),
  bytes: Schema.optional(Schema.NonNegativeInt),
  totalBytes: Schema.optional(Schema.NonNegativeInt),
  position: Schema.optional(Schema.NonNegativeInt),
  /** The provider asked for a pause: seconds from this report until it is asked again. */
  pauseSeconds: Schema.optional(Schema.NonNegative),
  log: Schema.optional(Schema.String)
})
export type Progress = typeof Progress.Type

/** A report that does not yet know whose it is. */
export type Report = Omit<Progress, "_tag" | "generationId">

/** The call has begun; nothing has been sent. */
export const starting: Report = { stage: "starting", percent: 0, message: "starting", source: "stage" }

/** Not sent yet: as many jobs are in flight as a limit allows. */
export const waiting: Report = {
  stage: "starting",
  percent: 0,
  message: "waiting: as many are in flight as the limit allows",
  source: "stage"
}

/** The provider has accepted the request, and its operation is in the record. */
export const submitted: Report = { stage: "submitted", percent: 10, message: "request sent", source: "stage" }

/** Only said once the file has been verified on disk. */
export const complete: Report = { stage: "complete", percent: 100, message: "complete", source: "stage" }

const renderingFrom = 20
const renderingTo = 80

/** While the provider renders and says how far it is: its 0-100 becomes our 20-80. */
export const reported = (percent: number): Report =>
  between(
    renderingFrom + ((renderingTo - renderingFrom) * Math.min(100, Math.max(0, percent))) / 100,
    "reported"
  )

/** While it waits in the provider's queue, and so many jobs are before it: nothing has begun. */
export const queued = (position: number): Report => ({ ...reported(0), position })

/**
 * While the provider renders and does not say how far it is. Both arguments are seconds: since the submit, and of
 * video. A second of video takes 2 to 3 seconds to render; the curve slows down as that passes and never reaches 80.
 */
export const estimated = (elapsed: number, duration: number): Report => {
  const share = 1 - Math.exp(-Math.max(0, elapsed) / (duration * 2.5))
  return between(
    Math.min(renderingTo - 1, renderingFrom + (renderingTo - renderingFrom) * share),
    "estimated"
  )
}

/** While the provider renders: its own figure where it has one, else an estimate. Arguments as of {@link estimated}. */
export const rendering = (progress: number | undefined, elapsed: number, duration: number): Report =>
  progress === undefined ? estimated(elapsed, duration) : reported(progress)

const between = (percent: number, source: "reported" | "estimated"): Report => ({
  stage: "rendering",
  percent: Math.floor(percent),
  message: renderingMessage(percent),
  source
})

const renderingMessage = (percent: number): string =>
  percent < 30
    ? "initializing"
    : percent < 50
      ? "generating frames"
      : percent < 70
        ? "rendering video"
        : "finalizing"

/** The provider is done and does not serve the file yet: it is asked for again. */
export const awaitingFile: Report = {
  stage: "downloading",
  percent: 90,
  message: "waiting for the provider to serve the file",
  source: "stage"
}

/** The provider answers that it does not know the job: it is asked again. */
export const looking: Report = {
  stage: "rendering",
  percent: 20,
  message: "the provider does not know the job; asking again",
  source: "stage"
}

/** The provider asked for a pause (`Retry-After`) in one of these stages: it is asked again once that has passed. */
export const paused = (
  stage: "starting" | "rendering" | "downloading",
  pause: Duration.Duration
): Report => ({
  stage,
  percent: stage === "starting" ? 0 : stage === "rendering" ? renderingFrom : 90,
  message: `rate limited: the provider asks to wait ${Duration.format(pause)}`,
  source: "stage",
  pauseSeconds: Duration.toSeconds(pause)
})

/** While the file is fetched: 90-99, by bytes where the length is known. */
export const downloading = (bytes: number, totalBytes: number | undefined): Report => ({
  stage: "downloading",
  percent:
    totalBytes === undefined || totalBytes === 0
      ? 90
      : 90 + Math.min(9, Math.floor((bytes * 9) / totalBytes)),
  message: "downloading",
  source: "stage",
  bytes,
  ...(totalBytes === undefined ? {} : { totalBytes })
})
