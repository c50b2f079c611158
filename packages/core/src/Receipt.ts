/**
 * What providers really charged, held against what was quoted: a receipt larger than its quote is reported on its record, and
 * widens the quotes of its model from then on.
 *
 * @since 0.2.0
 */
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import { type Generation, GenerationId } from "./Generation.ts"
import * as Money from "./Money.ts"

/** A receipt that was larger than its quote. */
export const Overcharge = Schema.Struct({
  /** The generation that was charged for. */
  generationId: GenerationId,
  /** What was quoted at the price alone, before any widening, in millionths of a US dollar. */
  quoted: Money.MicroUsd,
  /** What was charged, in millionths of a US dollar. */
  charged: Money.MicroUsd
})
export type Overcharge = typeof Overcharge.Type

/** Whose receipts widen a quote: those of one model that were quoted at the same kind of price. */
export interface Quoting {
  /** The name of the provider's account. */
  readonly provider: string
  /** The provider's own name of the model. */
  readonly model: string
  /** The user's own price that was quoted at; absent for the price of a table or of a provider's list. */
  readonly ownPrice?: string | undefined
}

/** How many receipts of a model are looked at, the newest first. */
export const mostReceipts = 50

/** How old a receipt may be, counted from when its job was sent. */
export const oldestReceipt = Duration.days(90)

/** The receipt of a record, where it is larger than what was quoted at the price alone. */
export const overcharge = ({ cost, estimate, id, quoted }: Generation): Option.Option<Overcharge> =>
  cost === undefined ||
  quoted === undefined ||
  cost.amount <= quoted.amount ||
  // What is merely taken for the cost, since no provider said or counted anything, is no receipt.
  (cost.source === "estimated" && cost.amount === estimate)
    ? Option.none()
    : Option.some({ generationId: id, quoted: quoted.amount, charged: cost.amount })

/** Of some receipts the one that widens a quote the most. */
export const worst = (receipts: ReadonlyArray<Overcharge>): Option.Option<Overcharge> =>
  Arr.isNonEmptyReadonlyArray(receipts) ? Option.some(Arr.max(receipts, byRatio)) : Option.none()

/** Compared without a division: a quote of nothing is exceeded without bounds. */
const byRatio = Order.make<Overcharge>((a, b) => {
  const [left, right] = [BigInt(a.charged) * BigInt(b.quoted), BigInt(b.charged) * BigInt(a.quoted)]
  return left < right ? -1 : left > right ? 1 : 0
})

/**
 * The most that a request may cost after a receipt that was larger than its quote; none where that quote was nothing, and so
 * nothing is known of the price.
 */
export const widened = (
  amount: Money.MicroUsd,
  receipt: Option.Option<Overcharge>
): Option.Option<Money.MicroUsd> =>
  Option.match(receipt, {
    onNone: () => Option.some(amount),
    onSome: ({ charged, quoted }) =>
      quoted === 0 ? Option.none() : Option.some(Money.share(amount, charged, quoted))
  })

/** When the oldest receipt that counts was sent. */
export const since = (now: DateTime.Utc): DateTime.Utc => DateTime.subtractDuration(now, oldestReceipt)

/** How much more one amount is than another: `3 %`; in tenths where it is less than one. */
export const percentOver = ({ charged, quoted }: Pick<Overcharge, "charged" | "quoted">): string => {
  const tenths = Math.ceil(((charged - quoted) * 1000) / quoted)
  return tenths >= 10 ? `${Math.ceil(tenths / 10)} %` : `${tenths / 10} %`
}

/** `widened by 3 %, since generation X was charged $1.03 for $1.00`. */
export const widening = (receipt: Overcharge): string =>
  `widened by ${percentOver(receipt)}, since generation ${receipt.generationId} was charged ${Money.format(receipt.charged)} for ${Money.format(receipt.quoted)}`

/**
 * The sentence for the record of a job that cost more than it was expected to, whatever its quote was widened by; none where
 * it cost no more, or nothing was quoted.
 */
export const warning = (generation: Generation): Option.Option<string> => {
  const { cost, estimate, model, provider, quoted } = generation
  if (cost === undefined || estimate === undefined || cost.amount <= estimate) return Option.none()
  const paid = cost.source === "reported" ? "It was charged" : "Its tokens come to"
  const said = `${paid} ${Money.format(cost.amount)}, more than the ${Money.format(estimate)} that was quoted`
  return Option.some(
    quoted === undefined
      ? said
      : quoted.amount === 0
        ? `${said}; what ${provider}/${model} costs counts as unknown from now on`
        : `${said}; later quotes of ${provider}/${model} are widened by ${percentOver({ charged: cost.amount, quoted: quoted.amount })}`
  )
}
