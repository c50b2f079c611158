/**
 * What jobs cost, and how sure that is. Sums are of whole millionths of a US dollar, and what is not known is counted
 * beside them, never as nothing.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Generation } from "./Generation.ts"
import * as Money from "./Money.ts"

/**
 * How sure a cost is: `reported` by the provider; `estimated` from a table of prices; `unknown` for a job that was accepted,
 * where neither is there, or that failed without a word about money; `possible` for a submit whose outcome is unknown, which
 * may have been charged.
 */
export const Certainty = Schema.Literal("reported", "estimated", "unknown", "possible")
export type Certainty = typeof Certainty.Type

/** What one job cost. The amount of a `possible` cost is what it would be. */
export interface Charge {
  readonly certainty: Certainty
  readonly amount?: Money.MicroUsd
  /** Whether it is estimated by a price that the user set; default false. */
  readonly own?: boolean
}

/** What a job cost, as far as its record knows; none where nothing was sent, or nothing accepted. */
export const chargeOf = (generation: Generation): Option.Option<Charge> => {
  const { cost, estimate, quoted, state } = generation
  const own = quoted?.ownPrice === undefined ? {} : { own: true }
  const expected = estimate === undefined ? {} : { amount: estimate }
  if (cost !== undefined)
    return Option.some({
      certainty: cost.source,
      amount: cost.amount,
      ...(cost.source === "estimated" ? own : {})
    })
  switch (state._tag) {
    case "Queued":
      return Option.none()
    case "Submitting":
    case "SubmitUnknown":
      return Option.some({ certainty: "possible", ...expected })
    case "Rendering":
    case "Unreachable":
    case "Downloading":
    case "Completed":
      return Option.some(
        estimate === undefined ? { certainty: "unknown" } : { certainty: "estimated", ...expected, ...own }
      )
    case "Failed":
      if (state.operation !== undefined) return Option.some({ certainty: "unknown" })
      return state.error._tag === "SubmitUnknown"
        ? Option.some({ certainty: "possible", ...expected })
        : Option.none()
    case "Cancelled":
      return state.operation === undefined ? Option.none() : Option.some({ certainty: "unknown" })
  }
}

/** Which jobs to sum: those sent from a moment on, for each day (UTC), provider or model; or all in one. */
export interface Options {
  readonly since?: DateTime.Utc | undefined
  readonly by?: "day" | "provider" | "model" | undefined
}

/**
 * The jobs of one `name` (a day as YYYY-MM-DD, a provider, `provider/model`, or nothing) and one certainty: how many, what
 * they come to, and for how many of them no amount is known.
 */
export interface Sum {
  readonly name: string
  readonly certainty: Certainty
  readonly jobs: number
  readonly amount: Money.MicroUsd
  readonly unpriced: number
  /** What of it is estimated by prices that the user set; absent where nothing is. */
  readonly own?: Own
}

/** Jobs whose cost is estimated by prices that the user set. */
export interface Own {
  readonly jobs: number
  /** In millionths of a US dollar. */
  readonly amount: Money.MicroUsd
}

/**
 * All of it at one glance: `reported` and `estimated` amounts, how many jobs are of `unknown` cost, and what may have been
 * charged besides.
 */
export interface Total {
  readonly jobs: number
  readonly reported: Money.MicroUsd
  readonly estimated: Money.MicroUsd
  readonly unknown: number
  readonly possible: { readonly jobs: number; readonly amount: Money.MicroUsd; readonly unpriced: number }
  /** What of `estimated` is by prices that the user set; absent where nothing is. */
  readonly own?: Own
}

/** The total of some sums. */
export const total = (sums: ReadonlyArray<Omit<Sum, "name">>): Total => {
  const of = (certainty: Certainty) => sums.filter((sum) => sum.certainty === certainty)
  const count = (some: typeof sums, field: "jobs" | "unpriced") =>
    some.reduce((all, sum) => all + sum[field], 0)
  const amount = (some: typeof sums) => some.reduce((all, sum) => Money.plus(all, sum.amount), Money.zero)
  const possible = of("possible")
  const own = sums.map((sum) => sum.own).reduce(plusOwn, undefined)
  return {
    ...(own === undefined ? {} : { own }),
    jobs: count(sums, "jobs"),
    reported: amount(of("reported")),
    estimated: amount(of("estimated")),
    unknown: count(of("unknown"), "jobs"),
    possible: {
      jobs: count(possible, "jobs"),
      amount: amount(possible),
      unpriced: count(possible, "unpriced")
    }
  }
}

/** Both together. */
export const plusOwn = (a: Own | undefined, b: Own | undefined): Own | undefined =>
  a === undefined || b === undefined
    ? (a ?? b)
    : { jobs: a.jobs + b.jobs, amount: Money.plus(a.amount, b.amount) }

/** The total of one name. */
export interface Group extends Total {
  readonly name: string
}

/** The total of each name, in the order in which they come. */
export const grouped = (sums: ReadonlyArray<Sum>): ReadonlyArray<Group> =>
  Object.entries(Arr.groupBy(sums, ({ name }) => name)).map(([name, group]) => ({ name, ...total(group) }))

/** The total of some jobs. */
export const totalOf = (generations: ReadonlyArray<Generation>): Total => total(generations.flatMap(sumsOf))

/** What one job cost, and what its earlier submits may have cost besides. */
export const sumsOf = (generation: Generation): ReadonlyArray<Omit<Sum, "name">> => {
  const { possiblyCharged } = generation
  return [
    ...Option.toArray(Option.map(chargeOf(generation), sumOf)),
    ...(possiblyCharged === undefined
      ? []
      : [
          {
            certainty: "possible" as const,
            jobs: possiblyCharged.submits,
            amount: possiblyCharged.amount,
            unpriced: possiblyCharged.unpriced
          }
        ])
  ]
}

/** One charge as a sum of one job. */
const sumOf = ({ amount, certainty, own = false }: Charge): Omit<Sum, "name"> => ({
  certainty,
  jobs: 1,
  amount: amount ?? Money.zero,
  unpriced: amount === undefined ? 1 : 0,
  ...(own && amount !== undefined ? { own: { jobs: 1, amount } } : {})
})
