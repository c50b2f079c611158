/**
 * `mutoscope costs`
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as actions from "../actions/costs.ts"
import { json } from "./shared.ts"

/** What the generations on record cost. */
export const costs = Command.make(
  "costs",
  {
    since: Options.text("since").pipe(
      Options.withDescription("Only what was sent on this day (YYYY-MM-DD, in UTC) or later"),
      Options.optional
    ),
    by: Options.choice("by", ["day", "provider", "model"]).pipe(
      Options.withDescription("A row for each day, provider or model (default)"),
      Options.withDefault("model" as const)
    ),
    json
  },
  actions.costs
).pipe(Command.withDescription("Sum up what the generations on record cost"))
