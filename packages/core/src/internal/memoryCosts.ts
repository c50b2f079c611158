/**
 * What the jobs in the memory of this process cost.
 */
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Costs from "../Costs.ts"
import type { Generation } from "../Generation.ts"
import * as Money from "../Money.ts"

/** A record, and when it was last sent (or made, where it never was). */
export interface Sent {
  readonly generation: Generation
  readonly at: DateTime.Utc
}

/** The sums of some records, in the order of their names. */
export const sums = (all: ReadonlyArray<Sent>, { by, since }: Costs.Options): ReadonlyArray<Costs.Sum> => {
  const charges = all
    .filter(({ at }) => since === undefined || DateTime.greaterThanOrEqualTo(at, since))
    .flatMap((one) => Costs.sumsOf(one.generation).map((sum) => ({ name: nameOf(one, by), ...sum })))
  const groups = Arr.groupBy(charges, ({ certainty, name }) => JSON.stringify([name, certainty]))
  return Object.entries(groups)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => group.reduce(plus))
}

const plus = (a: Costs.Sum, b: Costs.Sum): Costs.Sum => {
  const own = Costs.plusOwn(a.own, b.own)
  return {
    ...a,
    jobs: a.jobs + b.jobs,
    amount: Money.plus(a.amount, b.amount),
    unpriced: a.unpriced + b.unpriced,
    ...(own === undefined ? {} : { own })
  }
}

const nameOf = ({ at, generation: { model, provider } }: Sent, by: Costs.Options["by"]): string => {
  switch (by) {
    case undefined:
      return ""
    case "day":
      return DateTime.formatIsoDateUtc(at)
    case "provider":
      return provider
    case "model":
      return `${provider}/${model}`
  }
}
