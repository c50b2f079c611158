/**
 * The prices that a user sets: by patterns of models' names, they come before the prices of any table or provider's list.
 *
 * @since 0.2.0
 */
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Capabilities } from "./Capabilities.ts"
import * as Money from "./Money.ts"
import { nearest } from "./Nearest.ts"
import type { OperationStatus } from "./Operation.ts"
import * as Price from "./Price.ts"
import type { VideoProvider } from "./VideoProvider.ts"
import { Resolution } from "./VideoRequest.ts"

const Day = Schema.String.pipe(
  Schema.filter((day) =>
    Option.exists(DateTime.make(`${day}T00:00:00Z`), (at) => DateTime.formatIsoDateUtc(at) === day)
  )
)

/** One price of a model, for the requests that its conditions hold for. It names at least one amount. */
export const Row = Schema.Struct({
  /** Only for videos in this resolution. */
  resolution: Schema.optional(Resolution),
  /** Only for videos with sound (`true`) or without (`false`). */
  audio: Schema.optional(Schema.Boolean),
  /** For each second of video, in US dollars. */
  perSecond: Schema.optional(Money.MicroUsd),
  /** For each clip, whatever its length, in US dollars. */
  perClip: Schema.optional(Money.MicroUsd),
  /** For each image that goes along with the request, in US dollars. */
  perInputImage: Schema.optional(Money.MicroUsd),
  /** For a million tokens of the prompt and the images, in US dollars. */
  perMillionInputTokens: Schema.optional(Money.MicroUsd),
  /** For a million tokens of the video, and of words and thoughts beside it, in US dollars. */
  perMillionOutputTokens: Schema.optional(Money.MicroUsd),
  /** The provider options that cost nothing more; `*` for any. Default none. */
  options: Schema.optional(Schema.Array(Schema.NonEmptyTrimmedString)),
  /** The day on which the price was read, as YYYY-MM-DD; default today. */
  asOf: Schema.optional(Day)
})
export type Row = typeof Row.Type

/** The prices of all models whose names match a pattern, in which `*` stands for anything. */
export const Own = Schema.Struct({ pattern: Schema.NonEmptyTrimmedString, rows: Schema.NonEmptyArray(Row) })
export type Own = typeof Own.Type

/** The user's prices. Of the patterns that match a name the one with the most letters beside `*` decides. */
export const Prices = Schema.Array(Own)
export type Prices = typeof Prices.Type

// --- as people write them ----------------------------------------------------------------------------------------

const Written = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const decodeWritten = Schema.decodeUnknownEither(Written)
const parseJson = Schema.decodeUnknownEither(Schema.parseJson(Schema.Unknown))

/**
 * Prices as people write them: an object from patterns to a price, or to a list of prices, in US dollars; or such an object as
 * a text of JSON. `{"fal/*": {"perSecond": 0.1}}`
 */
export const FromWritten: Schema.Schema<Prices, unknown> = Schema.transformOrFail(
  Schema.Unknown,
  Schema.typeSchema(Prices),
  {
    strict: true,
    decode: (input, _, ast) =>
      Either.mapLeft(readAll(input), (reason) => new ParseResult.Type(ast, input, reason)),
    encode: (prices) =>
      ParseResult.succeed(Object.fromEntries(prices.map(({ pattern, rows }) => [pattern, rows.map(written)])))
  }
)

const amounts = [
  "perSecond",
  "perClip",
  "perInputImage",
  "perMillionInputTokens",
  "perMillionOutputTokens"
] as const

const rowKeys = Object.keys(Row.fields)

type Read<A> = Either.Either<A, string>

const example = '{"fal/*": {"perSecond": 0.1}}'

const readAll = (input: unknown): Read<Prices> =>
  Either.gen(function* () {
    const value =
      typeof input === "string"
        ? yield* Either.mapLeft(parseJson(input), () => `must be JSON, like ${example}`)
        : input
    const all = yield* Either.mapLeft(
      decodeWritten(value),
      () => `must be an object from patterns of models' names to prices, like ${example}`
    )
    return yield* Either.all(Object.entries(all).map(([pattern, own]) => readOwn(pattern.trim(), own)))
  })

const readOwn = (pattern: string, value: unknown): Read<Own> =>
  Either.gen(function* () {
    if (pattern === "") return yield* Either.left(`a pattern must not be empty; * stands for every model`)
    const rows = yield* Either.all(Arr.ensure(value).map((row) => readRow(pattern, row)))
    if (!Arr.isNonEmptyReadonlyArray(rows))
      return yield* Either.left(`${quoted(pattern)} has no price: ${units}`)
    return { pattern, rows }
  })

const units = `give one of ${amounts.join(", ")}, in US dollars`

