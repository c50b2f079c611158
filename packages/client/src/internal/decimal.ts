/**
 * Dollars and cents as APIs write them: digits are counted, not multiplied, since 0.1 has no exact double.
 */
import { MicroUsd } from "@mutoscope/core/Money"
import * as Option from "effect/Option"

/** An amount from a text like `0.4`, to the nearest millionth of a dollar; none from any other text. */
export const dollars = (text: string): Option.Option<MicroUsd> => shifted(text, 6)

/** An amount from a number of cents. */
export const cents = (text: string): Option.Option<MicroUsd> => shifted(text, 4)

/** An amount from a number of dollars in JSON, by the shortest text that means the same number. */
export const fromNumber = (amount: number): Option.Option<MicroUsd> =>
  dollars(amount < 1e-6 ? amount.toFixed(7) : String(amount))

const shifted = (text: string, places: number): Option.Option<MicroUsd> => {
  const [, whole, fraction = ""] = /^(\d{1,9})(?:\.(\d+))?$/.exec(text.trim()) ?? []
  if (whole === undefined) return Option.none()
  const digits = fraction.padEnd(places + 1, "0")
  const roundedUp = Number(digits[places]) >= 5 ? 1 : 0
  return Option.some(MicroUsd.make(Number(whole + digits.slice(0, places)) + roundedUp))
}
