/**
 * What a record needs for its receipt to be held against its quote.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/**
 * Adds the columns `quoted`, what the price alone came to in millionths of a US dollar, and `quoted_by`, the user's own price
 * that it was quoted at. Records of before have neither, and their receipts widen nothing: their quotes left parts out.
 */
export const addQuotes = Effect.gen(function* () {
  const sql = yield* SqlClient
  const number = sql.literal(
    sql.onDialectOrElse({ sqlite: () => "INTEGER", orElse: () => "DOUBLE PRECISION" })
  )
  yield* sql`ALTER TABLE generations ADD COLUMN quoted ${number}`
  yield* sql`ALTER TABLE generations ADD COLUMN quoted_by TEXT`
  yield* sql`CREATE INDEX generations_by_receipt ON generations (provider, model, intended_at)
    WHERE quoted IS NOT NULL AND cost IS NOT NULL`
})
