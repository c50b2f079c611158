/**
 * Fields of answers, as vendors really fill them.
 */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"

/** May be left out, or be null. */
export const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { nullable: true })

/** As `maybe`, and taken for left out where it makes no sense: news that a video is not kept waiting for. */
export const ifSensible = <A, I>(schema: Schema.Schema<A, I>) =>
  maybe(Schema.UndefinedOr(schema).annotations({ decodingFallback: () => Either.right(undefined) }))

/** Those of a list that make sense. */
export const sensible = <A, I>(item: Schema.Schema<A, I>) => {
  const decode = Schema.decodeUnknownOption(item)
  return (items: ReadonlyArray<unknown>): Array<A> => Arr.filterMap(items, (one) => decode(one))
}

/** A moment in seconds since 1970, as far as a date can be made of it. */
export const UnixSeconds = Schema.JsonNumber.pipe(Schema.between(0, 8.64e12))

/** An error inside an answer: an object with a code and a message, or a sentence alone. */
export const errorField = ifSensible(
  Schema.Union(
    Schema.String,
    Schema.Struct({
      code: ifSensible(Schema.Union(Schema.String, Schema.Number)),
      message: ifSensible(Schema.String)
    })
  )
)

/** What such an error says; an empty text says nothing. */
export const saidBy = (
  error: Schema.Schema.Type<typeof WithError>["error"]
): { readonly code: string | undefined; readonly message: string | undefined } =>
  typeof error === "string"
    ? { code: undefined, message: error || undefined }
    : { code: String(error?.code ?? "") || undefined, message: error?.message || undefined }

const WithError = Schema.Struct({ error: errorField })
