/**
 * The provider's handle on a running job, and what the provider says of it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { OperationFailure } from "./GenerationError.ts"
import { JsonObject } from "./Json.ts"
import { MicroUsd } from "./Money.ts"

/**
 * A reference to a job on somebody else's machine. Plain JSON, so that any process can go on with it; `id` is opaque
 * to all but the provider that issued it.
 */
export const Operation = Schema.Struct({
  provider: Schema.NonEmptyString,
  id: Schema.NonEmptyString,
  model: Schema.NonEmptyString,
  metadata: Schema.optional(JsonObject)
})
export type Operation = typeof Operation.Type

/**
 * Where a finished video is to be had. `Remote` has an address of the provider's; `Inline` videos travel inside the
 * provider's answer, and are fetched by asking for that answer again (they never enter a record).
 */
export const VideoOutput = Schema.Union(
  Schema.TaggedStruct("Remote", { uri: Schema.NonEmptyString, mimeType: Schema.optional(Schema.String) }),
  Schema.TaggedStruct("Inline", { index: Schema.NonNegativeInt, mimeType: Schema.optional(Schema.String) })
)
export type VideoOutput = typeof VideoOutput.Type

/** Whether a video is to be had under another address than before. */
export const isElsewhere = (now: VideoOutput, before: VideoOutput): boolean =>
  now._tag === "Remote" && (before._tag !== "Remote" || now.uri !== before.uri)

/** What a job used, in tokens. */
export const TokenUsage = Schema.Struct({
  /** Of what was said to the model. */
  input: Schema.optional(Schema.NonNegativeInt),
  /** Of what the model made, words and thoughts included. */
  output: Schema.optional(Schema.NonNegativeInt)
})
export type TokenUsage = typeof TokenUsage.Type

const charge = {
  cost: Schema.optional(MicroUsd),
  estimate: Schema.optional(MicroUsd),
  tokens: Schema.optional(TokenUsage)
}

/**
 * What a provider answers when asked about an operation. That the job failed is a value; that nobody could be asked
 * is an error. `progress` is a percentage, 0-100; `position` is how many jobs are before it in the provider's queue, and
 * `log` the last line of the provider's log, without secrets; `word` is the provider's own word for a state that is not known,
 * and so is taken for a job that goes on; `cost` is what the provider says that it charged, absent
 * where it does not say; `estimate` is what comes of the amounts that it tells (tokens, say) at prices of our own table,
 * and `tokens` are those amounts. `warnings` are sentences about how the video differs from what was asked for.
 */
export const OperationStatus = Schema.Union(
  Schema.TaggedStruct("Pending", { position: Schema.optional(Schema.NonNegativeInt) }),
  Schema.TaggedStruct("Running", {
    progress: Schema.optional(Schema.Number.pipe(Schema.between(0, 100))),
    log: Schema.optional(Schema.String),
    word: Schema.optional(Schema.String)
  }),
  Schema.TaggedStruct("Succeeded", {
    videos: Schema.NonEmptyArray(VideoOutput),
    metadata: Schema.optional(JsonObject),
    warnings: Schema.optional(Schema.Array(Schema.String)),
    ...charge
  }),
  Schema.TaggedStruct("Failed", { error: OperationFailure, ...charge }),
  Schema.TaggedStruct("Cancelled", charge)
)
export type OperationStatus = typeof OperationStatus.Type

/**
 * What became of a request to stop a job. Only `Cancelled` means that it has stopped. `Refused` is a provider that can stop
 * jobs, but not this one as it stands: it goes on.
 */
export const CancelOutcome = Schema.Literal(
  "Cancelled",
  "Requested",
  "AlreadyFinished",
  "Refused",
  "NotSupported"
)
export type CancelOutcome = typeof CancelOutcome.Type
