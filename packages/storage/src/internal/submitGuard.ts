/**
 * What has to hold of the database itself before a request may cost money: its name leads to the file that is open, and it is
 * not an older copy, which knows nothing of what was sent since.
 */
import { randomBytes } from "node:crypto"
import { StorageError } from "@mutoscope/core/GenerationError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { OpenDatabase } from "./databaseFile.ts"
import type { GroupCommit } from "./groupCommit.ts"
import type * as IdentitySql from "./identitySql.ts"
import type { StateFolder } from "./stateFolder.ts"
import { storageError } from "./storageError.ts"

export interface SubmitGuard {
  /** Fails where the database is an older copy. It is looked at once, before the first submit. */
  readonly known: Effect.Effect<void, StorageError>
  /** Fails where its name no longer leads to the file that is open. */
  readonly inPlace: Effect.Effect<void, StorageError>
  /** Remembers outside the database that a submit was recorded in it. */
  readonly recorded: (row: IdentitySql.IdentityRow) => Effect.Effect<void>
}

/** How a database stands to what this user's state folder remembers of it. */
export type Standing =
  /** It has recorded all that is remembered, or more. */
  | { readonly _tag: "Current" }
  /** It has recorded submits, and nothing is remembered of them: another machine, or a state folder that was cleaned. */
  | { readonly _tag: "Unremembered" }
  /** It has recorded fewer than are `remembered` of it, or of the `other` database that was in its place. */
  | { readonly _tag: "Restored"; readonly remembered: number; readonly other: boolean }

/** What there is to know of a database as such. */
export interface Known {
  readonly row: IdentitySql.IdentityRow
  readonly standing: Standing
}

type Names = Pick<OpenDatabase, "names">

/** A guard that lets everything pass: over a server's database, or a client that somebody else made. */
const none: SubmitGuard = { known: Effect.void, inPlace: Effect.void, recorded: () => Effect.void }

/** A guard for the database of a client. */
export const make = (
  database: GroupCommit,
  statements: IdentitySql.Statements,
  file: Option.Option<OpenDatabase>
): Effect.Effect<SubmitGuard, never, Scope.Scope> =>
  Option.match(file, {
    onNone: () => Effect.succeed(none),
    onSome: ({ inPlace, state, ...file }) =>
      Option.match(state, {
        onNone: () => Effect.succeed({ ...none, inPlace }),
        onSome: (state) =>
          Effect.map(remembering(database, statements, file, state), (rest) => ({ ...rest, inPlace }))
      })
  })

/**
 * Makes a database that was restored one of its own, which the state folder knows as it is now: what is remembered of the one
 * that it is a copy of stays, so that each is told from the other.
 */
export const accept = (
  database: Pick<GroupCommit, "read" | "commit">,
  statements: IdentitySql.Statements,
  { names }: Names,
  state: StateFolder
): Effect.Effect<void, StorageError> =>
  Effect.gen(function* () {
    const id = randomBytes(16).toString("hex")
    const [row] = yield* database
      .commit((run) => run(statements.rename(id)))
      .pipe(Effect.mapError(storageError("accept the database")))
    if (row !== undefined) yield* state.record(names, row.id, row.number)
  })

/** How a database stands. Memory first: whoever records a submit writes it into the database before it is remembered. */
export const standing = (
  database: Pick<GroupCommit, "read">,
  statements: IdentitySql.Statements,
  file: Names,
  state: StateFolder
): Effect.Effect<Known, StorageError> =>
  Effect.gen(function* () {
    const { id } = yield* identity(database, statements)
    const memory = yield* state.recall(file.names, id)
    const row = yield* identity(database, statements)
    if (row.id !== id) return yield* standing(database, statements, file, state)
    return { row, standing: standingOf(row, memory) }
  })

const operation = "read which database it is"

/** Which database it is, and how far it has got. */
export const identity = (database: Pick<GroupCommit, "read">, statements: IdentitySql.Statements) =>
  database.read(statements.identity).pipe(
    Effect.flatMap(([row]) =>
      row === undefined
        ? Effect.fail(new StorageError({ operation, reason: "its identity is missing" }))
        : Effect.succeed(row)
    ),
    Effect.mapError(storageError(operation))
  )

