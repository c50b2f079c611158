/**
 * The database of the former name: whether a file is one, whether its records have been moved, and the steps of moving them.
 *
 * The records are copied, and the old file is marked in its place; it is never renamed. A process of the former version that
 * opens it in that moment then finds the mark, where after a rename it would go on writing to a file whose journal has another name.
 */
import { closeSync, existsSync, fsyncSync, openSync, readSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { migrationsTable } from "./names.ts"

/** The name of the migration that marks a database whose records have been moved. No prompt holds it by chance. */
const mark = "moved_to_mutoscope_6d1f0c52b7e94a83"

/** A schema of that number is newer than any that the former version knows, so it refuses the file and says why. */
const markedSchema = 1_000_000_000

/** Something else uses the database. */
export class InUse extends Data.TaggedError("InUse")<{ readonly file: string }> {}

/** The records cannot be moved; `reason` says why, in words that go on a sentence. */
export class NotMovable extends Data.TaggedError("NotMovable")<{ readonly reason: string }> {}

// --- what a file is, without opening it as a database ----------------------------------------------------------------

/**
 * What a file is: a database of ours, one whose records have been moved, or something else. Its bytes tell, and those of its
 * journal: a database of another program that is opened as one would be written to.
 */
export const kindOf = (file: string): "records" | "moved" | "other" => {
  const [database, journal] = [beginningOf(file), beginningOf(`${file}-wal`)]
  const found = `${database}\n${journal}`
  if (!database.startsWith(magic) || !tableOf.test(found)) return "other"
  return found.includes(mark) ? "moved" : "records"
}

const magic = "SQLite format 3\0"

/** The table as it stands in the schema of a database. */
const tableOf = new RegExp(`CREATE TABLE (IF NOT EXISTS )?"?${migrationsTable}`)

/** Bytes in which the tables' names stand for certain: they were written first. */
const beginning = 1024 * 1024

const beginningOf = (file: string): string => {
  if (!existsSync(file)) return ""
  try {
    const opened = openSync(file, "r")
    try {
      const bytes = Buffer.alloc(beginning)
      return bytes.toString("latin1", 0, readSync(opened, bytes, 0, beginning, 0))
    } finally {
      closeSync(opened)
    }
  } catch {
    // What cannot be read is nothing that could be moved.
    return ""
  }
}

// --- opened ----------------------------------------------------------------------------------------------------------

const load = Effect.promise(async () => (await import("better-sqlite3")).default)

/** The driver's error, of which only the code is looked at. */
const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : ""

const failed = (file: string) => (cause: unknown) =>
  codeOf(cause).startsWith("SQLITE_BUSY")
    ? new InUse({ file })
    : new NotMovable({ reason: cause instanceof Error ? cause.message : String(cause) })

/** A lock that ends with its process. Fails with `InUse` while another has it. */
export const locked = (file: string): Effect.Effect<void, InUse | NotMovable, Scope.Scope> =>
  Effect.gen(function* () {
    const Database = yield* load
    yield* Effect.acquireRelease(
      Effect.try({
        try: () => {
          const lock = new Database(file, { timeout: 0 })
          // Nothing is written to it: an empty file is enough of a database to be locked.
          lock.exec("BEGIN EXCLUSIVE")
          return lock
        },
        catch: failed(file)
      }),
      (lock) => Effect.sync(() => lock.close())
    )
  })

/** Keeps others from moving the records for as long as the scope is open, while all can read and write them. */
export const shared = (file: string): Effect.Effect<void, never, Scope.Scope> =>
  Effect.flatMap(
    load,
    (Database) =>
      Effect.acquireRelease(
        Effect.try(() => {
          const reader = new Database(file, { timeout: 1_000 })
          reader.prepare("SELECT COUNT(*) FROM sqlite_master").get()
          return reader
        }),
        (reader) => Effect.sync(() => reader.close())
      )
    // A courtesy to others: what is really wrong with the file is told by the store, which opens it next.
  ).pipe(Effect.ignore)

/** The database, which nobody else has open, and nobody else can open until the scope ends. */
export interface Exclusive {
  /** Whether its records have been moved. */
  readonly isMarked: Effect.Effect<boolean, NotMovable>
  /** Writes all of it into a new file, which is on disk when this returns, and looks whether it is whole. */
  readonly copyTo: (file: string) => Effect.Effect<void, NotMovable>
  /** Marks it. From then on the former version refuses it. */
  readonly mark: Effect.Effect<void, NotMovable>
  /** Removes what has been moved. */
  readonly empty: Effect.Effect<void, NotMovable>
}

/** Takes the database for this process alone. Fails with `InUse` where another has it open, even if it does nothing with it. */
export const exclusive = (file: string): Effect.Effect<Exclusive, InUse | NotMovable, Scope.Scope> =>
  Effect.gen(function* () {
    const Database = yield* load
    const database = yield* Effect.acquireRelease(
      Effect.try({ try: () => new Database(file, { timeout: 250 }), catch: failed(file) }),
      (opened) => Effect.sync(() => opened.close())
    )
    const attempt = <A>(use: () => A) =>
      Effect.try({
        try: use,
        catch: (cause) => new NotMovable({ reason: cause instanceof Error ? cause.message : String(cause) })
      })
    yield* Effect.try({
      try: () => {
        database.pragma("locking_mode = EXCLUSIVE", { simple: true })
        // Only who is alone can leave the journal behind. A committed transaction keeps its lock in this mode.
        database.pragma("journal_mode = DELETE", { simple: true })
        database.exec("BEGIN EXCLUSIVE; COMMIT")
        database.pragma("synchronous = EXTRA", { simple: true })
        database.pragma("fullfsync = ON", { simple: true })
        // Tables that point at one another are dropped in any order.
        database.pragma("foreign_keys = OFF", { simple: true })
      },
      catch: failed(file)
    })
    const count = (one: Pick<typeof database, "prepare">) =>
      decodeCount(one.prepare("SELECT COUNT(*) AS count FROM generations").get()).count
    const verify = (copy: string) => {
      const opened = new Database(copy)
      try {
        if (opened.pragma("quick_check(1)", { simple: true }) !== "ok" || count(opened) !== count(database))
          throw new Error("the copy is not whole")
      } finally {
        opened.close()
      }
    }
    return {
      isMarked: attempt(
        () =>
          database
            .prepare(`SELECT 1 FROM ${migrationsTable} WHERE migration_id = ? AND name = ?`)
            .get(markedSchema, mark) !== undefined
      ),
      copyTo: (copy) =>
        attempt(() => {
          rmSync(copy, { force: true })
          closeSync(openSync(copy, "wx", 0o600))
          database.prepare("VACUUM INTO ?").run(copy)
          verify(copy)
          syncFile(copy)
          syncFolder(dirname(copy))
        }).pipe(Effect.onError(() => Effect.sync(() => rmSync(copy, { force: true })))),
      mark: attempt(() => {
        database
          .prepare(`INSERT OR IGNORE INTO ${migrationsTable} (migration_id, name) VALUES (?, ?)`)
          .run(markedSchema, mark)
      }),
      empty: attempt(() => {
        const tables = decodeNames(
          database
            .prepare(
              "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
            )
            .all()
        )
        const drops = tables.flatMap(({ name }) =>
          name === migrationsTable ? [] : [`DROP TABLE "${name.replaceAll('"', '""')}";`]
        )
        database.exec(`BEGIN; ${drops.join(" ")} COMMIT; VACUUM`)
      })
    }
  })

const decodeCount = Schema.decodeUnknownSync(Schema.Struct({ count: Schema.Number }))
const decodeNames = Schema.decodeUnknownSync(Schema.Array(Schema.Struct({ name: Schema.String })))

// --- on disk ---------------------------------------------------------------------------------------------------------

const syncFile = (file: string) => {
  const opened = openSync(file, "r+")
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

/** Has the names in a folder on disk. Not every platform can open a folder; then its file system sees to it. */
export const syncFolder = (folder: string): void => {
  try {
    const opened = openSync(folder, "r")
    try {
      fsyncSync(opened)
    } finally {
      closeSync(opened)
    }
  } catch {
    // Windows.
  }
}
