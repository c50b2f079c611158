/**
 * The row of a generation, derived from the record itself: the columns are the record's fields, and what has a shape
 * of its own is JSON.
 */
import { Ignorable } from "@mutoscope/core/Capabilities"
import {
  Cost,
  Fallback,
  Generation,
  GenerationState,
  PossiblyCharged,
  QueuePlace,
  Quoted,
  Tried
} from "@mutoscope/core/Generation"
import { GenerationEvent } from "@mutoscope/core/GenerationStore"
import { Operation } from "@mutoscope/core/Operation"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

const {
  cancelConfirmedAt,
  cancelRequestedAt,
  createdAt,
  estimate,
  fingerprint,
  id,
  key,
  model,
  output,
  provider,
  updatedAt
} = Generation.fields
const { amount: possibleAmount, submits, unpriced } = PossiblyCharged.fields
const { asked, fallback, ignored, tried, warnings } = Generation.fields
const { batch, priority } = QueuePlace.fields
const { amount, source } = Cost.fields
const { amount: quoted, ownPrice } = Quoted.fields

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
  cancelConfirmedAt: nullable(cancelConfirmedAt, "cancel_confirmed_at"),
  key: nullable(key, "job_key"),
  fingerprint: nullable(fingerprint, "fingerprint"),
  estimate: nullable(estimate, "estimate"),
  quoted: Schema.optionalWith(quoted, { nullable: true }),
  quotedBy: nullable(ownPrice, "quoted_by"),
  cost: Schema.optionalWith(amount, { nullable: true }),
  costSource: Schema.optionalWith(source, { nullable: true }).pipe(Schema.fromKey("cost_source")),
  possibleSubmits: Schema.optionalWith(submits, { nullable: true }).pipe(Schema.fromKey("possible_submits")),
  possibleAmount: Schema.optionalWith(possibleAmount, { nullable: true }).pipe(
    Schema.fromKey("possible_amount")
  ),
  possibleUnpriced: Schema.optionalWith(unpriced, { nullable: true }).pipe(
    Schema.fromKey("possible_unpriced")
  ),
  warnings: json(warnings),
  ignored: json(ignored),
  asked: json(asked),
  tried: json(tried),
  fallback: json(fallback),
  batch: Schema.optionalWith(batch, { nullable: true }),
  priority: Schema.optionalWith(priority, { nullable: true }),
  turn: Schema.optionalWith(Schema.Number, { nullable: true })
})

const decodeRow = Schema.decodeUnknown(Row)

/** A record from a row of `generations`. */
export const toGeneration = (row: unknown) =>
  Effect.map(decodeRow(row), ({ batch, priority = 0, turn, ...money }) => {
    const { cost: amount, costSource: source, quoted, quotedBy, ...rest } = money
    const { possibleAmount, possibleSubmits: submits, possibleUnpriced: unpriced, ...fields } = rest
    // What belongs to a batch and has no turn is set aside.
    const aside = turn === undefined ? { aside: true } : {}
    const queue = batch === undefined ? {} : { queue: { batch, priority, ...aside } }
    const cost = amount === undefined || source === undefined ? {} : { cost: { amount, source } }
    const own = quotedBy === undefined ? {} : { ownPrice: quotedBy }
    const quote = quoted === undefined ? {} : { quoted: { amount: quoted, ...own } }
    const possible =
      submits === undefined || possibleAmount === undefined || unpriced === undefined
        ? {}
        : { possiblyCharged: { submits, amount: possibleAmount, unpriced } }
    return new Generation(
      { ...fields, ...queue, ...cost, ...possible, ...quote },
      { disableValidation: true }
    )
  })

/** The JSON of a request, as its column holds it. */
export const encodeRequest = Schema.encodeEither(Schema.parseJson(VideoRequest))

/** The JSON of a state, as its column holds it. */
export const encodeState = Schema.encodeEither(Schema.parseJson(GenerationState))

/** What describes the job, as its columns hold it. */
export interface JobColumns {
  readonly request: string
  readonly asked: string | null
  readonly warnings: string | null
  readonly ignored: string | null
  readonly tried: string | null
  readonly fallback: string | null
}

/** The JSON of what describes the job. */
export const encodeJob = ({ asked, fallback, ignored, request, tried, warnings }: Generation) =>
  Either.all({
    request: encodeRequest(request),
    asked: orNull(asked, encodeRequest),
    warnings: orNull(warnings, encodeWarnings),
    ignored: orNull(ignored, encodeIgnored),
    tried: orNull(tried, encodeTried),
    fallback: orNull(fallback, encodeFallback)
  }) satisfies Either.Either<JobColumns, unknown>

const encodeWarnings = Schema.encodeEither(Schema.parseJson(Schema.Array(Schema.String)))
const encodeIgnored = Schema.encodeEither(Schema.parseJson(Schema.Array(Ignorable)))
const encodeTried = Schema.encodeEither(Schema.parseJson(Schema.Array(Tried)))
const encodeFallback = Schema.encodeEither(Schema.parseJson(Fallback))

const orNull = <A, E>(
  value: A | undefined,
  encode: (value: A) => Either.Either<string, E>
): Either.Either<string | null, E> => (value === undefined ? Either.right(null) : encode(value))

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
