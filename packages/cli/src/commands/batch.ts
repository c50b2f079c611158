/**
 * `mutoscope batch`
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { formats } from "../batch/formats.ts"
import { lazily } from "../lazily.ts"
import { request } from "./generate.ts"
import { json, quiet } from "./shared.ts"

/** From a file of prompts to as many videos, each once. */
export const batch = Command.make(
  "batch",
  {
    file: Args.text({ name: "file" }).pipe(
      Args.withDescription(
        "JSON Lines, a JSON array, CSV, or a text file with a prompt a line; - reads stdin"
      )
    ),
    format: Options.choice("format", formats).pipe(
      Options.withDescription("How the file is written (default: what its name and its content say)"),
      Options.optional
    ),
    batch: Options.text("batch").pipe(
      Options.withDescription("The name to go on under (default: the file's path; for stdin its content)"),
      Options.optional
    ),
    strict: Options.boolean("strict").pipe(
      Options.withDescription("Make nothing where a line of the file is bad")
    ),
    enqueueOnly: Options.boolean("enqueue-only").pipe(
      Options.withDescription("Add to the queue and return; mutoscope queue run makes them")
    ),
    concurrency: Options.integer("concurrency").pipe(
      Options.withDescription("How many to have in hand at once (default 8)"),
      Options.withDefault(8)
    ),
    maxJobs: Options.integer("max-jobs").pipe(
      Options.withDescription("Send no more than so many in this run"),
      Options.optional
    ),
    maxCost: Options.text("max-cost").pipe(
      Options.withDescription("Spend no more than so many US dollars in this run, like 12.50"),
      Options.optional
    ),
    priority: Options.integer("priority").pipe(
      Options.withDescription("Higher ones are taken first (default 0)"),
      Options.withDefault(0)
    ),
    request,
    output: Options.text("output").pipe(
      Options.withAlias("o"),
      Options.withDescription("The folder for the videos (default: the current folder)"),
      Options.optional
    ),
    json,
    quiet
  },
  lazily(async () => (await import("../work.ts")).batch)
).pipe(Command.withDescription("Make the videos of a file of prompts; run it again to go on"))
