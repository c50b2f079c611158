/**
 * Arguments and flags that several commands take.
 */
import * as Args from "@effect/cli/Args"
import * as Options from "@effect/cli/Options"

/** Which generation: without one, the newest. */
export const reference = Args.text({ name: "id" }).pipe(
  Args.withDescription("An id, a unique beginning of one, an operation's id, or `last` for the newest"),
  Args.withDefault("last")
)

/** Which generation, where guessing would be wrong. */
export const requiredReference = Args.text({ name: "id" }).pipe(
  Args.withDescription("An id, a unique beginning of one, an operation's id, or `last` for the newest")
)

export const detach = Options.boolean("detach").pipe(
  Options.withAlias("d"),
  Options.withDescription("Do not wait for its end")
)

export const json = Options.boolean("json").pipe(Options.withDescription("Print JSON, one object a line"))

export const quiet = Options.boolean("quiet").pipe(
  Options.withAlias("q"),
  Options.withDescription("Print the result only")
)
