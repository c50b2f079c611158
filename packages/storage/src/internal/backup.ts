/**
 * The copy of a database that is made beside it before a migration: `records.db.schema-6.backup`.
 *
 * It is made of the pages as they are, while the one who migrates holds the write lock, so no commit is missing and no other
 * process makes one too. It has its name once it is whole, sound and on disk. A copy that has a name is never written to again;
 * one that differs gets a name of its own.
 */
import * as fs from "node:fs"
import { basename, dirname, join } from "node:path"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { StorageError } from "@mutoscope/core/GenerationError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FolderSync from "./folderSync.ts"
import { flags, type OpenFile, sync, withFile } from "./nodeFile.ts"
import { codeOf, storageError } from "./storageError.ts"

/** A copy beside a database. */
export interface Backup {
  readonly path: string
  /** The schema that it has, and programs that know it can open. */
  readonly schema: number
  readonly bytes: number
  /** When it was made, in milliseconds since 1970. */
  readonly madeAt: number
}

/** How many copies of one database are kept. */
const mostKept = 3

/** The copies beside a database, newest first. */
export const list = (database: string): Effect.Effect<ReadonlyArray<Backup>, StorageError> =>
  Effect.mapError(
    step(() => beside(database)),
    ({ cause }) => storageError(`look for backups of ${database}`)(cause)
  )

/**
 * Makes a copy of a database that has a schema, and removes the oldest where there are too many. Fails with what to do about it
 * where there is no room for it; then nothing is left of it.
 */
export const make = (database: string, schema: number): Effect.Effect<void, StorageError> => {
  const partial = `${database}.schema-${schema}.backup.partial`
  return Effect.gen(function* () {
    // What a process left that was killed while it made one.
    yield* step(() => discard(partial))
    if (!(yield* step(() => fits(database)))) return yield* noRoom(database)
    yield* copy(database, partial)
    yield* makeSound(partial)
    yield* Effect.tryPromise({ try: () => syncFile(partial), catch: stepFailed })
    yield* step(() => name(database, partial, schema))
    yield* FolderSync.make()(dirname(database))
    yield* step(() => {
      for (const { path } of beside(database).slice(mostKept)) discard(path)
    })
  }).pipe(
    Effect.catchAllDefect((defect) => Effect.fail(defect)),
    Effect.tapError(() => Effect.ignore(step(() => discard(partial)))),
    Effect.mapError((error) => (isFull(error) ? noRoom(database) : failed(database)(saidOf(error))))
  )
}

// Privates ---------------------------------------------------------------------------------------------------------

/** A step on the file system that failed, with what the system said. */
class StepFailed extends Data.TaggedError("StepFailed")<{ readonly cause: unknown }> {}

const stepFailed = (cause: unknown) => new StepFailed({ cause })

const step = <A>(run: () => A): Effect.Effect<A, StepFailed> => Effect.try({ try: run, catch: stepFailed })

/** What the system or the database said of a failure. */
const saidOf = (error: unknown): unknown => (error instanceof StepFailed ? error.cause : error)

const beside = (database: string): ReadonlyArray<Backup> =>
  fs
    .readdirSync(dirname(database))
    .flatMap((name) => backupOf(database, name))
    .sort((a, b) => b.madeAt - a.madeAt || b.schema - a.schema)

const backupOf = (database: string, name: string): ReadonlyArray<Backup> => {
  const beginning = `${basename(database)}.`
  if (!name.startsWith(beginning)) return []
  const [, schema] = /^schema-(\d+)(?:\.\d+)?\.backup$/.exec(name.slice(beginning.length)) ?? []
  const path = join(dirname(database), name)
  const stats = fs.statSync(path, { throwIfNoEntry: false })
  if (schema === undefined || stats?.isFile() !== true) return []
  return [{ path, schema: Number(schema), bytes: stats.size, madeAt: stats.mtimeMs }]
}

