/**
 * Brings the tables to the shape that this program knows, and refuses those of a newer one.
 */
import * as Migrator from "@effect/sql/Migrator"
import { SqlClient, TransactionConnection } from "@effect/sql/SqlClient"
import { StorageError } from "@mutoscope/core/GenerationError"
import * as Effect from "effect/Effect"
import { createGenerations } from "../migrations/0001_create_generations.ts"
import { addQueue } from "../migrations/0002_queue.ts"
import { addReceipts } from "../migrations/0003_receipts.ts"
import { addIgnored } from "../migrations/0004_ignored.ts"
import { addBeats } from "../migrations/0005_beats.ts"
import { addVideoHashes } from "../migrations/0006_video_hashes.ts"
import { addCancelConfirmed } from "../migrations/0008_cancel_confirmed.ts"
import { addQuotes } from "../migrations/0009_quotes.ts"
import { addBreakers } from "../migrations/0010_breakers.ts"
import { immediately } from "./groupCommit.ts"
import { storageError } from "./storageError.ts"

// The table keeps the name it had when the first databases were written.
const table = "videogen_migrations"

const migrations = {
  "0001_create_generations": createGenerations,
  "0002_queue": addQueue,
  "0003_receipts": addReceipts,
  "0004_ignored": addIgnored,
  "0005_beats": addBeats,
  "0006_video_hashes": addVideoHashes,
  "0008_cancel_confirmed": addCancelConfirmed,
  "0009_quotes": addQuotes,
  "0010_breakers": addBreakers
}

/** The number of the last migration: numbers may have gaps. */
const newest = Math.max(...Object.keys(migrations).map((name) => Number.parseInt(name, 10)))

/** Runs the migrations that are missing. Any number of processes may do so at once. */
export const migrate: Effect.Effect<void, StorageError, SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient
  // Most starts find the tables as they should be, and need no lock to see it.
  const before = yield* versionIfAny(sql)
  if (before < newest) yield* sql.onDialectOrElse({ sqlite: () => exclusively(sql), orElse: () => run })
  yield* refuseNewer(sql)
}).pipe(
  Effect.catchAllDefect((defect) => Effect.fail(defect)),
  Effect.mapError(storageError("prepare the database"))
)

const run = Migrator.make({})({ loader: Migrator.fromRecord(migrations), table })

// The migrator reads before it writes: without the lock, two processes that start together get in each other's way.
const exclusively = (sql: SqlClient) =>
  Effect.flatten(
    immediately(sql, (connection) => Effect.provideService(run, TransactionConnection, [connection, 0]))
  )

// Where there are no tables yet the driver throws, and remembers that for this very statement: it is used only here.
const versionIfAny = (sql: SqlClient) =>
  sql<{ readonly version: number }>`SELECT migration_id AS version FROM ${sql(table)} ORDER BY 1 DESC`.pipe(
    Effect.map((rows) => rows[0]?.version ?? 0),
    Effect.catchAllDefect((defect) => Effect.fail(defect)),
    Effect.orElseSucceed(() => 0)
  )

const version = (sql: SqlClient) =>
  sql<{ readonly version: number | null }>`SELECT MAX(migration_id) AS version FROM ${sql(table)}`.pipe(
    Effect.map((rows) => rows[0]?.version ?? 0)
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
