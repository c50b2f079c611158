/**
 * A job as it lies on disk: what was asked for, and what has become of it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Scenario } from "./Faults.ts"

/** What to render: sizes in pixels, `duration` in seconds. The same description gives the same bytes. */
export const VideoDescription = Schema.Struct({
  prompt: Schema.String,
  negativePrompt: Schema.optional(Schema.String),
  seed: Schema.NonNegativeInt,
  width: Schema.Positive,
  height: Schema.Positive,
  duration: Schema.Positive,
  audio: Schema.Boolean
})
export type VideoDescription = typeof VideoDescription.Type

/** An input image that came with a job; the renderer does not look at images, and the answers say so. */
export const IgnoredInput = Schema.Struct({
  field: Schema.String,
  mimeType: Schema.optional(Schema.String),
  bytes: Schema.optional(Schema.NonNegativeInt)
})
export type IgnoredInput = typeof IgnoredInput.Type

/** What has become of a job. Times are in milliseconds since 1970, sizes in bytes, `code` is one of google.rpc.Code. */
export const Outcome = Schema.Union(
  Schema.TaggedStruct("Pending", {}),
  Schema.TaggedStruct("Rendered", {
    at: Schema.Number,
    bytes: Schema.NonNegativeInt,
    sha256: Schema.String
  }),
  Schema.TaggedStruct("Withheld", { at: Schema.Number, reasons: Schema.Array(Schema.String) }),
  Schema.TaggedStruct("Failed", { at: Schema.Number, code: Schema.Int, message: Schema.String }),
  Schema.TaggedStruct("Cancelled", { at: Schema.Number })
)
export type Outcome = typeof Outcome.Type

/** The id of a job: also the name of its files, so nothing but hexadecimal digits. */
export const OperationId = Schema.String.pipe(Schema.pattern(/^[0-9a-f]{32}$/), Schema.brand("OperationId"))
export type OperationId = typeof OperationId.Type

/**
 * One job. `dialect` and `name` belong to the wire that took it: the protocol, and what the client knows the job by;
 * `destination` is where that client wants the video to be seen, in protocols that know such a thing; `label` is what the
 * client calls the job, in protocols with a place for that; `echo` is what else of the request its answers repeat. One that is `forgotten` is kept only until it is swept away.
 */
export const OperationRecord = Schema.Struct({
  version: Schema.Literal(1),
  id: OperationId,
  dialect: Schema.NonEmptyString,
  name: Schema.NonEmptyString,
  model: Schema.NonEmptyString,
  createdAt: Schema.Number,
  video: VideoDescription,
  ignoredInputs: Schema.Array(IgnoredInput),
  destination: Schema.optional(Schema.String),
  label: Schema.optional(Schema.String),
  echo: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  scenario: Schema.optional(Scenario),
  forgotten: Schema.optional(Schema.Literal(true)),
  outcome: Outcome
})
export type OperationRecord = typeof OperationRecord.Type
