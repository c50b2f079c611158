/**
 * What a record needs to be found by its video.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/** Adds the column `video_sha256`, in lower-case hexadecimal digits, and fills it from what is known. */
export const addVideoHashes = Effect.gen(function* () {
  const sql = yield* SqlClient
  const known = sql.literal(
    sql.onDialectOrElse({
      sqlite: () => "json_extract(state_json, '$.video.sha256')",
      orElse: () => "state_json::json -> 'video' ->> 'sha256'"
    })
  )
  yield* sql`ALTER TABLE generations ADD COLUMN video_sha256 TEXT`
  yield* sql`UPDATE generations SET video_sha256 = ${known} WHERE state = 'Completed'`
  yield* sql`CREATE INDEX generations_by_video ON generations (video_sha256) WHERE video_sha256 IS NOT NULL`
})
