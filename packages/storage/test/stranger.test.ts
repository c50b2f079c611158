/**
 * The store over an application's own SQL client.
 */
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { SqlClient } from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { assert, describe, it } from "@effect/vitest"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as SqlGenerationStore from "../src/SqlGenerationStore.ts"
import { generation, temporary } from "./fixtures.ts"
import * as Stranger from "./stranger.ts"

const shared = Layer.unwrapScoped(
  Effect.map(temporary, (directory) =>
    SqlGenerationStore.layer({ spoolDirectory: join(directory, "spool") }).pipe(
      Layer.provideMerge(SqliteClient.layer({ filename: join(directory, "records.db") })),
      Layer.provideMerge(NodeContext.layer)
    )
  )
)

/** Fails rather than waiting for ever. */
const soon = Effect.timeoutFail({ duration: "10 seconds", onTimeout: () => "it waits for ever" as const })

describe("a store over an application's client", () => {
  it.scopedLive("fails at once inside a transaction of the application, which goes on", () =>
    Effect.gen(function* () {
      yield* Stranger.tables
      const sql = yield* SqlClient
      const store = yield* GenerationStore
      const record = yield* generation()
      const [write, read] = yield* sql.withTransaction(
        Effect.gen(function* () {
          const write = yield* soon(Effect.flip(store.create(record, "me")))
          const read = yield* soon(Effect.flip(store.get(record.id)))
          yield* sql`INSERT INTO parents DEFAULT VALUES`
          return [write, read] as const
        })
      )
      for (const error of [write, read]) {
        if (typeof error === "string") return assert.fail(error)
        assert.strictEqual(error._tag, "StorageError")
        assert.include(error.message, "withTransaction")
      }
      assert.lengthOf(yield* sql`SELECT id FROM parents`, 1)
      yield* soon(store.create(record, "me"))
    }).pipe(Effect.provide(shared))
  )

  it.scopedLive("writes after a COMMIT of the application has failed, and so does the application", () =>
    Effect.gen(function* () {
      yield* Stranger.tables
      const sql = yield* SqlClient
      const store = yield* GenerationStore
      for (const _ of [1, 2]) {
        const failed = yield* Stranger.failingCommit
        assert.isTrue(Exit.isFailure(failed))
        const record = yield* generation()
        yield* store.create(record, "me")
        assert.strictEqual((yield* store.get(record.id)).id, record.id)
      }
      yield* sql.withTransaction(sql`INSERT INTO parents DEFAULT VALUES`)
      assert.lengthOf(yield* sql`SELECT parent FROM children`, 0)
    }).pipe(Effect.provide(shared))
  )

  it.scopedLive("cannot be opened inside a transaction", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const sql = yield* SqlClient
      const opened = SqlGenerationStore.make({ spoolDirectory: join(directory, "spool") })
      const error = yield* sql.withTransaction(soon(Effect.flip(opened)))
      assert.include(typeof error === "string" ? error : error.message, "inside withTransaction")
    }).pipe(Effect.provide(shared))
  )
})
