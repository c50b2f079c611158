/**
 * Fields of answers, as vendors really fill them.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

/** May be left out, or be null. */
export const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { nullable: true })

/** As `maybe`, and taken for left out where it makes no sense: news that a video is not kept waiting for. */
export const ifSensible = <A, I>(schema: Schema.Schema<A, I>) =>
  maybe(Schema.UndefinedOr(schema).annotations({ decodingFallback: () => Either.right(undefined) }))
