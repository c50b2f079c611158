/**
 * Opens a SQLite file that is to be trusted with paid jobs: looked at before it is touched, readable by its owner
 * alone, and synced at every commit.
 */
import { accessSync, constants, existsSync } from "node:fs"
import { dirname, resolve } from "node:path"
import * as Reactivity from "@effect/experimental/Reactivity"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { SqlClient } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { StorageError } from "@mutoscope/core/GenerationError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { retryBusy } from "./busy.ts"
import * as DatabaseFile from "./databaseFile.ts"
import { makeFolder } from "./folder.ts"
import * as FolderSync from "./folderSync.ts"
import * as StateFolder from "./stateFolder.ts"
import { codeOf, storageError } from "./storageError.ts"

/** What a store over a file may be told besides its path. */
export interface Options {
  /** The folder that remembers how far each database has got, apart from all of them. */
  readonly stateDirectory?: string | undefined
  /** Says what a person should know of, and need not act on: a warning of the log. */
  readonly onWarning?: ((message: string) => Effect.Effect<void>) | undefined
}

/**
 * A client for the file, and the file itself. Fails with `StorageError`, and leaves the file as it is, where it is no sound
 * database.
 */
export const layer = (
  file: string,
  options: Options = {}
): Layer.Layer<SqlClient | DatabaseFile.DatabaseFile, StorageError, FileSystem.FileSystem | Path.Path> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const { resolve } = yield* Path.Path
      const path = resolve(file)
      yield* prepareFile(path)
      const before = yield* Effect.try(() => DatabaseFile.identify(path))
      const sql = yield* connect(path)
      yield* checkSound(sql)
      yield* configure(sql)
      const opened = yield* Effect.try(() => DatabaseFile.make(path, stateFolder(options, resolve)))
      if (!DatabaseFile.isSame(before, yield* Effect.try(() => DatabaseFile.identify(path))))
        return yield* refuse(path, "it was replaced while it was opened")
      return Context.make(SqlClient, sql).pipe(Context.add(DatabaseFile.DatabaseFile, Option.some(opened)))
    }).pipe(
      // The driver throws what it finds while opening.
      Effect.catchAllDefect((defect) => Effect.fail(defect)),
      Effect.mapError((error) => readOnly(file) ?? storageError(`open the database ${file}`)(error))
    )
  ).pipe(Layer.provide(Reactivity.layer))

// Privates ---------------------------------------------------------------------------------------------------------

const stateFolder = (
  { onWarning = Effect.logWarning, stateDirectory }: Options,
  resolve: Path.Path["resolve"]
) =>
  Option.map(Option.fromNullable(stateDirectory), (directory) =>
    StateFolder.make(resolve(directory), onWarning, FolderSync.make())
  )

const prepareFile = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* Effect.try(() => makeFolder(path.dirname(file), 0o700))
    yield* createFile(fs, file)
    yield* checkHeader(fs, file)
    // The journals take over the mode of the database. Not every file system knows modes.
    yield* Effect.ignore(fs.chmod(file, 0o600))
  })

const createFile = (fs: FileSystem.FileSystem, file: string) =>
  Effect.scoped(fs.open(file, { flag: "wx", mode: 0o600 })).pipe(
    Effect.catchIf(
      (error) => error._tag === "SystemError" && error.reason === "AlreadyExists",
      () => Effect.void
    )
  )

const magic = "SQLite format 3\0"

// An empty file is a database that nobody has written to yet.
const checkHeader = (fs: FileSystem.FileSystem, file: string) =>
  Effect.gen(function* () {
    const info = yield* fs.stat(file)
    if (info.type !== "File") return yield* refuse(file, "it is not a file")
    if (info.size === FileSystem.Size(0)) return
    const header = new Uint8Array(magic.length)
    yield* Effect.scoped(Effect.flatMap(fs.open(file), (opened) => opened.read(header)))
    if (new TextDecoder("latin1").decode(header) !== magic)
      return yield* refuse(file, "it is not a SQLite database")
  })

const connect = (filename: string) =>
  Effect.tap(
    // Its way into WAL mode would wait for locks with the event loop blocked; ours is below.
    SqliteClient.make({ filename, disableWAL: true }),
    (sql) => sql`PRAGMA busy_timeout = ${sql.literal(String(blockingMillis))}`
  )

/** The longest wait for a lock inside the driver, which blocks the event loop. Longer waits are made of many. */
const blockingMillis = 100

const checkSound = (sql: SqlClient): Effect.Effect<void, SqlError | StorageError> =>
  retryBusy(sql<{ readonly quick_check: string }>`PRAGMA quick_check(1)`).pipe(
    Effect.flatMap(([row]) =>
      row?.quick_check === "ok" ? Effect.void : refuse("the database", `it is damaged: ${row?.quick_check}`)
    )
  )

/**
 * A commit is on disk when it is acknowledged (`fullfsync` makes that true on macOS). What is no longer part of a record, as
 * a signed address, is overwritten in the pages it leaves. Nothing in the file itself may make the program run code.
 */
const configure = (sql: SqlClient): Effect.Effect<void, SqlError> =>
  Effect.all(
    [
      retryBusy(sql`PRAGMA journal_mode = WAL`),
      sql`PRAGMA synchronous = FULL`,
      sql`PRAGMA fullfsync = ON`,
      sql`PRAGMA foreign_keys = ON`,
      sql`PRAGMA secure_delete = ON`,
      sql`PRAGMA trusted_schema = OFF`
    ],
    { discard: true }
  )

/** The failure of a file on a file system that takes no writes, which SQLite and the platform report without its name. */
const readOnly = (file: string): StorageError | undefined => {
  const folder = existing(dirname(resolve(file)))
  try {
    accessSync(folder, constants.W_OK)
    return undefined
  } catch (error) {
    return codeOf(error) === "EROFS"
      ? new StorageError({
          operation: `open the database ${file}`,
          reason: `EROFS: ${folder} is on a read-only file system. Choose a folder that can be written to, or mount it writable`
        })
      : undefined
  }
}

/** The folder, or the nearest above it that there is. */
const existing = (folder: string): string =>
  existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder))

const refuse = (file: string, reason: string) =>
  new StorageError({ operation: `open ${file}`, reason: `${reason}. It was left as it is` })
