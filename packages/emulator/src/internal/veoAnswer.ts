/**
 * A job as Google's long-running operation, in both forms of Veo.
 *
 * @internal
 */
import * as Option from "effect/Option"
import type { OperationRecord, Outcome } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"
import { inlineMark } from "./delivery.ts"
import { ignoredInputsNotice, notice } from "./description.ts"
import { progressOf } from "./jobs.ts"

/** Google leaves `done` away until it is true. */
const whole = (operation: Operation, end: object | undefined) => ({
  name: operation.record.name,
  metadata: metadata(operation),
  ...(end === undefined ? {} : { done: true, ...end })
})

/** The API-key form, where a video has the address `uri`. */
export const toApiKeyForm = (operation: Operation, uri: string) =>
  whole(
    operation,
    end(
      operation.record.outcome,
      () => ({
        "@type": "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse",
        generateVideoResponse: { generatedSamples: [{ video: { uri, mimeType: "video/mp4" } }] }
      }),
      (reasons) => ({
        "@type": "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse",
        generateVideoResponse: filtered(reasons)
      })
    )
  )

/** The Vertex form, where a video is an object in a bucket, or, at the place of `inlineMark`, the bytes themselves. */
export const toVertexForm = (operation: Operation) =>
  whole(
    operation,
    end(
      operation.record.outcome,
      () => ({
        "@type": vertexType,
        videos: [
          operation.record.destination === undefined
            ? { bytesBase64Encoded: inlineMark, mimeType: "video/mp4" }
            : { gcsUri: operation.record.destination, mimeType: "video/mp4" }
        ]
      }),
      (reasons) => ({ "@type": vertexType, ...filtered(reasons) })
    )
  )

const vertexType = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"

const filtered = (reasons: ReadonlyArray<string>) =>
  reasons.length === 0 ? {} : { raiMediaFilteredCount: reasons.length, raiMediaFilteredReasons: reasons }

const end = (
  outcome: Outcome,
  rendered: () => object,
  withheld: (reasons: ReadonlyArray<string>) => object
): object | undefined => {
  switch (outcome._tag) {
    case "Pending":
      return undefined
    case "Rendered":
      return { response: rendered() }
    case "Withheld":
      return { response: withheld(outcome.reasons) }
    case "Failed":
      return { error: { code: outcome.code, message: outcome.message } }
    case "Cancelled":
      return { error: { code: 1, message: "The operation was cancelled." } }
  }
}

const metadata = ({ record, progress }: Operation) => ({
  "@type": "type.googleapis.com/mutoscope.emulator.v1.OperationMetadata",
  state: state(record, progress),
  progressPercent: Math.round(100 * progressOf({ record, progress })),
  seed: record.video.seed,
  width: record.video.width,
  height: record.video.height,
  durationSeconds: record.video.duration,
  createTime: new Date(record.createdAt).toISOString(),
  notice,
  ...(record.ignoredInputs.length === 0 ? {} : { ignoredInputs: record.ignoredInputs, ignoredInputsNotice })
})

const state = ({ outcome }: OperationRecord, progress: Option.Option<number>): string => {
  switch (outcome._tag) {
    case "Pending":
      return Option.isSome(progress) ? "RUNNING" : "QUEUED"
    case "Rendered":
    case "Withheld":
      return "SUCCEEDED"
    case "Failed":
      return "FAILED"
    case "Cancelled":
      return "CANCELLED"
  }
}
