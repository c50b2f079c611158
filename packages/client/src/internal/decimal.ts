/**
 * Dollars and cents as APIs write them: digits are counted, not multiplied, since 0.1 has no exact double.
 */
import { MicroUsd } from "@mutoscope/core/Money"
import * as Option from "effect/Option"

/** An amount from a text like `0.4`, to the nearest millionth of a dollar; none from any other text. */
export const dollars = (text: string): Option.Option<MicroUsd> => shifted(text, 6)

/** An amount from a number of dollars in JSON, by the shortest text that means the same number. */
export const fromNumber = (amount: number): Option.Option<MicroUsd> =>
  dollars(amount < 1e-6 ? amount.toFixed(7) : String(amount))

/** What something costs in dollars, rounded up: a price is never taken to be lower than it is. */
export const priceInDollars = (text: string): Option.Option<MicroUsd> => shifted(text, 6, "up")

/** What something costs in cents, rounded up. */
export const priceInCents = (text: string): Option.Option<MicroUsd> => shifted(text, 4, "up")

/** What a million of something costs that one of costs so many dollars, rounded up. */
export const priceOfMillion = (text: string): Option.Option<MicroUsd> => shifted(text, 12, "up")

const shifted = (
  text: string,
  places: number,
  rounding: "nearest" | "up" = "nearest"
): Option.Option<MicroUsd> => {
  const [, whole, fraction = ""] = /^(\d{1,9})(?:\.(\d+))?$/.exec(text.trim()) ?? []
  if (whole === undefined) return Option.none()
  const digits = fraction.padEnd(places + 1, "0")
  const rest = digits.slice(places)
  const isRoundedUp = rounding === "up" ? /[1-9]/.test(rest) : Number(rest[0]) >= 5
  const amount = Number(whole + digits.slice(0, places)) + (isRoundedUp ? 1 : 0)
  return Number.isSafeInteger(amount) ? Option.some(MicroUsd.make(amount)) : Option.none()
}