// Privates ---------------------------------------------------------------------------------------------------------

const remembering = (
  database: GroupCommit,
  statements: IdentitySql.Statements,
  file: Pick<OpenDatabase, "names" | "path">,
  state: StateFolder
): Effect.Effect<Omit<SubmitGuard, "inPlace">, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const one = yield* Effect.makeSemaphore(1)
    let isKnown = false
    let hasFailed = false
    const failed = (error: StorageError) =>
      Effect.suspend(() => {
        if (hasFailed) return Effect.void
        hasFailed = true
        return state.warn(`A copy of the database that is put back may not be recognised. ${error.message}`)
      })
    const syncs = new Set<string>()
    // A folder that can't be read or written is no reason not to work: then a copy is not recognised, as without a folder.
    const look = Effect.orElseSucceed(
      Effect.tapError(standing(database, statements, file, state), failed),
      () => undefined
    )
    const known = Effect.gen(function* () {
      if (isKnown) return
      const found = yield* look
      if (found?.standing._tag === "Restored")
        return yield* restored(file.path, found.row.number, found.standing)
      if (found?.standing._tag === "Unremembered")
        yield* state.warn(unremembered(file.path, found.row.number))
      if (found !== undefined)
        yield* Effect.catchAll(state.record(file.names, found.row.id, found.row.number), failed)
      isKnown = true
    })
    // A crowd of submits shares a sync, and none waits for it: a power failure may take back what a second remembered.
    const syncSoon = (id: string) => {
      if (syncs.has(id)) return Effect.void
      syncs.add(id)
      return Effect.sync(() => syncs.delete(id)).pipe(
        Effect.zipRight(state.sync(id)),
        Effect.ignoreLogged,
        Effect.delay("1 second"),
        Effect.interruptible,
        Effect.forkIn(scope)
      )
    }
    yield* Effect.addFinalizer(() => Effect.forEach(syncs, (id) => Effect.ignoreLogged(state.sync(id))))
    return {
      known: Effect.suspend(() => (isKnown ? Effect.void : one.withPermits(1)(known))),
      // The request is not held up by a memory that fails: it would be one whose outcome nobody knows.
      recorded: ({ id, number }) =>
        Effect.zipRight(state.raise(id, number), syncSoon(id)).pipe(Effect.catchAll(failed), Effect.asVoid)
    }
  })

const standingOf = (
  { id, number }: IdentitySql.IdentityRow,
  memory: Effect.Effect.Success<ReturnType<StateFolder["recall"]>>
): Standing => {
  if (Option.isSome(memory.number))
    return number < memory.number.value
      ? { _tag: "Restored", remembered: memory.number.value, other: false }
      : { _tag: "Current" }
  const other = memory.places.find((place) => place.id !== id && place.number > 0)
  if (other !== undefined) return { _tag: "Restored", remembered: other.number, other: true }
  return { _tag: number === 0 ? "Current" : "Unremembered" }
}

const restored = (
  path: string,
  number: number,
  { other, remembered }: Extract<Standing, { readonly _tag: "Restored" }>
) =>
  new StorageError({
    operation: "send a request",
    reason: `${
      other
        ? `the database ${path} is not the one that was there before. That one had recorded ${submits(remembered)}, of which this one may know nothing`
        : `the database ${path} is an older copy. It has recorded ${submits(number)}, and had recorded ${remembered} before it was put back`
    }. What it does not know could be paid twice, so nothing is sent. Look at the provider's console for jobs that are missing here, then accept the database as it is: mutoscope doctor --accept-restored`
  })

const unremembered = (path: string, number: number) =>
  `The database ${path} has recorded ${submits(number)}, of which this user's state folder knows nothing: it is new on this machine, or the folder was cleaned. Whether it is an older copy can't be told; from now on it can.`

const submits = (number: number) => (number === 1 ? "1 submit" : `${number} submits`)
