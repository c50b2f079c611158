/**
 * Brings the tables to the shape that this program knows, and refuses those of a newer one.
 */
import * as Migrator from "@effect/sql/Migrator"
import { SqlClient, TransactionConnection } from "@effect/sql/SqlClient"
import { StorageError } from "@mutoscope/core/GenerationError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { createGenerations } from "../migrations/0001_create_generations.ts"
import { addQueue } from "../migrations/0002_queue.ts"
import { addReceipts } from "../migrations/0003_receipts.ts"
import { addIgnored } from "../migrations/0004_ignored.ts"
import { addBeats } from "../migrations/0005_beats.ts"
import { addVideoHashes } from "../migrations/0006_video_hashes.ts"
import { addIdentity } from "../migrations/0007_identity.ts"
import { addCancelConfirmed } from "../migrations/0008_cancel_confirmed.ts"
import { addQuotes } from "../migrations/0009_quotes.ts"
import { addBreakers } from "../migrations/0010_breakers.ts"
import { addPossibleCharges } from "../migrations/0011_possible_charges.ts"
import * as DatabaseFile from "./databaseFile.ts"
import { immediately } from "./groupCommit.ts"
import * as IdentitySql from "./identitySql.ts"
import { isBusy, storageError } from "./storageError.ts"

// The table keeps the name it had when the first databases were written.
const table = "videogen_migrations"

const migrations = {
  "0001_create_generations": createGenerations,
  "0002_queue": addQueue,
  "0003_receipts": addReceipts,
  "0004_ignored": addIgnored,
  "0005_beats": addBeats,
  "0006_video_hashes": addVideoHashes,
  "0007_identity": addIdentity,
  "0008_cancel_confirmed": addCancelConfirmed,
  "0009_quotes": addQuotes,
  "0010_breakers": addBreakers,
  "0011_possible_charges": addPossibleCharges
}

/** The newest schema that this program knows: the number of its last migration. Numbers may have gaps. */
export const newest = Math.max(...Object.keys(migrations).map((name) => Number.parseInt(name, 10)))

/**
 * Runs the migrations that are missing. Any number of processes may do so at once. A database file that has records is backed
 * up first; where that fails, the database is left as it is.
 */
export const migrate: Effect.Effect<void, StorageError, SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient
  // Its statements would run on the connection of that transaction, whichever client it belongs to.
  if (Option.isSome(yield* Effect.serviceOption(TransactionConnection)))
    return yield* new StorageError({
      operation: "prepare the database",
      reason: "a store cannot be opened inside withTransaction. Open it before the transaction"
    })
  // Most starts find the tables as they should be, and need no lock to see it.
  const before = yield* versionIfAny(sql)
  if (before < newest) yield* sql.onDialectOrElse({ sqlite: () => exclusively(sql), orElse: () => all(sql) })
  yield* refuseNewer(sql)
}).pipe(
  Effect.catchAllDefect((defect) => Effect.fail(defect)),
  Effect.mapError(storageError("prepare the database"))
)

/** The schema of a database that has been migrated. */
export const version = (sql: SqlClient) =>
  sql<{ readonly version: number | null }>`SELECT MAX(migration_id) AS version FROM ${sql(table)}`.pipe(
    Effect.map((rows) => rows[0]?.version ?? 0)
  )

// Privates ---------------------------------------------------------------------------------------------------------

const run = Migrator.make({})({ loader: Migrator.fromRecord(migrations), table })

const all = (sql: SqlClient) => Effect.zipRight(run, sql.unsafe(IdentitySql.admit(newest)))

/**
 * The migrator reads before it writes: without the lock, two processes that start together get in each other's way. Under it
 * nothing is committed that the backup would miss, and only one process makes one.
 */
const exclusively = (sql: SqlClient) =>
  Effect.flatten(
    immediately(sql, (connection) => {
      const within = Effect.provideService(TransactionConnection, [connection, 0] as const)
      return Effect.gen(function* () {
        const before = yield* within(versionUnderLock(sql))
        if (before >= newest) return
        const file = yield* DatabaseFile.DatabaseFile
        // Not within: the service of a transaction holds for every client, and the backup has its own.
        if (before > 0 && Option.isSome(file)) yield* file.value.backUp(before)
        if (before >= IdentitySql.since) yield* within(sql.unsafe(IdentitySql.declare(newest)))
        yield* within(all(sql))
      })
    })
  ).pipe(Effect.retry({ while: isBusy, times: patience }), oneAtATime)

/**
 * The stores of one process take turns without asking for the lock: each question blocks the event loop for a while, and many of
 * them would leave none of it to the one that has the lock.
 */
const oneAtATime = Effect.unsafeMakeSemaphore(1).withPermits(1)

/** How often the wait of five seconds for a lock is begun anew: another process may be making a large backup. */
const patience = 11

// Where there are no tables yet the driver throws, and remembers that for this very statement: it is used only here.
const versionIfAny = (sql: SqlClient) =>
  sql<{ readonly version: number }>`SELECT migration_id AS version FROM ${sql(table)} ORDER BY 1 DESC`.pipe(
    Effect.map((rows) => rows[0]?.version ?? 0),
    Effect.catchAllDefect((defect) => Effect.fail(defect)),
    Effect.orElseSucceed(() => 0)
  )

const versionUnderLock = (sql: SqlClient) =>
  Effect.flatMap(sql<object>`SELECT 1 FROM sqlite_master WHERE name = ${table}`, (tables) =>
    tables.length === 0 ? Effect.succeed(0) : version(sql)
  )

const refuseNewer = (sql: SqlClient) =>
  Effect.filterOrFail(
    version(sql),
    (found) => found <= newest,
    (found) =>
      new StorageError({
        operation: "open the database",
        reason: `it was written by a newer version of Mutoscope (schema ${found}; this one knows ${newest}). Update Mutoscope`
      })
  )
