/**
 * The file behind a SQLite client: whether its name still leads to it, and its copy before a migration.
 */
import * as fs from "node:fs"
import { StorageError } from "@mutoscope/core/GenerationError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Backup from "./backup.ts"
import type { StateFolder } from "./stateFolder.ts"

/** A database file that is open. */
export interface OpenDatabase {
  /** Its absolute path, links followed. */
  readonly path: string
  /** The paths that it is remembered by: the one above, and the one that was given where links make that another. */
  readonly names: ReadonlyArray<string>
  /**
   * Fails where the path no longer leads to the file that is open: it was removed, moved or replaced, or a folder above it was.
   * Then no other process and no later run finds what is written into it. A look takes a few microseconds.
   */
  readonly inPlace: Effect.Effect<void, StorageError>
  /** Copies it beside itself before it is migrated from a schema. Another connection holds the write lock meanwhile. */
  readonly backUp: (schema: number) => Effect.Effect<void, StorageError>
  /** What this user's state folder remembers of databases; none where no folder was named. */
  readonly state: Option.Option<StateFolder>
}

/** The file of the client in the context; none where it is a server's, or one that somebody else opened. */
export class DatabaseFile extends Context.Reference<DatabaseFile>()("@mutoscope/storage/DatabaseFile", {
  defaultValue: (): Option.Option<OpenDatabase> => Option.none()
}) {}

/** A file that a name leads to. */
export interface Identity {
  readonly device: bigint
  readonly inode: bigint
}

/** The file that a path leads to, links followed; undefined where it leads to none. */
export const identify = (path: string): Identity | undefined => {
  const found = fs.statSync(path, { bigint: true, throwIfNoEntry: false })
  return found === undefined ? undefined : { device: found.dev, inode: found.ino }
}

/** Whether two names lead to the same file. */
export const isSame = (one: Identity | undefined, other: Identity | undefined): boolean =>
  one?.device === other?.device && one?.inode === other?.inode

/**
 * The file at a path, which a client has just opened. `name` is the path as it was given, through links.
 *
 * Its journal has to be in place too: a commit goes there first. That of a new database comes with the first commit, and a file
 * system without shared memory has none.
 */
export const make = (name: string, state: Option.Option<StateFolder>): OpenDatabase => {
  const path = fs.realpathSync(name)
  const journal = `${path}-wal`
  const opened = identify(name)
  let journalOpened = identify(journal)
  const isInPlace = () => {
    journalOpened ??= identify(journal)
    return isSame(identify(name), opened) && isSame(identify(journal), journalOpened)
  }
  return {
    path,
    names: name === path ? [path] : [path, name],
    inPlace: Effect.try(isInPlace).pipe(
      // A file where a folder was, or a folder that may not be entered: it can't be reached by its name.
      Effect.orElseSucceed(() => false),
      Effect.flatMap((found) => (found ? Effect.void : gone(name)))
    ),
    backUp: (schema) => Backup.make(path, schema),
    state
  }
}

// Privates ---------------------------------------------------------------------------------------------------------

const gone = (name: string) =>
  new StorageError({
    operation: "send a request",
    reason: `the database ${name} was removed, moved or replaced while this process runs, so nothing more is sent. What was sent before is finished by this process; then put the file back, or see "The database itself" in docs/reliability.md, before you start again`
  })
