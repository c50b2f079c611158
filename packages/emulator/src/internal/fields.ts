/**
 * Fields that requests of every dialect have, and what is said of them when they are wrong.
 *
 * @internal
 */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Faults from "../Faults.ts"

/** The whole complaint about a field, instead of the schema's own. */
export const saying = (message: string) => ({ message: () => ({ message, override: true }) })

/** May be left out. Nulls are gone when a schema sees them. */
export const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

const longestPrompt = 20_000

export const Text = Schema.String.pipe(
  Schema.filter((text) =>
    text.length > longestPrompt
      ? `must be at most ${longestPrompt} characters`
      : /\p{Surrogate}/u.test(text)
        ? "must be well-formed Unicode"
        : undefined
  )
)

/** A prompt that is there, and says something. */
export const Prompt = Schema.propertySignature(
  Text.pipe(Schema.filter((text) => (text.trim() === "" ? "must not be empty" : undefined)))
).annotations({ missingMessage: () => "must not be empty" })

export const Base64 = Schema.String.pipe(
  Schema.filter((text) => (Either.isRight(Encoding.decodeBase64(text)) ? undefined : "must be base64"))
)

export const wholeNumber = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.between(minimum, maximum)).annotations(
    saying(`must be a whole number from ${minimum} to ${maximum}`)
  )

/** The largest seed: 32 bits. */
export const largestSeed = 2 ** 32 - 1

export const Seed = wholeNumber(0, largestSeed)

/** How long a video may be, in seconds. */
export const Seconds = wholeNumber(1, 60)

export const flag = Schema.Boolean.annotations(saying("must be true or false"))

/** One of these words. */
export const oneOf = <const Words extends readonly [string, ...Array<string>]>(...words: Words) =>
  Schema.Literal(...words).annotations(saying(`must be one of ${words.join(", ")}`))

/** As the schema has it, or as text: in a form everything is text. */
export const orText = <A>(schema: Schema.Schema<A>, message: string) =>
  Schema.Union(schema, Schema.compose(Schema.parseJson(), Schema.asSchema(schema))).annotations(
    saying(message)
  )

/** A picture, in pixels. */
export const Frame = Schema.Struct({ width: Schema.Int, height: Schema.Int })
export type Frame = typeof Frame.Type

/** A picture as `WIDTHxHEIGHT`. */
export const PixelSize = Schema.transformOrFail(Schema.String, Frame, {
  strict: true,
  decode: (text, _, ast) => {
    const [, width = 0, height = 0] = (/^(\d{2,4})x(\d{2,4})$/.exec(text) ?? []).map(Number)
    return [width, height].every(isSide)
      ? ParseResult.succeed({ width, height })
      : ParseResult.fail(new ParseResult.Type(ast, text))
  },
  encode: ({ width, height }) => ParseResult.succeed(`${width}x${height}`)
}).annotations(saying("must be WIDTHxHEIGHT, both even, from 64 to 4096"))

const isSide = (pixels: number) => pixels >= 64 && pixels <= 4096 && pixels % 2 === 0

const labelText = (expression: RegExp) =>
  Schema.String.pipe(Schema.pattern(expression)).annotations(
    saying("must be at most 63 lower-case letters, digits, _ and -")
  )

/** What a request is labelled with for its owner's bill, as Google has it. */
export const Labels = Schema.Record({
  key: labelText(/^[a-z][a-z0-9_-]{0,62}$/),
  value: labelText(/^[a-z0-9_-]{0,63}$/)
})

export const ScenarioText = Schema.String.pipe(
  Schema.filter((text) => Option.isSome(Faults.parse(text)))
).annotations(saying(Faults.advice))
