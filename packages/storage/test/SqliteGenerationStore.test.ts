import { spawn } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { GenerationId } from "@mutoscope/core/Generation"
import { GenerationFailed, type StorageError } from "@mutoscope/core/GenerationError"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import { MicroUsd } from "@mutoscope/core/Money"
import Sqlite from "better-sqlite3"
import * as ConfigProvider from "effect/ConfigProvider"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SqliteGenerationStore from "../src/SqliteGenerationStore.ts"
import { generation, intended, operation, temporary } from "./fixtures.ts"
import * as Older from "./older.ts"

const posix = process.platform !== "win32"

const layer = (path: string) => SqliteGenerationStore.layer({ path }).pipe(Layer.provide(NodeContext.layer))

const use = <A, E>(path: string, effect: Effect.Effect<A, E, GenerationStore>) =>
  Effect.provide(effect, layer(path))

const file = Effect.map(temporary, (directory) => join(directory, "state", "records.db"))

const refusal = (path: string): Effect.Effect<StorageError> =>
  Effect.flip(use(path, Effect.asVoid(GenerationStore))).pipe(Effect.orDie)

/** A sound database with one record, closed. */
const written = Effect.gen(function* () {
  const path = yield* file
  const claim = yield* use(
    path,
    Effect.flatMap(GenerationStore, (store) => Effect.flatMap(generation(), (one) => store.create(one, "me")))
  )
  return { path, id: claim.generation.id }
})

/** A sound database with one record, as a version wrote it that knew of no receipts. */
const old = Effect.gen(function* () {
  const path = yield* file
  const database = Older.create(path)
  const one = yield* generation()
  Older.insert(database, one, ["Queued", '{"_tag":"Queued","attempt":0}'], null)
  database.exec("DROP INDEX generations_by_video")
  for (const column of [
    "video_sha256",
    "cost",
    "cost_source",
    "warnings",
    "ignored",
    "asked",
    "tried",
    "fallback"
  ])
    database.exec(`ALTER TABLE generations DROP COLUMN ${column}`)
  database.exec(
    "DROP TABLE owners; CREATE TABLE owners (owner TEXT NOT NULL PRIMARY KEY, expires_at INTEGER NOT NULL)"
  )
  database.exec("INSERT INTO owners VALUES ('gone', 1)")
  database.exec("DELETE FROM videogen_migrations WHERE migration_id >= 3")
  database.close()
  return { path, id: one.id }
})

/** How many there are. */
const migrations = fs.readdirSync(new URL("../src/migrations", import.meta.url)).length

const nothing = Effect.map(file, (path) => ({ ids: [], path }))

/** From the n-th on no statement of this process is even prepared, a rollback neither; what is open is closed like that. */
const stoppingAt = (n: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { prepare } = Sqlite.prototype
      let count = 0
      Sqlite.prototype.prepare = function (text) {
        if (count++ >= n) throw new Error("it died here")
        return prepare.call(this, text)
      }
      return prepare
    }),
    (prepare) =>
      Effect.sync(() => {
        Sqlite.prototype.prepare = prepare
      })
  )

