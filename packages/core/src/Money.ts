/**
 * Amounts of money, counted in whole millionths of a US dollar: a sum of prices is exact, and a database can add them.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * Millionths of a US dollar, never negative. The smallest unit that a provider bills in is larger; the largest amount
 * that a double holds exactly is nine billion dollars.
 */
export const MicroUsd = Schema.NonNegativeInt.pipe(Schema.brand("@mutoscope/core/MicroUsd"))
export type MicroUsd = typeof MicroUsd.Type

/** Nothing, known to be nothing: an unknown price is the absence of an amount. */
export const zero: MicroUsd = MicroUsd.make(0)

const microsPerDollar = 1_000_000

/** An amount from a number of dollars in a table or a setting, to the nearest millionth. */
export const dollars = (amount: number): MicroUsd => MicroUsd.make(Math.round(amount * microsPerDollar))

/** The most that is believed of somebody else's number: a million dollars. */
const mostTold = 1_000_000 * microsPerDollar

/**
 * An amount from a number that somebody else told, in millionths of a dollar, to the nearest; none where it is no amount, or
 * more than a million dollars.
 */
export const told = (micros: number): Option.Option<MicroUsd> =>
  micros >= 0 && micros <= mostTold ? Option.some(MicroUsd.make(Math.round(micros))) : Option.none()

/** The sum of two amounts. */
export const plus = (a: MicroUsd, b: MicroUsd): MicroUsd => MicroUsd.make(a + b)

/** What is left of an amount without another, which must not be larger. */
export const minus = (a: MicroUsd, b: MicroUsd): MicroUsd => MicroUsd.make(a - b)

/** The larger of two amounts. */
export const larger = (a: MicroUsd, b: MicroUsd): MicroUsd => (a > b ? a : b)

/** An amount so many times, such as a price of a second for a number of seconds. */
export const times = (amount: MicroUsd, count: number): MicroUsd => MicroUsd.make(Math.round(amount * count))

/** {@link times}, rounded up: for what something may cost. */
export const timesUp = (amount: MicroUsd, count: number): MicroUsd => MicroUsd.make(Math.ceil(amount * count))

/**
 * The share `count / of` of an amount, rounded up and exact: `of` and `count` are whole, `of` is not 0. What no double can
 * hold is the largest whole number that one can.
 */
export const share = (amount: MicroUsd, count: number, of: number): MicroUsd => {
  const [whole, divisor] = [BigInt(amount) * BigInt(count), BigInt(of)]
  const rounded = (whole + divisor - 1n) / divisor
  return MicroUsd.make(Number(rounded > largestExact ? largestExact : rounded))
}

const largestExact = BigInt(Number.MAX_SAFE_INTEGER)

/** An amount rounded up to a whole number of units, such as credits; as it is where the unit is 0. */
export const toWhole = (amount: MicroUsd, unit: MicroUsd): MicroUsd =>
  unit === 0 ? amount : MicroUsd.make(Math.ceil(amount / unit) * unit)

/** `$1.60`; what is smaller than a cent keeps its digits: `$0.0025`. */
export const format = (amount: MicroUsd): string => {
  const digits = String(amount % microsPerDollar)
    .padStart(6, "0")
    .replace(/0{1,4}$/, "")
  return `$${Math.floor(amount / microsPerDollar)}.${digits}`
}

const Text = Schema.String.pipe(
  Schema.pattern(/^\$?\d{1,9}(\.\d{1,6})?$/, { message: () => "Expected dollars, like 12.50" })
)

/** An amount as a person writes it: `12.50` or `$12.50`, in US dollars. */
export const FromText = Schema.transform(Text, MicroUsd, {
  strict: true,
  // Digits are counted, not multiplied: 0.1 has no exact double.
  decode: (text) => {
    const [whole = "0", fraction = ""] = text.replace("$", "").split(".")
    return Number(whole) * microsPerDollar + Number(fraction.padEnd(6, "0"))
  },
  encode: (amount) => format(MicroUsd.make(amount))
})