/** Bytes that a copy may take: what is committed and not yet in the file itself may be as much as the journal. */
const wanted = (database: string) =>
  [database, `${database}-wal`].reduce(
    (sum, part) => sum + (fs.statSync(part, { throwIfNoEntry: false })?.size ?? 0),
    0
  )

// A file system that counts no blocks says nothing; the copy will show.
const fits = (database: string) => {
  const { bavail, blocks, bsize } = fs.statfsSync(dirname(database))
  return blocks === 0 || bavail * bsize >= wanted(database)
}

/** A connection of its own reads what is committed: the one that holds the lock can't be copied from. */
const copy = (database: string, partial: string) =>
  Effect.gen(function* () {
    yield* step(() => withFile(partial, flags.create, () => undefined))
    const sql = yield* SqliteClient.make({ filename: database, readonly: true, disableWAL: true })
    yield* sql.backup(partial)
  }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))

/** Looks at the copy, and makes it one file without a journal of its own, which can be moved about. */
const makeSound = (partial: string) =>
  Effect.gen(function* () {
    const sql = yield* SqliteClient.make({ filename: partial, disableWAL: true })
    yield* sql`PRAGMA journal_mode = DELETE`
    const [row] = yield* sql<{ readonly quick_check: string }>`PRAGMA quick_check(1)`
    if (row?.quick_check !== "ok")
      return yield* new StorageError({
        operation: "check the backup",
        reason: `the copy is damaged: ${row?.quick_check}. The database was left as it is`
      })
  }).pipe(Effect.scoped, Effect.provide(Reactivity.layer))

const syncFile = async (path: string) => {
  const file = fs.openSync(path, "r+")
  await sync(file).finally(() => fs.closeSync(file))
}

/** Gives a whole copy its name. One that is there already and says the same is as good as new. */
const name = (database: string, partial: string, schema: number) => {
  const same = beside(database).find((one) => one.schema === schema && isEqual(one.path, partial))
  if (same === undefined) return fs.renameSync(partial, freeName(database, schema))
  const { atime, mtime } = fs.statSync(partial)
  fs.utimesSync(same.path, atime, mtime)
  discard(partial)
}

const freeName = (database: string, schema: number): string => {
  for (let n = 1; ; n++) {
    const name = `${database}.schema-${schema}${n === 1 ? "" : `.${n}`}.backup`
    if (fs.lstatSync(name, { throwIfNoEntry: false }) === undefined) return name
  }
}

const isEqual = (one: string, other: string): boolean =>
  fs.statSync(one).size === fs.statSync(other).size &&
  withFile(one, flags.read, (left) => withFile(other, flags.read, (right) => haveSameBytes(left, right)))

const haveSameBytes = (left: OpenFile, right: OpenFile): boolean => {
  const [mine, its] = [Buffer.alloc(pieceBytes), Buffer.alloc(pieceBytes)]
  for (let at = 0; ; at += pieceBytes) {
    const read = fs.readSync(left, mine, 0, pieceBytes, at)
    if (fs.readSync(right, its, 0, pieceBytes, at) !== read) return false
    if (!mine.subarray(0, read).equals(its.subarray(0, read))) return false
    if (read < pieceBytes) return true
  }
}

const pieceBytes = 1 << 20

const discard = (path: string) => {
  for (const one of [path, `${path}-wal`, `${path}-shm`, `${path}-journal`]) fs.rmSync(one, { force: true })
}

const isFull = (error: unknown) => ["ENOSPC", "EDQUOT", "SQLITE_FULL"].includes(codeOf(error) ?? "")

const noRoom = (database: string) =>
  new StorageError({
    operation: `back up ${database} before its upgrade`,
    reason: `there is no room for the copy. Free ${wanted(database)} bytes in ${dirname(database)} and start again. The database was left as it is`
  })

const failed = (database: string) => (error: unknown) => {
  if (error instanceof StorageError) return error
  const { reason } = storageError("")(error)
  return new StorageError({
    operation: `back up ${database} before its upgrade`,
    reason: `${reason}. The database was left as it is`
  })
}
