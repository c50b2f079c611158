/**
 * `videogen show`
 */
import * as Command from "@effect/cli/Command"
import { lazily } from "../lazily.ts"
import { json, reference } from "./shared.ts"

/** Show all that is on record of a generation */
export const show = Command.make(
  "show",
  { reference, json },
  lazily(async () => (await import("../actions/show.ts")).show)
).pipe(Command.withDescription("Show all that is on record of a generation"))
