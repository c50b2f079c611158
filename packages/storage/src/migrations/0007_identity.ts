/**
 * What a database needs to be told from its copies, and to refuse programs that know an older shape of it.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/**
 * Creates the table `identity`, whose one row says which database this is, how many submits it has recorded, the oldest schema
 * whose programs may still change records (`least_schema`), and what the program knows whose transaction is under way
 * (`writer_schema`; outside a transaction it is 0).
 *
 * On SQLite, triggers refuse the transaction of a program that says nothing, or too little. It may still give a record
 * back, so that nothing stays in its hands, and ask for a cancel. `migrate` raises `least_schema` after every migration; a later one needs no
 * fence of its own.
 */
export const addIdentity = Effect.gen(function* () {
  const sql = yield* SqlClient
  const random = sql.literal(
    sql.onDialectOrElse({
      sqlite: () => "lower(hex(randomblob(16)))",
      orElse: () => "md5(random()::text || clock_timestamp()::text)"
    })
  )
  // A driver for Postgres returns its BIGINT as text; a double holds every number exactly.
  const number = sql.literal(
    sql.onDialectOrElse({ sqlite: () => "INTEGER", orElse: () => "DOUBLE PRECISION" })
  )
  yield* sql`CREATE TABLE identity (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    number ${number} NOT NULL,
    least_schema INTEGER NOT NULL,
    writer_schema INTEGER NOT NULL
  )`
  yield* sql`INSERT INTO identity (one, id, number, least_schema, writer_schema) VALUES (1, ${random}, 0, 0, 0)`
  yield* sql.onDialectOrElse({
    sqlite: () => Effect.all([refuse(sql, "INSERT", ""), refuse(sql, "UPDATE", unlessGivenBack)]),
    orElse: () => Effect.void
  })
})

// Privates ---------------------------------------------------------------------------------------------------------

const refuse = (sql: SqlClient, event: "INSERT" | "UPDATE", unless: string) =>
  sql.unsafe(`CREATE TRIGGER generations_refuse_older_${event.toLowerCase()} BEFORE ${event} ON generations
    WHEN (SELECT writer_schema < least_schema FROM identity)${unless}
    BEGIN
      SELECT RAISE(ABORT, '${sentence}');
    END`)

const unlessGivenBack = ` AND NOT (NEW.state = OLD.state AND NEW.state_json = OLD.state_json AND NEW.fence = OLD.fence
      AND (NEW.lease_owner IS NULL OR NEW.lease_owner IS OLD.lease_owner))`

/** What the program of an older version fails with. */
const sentence =
  "a newer version of Mutoscope has upgraded this database. Stop this process, and start the new version"
