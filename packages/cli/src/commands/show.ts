/**
 * `mutoscope show`
 */
import * as Command from "@effect/cli/Command"
import * as actions from "../actions/show.ts"
import { json, reference } from "./shared.ts"

/** Show all that is on record of a generation */
export const show = Command.make("show", { reference, json }, actions.show).pipe(
  Command.withDescription("Show all that is on record of a generation")
)
