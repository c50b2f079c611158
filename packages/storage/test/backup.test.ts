/**
 * The copy of a database that is made beside it before it is migrated.
 */
import fs, * as nodeFs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { basename, join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { newest } from "../src/internal/migrate.ts"
import * as SqliteGenerationStore from "../src/SqliteGenerationStore.ts"
import { generation, temporary } from "./fixtures.ts"
import * as Older from "./older.ts"

const open = (path: string) =>
  Layer.build(SqliteGenerationStore.layer({ path })).pipe(
    Effect.asVoid,
    Effect.scoped,
    Effect.provide(NodeContext.layer)
  )

/** A database of schema 6 with records in it, the last of which is in its journal only while it is open. */
const older = Effect.gen(function* () {
  const path = join(yield* temporary, "records.db")
  const database = yield* Effect.acquireRelease(
    Effect.sync(() => Older.create(path)),
    (database) => Effect.sync(() => database.close())
  )
  const add = (id: string) =>
    Effect.map(generation({ id }), (one) =>
      Older.insert(database, one, ["Queued", '{"_tag":"Queued","attempt":0}'], null)
    )
  for (const id of ["one", "two", "three"]) yield* add(id)
  return { add, database, path }
})

const backups = (path: string) =>
  nodeFs
    .readdirSync(join(path, ".."))
    .filter((name) => /backup/.test(name))
    .sort()

const idsIn = (path: string) => {
  const database = new Sqlite(path, { readonly: true })
  const rows = database.prepare("SELECT id FROM generations ORDER BY number").all()
  const schema = database.prepare("SELECT MAX(migration_id) AS schema FROM videogen_migrations").get()
  const check = database.pragma("quick_check", { simple: true })
  database.close()
  return { ids: rows.map((row) => (row as { readonly id: string }).id), schema, check }
}

const whole = (...ids: Array<string>) => ({ ids, schema: { schema: 6 }, check: "ok" })

const beside = (path: string, name: string) => join(path, "..", name)

const plain = "records.db.schema-6.backup"

/** Puts another function into Node's module of files for a while. */
const instead = <Name extends "statfsSync" | "renameSync">(name: Name, other: (typeof fs)[Name]) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = fs[name]
      fs[name] = other
      syncBuiltinESMExports()
      return before
    }),
    (before) =>
      Effect.sync(() => {
        fs[name] = before
        syncBuiltinESMExports()
      })
  )

