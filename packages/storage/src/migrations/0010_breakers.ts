/**
 * What is kept of providers that deliver nothing.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/**
 * Adds the table `breakers`: the JSON of a breaker for each provider with a job in trouble since its last video, and in
 * milliseconds since 1970 when one job may be tried again; NULL while it is closed.
 */
export const addBreakers = Effect.gen(function* () {
  const sql = yield* SqlClient
  const time = sql.literal(sql.onDialectOrElse({ sqlite: () => "INTEGER", orElse: () => "DOUBLE PRECISION" }))
  yield* sql`CREATE TABLE breakers (provider TEXT NOT NULL PRIMARY KEY, breaker TEXT NOT NULL, retry_at ${time})`
})
