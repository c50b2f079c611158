/**
 * The records, who holds them, who lives, and what happened.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/** Creates the tables `generations`, `owners` and `events`. Times are milliseconds since 1970. */
export const createGenerations = Effect.gen(function* () {
  const sql = yield* SqlClient
  const number = sql.literal(
    sql.onDialectOrElse({
      sqlite: () => "INTEGER PRIMARY KEY AUTOINCREMENT",
      orElse: () => "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    })
  )
  // A driver for Postgres returns its BIGINT as text; a double holds every millisecond exactly.
  const time = sql.literal(sql.onDialectOrElse({ sqlite: () => "INTEGER", orElse: () => "DOUBLE PRECISION" }))

  yield* sql`CREATE TABLE generations (
    number ${number},
    id TEXT NOT NULL UNIQUE,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    state_json TEXT NOT NULL,
    operation_id TEXT,
    output TEXT,
    created_at ${time} NOT NULL,
    updated_at ${time} NOT NULL,
    cancel_requested_at ${time},
    lease_owner TEXT,
    fence INTEGER NOT NULL
  )`
  yield* sql`CREATE INDEX generations_by_time ON generations (created_at, number)`
  yield* sql`CREATE INDEX generations_by_state ON generations (state, created_at, number)`
  yield* sql`CREATE INDEX generations_by_operation ON generations (operation_id)`

  yield* sql`CREATE TABLE owners (owner TEXT NOT NULL PRIMARY KEY, expires_at ${time} NOT NULL)`

  yield* sql`CREATE TABLE events (
    generation_id TEXT NOT NULL REFERENCES generations (id),
    sequence INTEGER NOT NULL,
    at ${time} NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    cause TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    PRIMARY KEY (generation_id, sequence)
  )`
})
