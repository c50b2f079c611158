/**
 * The row of a generation, derived from the record itself: the columns are the record's fields, and what has a shape
 * of its own is JSON.
 */
import { Cost, Generation, GenerationState, QueuePlace } from "@videogen/core/Generation"
import { GenerationEvent } from "@videogen/core/GenerationStore"
import { Operation } from "@videogen/core/Operation"
import { VideoRequest } from "@videogen/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const { cancelRequestedAt, createdAt, estimate, fingerprint, id, key, model, output, provider, updatedAt } =
  Generation.fields
const { asked, warnings } = Generation.fields
const { batch, priority } = QueuePlace.fields
const { amount, source } = Cost.fields

const nullable = <A, I>(field: Schema.optional<Schema.Schema<A, I>>, column: string) =>
  Schema.optionalWith(field.from, { nullable: true }).pipe(Schema.fromKey(column))

const json = <A, I>(field: Schema.optional<Schema.Schema<A, I>>) =>
  Schema.optionalWith(Schema.parseJson(field.from), { nullable: true })

const Row = Schema.Struct({
  id,
  provider,
  model,
  request: Schema.parseJson(VideoRequest),
  state: Schema.propertySignature(Schema.parseJson(GenerationState)).pipe(Schema.fromKey("state_json")),
  createdAt: Schema.propertySignature(createdAt).pipe(Schema.fromKey("created_at")),
  updatedAt: Schema.propertySignature(updatedAt).pipe(Schema.fromKey("updated_at")),
  output: nullable(output, "output"),
  cancelRequestedAt: nullable(cancelRequestedAt, "cancel_requested_at"),
  key: nullable(key, "job_key"),
  fingerprint: nullable(fingerprint, "fingerprint"),
  estimate: nullable(estimate, "estimate"),
  cost: Schema.optionalWith(amount, { nullable: true }),
  costSource: Schema.optionalWith(source, { nullable: true }).pipe(Schema.fromKey("cost_source")),
  warnings: json(warnings),
  asked: json(asked),
  batch: Schema.optionalWith(batch, { nullable: true }),
  priority: Schema.optionalWith(priority, { nullable: true })
})

const decodeRow = Schema.decodeUnknown(Row)

/** A record from a row of `generations`. */
export const toGeneration = (row: unknown) =>
  Effect.map(decodeRow(row), ({ batch, cost: amount, costSource: source, priority = 0, ...fields }) => {
    const queue = batch === undefined ? {} : { queue: { batch, priority } }
    const cost = amount === undefined || source === undefined ? {} : { cost: { amount, source } }
    return new Generation({ ...fields, ...queue, ...cost }, { disableValidation: true })
  })

/** The JSON of a request, as its column holds it. */
const encodeRequest = Schema.encode(Schema.parseJson(VideoRequest))

/** The JSON of a state, as its column holds it. */
export const encodeState = Schema.encode(Schema.parseJson(GenerationState))

/** What describes the job, as its columns hold it. */
export interface JobColumns {
  readonly request: string
  readonly asked: string | null
  readonly warnings: string | null
}

/** The JSON of what describes the job. */
export const encodeJob = ({ asked, request, warnings }: Generation) =>
  Effect.map(
    Effect.all([encodeRequest(request), asked === undefined ? Effect.succeed(null) : encodeRequest(asked)]),
    ([request, asked]): JobColumns => ({
      request,
      asked,
      warnings: warnings === undefined ? null : JSON.stringify(warnings)
    })
  )

const EventRow = Schema.Struct({
  ...GenerationEvent.fields,
  generationId: Schema.propertySignature(GenerationEvent.fields.generationId).pipe(
    Schema.fromKey("generation_id")
  ),
  from: Schema.propertySignature(GenerationEvent.fields.from).pipe(Schema.fromKey("from_state")),
  to: Schema.propertySignature(GenerationEvent.fields.to).pipe(Schema.fromKey("to_state"))
})

/** The log from the rows of `events`. */
export const toEvents = Schema.decodeUnknown(Schema.Array(EventRow))

/** One line of a spool file: an operation that could not be written into its record. */
export const SpoolLine = Schema.parseJson(
  Schema.Struct({ generationId: id, operation: Operation, at: Schema.DateTimeUtcFromNumber })
)
