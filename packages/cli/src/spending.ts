/**
 * The limits of money of one job that is about to be sent: what its run may cost, and the sum above which a person is asked.
 */
import type * as Generation from "@mutoscope/core/Generation"
import type * as Money from "@mutoscope/core/Money"
import type { Policy } from "@mutoscope/core/Policy"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Configuration } from "./Configuration.ts"
import { amountOf } from "./dollars.ts"
import type { UsageError } from "./Outcome.ts"
import * as Quoting from "./Quoting.ts"

/** What the flags of a command say about money. */
export interface Flags {
  /** The most that the run may cost, in dollars as they were typed. */
  readonly maxCost: Option.Option<string>
  /** The sum above which a person is asked, in dollars as they were typed; the setting `askAbove` where it is absent. */
  readonly askAbove: Option.Option<string>
  /** Sends without asking. */
  readonly yes: boolean
  /** Never asks: what would be asked about is not sent. */
  readonly noInput: boolean
}

/** The policy with the most that this run may cost. */
export const limited = (
  policy: Policy["Type"],
  flags: Pick<Flags, "maxCost">
): Effect.Effect<Policy["Type"], UsageError> =>
  Effect.map(
    amountOf("--max-cost", flags.maxCost),
    Option.match({
      onNone: () => policy,
      onSome: (run: Money.MicroUsd) => ({ ...policy, budget: { ...policy.budget, run } })
    })
  )

/** Asks before a job is sent that may cost more than the limit of the flags or of the settings. */
export const confirmed = (job: Generation.Generation, { askAbove, noInput, yes }: Flags) =>
  Effect.gen(function* () {
    const { settings } = yield* Configuration
    const flag = yield* amountOf("--ask-above", askAbove)
    const above = Option.orElse(flag, () => Option.fromNullable(settings.askAbove))
    if (Option.isSome(above)) yield* Quoting.confirmed(yield* Quoting.quotesOf(job), { above, noInput, yes })
  })
