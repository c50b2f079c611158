/**
 * Budgets, held against what was spent.
 */
import type { Generation } from "@mutoscope/core/Generation"
import { BudgetSpent } from "@mutoscope/core/GenerationError"
import type { Budget } from "@mutoscope/core/GenerationQueue"
import { MicroUsd } from "@mutoscope/core/Money"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as GenerationSql from "./generationSql.ts"
import type { Run } from "./groupCommit.ts"
import type { Services } from "./records.ts"

/**
 * What one more would make of the budget, seen in the transaction that would spend it, and with what the record is expected to
 * cost by then.
 */
export const overBudget = (
  { statements }: Services,
  run: Run,
  next: Generation,
  owner: string,
  budget: Budget
) => {
  const { model, provider, updatedAt } = next
  if (budget.jobs === undefined && budget.run === undefined && budget.day === undefined)
    return Effect.succeed(undefined)
  const midnight = DateTime.toEpochMillis(DateTime.startOf(updatedAt, "day"))
  return Effect.zipWith(
    run(statements.spent(owner, midnight)),
    run(statements.estimateOf(next)),
    ([spent], [row]) =>
      spent === undefined
        ? undefined
        : firstBroken(budget, spent, {
            estimate: row?.estimate == null ? undefined : MicroUsd.make(row.estimate),
            model: `${provider}/${model}`
          })
  )
}

/** One more job: what it may cost, and of which model it is. */
interface One {
  readonly estimate: MicroUsd | undefined
  readonly model: string
}

const firstBroken = (
  budget: Budget,
  spent: GenerationSql.Spent,
  { estimate, model }: One
): BudgetSpent | undefined => {
  if (budget.jobs !== undefined && spent.jobs >= budget.jobs)
    return new BudgetSpent({ limit: "jobs", most: budget.jobs, spent: spent.jobs })
  for (const limit of ["run", "day"] as const) {
    const most = budget[limit]
    if (most === undefined || (estimate !== undefined && spent[limit] + estimate <= most)) continue
    const known = estimate === undefined ? {} : { estimate }
    // What is free fits into any limit.
    if (estimate !== 0) return new BudgetSpent({ limit, most, spent: spent[limit], model, ...known })
  }
  return undefined
}
