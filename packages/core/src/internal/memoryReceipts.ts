/**
 * The receipts of the records in the memory of this process.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import { Generation, isFinal } from "../Generation.ts"
import * as Receipt from "../Receipt.ts"
import type { Sent } from "./memoryCosts.ts"

/** The receipt that exceeded its quote the most, among the newest that count. */
export const overcharge = (
  all: ReadonlyArray<Sent>,
  quoting: Receipt.Quoting,
  now: DateTime.Utc
): Option.Option<Receipt.Overcharge> => {
  const receipts = all
    .filter(({ generation }) => isQuotedSo(generation, quoting) && isReceipt(generation))
    .filter(({ at }) => DateTime.greaterThanOrEqualTo(at, Receipt.since(now)))
    .toReversed()
    .sort((a, b) => b.at.epochMillis - a.at.epochMillis)
    .slice(0, Receipt.mostReceipts)
  return Receipt.worst(receipts.flatMap(({ generation }) => Option.toArray(Receipt.overcharge(generation))))
}

/** The unfinished records whose estimates a receipt raises, as they are then. */
export const raised = (receipt: Generation, all: ReadonlyArray<Generation>): ReadonlyArray<Generation> => {
  const over = Receipt.overcharge(receipt)
  const { model, provider, quoted } = receipt
  if (Option.isNone(over)) return []
  return all.flatMap((one) => {
    if (one.id === receipt.id || isFinal(one) || one.cost !== undefined) return []
    if (one.quoted === undefined || !isQuotedSo(one, { provider, model, ownPrice: quoted?.ownPrice }))
      return []
    const estimate = Option.getOrUndefined(Receipt.widened(one.quoted.amount, over))
    return estimate !== undefined && one.estimate !== undefined && estimate <= one.estimate
      ? []
      : [new Generation({ ...one, estimate }, { disableValidation: true })]
  })
}

/** A record with the quote of its claim, where that is another. */
export const requoted = (onRecord: Generation, { estimate, quoted }: Generation): Generation =>
  onRecord.quoted?.amount === quoted?.amount && onRecord.quoted?.ownPrice === quoted?.ownPrice
    ? onRecord
    : new Generation({ ...onRecord, estimate, quoted }, { disableValidation: true })

const isQuotedSo = ({ model, provider, quoted }: Generation, quoting: Receipt.Quoting) =>
  provider === quoting.provider &&
  model === quoting.model &&
  quoted !== undefined &&
  quoted.ownPrice === quoting.ownPrice

/** A cost that its provider reported or that was counted, and not merely what was expected. */
const isReceipt = ({ cost, estimate }: Generation) =>
  cost !== undefined && (cost.source === "reported" || cost.amount !== estimate)