describe("SqliteGenerationStore", () => {
  it.scoped("keeps records from one run to the next", () =>
    Effect.gen(function* () {
      const { id, path } = yield* written
      const again = yield* use(
        path,
        Effect.flatMap(GenerationStore, (store) => store.get(id))
      )
      assert.strictEqual(again.id, id)
    })
  )

  it.scoped("takes its path from the configuration", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* Effect.asVoid(GenerationStore).pipe(
        Effect.provide(SqliteGenerationStore.layerConfig()),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["MUTOSCOPE_DATABASE", path]]))),
        Effect.provide(NodeContext.layer)
      )
      assert.isTrue(fs.existsSync(path))
    })
  )

  it.scoped.skipIf(!posix)("X15 opens everything for its owner's eyes alone", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* use(
        path,
        Effect.gen(function* () {
          const store = yield* GenerationStore
          yield* intended(yield* store.create(yield* generation(), "me"))
          const folder = join(path, "..")
          const modes = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
            const mode = fs.statSync(join(entry.parentPath, entry.name)).mode & 0o777
            return [entry.isDirectory(), mode.toString(8)] as const
          })
          assert.isAtLeast(modes.length, 5)
          for (const [isFolder, mode] of modes) assert.strictEqual(mode, isFolder ? "700" : "600")
          assert.strictEqual(fs.statSync(folder).mode & 0o777, 0o700)
        })
      )
    })
  )

  it.scoped("S05 refuses a path that is no file, or leads through one", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      fs.writeFileSync(join(directory, "file"), "")
      assert.match((yield* refusal(directory)).message, /could not open.*not a file/s)
      assert.strictEqual((yield* refusal(join(directory, "file", "x.db")))._tag, "StorageError")
    })
  )

  const damages: ReadonlyArray<readonly [string, (bytes: Buffer) => Buffer]> = [
    ["another format", () => Buffer.from("This is not a database, and long enough to look like one.")],
    ["garbage in the header", (bytes) => Buffer.concat([Buffer.alloc(100, 7), bytes.subarray(100)])],
    ["a file cut short", (bytes) => bytes.subarray(0, bytes.length - 4096 * 2)],
    [
      "a page overwritten",
      (bytes) => Buffer.concat([bytes.subarray(0, 4096), Buffer.alloc(4096, 7), bytes.subarray(8192)])
    ]
  ]
  it.scoped.each(damages)("S10 refuses %s, and leaves it as it is", ([, damage]) =>
    Effect.gen(function* () {
      const { path } = yield* written
      const damaged = damage(fs.readFileSync(path))
      fs.writeFileSync(path, damaged)
      assert.strictEqual((yield* refusal(path))._tag, "StorageError")
      assert.isTrue(fs.readFileSync(path).equals(damaged))
    })
  )

  it.scoped("S11 opens where the journals are gone", () =>
    Effect.gen(function* () {
      const { id, path } = yield* written
      for (const journal of ["-wal", "-shm"]) fs.rmSync(`${path}${journal}`, { force: true })
      const again = yield* use(
        path,
        Effect.flatMap(GenerationStore, (store) => store.get(id))
      )
      assert.strictEqual(again.id, id)
    })
  )

  it.scoped("S12 refuses what a newer version wrote, and says so", () =>
    Effect.gen(function* () {
      const { path } = yield* written
      const database = new Sqlite(path)
      database.exec("INSERT INTO videogen_migrations (migration_id, name) VALUES (99, 'from_the_future')")
      database.close()
      assert.match((yield* refusal(path)).reason, /newer version of Mutoscope \(schema 99/)
    })
  )

  it.scopedLive.each(["nothing", "an earlier version"])(
    "S12 a migration of %s that stops at any of its statements is made whole by the next",
    (before) =>
      Effect.gen(function* () {
        const opened = Effect.flatMap(GenerationStore, (store) => store.list({}))
        let stops = 0
        for (; ; stops++) {
          const { ids, path } = yield* before === "nothing"
            ? nothing
            : Effect.map(old, ({ id, path }) => ({ ids: [id], path }))
          const exit = yield* Effect.scoped(
            Effect.zipRight(stoppingAt(stops), Effect.exit(use(path, opened)))
          )
          if (Exit.isSuccess(exit)) break
          const records = yield* use(path, opened)
          assert.deepStrictEqual(
            records.map(({ id }) => id),
            ids
          )
          const database = new Sqlite(path)
          assert.strictEqual(database.pragma("quick_check", { simple: true }), "ok")
          const known = database.prepare("SELECT COUNT(*) AS count FROM videogen_migrations").get()
          database.close()
          assert.deepStrictEqual(known, { count: migrations })
        }
        assert.isAbove(stops, before === "nothing" ? 30 : 10)
      })
  )

  it.scoped("what was written before there were receipts is read, gone on with, and gets one", () =>
    Effect.gen(function* () {
      const { id, path } = yield* old
      const cost = { amount: MicroUsd.make(7), source: "reported" } as const
      const found = yield* use(
        path,
        Effect.gen(function* () {
          const store = yield* GenerationStore
          const claim = yield* intended(yield* store.claim(id, "me"))
          const error = new GenerationFailed({ provider: "test", reason: "no" })
          const finishedAt = DateTime.unsafeMake(0)
          yield* store.transition(claim, { _tag: "Failed", error, finishedAt }, "no", { cost })
          return yield* store.get(id)
        })
      )
      assert.deepStrictEqual(found.cost, cost)
      assert.isUndefined(found.warnings)
    })
  )

  it.scoped("S12 is migrated once when many open it at the same time", () =>
    Effect.gen(function* () {
      const path = yield* file
      const create = Effect.flatMap(GenerationStore, (store) =>
        Effect.flatMap(generation(), (one) => store.create(one, "me"))
      )
      const claims = yield* Effect.replicateEffect(use(path, create), 5).pipe(
        Effect.withConcurrency("unbounded")
      )
      assert.lengthOf(new Set(claims.map(({ generation: { id } }) => id)), 5)
    }).pipe(Effect.withClock(liveClock))
  )

  it.scopedLive(
    "R10 a process that looks for the first time knows who lives, and who died before a restart",
    () =>
      Effect.gen(function* () {
        const path = yield* file
        const sent = yield* use(
          path,
          Effect.gen(function* () {
            const store = yield* GenerationStore
            yield* store.heartbeat("me", Duration.minutes(1))
            return yield* intended(yield* store.create(yield* generation(), "me"))
          })
        )
        const adopted = use(
          path,
          Effect.flatMap(GenerationStore, (store) => store.adopt("other", 10))
        )
        assert.deepStrictEqual(yield* adopted, [])
        const database = new Sqlite(path)
        // Said when the machine had been up for longer than it is now.
        database.exec("UPDATE owners SET beat = beat + 10000")
        database.close()
        assert.strictEqual((yield* adopted)[0]?.generation.id, sent.generation.id)
      })
  )

  it.scopedLive("S08 waits for a lock without blocking the event loop", () =>
    Effect.gen(function* () {
      const { path } = yield* written
      const other = new Sqlite(path)
      other.exec("BEGIN IMMEDIATE")
      // By a timer of the same event loop: a wait that blocked it would never end.
      yield* Effect.fork(
        Effect.delay(
          Effect.sync(() => other.exec("COMMIT")),
          "700 millis"
        )
      )
      const claim = yield* use(
        path,
        Effect.flatMap(GenerationStore, (store) =>
          Effect.flatMap(generation(), (one) => store.create(one, "me"))
        )
      )
      assert.strictEqual(claim.owner, "me")
      other.close()
    })
  )

  it.scopedLive("S08 gives up on a lock that stays, and reads all the while", () =>
    Effect.gen(function* () {
      const { id, path } = yield* written
      yield* use(
        path,
        Effect.gen(function* () {
          const store = yield* GenerationStore
          const other = new Sqlite(path)
          other.exec("BEGIN IMMEDIATE")
          const cancel = yield* Effect.fork(Effect.flip(store.requestCancel(id)))
          yield* Effect.sleep("300 millis")
          yield* store.get(id)
          assert.isTrue(Option.isNone(yield* Fiber.poll(cancel)), "the write still waits")
          const error = yield* cancel
          assert.match(error.message, /database is locked/)
          other.exec("ROLLBACK")
          other.close()
          assert.isDefined((yield* store.requestCancel(id)).cancelRequestedAt)
        })
      )
    })
  )

  it.scoped("a write that fails takes no other of its turn with it", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* use(
        path,
        Effect.gen(function* () {
          const store = yield* GenerationStore
          const claims = yield* Effect.replicateEffect(
            Effect.flatMap(generation(), (one) => store.create(one, "me")),
            9
          )
          const other = new Sqlite(path)
          other.exec(
            `CREATE TRIGGER poison BEFORE UPDATE ON generations WHEN new.id = '${claims[4]?.generation.id}'
             BEGIN SELECT RAISE(ABORT, 'poison'); END`
          )
          other.close()
          const exits = yield* Effect.forEach(claims, (claim) => Effect.exit(intended(claim)), {
            concurrency: "unbounded"
          })
          assert.deepStrictEqual(exits.map(Exit.isSuccess), [
            true,
            true,
            true,
            true,
            false,
            true,
            true,
            true,
            true
          ])
          const states = yield* Effect.forEach(claims, ({ generation: { id } }) => store.get(id))
          assert.strictEqual(states.filter(({ state }) => state._tag === "Submitting").length, 8)
        })
      )
    })
  )

  it.scoped("R4 opens the spool before a submit, and fails where it cannot", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      fs.writeFileSync(join(directory, "spool"), "in the way")
      yield* use(
        join(directory, "records.db"),
        Effect.gen(function* () {
          const store = yield* GenerationStore
          const claim = yield* store.create(yield* generation(), "me")
          const error = yield* Effect.flip(intended(claim))
          assert.strictEqual(error._tag, "StorageError")
          assert.strictEqual((yield* store.get(claim.generation.id)).state._tag, "Queued")
        })
      )
    })
  )

  it.scoped("S03 has the room for an operation before it is needed, and reads around a torn line", () =>
    Effect.gen(function* () {
      const path = yield* file
      const spool = join(path, "..", "spool")
      const id = GenerationId.make("paid")
      yield* use(
        path,
        Effect.gen(function* () {
          const store = yield* GenerationStore
          yield* intended(yield* store.create(yield* generation(), "me"))
          const [name = ""] = fs.readdirSync(spool)
          assert.isAtLeast(fs.statSync(join(spool, name)).size, 64 * 1024)
          yield* store.spool(id, operation)
        })
      )
      fs.writeFileSync(join(spool, "torn.jsonl"), `\n{"generationId":"paid","operation":{"provi`)
      const found = yield* use(
        path,
        Effect.flatMap(GenerationStore, (store) => store.spooled(id))
      )
      assert.deepStrictEqual(found, Option.some(operation))
    })
  )

  it.scopedLive("S03 clears away what is noted once it is in the records, and nothing before or in use", () =>
    Effect.gen(function* () {
      const path = yield* file
      const spool = join(path, "..", "spool")
      const names = () => fs.readdirSync(spool).sort()
      const line = (id: string) =>
        `\n{"generationId":"${id}","operation":${JSON.stringify(operation)},"at":${Date.now()}}\n`
      const age = (name: string, hours: number) => {
        const then = Date.now() / 1000 - hours * 3600
        fs.utimesSync(join(spool, name), then, then)
      }
      yield* use(
        path,
        Effect.gen(function* () {
          const store = yield* GenerationStore
          const known = yield* intended(yield* store.create(yield* generation({ id: "known" }), "me"))
          yield* store.accept(
            known,
            { _tag: "Rendering", operation, submittedAt: DateTime.unsafeMake(0) },
            "sent"
          )
          yield* intended(yield* store.create(yield* generation({ id: "unknown" }), "me"))
        })
      )
      const old = ["known", "unknown", "nobody's", "empty"]
      for (const name of old)
        fs.writeFileSync(join(spool, `${name}.jsonl`), name === "empty" ? "\n" : line(name))
      for (const name of old) age(`${name}.jsonl`, 25)
      fs.writeFileSync(join(spool, "recent.jsonl"), line("known"))
      age("recent.jsonl", 23)
      yield* use(
        path,
        Effect.gen(function* () {
          const store = yield* GenerationStore
          yield* intended(yield* store.create(yield* generation(), "me"))
          const left = names().filter((name) => name.length < 16)
          // What no record knows may be of a database that was removed.
          assert.deepStrictEqual(left, ["nobody's.jsonl", "recent.jsonl", "unknown.jsonl"])
          assert.isTrue(Option.isSome(yield* store.spooled(GenerationId.make("unknown"))))
          // A day without a submit, and somebody else swept: the next submit has a spool again.
          for (const name of names()) fs.rmSync(join(spool, name))
          yield* intended(yield* store.create(yield* generation(), "me"))
          assert.lengthOf(names(), 1)
          yield* store.spool(GenerationId.make("late"), operation)
        })
      )
      const late = Effect.flatMap(GenerationStore, (store) => store.spooled(GenerationId.make("late")))
      assert.deepStrictEqual(yield* use(path, late), Option.some(operation))
    })
  )

  it.scopedLive("S03 looks at each spool once, and again when it has changed", () =>
    Effect.gen(function* () {
      const path = yield* file
      const spool = join(path, "..", "spool")
      fs.mkdirSync(spool, { recursive: true })
      const name = join(spool, "other.jsonl")
      const write = (id: string, seconds: number) => {
        fs.writeFileSync(name, `{"generationId":"${id}","operation":${JSON.stringify(operation)},"at":1}`)
        fs.utimesSync(name, seconds, seconds)
      }
      yield* use(
        path,
        Effect.gen(function* () {
          const store = yield* GenerationStore
          const isNoted = (id: string) => Effect.map(store.spooled(GenerationId.make(id)), Option.isSome)
          write("one", 1000)
          assert.isTrue(yield* isNoted("one"))
          write("two", 1000)
          assert.isFalse(yield* isNoted("two"))
          write("two", 1001)
          assert.isTrue(yield* isNoted("two"))
        })
      )
    })
  )

  it.scoped("leaves no empty spool behind", () =>
    Effect.gen(function* () {
      const path = yield* file
      yield* use(
        path,
        Effect.gen(function* () {
          const store = yield* GenerationStore
          yield* intended(yield* store.create(yield* generation(), "me"))
        })
      )
      assert.deepStrictEqual(fs.readdirSync(join(path, "..", "spool")), [])
    })
  )

  it.scopedLive(
    "S18 one of two processes gets the record, and S14 keeps what it said when it is killed",
    () =>
      Effect.gen(function* () {
        const { id, path } = yield* written
        const [first, second] = yield* Effect.all(
          [claimElsewhere(path, id, "a"), claimElsewhere(path, id, "b")],
          {
            concurrency: "unbounded"
          }
        )
        assert.deepStrictEqual([first, second].sort(), ["LeaseLost", "claimed"])
        const database = new Sqlite(path)
        assert.strictEqual(database.pragma("quick_check", { simple: true }), "ok")
        const row = database.prepare("SELECT state, fence FROM generations WHERE id = ?").get(id)
        database.close()
        assert.deepStrictEqual(row, { state: "Submitting", fence: 2 })
      })
  )
})

const liveClock = Effect.runSync(Effect.clock)

/** Another process claims the record, moves it on, says so, and is killed on the spot. */
const claimElsewhere = (path: string, id: string, owner: string) =>
  Effect.async<string>((resume) => {
    const root = fileURLToPath(new URL("../../..", import.meta.url))
    const child = spawn(
      process.execPath,
      [
        join(root, "node_modules/vite-node/vite-node.mjs"),
        "--config",
        join(root, "vitest.config.ts"),
        fileURLToPath(new URL("claimant.ts", import.meta.url)),
        path,
        id,
        owner
      ],
      { stdio: ["ignore", "pipe", "inherit"] }
    )
    let said = ""
    child.stdout.on("data", (data: Buffer) => {
      said += data.toString()
      if (said.includes("\n")) child.kill("SIGKILL")
    })
    child.on("close", () => resume(Effect.succeed(said.trim())))
  })
