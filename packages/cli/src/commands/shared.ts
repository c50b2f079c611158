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

export const noInput = Options.boolean("no-input").pipe(Options.withDescription("Never ask anything"))

/** Limits of money for what a command sends. */
export const spending = {
  maxCost: Options.text("max-cost").pipe(
    Options.withDescription("The most that this run may cost, in dollars"),
    Options.optional
  ),
  askAbove: Options.text("ask-above").pipe(
    Options.withDescription("Ask before sending what may cost more dollars than this, or an unknown sum"),
    Options.optional
  ),
  yes: Options.boolean("yes").pipe(Options.withDescription("Send it without asking, whatever it costs")),
  noInput
}
