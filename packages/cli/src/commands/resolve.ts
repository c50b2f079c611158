/**
 * `mutoscope resolve`
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { lazily } from "../lazily.ts"
import { detach, json, quiet, requiredReference } from "./shared.ts"

const flag = (name: string, description: string) =>
  Options.boolean(name).pipe(Options.withDescription(description))

/** Decide about a submit whose outcome is unknown. */
export const resolve = Command.make(
  "resolve",
  {
    reference: requiredReference,
    adopt: Options.text("adopt").pipe(
      Options.withDescription("Go on with this operation, found in the provider's console"),
      Options.optional
    ),
    resubmit: flag("resubmit", "Send it again, which may be charged twice"),
    abandon: flag("abandon", "Give it up; it may have been charged"),
    yes: Options.boolean("yes").pipe(
      Options.withAlias("y"),
      Options.withDescription("Do not ask before it is sent again")
    ),
    detach,
    json,
    quiet
  },
  lazily(async () => (await import("../work.ts")).resolve)
).pipe(Command.withDescription("Decide about a submit whose outcome is unknown"))
