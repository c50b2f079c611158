/**
 * What kept a run over the queue from going on: said once, with what to do about it and how to go on.
 */
import type { BudgetSpent, GenerationError } from "@mutoscope/core/GenerationError"
import * as Effect from "effect/Effect"
import { describe } from "../Outcome.ts"
import { Output } from "../Output.ts"
import { howToPrice } from "../ownPrice.ts"

/** Says why a run stopped short. `again` is what goes on with it. */
export const tellHalted = (error: GenerationError, again: string) =>
  Effect.flatMap(Output, ({ note, paint }) =>
    Effect.forEach(
      [
        `${paint("red", "Stopped:")} ${error.message}`,
        ...(error._tag === "BudgetSpent" ? budgetSpent(error, again) : whatHelps(error, again)).map(
          (hint) => `  ${hint}`
        )
      ],
      note,
      { discard: true }
    )
  )

const whatHelps = (error: GenerationError, again: string) => [
  ...describe(error).hints,
  `Go on with it: ${again}`
]

/** The user's own limit is no mishap: it did what it is for. What it would take to send more, nobody is talked into. */
const budgetSpent = ({ estimate, limit, model }: BudgetSpent, again: string) => {
  const rest = "What was not sent waits in the queue, and costs nothing."
  if (limit !== "jobs" && estimate === undefined)
    return [
      rest,
      "What has no known price is not sent while money is limited.",
      ...(model === undefined ? [] : [howToPrice(model)])
    ]
  return limit === "day"
    ? [rest, `Tomorrow (UTC), or with a higher dailyCap: ${again}`]
    : [rest, `To spend as much once more: ${again}`]
}
