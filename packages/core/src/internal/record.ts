/**
 * The moves that the flow makes on a record, each written before the flow goes on.
 */
import type * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Generation from "../Generation.ts"
import { type GenerationError, type LeaseLost, type StorageError, SubmitUnknown } from "../GenerationError.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import type { Operation, VideoOutput } from "../Operation.ts"
import * as Telemetry from "../Telemetry.ts"
import { about, say } from "./observed.ts"

/** A record in its next state, on disk. */
export type Moved = Effect.Effect<Claim, LeaseLost | StorageError, GenerationStore>

/** The intent: about to submit for the n-th time. */
export type Intent = Generation.StateOf<"Submitting">

const move = (claim: Claim, state: Exclude<Generation.GenerationState, Intent>, cause: string): Moved =>
  Effect.flatMap(GenerationStore, (records) => records.transition(claim, state, cause))

/** Clearly refused: nothing runs, and it may be tried again. */
export const requeued = (claim: Claim, { attempt }: Intent, refusal: GenerationError): Moved =>
  move(claim, { _tag: "Queued", attempt, refusal }, refusal.message)

/** Sent again on request, which may be charged twice. */
export const resubmitted = (claim: Claim, { attempt }: Pick<Intent, "attempt">): Moved =>
  move(claim, { _tag: "Queued", attempt }, "to be sent again, on request")

/**
 * The operation first: where it can't be written into the record, or the record was lost to somebody else while the answer
 * was on its way, it is written elsewhere, and said aloud.
 */
export const accepted = (
  claim: Claim,
  { startedAt }: Pick<Intent, "startedAt">,
  operation: Operation
): Moved =>
  move(claim, { _tag: "Rendering", operation, submittedAt: startedAt }, `accepted as ${operation.id}`).pipe(
    Effect.tapError(() =>
      Effect.zipRight(
        about(claim.generation)(
          Effect.logError(`The record could not be written. The operation is ${operation.id}`)
        ),
        Effect.flatMap(GenerationStore, (records) => records.spool(claim.generation.id, operation))
      )
    )
  )

/** Stopped between the intent and the request: nothing was sent. */
export const calledOff = (claim: Claim, { attempt }: Intent): Moved =>
  move(claim, { _tag: "Queued", attempt: attempt - 1 }, "stopped before it was sent")

/** Nobody knows whether it was accepted. */
export const unknown = (
  claim: Claim,
  { attempt, startedAt }: Intent,
  reason: string,
  answer?: string
): Moved => {
  const { provider } = claim.generation
  const error = new SubmitUnknown({ provider, reason, ...(answer === undefined ? {} : { answer }) })
  return move(claim, { _tag: "SubmitUnknown", attempt, startedAt, error }, reason)
}

export const rendered = (
  claim: Claim,
  { operation, submittedAt }: Pick<Generation.StateOf<"Downloading">, "operation" | "submittedAt">,
  videos: readonly [VideoOutput, ...ReadonlyArray<VideoOutput>]
): Moved => move(claim, { _tag: "Downloading", operation, submittedAt, videos }, "rendered")

/** Whole on disk, and about to be put at its path. */
export const verified = (
  records: Context.Tag.Service<GenerationStore>,
  claim: Claim,
  { operation, submittedAt, videos }: Generation.StateOf<"Downloading">,
  video: Generation.StoredVideo
) =>
  records.transition(
    claim,
    { _tag: "Downloading", operation, submittedAt, videos, verified: video },
    "verified on disk"
  )

export const completed = (claim: Claim, operation: Operation, video: Generation.StoredVideo): Moved =>
  Effect.flatMap(DateTime.now, (finishedAt) =>
    Effect.zipRight(
      Metric.incrementBy(Telemetry.bytes, video.bytes),
      Effect.zipLeft(
        move(claim, { _tag: "Completed", operation, video, finishedAt }, "complete"),
        say(claim.generation, "complete")
      )
    )
  )

export const failed = (claim: Claim, error: GenerationError): Moved =>
  Effect.flatMap(DateTime.now, (finishedAt) =>
    move(claim, { _tag: "Failed", error, finishedAt, ...operationOf(claim) }, error.message)
  )

export const cancelled = (claim: Claim): Moved =>
  Effect.flatMap(DateTime.now, (finishedAt) =>
    move(claim, { _tag: "Cancelled", finishedAt, ...operationOf(claim) }, "cancelled")
  )

const operationOf = (claim: Claim): { readonly operation?: Operation } =>
  Option.match(Generation.operation(claim.generation), {
    onNone: () => ({}),
    onSome: (operation) => ({ operation })
  })
