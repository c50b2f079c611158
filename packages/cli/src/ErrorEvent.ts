/**
 * A failure as a line of JSON, for whoever reads nothing else.
 */
import * as Effect from "effect/Effect"
import { type CommandError, describe } from "./Outcome.ts"
import { Output } from "./Output.ts"

/** Tells a failure as data too, where JSON is wanted. */
export const telling =
  ({ json }: { readonly json: boolean }) =>
  <A, E extends CommandError, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.tapError(effect, (error) =>
      json ? Effect.flatMap(Output, ({ data }) => data(line(error, {}))) : Effect.void
    )

/** The line, with what there is to say of the generation that failed. */
export const line = (error: CommandError, summary: object): string => {
  const { code, message } = describe(error)
  const reason = error._tag === "GenerationStopped" ? error.error._tag : error._tag
  return JSON.stringify({ event: "error", ...summary, error: message, reason, exitCode: code })
}
