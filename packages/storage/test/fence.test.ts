/**
 * Programs of an older version that still run when a newer one has upgraded their database.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { GenerationId } from "@mutoscope/core/Generation"
import { unlimited } from "@mutoscope/core/GenerationQueue"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import Sqlite from "better-sqlite3"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { newest } from "../src/internal/migrate.ts"
import * as Uptime from "../src/internal/uptime.ts"
import * as SqliteGenerationStore from "../src/SqliteGenerationStore.ts"
import { generation, intended, operation, temporary } from "./fixtures.ts"
import * as Older from "./older.ts"
import { olderStatements } from "./olderStatements.ts"

const open = (path: string) =>
  Effect.map(
    Layer.build(SqliteGenerationStore.layer({ path })).pipe(Effect.provide(NodeContext.layer)),
    (context) => Effect.provide(context)
  )

const store = GenerationStore

/** A program of schema 6 with its database open: one record sent by it, one in its hands, one in the queue. */
const older = Effect.gen(function* () {
  const path = join(yield* temporary, "records.db")
  const database = yield* Effect.acquireRelease(
    Effect.sync(() => Older.create(path)),
    (database) => Effect.sync(() => database.close())
  )
  const insert = (id: string, state: string, owner: string | null) =>
    Effect.map(generation({ id, ...(owner === null ? { queue: { batch: "b", priority: 0 } } : {}) }), (one) =>
      Older.insert(database, one, [state, `{"_tag":"${state}","attempt":1,"startedAt":1}`], owner)
    )
  yield* insert("sent", "Submitting", "older")
  yield* insert("held", "Queued", "older")
  yield* insert("queued", "Queued", null)
  const now = yield* Uptime.now
  database.prepare(olderStatements.heartbeat).run("older", now, 60_000)
  return { database, path, now }
})

const says = /a newer version of Mutoscope has upgraded this database\. Stop this process/

describe("a program of an older version", () => {
  it.scopedLive("can't take, move or add a record once a newer one has upgraded the database", () =>
    Effect.gen(function* () {
      const { database, now, path } = yield* older
      const at = [now, now]
      const state = (tag: string) => [tag, `{"_tag":"${tag}"}`, 1]
      const moves: ReadonlyArray<readonly [Older.Statement, ReadonlyArray<unknown>]> = [
        ["insert", [...Array.from({ length: 27 }, (_, index) => (index === 0 ? "new" : "x")), 1]],
        ["claim", ["older", "queued", ...at]],
        ["take", ["older", now, ...at, 3]],
        ["takeInFlight", ["older", "test", "else", now + 1e9, now + 1e9, 3]],
        ["adopt", ["older", "else", now + 1e9, now + 1e9, 3]],
        ["intend", [...state("Submitting"), "older", 1, "held", "Queued", 1, "older"]],
        ["accept", [...state("Rendering"), "op", "sent", "Submitting", 1, "older", "op", "test", "sent"]],
        ["update", [...state("Failed"), null, 0, null, null, null, null, "sent", "Submitting", 1, "older"]]
      ]
      // As the program has them: prepared long before, and used before.
      const prepared = moves.map(([name, parameters]) => {
        const statement = database.prepare(olderStatements[name])
        database.exec("BEGIN IMMEDIATE")
        statement.all(...parameters)
        database.exec("ROLLBACK")
        return { name, run: () => statement.all(...parameters) }
      })
      const within = yield* open(path)
      for (const { name, run } of prepared) {
        database.exec("BEGIN IMMEDIATE")
        assert.throws(run, says, name)
        database.exec("ROLLBACK")
      }
      // What it may still do leaves nothing in its hands.
      const free: ReadonlyArray<readonly [Older.Statement, ReadonlyArray<unknown>]> = [
        ["requestCancel", [1, "sent"]],
        ["heartbeat", ["older", now, 60_000]],
        ["release", ["held", 1, "older"]]
      ]
      for (const [name, parameters] of free) {
        const statement = database.prepare(olderStatements[name])
        if (name === "requestCancel") statement.all(...parameters)
        else statement.run(...parameters)
      }
      yield* within(
        Effect.gen(function* () {
          const records = yield* store
          const sent = yield* records.get(GenerationId.make("sent"))
          assert.strictEqual(sent.state._tag, "Submitting")
          assert.isDefined(sent.cancelRequestedAt)
          assert.strictEqual((yield* Effect.flip(records.claim(sent.id, "newer")))._tag, "LeaseLost")
          yield* intended(yield* records.claim(GenerationId.make("held"), "newer"))
          const [taken] = yield* records.queue.take("newer", { most: 1 })
          assert.strictEqual(taken?.generation.id, "queued")
        })
      )
    })
  )

  it.scopedLive("R4 loses no operation: what it notes in its spool is adopted by the newer one", () =>
    Effect.gen(function* () {
      const { database, path } = yield* older
      const within = yield* open(path)
      fs.mkdirSync(join(path, "..", "spool"), { recursive: true })
      fs.writeFileSync(
        join(path, "..", "spool", "older.jsonl"),
        `\n{"generationId":"sent","operation":${JSON.stringify(operation)},"at":1}\n`
      )
      database.prepare(olderStatements.retire).run("older")
      yield* within(
        Effect.gen(function* () {
          const records = yield* store
          const [claim] = yield* records.adopt("newer", 8)
          assert.strictEqual(claim?.generation.id, "sent")
          assert.deepStrictEqual(yield* records.spooled(GenerationId.make("sent")), Option.some(operation))
        })
      )
    })
  )

  it.scopedLive("is refused in the same way by every later schema, as we shall be", () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "records.db")
      const within = yield* open(path)
      yield* within(
        Effect.gen(function* () {
          const records = yield* store
          const sent = yield* intended(yield* records.create(yield* generation(), "me"))
          const held = yield* records.create(yield* generation(), "me")
          const other = new Sqlite(path)
          other.exec("UPDATE identity SET least_schema = 99")
          other.close()
          const state = { _tag: "Rendering", operation, submittedAt: DateTime.unsafeMake(0) } as const
          const outcomes = [
            yield* Effect.flip(intended(held)),
            yield* Effect.flip(records.accept(sent, state, "accepted")),
            yield* Effect.flip(Effect.flatMap(generation(), (one) => records.create(one, "me"))),
            yield* Effect.flip(records.queue.add([yield* generation({ queue: { batch: "b", priority: 0 } })]))
          ]
          for (const error of outcomes) {
            assert.strictEqual(error._tag, "StorageError")
            assert.match(error.message, says)
          }
          yield* records.release(held)
          assert.strictEqual((yield* records.get(held.generation.id)).state._tag, "Queued")
        })
      )
    })
  )

  it.scopedLive("a transaction that fails leaves no declaration behind for the next program", () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "records.db")
      const within = yield* open(path)
      yield* within(
        Effect.gen(function* () {
          const records = yield* store
          const claim = yield* records.create(yield* generation({ key: "k" }), "me")
          yield* Effect.flip(records.create(yield* generation({ key: "k" }), "me"))
          yield* Effect.exit(
            records.intend(
              claim,
              { _tag: "Submitting", attempt: 1, startedAt: DateTime.unsafeMake(0) },
              { ...unlimited, jobs: 0 }
            )
          )
          const other = new Sqlite(path)
          assert.deepStrictEqual(other.prepare("SELECT writer_schema, least_schema FROM identity").get(), {
            writer_schema: 0,
            least_schema: newest
          })
          assert.throws(() => other.exec("UPDATE generations SET state = 'Queued', fence = fence + 1"), says)
          other.close()
        })
      )
    })
  )
})
