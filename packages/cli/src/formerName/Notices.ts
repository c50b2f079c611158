/**
 * Lines about former names, on stderr.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Output } from "../Output.ts"

/** Prints lines about former names. Does nothing unless a program asks for it with {@link layer}. */
export class Notices extends Context.Reference<Notices>()("@mutoscope/cli/formerName/Notices", {
  defaultValue: (): {
    /** Prints a line about what is read under a former name, once for each subject in the life of the process. */
    readonly reading: (
      subjects: ReadonlyArray<string>,
      line: (fresh: ReadonlyArray<string>) => string
    ) => Effect.Effect<void>
    /** Prints a line about something that happens once and for all. */
    readonly happened: (line: string) => Effect.Effect<void>
  } => ({ reading: () => Effect.void, happened: () => Effect.void })
}) {}

/**
 * Prints the lines through `Output`. With `--quiet` those that every run would repeat are left out; what happens only once is
 * still said, since no later run would say it.
 */
export const layer = (argv: ReadonlyArray<string>): Layer.Layer<Notices, never, Output> =>
  Layer.effect(
    Notices,
    Effect.map(Output, ({ note, paint }) => {
      const seen = new Set<string>()
      const quiet = isQuiet(argv)
      const say = (line: string) => note(paint("dim", line))
      return {
        reading: (subjects, line) =>
          Effect.suspend(() => {
            const fresh = subjects.filter((subject) => !seen.has(subject))
            for (const subject of fresh) seen.add(subject)
            return quiet || fresh.length === 0 ? Effect.void : say(line(fresh))
          }),
        happened: say
      }
    })
  )

/** Asked before the arguments are parsed: the flag, its letter, or its letter among others. */
const isQuiet = (argv: ReadonlyArray<string>): boolean => {
  const end = argv.indexOf("--")
  return argv
    .slice(0, end === -1 ? argv.length : end)
    .some((argument) => argument === "--quiet" || /^-[A-Za-z]*q[A-Za-z]*$/.test(argument))
}
