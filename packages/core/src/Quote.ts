/**
 * What a request would cost before it is sent: an amount, a range where it depends on what is not said, or unknown.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Capabilities } from "./Capabilities.ts"
import * as Pricing from "./internal/pricing.ts"
import * as Money from "./Money.ts"
import { Overcharge, widening } from "./Receipt.ts"
import type { VideoRequest } from "./VideoRequest.ts"

/** One part of a quote, at its most. */
export const Part = Schema.Struct({
  /** What is charged for: `5 s in 720p at $0.14 a second`. */
  what: Schema.String,
  /** In millionths of a US dollar. */
  amount: Money.MicroUsd
})
export type Part = typeof Part.Type

const details = {
  /** The day on which the prices were read, as YYYY-MM-DD. */
  asOf: Schema.String,
  /** Where the prices were read; absent where nobody noted it. */
  source: Schema.optional(Schema.String),
  /** Whether the user set the price; default false. */
  own: Schema.optional(Schema.Boolean),
  /** What the amount, or the larger end of the range, consists of. */
  parts: Schema.Array(Part),
  /** The receipt that the quote is widened by; absent where none was larger than its quote. */
  widened: Schema.optional(Overcharge)
}

/** An unknown price is no amount, and never zero; `reasons` say what of the request has no known price. */
export const Quote = Schema.Union(
  Schema.TaggedStruct("Exact", { amount: Money.MicroUsd, ...details }),
  Schema.TaggedStruct("Range", { least: Money.MicroUsd, most: Money.MicroUsd, ...details }),
  Schema.TaggedStruct("Unknown", { reasons: Schema.Array(Schema.String) })
)
export type Quote = typeof Quote.Type

/** The quote for a request that is legal for the model, rounded up to millionths of a dollar. */
export const quote = (capabilities: Capabilities, request: VideoRequest): Quote => {
  const { price } = capabilities
  const bills = Pricing.bills(capabilities, request)
  if (Either.isLeft(bills)) return { _tag: "Unknown", reasons: bills.left }
  const dearest = Arr.reduce(bills.right, bills.right[0], (a, b) => (b.most > a.most ? b : a))
  const least = Arr.reduce(bills.right, dearest.least, (a, b) => (b.least < a ? b.least : a))
  const told = {
    asOf: price?.asOf ?? "",
    ...(price?.source === undefined ? {} : { source: price.source }),
    ...(price?.own === undefined ? {} : { own: true }),
    parts: dearest.lines
  }
  return least === dearest.most
    ? { _tag: "Exact", amount: least, ...told }
    : { _tag: "Range", least, most: dearest.most, ...told }
}

/**
 * A quote after a receipt that was larger than its own quote: multiplied by what that was too small by. What was charged for
 * though its quote was nothing makes it unknown.
 */
export const widen = (quote: Quote, receipt: Option.Option<Overcharge>): Quote => {
  if (quote._tag === "Unknown" || Option.isNone(receipt)) return quote
  const { charged, generationId, quoted } = receipt.value
  if (quoted === 0) {
    const reason = `generation ${generationId} was charged ${Money.format(charged)} for what should be free`
    return { _tag: "Unknown", reasons: [reason] }
  }
  const wider = (amount: Money.MicroUsd) => Money.share(amount, charged, quoted)
  const widened = receipt.value
  const [least, most] = quote._tag === "Exact" ? [quote.amount, quote.amount] : [quote.least, quote.most]
  const { asOf, own, parts, source } = quote
  const told = {
    asOf,
    ...(source === undefined ? {} : { source }),
    ...(own === undefined ? {} : { own }),
    parts: [...parts, { what: widening(widened), amount: Money.minus(wider(most), most) }],
    widened
  }
  return quote._tag === "Exact"
    ? { _tag: "Exact", amount: wider(most), ...told }
    : { _tag: "Range", least: wider(least), most: wider(most), ...told }
}

/** The most that it may cost; none where that is unknown. */
export const most = (quote: Quote): Option.Option<Money.MicroUsd> => {
  switch (quote._tag) {
    case "Exact":
      return Option.some(quote.amount)
    case "Range":
      return Option.some(quote.most)
    case "Unknown":
      return Option.none()
  }
}
