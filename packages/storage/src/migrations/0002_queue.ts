/**
 * What a record needs to wait for its turn and to be counted: keys, prices, places in the queue, limits.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/** Adds columns to `generations`, and the tables `limits` and `settings`. Money is in millionths of a US dollar. */
export const addQueue = Effect.gen(function* () {
  const sql = yield* SqlClient
  // A driver for Postgres returns its BIGINT as text; a double holds every amount and every turn exactly.
  const number = sql.literal(
    sql.onDialectOrElse({ sqlite: () => "INTEGER", orElse: () => "DOUBLE PRECISION" })
  )

  yield* sql`ALTER TABLE generations ADD COLUMN job_key TEXT`
  yield* sql`ALTER TABLE generations ADD COLUMN fingerprint TEXT`
  yield* sql`ALTER TABLE generations ADD COLUMN estimate ${number}`
  yield* sql`ALTER TABLE generations ADD COLUMN batch TEXT`
  yield* sql`ALTER TABLE generations ADD COLUMN priority INTEGER`
  yield* sql`ALTER TABLE generations ADD COLUMN turn ${number}`
  yield* sql`ALTER TABLE generations ADD COLUMN not_before ${number} NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE generations ADD COLUMN intended_by TEXT`
  yield* sql`ALTER TABLE generations ADD COLUMN intended_at ${number}`

  yield* sql`CREATE UNIQUE INDEX generations_by_key ON generations (job_key)`
  yield* sql`CREATE INDEX generations_by_fingerprint ON generations (fingerprint) WHERE fingerprint IS NOT NULL`
  yield* sql`CREATE INDEX generations_by_batch ON generations (batch, state) WHERE batch IS NOT NULL`
  yield* sql`CREATE INDEX generations_by_owner ON generations (lease_owner) WHERE lease_owner IS NOT NULL`
  yield* sql`CREATE INDEX generations_by_run ON generations (intended_by) WHERE intended_by IS NOT NULL`
  yield* sql`CREATE INDEX generations_by_day ON generations (intended_at) WHERE intended_at IS NOT NULL`
  yield* sql`CREATE INDEX generations_waiting ON generations (priority DESC, turn, number)
    WHERE state = 'Queued' AND batch IS NOT NULL`
  yield* sql`CREATE INDEX generations_waiting_in_batch ON generations (batch, priority DESC, turn, number)
    WHERE state = 'Queued' AND batch IS NOT NULL`

  yield* sql`CREATE TABLE limits (
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    most INTEGER NOT NULL,
    PRIMARY KEY (provider, model)
  )`
  yield* sql`CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)`
})
