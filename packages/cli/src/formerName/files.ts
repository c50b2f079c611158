/**
 * Files of settings under their former names.
 *
 * Another company's program has the former name too, so a file counts only if it is wholly one of ours: what the former
 * version would have refused belongs to somebody else, and is nothing to complain about.
 */
import { existsSync } from "node:fs"
import * as Effect from "effect/Effect"
import { Notices } from "./Notices.ts"
import { formerAccounts } from "./names.ts"

interface Source {
  readonly name: string
  readonly settings: { readonly providers?: Readonly<Record<string, unknown>> }
}

/** What `read` finds in a file of the former name; nothing where it is not there, is empty, or is another program's. */
export const ours = <A extends Source, E, R>(
  file: string,
  read: (file: string) => Effect.Effect<ReadonlyArray<A>, E, R>
): Effect.Effect<ReadonlyArray<A>, never, R> =>
  // Nearly nobody has one: not to look into it costs nothing.
  !existsSync(file)
    ? Effect.succeed([])
    : read(file).pipe(
        Effect.map((found) =>
          found.filter(({ settings }) => Object.keys(settings).length > 0 && hasOurAccounts(settings))
        ),
        Effect.orElseSucceed(() => [])
      )

const hasOurAccounts = ({ providers = {} }: Source["settings"]) =>
  Object.keys(providers).every((account) => formerAccounts.has(account.replace(/@.*/, "")))

/** Says that a file is read under its former name, and what to call it. */
export const tellRead = (former: string, present: string): Effect.Effect<void> =>
  Effect.flatMap(Notices, ({ reading }) =>
    reading([former], () => `${former}: an old name that is still read; move it to ${present}.`)
  )

/** Says that a file is not read since one of the present name comes first. */
export const tellPassedOver = (former: string, first: string, present: string): Effect.Effect<void> =>
  Effect.flatMap(Notices, ({ reading }) =>
    reading(
      [former],
      () =>
        `${former} is not read, since ${first} comes first; ${
          first === present
            ? "take over what you still want, then delete it"
            : `move it to ${present} to use it`
        }.`
    )
  )