const readRow = (pattern: string, value: unknown): Read<Row> =>
  Either.gen(function* () {
    const fields = yield* Either.mapLeft(decodeWritten(value), () =>
      typeof value === "number" || typeof value === "string"
        ? `${quoted(pattern)} must say what ${value} dollars are for, like {"perSecond": ${Number(value) || 0.1}}`
        : `${quoted(pattern)} must be a price, like {"perSecond": 0.1}, or a list of such`
    )
    const stranger = Object.keys(fields).find((key) => !rowKeys.includes(key))
    if (stranger !== undefined)
      return yield* Either.left(
        `${quoted(pattern)} has an unknown key ${quoted(stranger)}; did you mean ${nearest(stranger, rowKeys)}?`
      )
    const known = yield* Either.all(
      Object.entries(fields).map(([key, field]) =>
        Either.map(readField(pattern, key, field), (read) => [key, read] as const)
      )
    )
    if (!amounts.some((key) => key in fields))
      return yield* Either.left(`${quoted(pattern)} has no price: ${units}`)
    return yield* Either.mapLeft(decodeRow(Object.fromEntries(known)), String)
  })

const decodeRow = Schema.decodeUnknownEither(Row)
const decodeAmount = Schema.decodeUnknownEither(Money.FromText)

const isAmount = Schema.is(Schema.Literal(...amounts))
const isResolution = Schema.is(Resolution)
const isDay = Schema.is(Day)
const isNames = Schema.is(Schema.Array(Schema.NonEmptyTrimmedString))

const readField = (pattern: string, key: string, value: unknown): Read<unknown> => {
  const refused = (expected: string) =>
    Either.left(`${quoted(pattern)}: ${key} must be ${expected}, got ${shown(value)}`)
  if (isAmount(key))
    return typeof value === "number" || typeof value === "string"
      ? Either.orElse(decodeAmount(String(value).trim()), () => refused(dollars))
      : refused(dollars)
  switch (key) {
    case "resolution":
      return isResolution(value) ? Either.right(value) : refused(`one of ${Resolution.literals.join(", ")}`)
    case "audio":
      return typeof value === "boolean" ? Either.right(value) : refused("true or false")
    case "asOf":
      return isDay(value) ? Either.right(value) : refused("a day, like 2026-11-01")
    default: {
      const names = typeof value === "string" ? [value] : value
      return isNames(names) ? Either.right(names) : refused("a list of names of provider options, or *")
    }
  }
}

const dollars = "an amount of US dollars from 0 up with at most six decimals, like 0.10"

const quoted = (text: string) => JSON.stringify(text)

const shown = (value: unknown) => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 60 ? `${text.slice(0, 60)}...` : text
}

const written = (row: Row) =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      isAmount(key) && typeof value === "number" ? value / 1_000_000 : value
    ])
  )

// --- applied to models -------------------------------------------------------------------------------------------

/** The prices of a model by any of its names; none where no pattern matches one. */
export const find = (
  prices: Prices,
  { aliases, model, price, provider }: Pick<Capabilities, "aliases" | "model" | "price" | "provider">
): Option.Option<Own> => {
  const names = [model, ...aliases].flatMap((name) => [`${provider}/${name}`, name])
  // What runs on the user's own machine is free, unless it is priced by name.
  const meant = isFree(price) ? prices.filter(({ pattern }) => pattern.startsWith(`${provider}/`)) : prices
  const matching = meant.filter(({ pattern }) => names.some((name) => matches(pattern, name)))
  return Arr.isNonEmptyReadonlyArray(matching) ? Option.some(Arr.max(matching, bySpecificity)) : Option.none()
}

const isFree = (price: Price.Price | undefined) =>
  price?.freeOptions?.includes("*") === true &&
  price.rates.every(({ perClip = 0, perSecond = 0 }) => perClip + perSecond === 0)

const literals = (pattern: string) => pattern.replaceAll("*", "").length

const bySpecificity = Order.mapInput(Order.number, ({ pattern }: Own) => literals(pattern))

const matches = (pattern: string, name: string): boolean =>
  new RegExp(`^${pattern.split("*").map(escaped).join(".*")}$`, "i").test(name)

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/** What the user's price makes of a model. `today` is a day as YYYY-MM-DD. */
export const apply = (prices: Prices, capabilities: Capabilities, today: string): Capabilities =>
  Option.match(find(prices, capabilities), {
    onNone: () => capabilities,
    onSome: (own) => ({ ...capabilities, price: priceOf(own, capabilities, today) })
  })

const priceOf = ({ pattern, rows }: Own, { tokens }: Capabilities, today: string): Price.Price => {
  const options = Arr.dedupe(rows.flatMap(({ options = [] }) => options))
  const extras = extrasOf(rows, tokens)
  return {
    asOf: Arr.getSomes(rows.map(({ asOf }) => Option.fromNullable(asOf))).toSorted()[0] ?? today,
    source: `your own price for ${pattern}`,
    rates: Arr.flatMap(Arr.sort(rows, byConditions), (row) => ratesOf(row, tokens)),
    ...(extras.length === 0 ? {} : { extras }),
    ...(options.length === 0 ? {} : { freeOptions: options }),
    own: (Hash.string(JSON.stringify(rows)) >>> 0).toString(36)
  }
}

