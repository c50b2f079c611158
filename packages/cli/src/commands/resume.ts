/**
 * `mutoscope resume`
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { lazily } from "../lazily.ts"
import { json, quiet, reference, spending } from "./shared.ts"

/** Go on with a generation from wherever it stands, and print its path */
export const resume = Command.make(
  "resume",
  {
    reference,
    all: Options.boolean("all").pipe(
      Options.withDescription(
        "Every generation that was begun, with a receipt; unsent lines of a batch stay in the queue"
      )
    ),
    output: Options.text("output").pipe(
      Options.withAlias("o"),
      Options.withDescription(
        "Save the video in this folder, or as this .mp4 or .webm file, instead of the first place"
      ),
      Options.optional
    ),
    ...spending,
    json,
    quiet
  },
  lazily(async () => (await import("../work.ts")).resume)
).pipe(Command.withDescription("Go on with a generation from wherever it stands, and print its path"))
