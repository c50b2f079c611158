/**
 * What a record needs to say what it really cost, and what became of the request on its way to a provider.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/** Adds columns to `generations`. Money is in millionths of a US dollar; what has a shape of its own is JSON. */
export const addReceipts = Effect.gen(function* () {
  const sql = yield* SqlClient
  const number = sql.literal(
    sql.onDialectOrElse({ sqlite: () => "INTEGER", orElse: () => "DOUBLE PRECISION" })
  )
  yield* sql`ALTER TABLE generations ADD COLUMN cost ${number}`
  yield* sql`ALTER TABLE generations ADD COLUMN cost_source TEXT`
  yield* sql`ALTER TABLE generations ADD COLUMN warnings TEXT`
  yield* sql`ALTER TABLE generations ADD COLUMN asked TEXT`
  yield* sql`ALTER TABLE generations ADD COLUMN tried TEXT`
  yield* sql`ALTER TABLE generations ADD COLUMN fallback TEXT`
})
