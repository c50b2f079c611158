/**
 * What a record needs for a limit of money to hold when it is sent again.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/**
 * Adds the columns `possible_submits`, how many earlier submits of a record had no known outcome when it was sent again,
 * `possible_amount`, what they were expected to cost in millionths of a US dollar, and `possible_unpriced`, how many of them had
 * no known price. All are NULL where there was none; records of before do not know of theirs.
 */
export const addPossibleCharges = Effect.gen(function* () {
  const sql = yield* SqlClient
  const number = sql.literal(
    sql.onDialectOrElse({ sqlite: () => "INTEGER", orElse: () => "DOUBLE PRECISION" })
  )
  yield* sql`ALTER TABLE generations ADD COLUMN possible_submits ${number}`
  yield* sql`ALTER TABLE generations ADD COLUMN possible_amount ${number}`
  yield* sql`ALTER TABLE generations ADD COLUMN possible_unpriced ${number}`
  yield* sql`CREATE INDEX generations_possibly_charged ON generations (id) WHERE possible_submits IS NOT NULL`
})