describe("the backup before a migration", () => {
  it.scopedLive("has every commit, is one sound file for its owner's eyes, and has the older schema", () =>
    Effect.gen(function* () {
      const { path } = yield* older
      yield* open(path)
      assert.deepStrictEqual(backups(path), [plain])
      assert.deepStrictEqual(idsIn(beside(path, plain)), whole("one", "two", "three"))
      if (process.platform !== "win32")
        assert.strictEqual(nodeFs.statSync(beside(path, plain)).mode & 0o777, 0o600)
      const now = new Sqlite(path)
      assert.deepStrictEqual(
        now.prepare("SELECT MAX(migration_id) AS schema FROM videogen_migrations").get(),
        {
          schema: newest
        }
      )
      now.close()
      // The next start has nothing to migrate.
      yield* open(path)
      assert.deepStrictEqual(backups(path), [plain])
    })
  )

  it.scopedLive("is not made of a database that is new, or whose schema is the newest", () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "records.db")
      nodeFs.writeFileSync(path, "")
      yield* open(path)
      yield* open(path)
      assert.deepStrictEqual(backups(path), [])
    })
  )

  it.scopedLive("is made once by those who start together", () =>
    Effect.gen(function* () {
      const { path } = yield* older
      yield* Effect.all(
        Array.from({ length: 5 }, () => open(path)),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(backups(path), [plain])
      assert.deepStrictEqual(idsIn(beside(path, plain)), whole("one", "two", "three"))
    })
  )

  it.scopedLive("is made whole by the next start where a process was killed half way", () =>
    Effect.gen(function* () {
      const { path } = yield* older
      const partial = `${beside(path, plain)}.partial`
      for (const name of ["", "-journal", "-wal"]) nodeFs.writeFileSync(`${partial}${name}`, "torn")
      yield* open(path)
      assert.deepStrictEqual(backups(path), [plain])
      assert.deepStrictEqual(idsIn(beside(path, plain)), whole("one", "two", "three"))
    })
  )

  it.scopedLive("is kept where it says the same, and stays beside a later one that says more", () =>
    Effect.gen(function* () {
      const { add, path } = yield* older
      // The migration fails after the backup has its name: as where the process dies then.
      yield* Effect.scoped(
        Effect.gen(function* () {
          const rename = fs.renameSync
          yield* instead("renameSync", (from, to) => {
            rename(from, to)
            throw new Error("it died here")
          })
          assert.match((yield* Effect.flip(open(path))).message, /could not back up .*it died here/)
        })
      )
      assert.deepStrictEqual(backups(path), [plain])
      const first = nodeFs.statSync(beside(path, plain)).ino
      yield* open(path)
      assert.deepStrictEqual(backups(path), [plain])
      assert.strictEqual(nodeFs.statSync(beside(path, plain)).ino, first)

      // Somebody went back to the version before, worked with it, and comes again.
      const other = yield* older
      nodeFs.copyFileSync(beside(path, plain), beside(other.path, plain))
      yield* other.add("four")
      yield* open(other.path)
      assert.deepStrictEqual(backups(other.path), ["records.db.schema-6.2.backup", plain])
      assert.deepStrictEqual(idsIn(beside(other.path, plain)), whole("one", "two", "three"))
      assert.deepStrictEqual(
        idsIn(beside(other.path, "records.db.schema-6.2.backup")),
        whole("one", "two", "three", "four")
      )
      yield* add("five").pipe(Effect.exit)
    })
  )

  it.scopedLive("never takes the place of one that is damaged", () =>
    Effect.gen(function* () {
      const { path } = yield* older
      nodeFs.writeFileSync(beside(path, plain), "not what it was")
      yield* open(path)
      assert.deepStrictEqual(backups(path), ["records.db.schema-6.2.backup", plain])
      assert.strictEqual(nodeFs.readFileSync(beside(path, plain), "utf8"), "not what it was")
    })
  )

  it.scopedLive("leaves the three newest, and touches no other file", () =>
    Effect.gen(function* () {
      const { path } = yield* older
      for (const [index, schema] of [2, 3, 4, 5].entries()) {
        const name = beside(path, `records.db.schema-${schema}.backup`)
        nodeFs.writeFileSync(name, "earlier")
        nodeFs.utimesSync(name, 1000 + index, 1000 + index)
      }
      const others = ["records.db.backup", "other.db.schema-1.backup", "records.db.schema-x.backup"]
      for (const name of others) nodeFs.writeFileSync(beside(path, name), "mine")
      yield* open(path)
      const kept = backups(path).filter((name) => !others.includes(name))
      assert.deepStrictEqual(kept, [
        "records.db.schema-4.backup",
        "records.db.schema-5.backup",
        "records.db.schema-6.backup"
      ])
      assert.includeMembers(backups(path), others)
      const { backups: found } = yield* SqliteGenerationStore.inspect({ path }).pipe(
        Effect.provide(NodeContext.layer)
      )
      assert.deepStrictEqual(
        found.map((one) => [basename(one.path), one.schema]),
        [
          ["records.db.schema-6.backup", 6],
          ["records.db.schema-5.backup", 5],
          ["records.db.schema-4.backup", 4]
        ]
      )
    })
  )

  const isAsItWas = (database: Sqlite, path: string) => {
    assert.deepStrictEqual(
      database.prepare("SELECT MAX(migration_id) AS schema FROM videogen_migrations").get(),
      {
        schema: 6
      }
    )
    assert.deepStrictEqual(backups(path), [])
  }

  it.scopedLive("S03 without room for it nothing is migrated, and the error says how much to free", () =>
    Effect.gen(function* () {
      const { database, path } = yield* older
      const statfs = fs.statfsSync
      yield* instead("statfsSync", ((path: string) => ({
        ...statfs(path),
        bavail: 1,
        bsize: 1
      })) as typeof statfs)
      const error = yield* Effect.flip(open(path))
      assert.match(
        error.message,
        /could not back up .*no room for the copy\. Free \d{5,} bytes in .* and start again/
      )
      isAsItWas(database, path)
    })
  )

  it.scopedLive("S03 nor where the disk turns out to be full half way", () =>
    Effect.gen(function* () {
      const { database, path } = yield* older
      const backup = Sqlite.prototype.backup
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          Sqlite.prototype.backup = async (destination) => {
            nodeFs.writeFileSync(destination, "half")
            throw Object.assign(new Error("database or disk is full"), { code: "SQLITE_FULL" })
          }
        }),
        () =>
          Effect.sync(() => {
            Sqlite.prototype.backup = backup
          })
      )
      assert.match((yield* Effect.flip(open(path))).message, /no room for the copy\. Free \d{5,} bytes/)
      isAsItWas(database, path)
    })
  )

  it.scopedLive("goes back: in the place of the database it is what the older version left", () =>
    Effect.gen(function* () {
      const { database, path } = yield* older
      yield* open(path)
      database.close()
      for (const journal of ["-wal", "-shm"]) nodeFs.rmSync(`${path}${journal}`, { force: true })
      nodeFs.copyFileSync(beside(path, plain), path)
      assert.deepStrictEqual(idsIn(path), whole("one", "two", "three"))
      yield* open(path)
      yield* Effect.flatMap(GenerationStore, (store) => store.list({})).pipe(
        Effect.map((records) => assert.lengthOf(records, 3)),
        Effect.provide(SqliteGenerationStore.layer({ path })),
        Effect.provide(NodeContext.layer)
      )
    })
  )
})
