/**
 * `mutoscope quarantine`
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { lazily } from "../lazily.ts"
import { json } from "./shared.ts"

const empty = Command.make(
  "empty",
  {
    reference: Args.text({ name: "id" }).pipe(
      Args.withDescription("Only what was served for this generation; default all"),
      Args.optional
    ),
    yes: Options.boolean("yes").pipe(
      Options.withAlias("y"),
      Options.withDescription("Do not ask before files are deleted")
    ),
    json
  },
  lazily(async () => (await import("../actions/quarantine.ts")).empty)
).pipe(Command.withDescription("Delete the files, and download them again at the next resume"))

/** Files that were served in place of videos. */
export const quarantine = Command.make(
  "quarantine",
  { json },
  lazily(async () => (await import("../actions/quarantine.ts")).list)
).pipe(
  Command.withDescription("List the files that were served in place of videos"),
  Command.withSubcommands([empty])
)
