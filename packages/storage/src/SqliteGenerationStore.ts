/**
 * The records in one SQLite file: the default. Any number of processes may use the file at once; what has been
 * acknowledged survives a crash of the process, of the system, and of the power supply.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { SqlClient } from "@effect/sql/SqlClient"
import type { StorageError } from "@mutoscope/core/GenerationError"
import type { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Backups from "./internal/backup.ts"
import { DatabaseFile, type OpenDatabase } from "./internal/databaseFile.ts"
import * as GroupCommit from "./internal/groupCommit.ts"
import * as IdentitySql from "./internal/identitySql.ts"
import { migrate, newest, version } from "./internal/migrate.ts"
import * as Noted from "./internal/noted.ts"
import * as SpoolFiles from "./internal/spoolFiles.ts"
import * as SqliteFile from "./internal/sqliteFile.ts"
import { storageError } from "./internal/storageError.ts"
import * as SubmitGuard from "./internal/submitGuard.ts"
import * as SqlGenerationStore from "./SqlGenerationStore.ts"

export type { Backup } from "./internal/backup.ts"
export type { Noted } from "./internal/noted.ts"
export type { Standing } from "./internal/submitGuard.ts"

/** Where the records are kept, and what is remembered of them elsewhere. */
export interface Options {
  /** The database file; it and its folder are created for their owner's eyes alone. */
  readonly path: string
  /** Where operations are noted that could not be written into their records: `spool` beside the database by default. */
  readonly spoolDirectory?: string | undefined
  /**
   * A folder apart from the database that remembers how many submits it has recorded, so that an older copy that is put back is
   * recognised, and nothing is sent from it. Without it there is no such check.
   */
  readonly stateDirectory?: string | undefined
  /** Says what a person should know of, and need not act on: by default a warning of the log. */
  readonly onWarning?: ((message: string) => Effect.Effect<void>) | undefined
}

/** What there is to know of a database file as such. */
export interface Inspection {
  /** Its absolute path, links followed. */
  readonly path: string
  /** 32 hexadecimal digits, which its copies have too. */
  readonly id: string
  /** The number of the last migration. */
  readonly schema: number
  /** How many submits it has recorded. */
  readonly number: number
  /** How it stands to what the state folder remembers of it; none where no folder was named. */
  readonly standing: Option.Option<SubmitGuard.Standing>
  /** The copies beside it that were made before migrations, newest first. */
  readonly backups: ReadonlyArray<Backups.Backup>
  /** Operations that are noted in the spool and in no record: of a database that was removed or put back. */
  readonly noted: ReadonlyArray<Noted.Noted>
}

/**
 * The store in a SQLite file. Fails with `StorageError` where the file cannot be opened, is not a sound database, or
 * was written by a newer version; such a file is left as it is. One of an older version is backed up beside itself, and migrated.
 */
export const layer = (
  options: Options
): Layer.Layer<GenerationStore, StorageError, FileSystem.FileSystem | Path.Path> =>
  Layer.unwrapEffect(
    Effect.map(Path.Path, (path) =>
      SqlGenerationStore.layer({
        spoolDirectory: spoolOf(options, path)
      }).pipe(Layer.provide(SqliteFile.layer(options.path, options)))
    )
  )

/** The same, from the configuration: `MUTOSCOPE_DATABASE` unless told otherwise. */
export const layerConfig = (
  options: Config.Config.Wrap<Options> = { path: Config.string("MUTOSCOPE_DATABASE") }
): Layer.Layer<GenerationStore, StorageError | ConfigError, FileSystem.FileSystem | Path.Path> =>
  Layer.unwrapEffect(Effect.map(Config.unwrap(options), layer))

/** Looks at a database as such, which is created or migrated first, as by `layer`. */
export const inspect = (
  options: Options
): Effect.Effect<Inspection, StorageError, FileSystem.FileSystem | Path.Path> => withFile(options, inspection)

/**
 * Accepts a database that was restored from an older copy as it is, so that it sends again. It takes the operations that are
 * noted in the spool, and learns nothing else of what was sent since the copy was made: whoever accepts it has looked at the
 * provider's console. Does nothing where it is current.
 */
export const acceptRestored = (
  options: Options
): Effect.Effect<Inspection, StorageError, FileSystem.FileSystem | Path.Path> =>
  withFile(options, (opened) =>
    Effect.gen(function* () {
      const { file, sql } = opened
      const { noted, standing } = yield* inspection(opened)
      if (Option.isSome(file.state) && Option.exists(standing, ({ _tag }) => _tag === "Restored")) {
        const database = yield* GroupCommit.make(sql, IdentitySql.declaration(sql, newest))
        const waiting = new Set(noted.map(({ generationId }) => generationId))
        const lines = opened.lines.filter(({ generationId }) => waiting.has(generationId))
        yield* Noted.recover(sql, database, lines)
        yield* SubmitGuard.accept(database, IdentitySql.make(sql), file, file.state.value)
      }
      return yield* inspection(opened)
    })
  )

// Privates ---------------------------------------------------------------------------------------------------------

const spoolOf = ({ path, spoolDirectory }: Options, { dirname, join }: Path.Path) =>
  spoolDirectory ?? join(dirname(path), "spool")

/** A database that is open, and what is noted beside it. */
interface Opened {
  readonly sql: SqlClient
  readonly file: OpenDatabase
  readonly lines: ReadonlyArray<SpoolFiles.Line>
}

const withFile = <A>(
  options: Options,
  use: (opened: Opened) => Effect.Effect<A, StorageError, Scope.Scope>
): Effect.Effect<A, StorageError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    yield* migrate
    const [fs, path, sql, file] = yield* Effect.all([
      FileSystem.FileSystem,
      Path.Path,
      SqlClient,
      DatabaseFile
    ])
    if (Option.isNone(file)) return yield* Effect.dieMessage("a SQLite file is known by its name")
    const lines = yield* Effect.mapError(
      SpoolFiles.make(fs, path, spoolOf(options, path)).latest,
      storageError("read the spool")
    )
    return yield* use({ sql, file: file.value, lines })
  }).pipe(Effect.scoped, Effect.provide(SqliteFile.layer(options.path, options)))

const inspection = ({ file, lines, sql }: Opened): Effect.Effect<Inspection, StorageError> =>
  Effect.gen(function* () {
    const { path, state } = file
    const { read } = yield* GroupCommit.make(sql)
    const statements = IdentitySql.make(sql)
    const { id, number } = yield* SubmitGuard.identity({ read }, statements)
    const known = yield* Effect.transposeMapOption(state, (state) =>
      SubmitGuard.standing({ read }, statements, file, state)
    )
    return {
      path,
      id,
      number,
      schema: yield* Effect.mapError(version(sql), storageError("read the schema of the database")),
      standing: Option.map(known, ({ standing }) => standing),
      backups: yield* Backups.list(path),
      noted: yield* Noted.find(sql, read, lines)
    }
  }).pipe(Effect.scoped)
