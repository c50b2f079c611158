/**
 * What a record needs to say that its provider confirmed a cancel.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/** Adds the column `cancel_confirmed_at` to `generations`, in milliseconds since 1970. */
export const addCancelConfirmed = Effect.gen(function* () {
  const sql = yield* SqlClient
  const time = sql.literal(sql.onDialectOrElse({ sqlite: () => "INTEGER", orElse: () => "DOUBLE PRECISION" }))
  yield* sql`ALTER TABLE generations ADD COLUMN cancel_confirmed_at ${time}`
})
