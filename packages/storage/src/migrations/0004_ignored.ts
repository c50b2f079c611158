/**
 * What a record needs to say which of its options say nothing of the video.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/** Adds a column to `generations`: the names of the options that the provider did not look at, as JSON. */
export const addIgnored = Effect.gen(function* () {
  const sql = yield* SqlClient
  yield* sql`ALTER TABLE generations ADD COLUMN ignored TEXT`
})