/** The more a row demands, the sooner it is looked at. */
const byConditions = Order.mapInput(
  Order.reverse(Order.number),
  ({ audio, resolution }: Row) => Number(audio !== undefined) + Number(resolution !== undefined)
)

const ratesOf = (
  { audio, perClip, perMillionOutputTokens: output, perSecond, resolution }: Row,
  tokens: Price.Tokens | undefined
): Arr.NonEmptyReadonlyArray<Price.Rate> => {
  const where = {
    ...(resolution === undefined ? {} : { resolution }),
    ...(audio === undefined ? {} : { audio })
  }
  const own = {
    ...(perSecond === undefined ? {} : { perSecond }),
    ...(perClip === undefined ? {} : { perClip })
  }
  if (output === undefined || tokens === undefined) return [{ ...where, ...own }]
  const counted = Price.ofTokens(tokens, { output }).rates.filter(
    (rate) => resolution === undefined || rate.resolution === undefined || rate.resolution === resolution
  )
  const added = counted.map((rate) => ({
    ...rate,
    ...where,
    perSecond: Money.plus(rate.perSecond ?? Money.zero, perSecond ?? Money.zero),
    perClip: Money.plus(rate.perClip ?? Money.zero, perClip ?? Money.zero)
  }))
  return Arr.isNonEmptyReadonlyArray(added) ? added : [{ ...where, ...own }]
}

/** Extras have no conditions: of several rows the largest amount counts. */
const extrasOf = (rows: ReadonlyArray<Row>, tokens: Price.Tokens | undefined): ReadonlyArray<Price.Extra> => {
  const largest = (key: "perInputImage" | "perMillionInputTokens" | "perMillionOutputTokens") =>
    Arr.getSomes(rows.map((row) => Option.fromNullable(row[key]))).reduce<Money.MicroUsd | undefined>(
      (most, amount) => (most === undefined ? amount : Money.larger(most, amount)),
      undefined
    )
  const [image, input, output] = [
    largest("perInputImage"),
    largest("perMillionInputTokens"),
    largest("perMillionOutputTokens")
  ]
  return [
    ...(image === undefined
      ? []
      : [
          {
            name: "an input image",
            count: "inputs" as const,
            inputs: ["startImage", "lastFrame", "referenceImages"] as const,
            price: image
          }
        ]),
    ...(input === undefined && output === undefined
      ? []
      : tokens === undefined
        ? [
            {
              name: "a token (how many tokens the model counts for a video is not known)",
              count: "clip" as const
            }
          ]
        : (Price.ofTokens(tokens, { output: output ?? Money.zero, input: input ?? Money.zero }).extras ?? []))
  ]
}

/** A provider whose models cost what the user says that they do. */
export const over = (provider: VideoProvider["Type"], prices: Prices): Effect.Effect<VideoProvider["Type"]> =>
  Effect.map(DateTime.now, (now) => {
    if (prices.length === 0) return provider
    const today = DateTime.formatIsoDateUtc(now)
    // What is one model stays one object.
    const known = new WeakMap<Capabilities, Capabilities>()
    const priced = (one: Capabilities): Capabilities => {
      const made = known.get(one) ?? apply(prices, one, today)
      known.set(one, made)
      return made
    }
    const ownOf = (operation: { readonly provider: string; readonly model: string }) =>
      Option.flatMap(provider.capabilities(`${operation.provider}/${operation.model}`), (one) =>
        find(prices, one)
      )
    return {
      ...provider,
      capabilities: (model) => Option.map(provider.capabilities(model), priced),
      get models() {
        return provider.models.map(priced)
      },
      poll: (operation) =>
        Effect.map(provider.poll(operation), (status) =>
          Option.match(ownOf(operation), { onNone: () => status, onSome: (own) => counted(status, own) })
        )
    }
  })

/** A cost that was counted at the prices of a table is counted at the user's, as far as those are of tokens. */
const counted = (status: OperationStatus, { rows }: Own): OperationStatus => {
  if (status._tag === "Pending" || status._tag === "Running") return status
  const { estimate: _, ...rest } = status
  const { input = 0, output } = status.tokens ?? {}
  const prices = rows.flatMap(({ perMillionInputTokens, perMillionOutputTokens }) =>
    perMillionOutputTokens === undefined
      ? []
      : [[perMillionInputTokens ?? Money.zero, perMillionOutputTokens] as const]
  )
  if (output === undefined || prices.length === 0) return rest
  const estimate = prices
    .map(([each, of]) => Money.plus(Money.share(each, input, 1_000_000), Money.share(of, output, 1_000_000)))
    .reduce(Money.larger)
  return { ...rest, estimate }
}
