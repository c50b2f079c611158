/**
 * What an owner needs to be known to live whatever becomes of the time of day: when it last said so, and for how long.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/**
 * Creates the table `owners` anew, with times in milliseconds of a clock that is never set. Nobody is in it: who lives says so
 * within seconds. A program of an earlier version that still runs can't any more, and loses what it holds to others.
 */
export const addBeats = Effect.gen(function* () {
  const sql = yield* SqlClient
  const time = sql.literal(sql.onDialectOrElse({ sqlite: () => "INTEGER", orElse: () => "DOUBLE PRECISION" }))
  yield* sql`DROP TABLE owners`
  yield* sql`CREATE TABLE owners (
    owner TEXT NOT NULL PRIMARY KEY,
    beat ${time} NOT NULL,
    lease ${time} NOT NULL
  )`
})
