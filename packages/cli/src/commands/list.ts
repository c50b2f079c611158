/**
 * `mutoscope list`
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as actions from "../actions/list.ts"
import { json } from "./shared.ts"

/** The newest generations. */
export const list = Command.make(
  "list",
  {
    limit: Options.integer("limit").pipe(
      Options.withAlias("n"),
      Options.withDescription("How many (default 20)"),
      Options.withDefault(20)
    ),
    state: Options.choice("state", [
      "pending",
      "processing",
      "unknown",
      "unreachable",
      "completed",
      "failed",
      "cancelled"
    ]).pipe(Options.withDescription("Only those in this state"), Options.optional),
    json
  },
  actions.list
).pipe(Command.withDescription("List the newest generations"))
