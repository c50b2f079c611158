/**
 * A database that is removed, replaced or restored: what is open has to be what its name leads to, and a copy has to be told from
 * what was sent since.
 */
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { GenerationId } from "@mutoscope/core/Generation"
import type { StorageError } from "@mutoscope/core/GenerationError"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import Sqlite from "better-sqlite3"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as SqliteGenerationStore from "../src/SqliteGenerationStore.ts"
import { generation, intended, operation, temporary } from "./fixtures.ts"

const posix = process.platform !== "win32"

/** A place for a database and, apart from it, a state folder. */
const place = Effect.map(temporary, (folder) => {
  const said: Array<string> = []
  const options: SqliteGenerationStore.Options = {
    path: join(folder, "data", "records.db"),
    stateDirectory: join(folder, "state"),
    onWarning: (message) => Effect.sync(() => void said.push(message))
  }
  return { folder, options, path: options.path, said }
})

type Store = GenerationStore["Type"]

/** What a process does with a database: it is opened, used and closed. */
const use = <A, E>(
  options: SqliteGenerationStore.Options,
  program: (records: Store) => Effect.Effect<A, E, GenerationStore>
) =>
  Effect.flatMap(GenerationStore, program).pipe(
    Effect.provide(SqliteGenerationStore.layer(options)),
    Effect.provide(NodeContext.layer)
  )

/** Sends so many. */
const send = (count: number) => (records: Store) =>
  Effect.replicateEffect(
    Effect.flatMap(generation(), (one) =>
      Effect.flatMap(records.create(one, "me"), (claim) => intended(claim))
    ),
    count,
    { discard: true }
  )

const refusal = (options: SqliteGenerationStore.Options): Effect.Effect<StorageError> =>
  use(options, (records) => Effect.flip(send(1)(records))).pipe(
    Effect.filterOrDie(
      (error): error is StorageError => error._tag === "StorageError",
      (error) => error
    ),
    Effect.orDie
  )

const inspect = (options: SqliteGenerationStore.Options) =>
  Effect.provide(SqliteGenerationStore.inspect(options), NodeContext.layer)

const accept = (options: SqliteGenerationStore.Options) =>
  Effect.provide(SqliteGenerationStore.acceptRestored(options), NodeContext.layer)

const standing = (options: SqliteGenerationStore.Options) =>
  Effect.map(inspect(options), ({ standing }) => Option.getOrUndefined(standing)?._tag)

/** Copies a database that nobody has open, and puts a copy in its place. */
const copyOf = (path: string) => {
  const copy = `${path}.copy`
  fs.copyFileSync(path, copy)
  return () => {
    for (const journal of ["-wal", "-shm"]) fs.rmSync(`${path}${journal}`, { force: true })
    fs.rmSync(path, { force: true })
    fs.copyFileSync(copy, path)
  }
}

describe("a database that is removed or replaced while it is open", () => {
  const move = (from: string, to: string) => fs.renameSync(from, to)
  const incidents: ReadonlyArray<readonly [string, (path: string) => void]> = [
    ["removed", (path) => fs.rmSync(path)],
    [
      "removed with its journals",
      (path) => ["", "-wal", "-shm"].forEach((part) => void fs.rmSync(`${path}${part}`))
    ],
    ["moved away", (path) => move(path, `${path}.moved`)],
    [
      "replaced by another file",
      (path) => {
        fs.copyFileSync(path, `${path}.new`)
        move(`${path}.new`, path)
      }
    ],
    ["removed with its folder", (path) => fs.rmSync(dirname(path), { recursive: true })],
    [
      "in a folder that is replaced",
      (path) => {
        move(dirname(path), `${dirname(path)}.moved`)
        fs.cpSync(`${dirname(path)}.moved`, dirname(path), { recursive: true })
      }
    ],
    [
      "where there is a file instead of its folder",
      (path) => {
        move(dirname(path), `${dirname(path)}.moved`)
        fs.writeFileSync(dirname(path), "")
      }
    ],
    ["without its journal", (path) => fs.rmSync(`${path}-wal`)]
  ]
  it.scopedLive.each(posix ? incidents : [])("is not sent from when it is %s", ([, happen]) =>
    Effect.gen(function* () {
      const { options, path } = yield* place
      yield* use(options, (records) =>
        Effect.gen(function* () {
          yield* send(1)(records)
          const claim = yield* records.create(yield* generation(), "me")
          happen(path)
          const error = yield* Effect.flip(intended(claim))
          assert.strictEqual(error._tag, "StorageError")
          assert.match(
            error.message,
            /could not send a request: the database .*records\.db was removed, moved or replaced/
          )
          if (!fs.existsSync(dirname(path))) assert.isFalse(fs.existsSync(join(dirname(path), "spool")))
          // Nothing of it is left half done.
          assert.strictEqual((yield* records.get(claim.generation.id)).state._tag, "Queued")
          assert.strictEqual(error._tag === "StorageError" ? error.onePlace : true, undefined)
        })
      )
    })
  )

  it.scopedLive.skipIf(!posix)("is sent from again once it is back", () =>
    Effect.gen(function* () {
      const { options, path } = yield* place
      yield* use(options, (records) =>
        Effect.gen(function* () {
          const claim = yield* records.create(yield* generation(), "me")
          move(path, `${path}.moved`)
          yield* Effect.flip(intended(claim))
          move(`${path}.moved`, path)
          yield* intended(claim)
        })
      )
    })
  )

  it.scopedLive.skipIf(!posix)("is followed through a link, and not where the link leads elsewhere", () =>
    Effect.gen(function* () {
      const { options, path } = yield* place
      yield* use(options, send(1))
      const link = `${path}.link`
      fs.symlinkSync(path, link)
      yield* use({ ...options, path: link }, (records) =>
        Effect.gen(function* () {
          yield* send(1)(records)
          fs.copyFileSync(path, `${path}.other`)
          fs.rmSync(link)
          fs.symlinkSync(`${path}.other`, link)
          assert.strictEqual((yield* Effect.flip(send(1)(records)))._tag, "StorageError")
        })
      )
    })
  )

  it.scopedLive.skipIf(!posix)(
    "in a folder that is a link is told from the one that the link led to before",
    () =>
      Effect.gen(function* () {
        const { folder, options } = yield* place
        const [first, second, link] = ["disk1", "disk2", "data"].map((name) => join(folder, name))
        if (first === undefined || second === undefined || link === undefined) return assert.fail("no names")
        for (const disk of [first, second]) fs.mkdirSync(disk)
        const leadTo = (disk: string) => {
          fs.rmSync(link, { force: true, recursive: true })
          fs.symlinkSync(disk, link)
        }
        leadTo(first)
        yield* use(options, send(2))
        leadTo(second)
        assert.match((yield* refusal(options)).message, /is not the one that was there before.*2 submits/)
        // The file's own path says the same of it, whoever names it so, once it was accepted.
        yield* accept(options)
        yield* use(options, send(1))
        yield* use({ ...options, path: join(second, "records.db") }, send(1))
        // Both are known now, so that the link may go back and forth.
        leadTo(first)
        yield* use(options, send(1))
        leadTo(second)
        yield* use(options, send(1))
      })
  )

  it.scopedLive.skipIf(!posix)("behind a link is told from the folder that stood in the link's place", () =>
    Effect.gen(function* () {
      const { folder, options } = yield* place
      yield* use(options, send(1))
      const data = join(folder, "data")
      fs.renameSync(data, `${data}.away`)
      fs.mkdirSync(join(folder, "empty"))
      fs.symlinkSync(join(folder, "empty"), data)
      assert.match((yield* refusal(options)).message, /is not the one that was there before/)
    })
  )

  it.scopedLive.each(
    posix ? ["the file was removed", "its folder was removed", "its folder was replaced"] : []
  )("R4 notes what is accepted after %s where the next run looks, and goes on with it", (what) =>
    Effect.gen(function* () {
      const { options, path } = yield* place
      yield* use(options, (records) =>
        Effect.gen(function* () {
          const claim = yield* intended(yield* records.create(yield* generation({ id: "paid" }), "me"))
          if (what === "the file was removed")
            for (const part of ["", "-wal", "-shm"]) fs.rmSync(`${path}${part}`)
          else if (what === "its folder was removed") fs.rmSync(dirname(path), { recursive: true })
          else {
            move(dirname(path), `${dirname(path)}.moved`)
            fs.cpSync(`${dirname(path)}.moved`, dirname(path), { recursive: true })
          }
          const state = { _tag: "Rendering", operation, submittedAt: DateTime.unsafeMake(0) } as const
          const accepted = yield* records.accept(claim, state, "accepted")
          assert.strictEqual(accepted.generation.state._tag, "Rendering")
        })
      )
      const found = yield* use(options, (records) => records.spooled(GenerationId.make("paid")))
      assert.deepStrictEqual(found, Option.some(operation))
    })
  )

  it.scopedLive("is asked of every submit, also of those that share a commit", () =>
    Effect.gen(function* () {
      const { options, path } = yield* place
      const count = 200
      const took = yield* use(options, (records) =>
        Effect.gen(function* () {
          const claims = yield* Effect.replicateEffect(
            Effect.flatMap(generation(), (one) => records.create(one, "me")),
            count
          )
          yield* Effect.forEach(claims.slice(0, count / 2), (claim) => intended(claim), { concurrency: 8 })
          if (posix) fs.rmSync(path)
          const exits = yield* Effect.forEach(
            claims.slice(count / 2),
            (claim) => Effect.exit(intended(claim)),
            {
              concurrency: 8
            }
          )
          return exits
        })
      )
      assert.strictEqual(took.filter(Exit.isFailure).length, posix ? count / 2 : 0)
    })
  )
})

describe("a database that is restored from a copy", () => {
  it.scopedLive("is not sent from, is read, and is accepted by a person", () =>
    Effect.gen(function* () {
      const { options, path, said } = yield* place
      yield* use(options, send(2))
      const restore = copyOf(path)
      yield* use(options, send(3))
      restore()
      const { message } = yield* refusal(options)
      assert.match(message, /could not send a request: the database .* is an older copy/)
      assert.match(message, /has recorded 2 submits, and had recorded 5 before/)
      assert.match(message, /mutoscope doctor --accept-restored/)
      assert.strictEqual(yield* standing(options), "Restored")
      assert.lengthOf(yield* use(options, (records) => records.list({})), 3)

      const before = yield* inspect(options)
      const after = yield* accept(options)
      assert.notStrictEqual(after.id, before.id)
      assert.strictEqual(yield* standing(options), "Current")
      yield* use(options, send(1))
      // It says so of the copy again, and of a copy of what was accepted.
      restore()
      yield* refusal(options)
      assert.deepStrictEqual(said, [])
    })
  )

  it.scopedLive("is recognised where only one submit is missing, of the same run too", () =>
    Effect.gen(function* () {
      const { options, path } = yield* place
      yield* use(options, (records) =>
        Effect.gen(function* () {
          yield* send(1)(records)
          const database = new Sqlite(path)
          database.exec(`VACUUM INTO '${path}.copy'`)
          database.close()
          yield* send(1)(records)
        })
      )
      for (const journal of ["-wal", "-shm"]) fs.rmSync(`${path}${journal}`, { force: true })
      fs.renameSync(`${path}.copy`, path)
      assert.match((yield* refusal(options)).message, /recorded 1 submit, and had recorded 2 before/)
    })
  )

  it.scopedLive("is sent from where nothing is missing", () =>
    Effect.gen(function* () {
      const { options, path, said } = yield* place
      yield* use(options, send(2))
      copyOf(path)()
      yield* use(options, send(1))
      assert.deepStrictEqual(said, [])
    })
  )

  it.scopedLive(
    "R4 takes what is noted in the spool once it is accepted: nothing of that is sent again",
    () =>
      Effect.gen(function* () {
        const { options, path } = yield* place
        yield* use(options, (records) =>
          Effect.gen(function* () {
            yield* send(1)(records)
            const queue = { batch: "b", priority: 0 }
            yield* records.queue.add([
              yield* generation({ id: "paid", queue }),
              yield* generation({ id: "not", queue })
            ])
          })
        )
        const restore = copyOf(path)
        yield* use(options, (records) =>
          Effect.gen(function* () {
            yield* intended(yield* records.claim(GenerationId.make("paid"), "me"))
            yield* records.spool(GenerationId.make("paid"), operation)
            yield* records.spool(GenerationId.make("elsewhere"), { ...operation, id: "operations/2" })
          })
        )
        restore()
        const { noted } = yield* inspect(options)
        assert.sameDeepMembers(
          noted.map(({ generationId, operationId }) => [generationId, operationId]),
          [
            ["paid", "operations/1"],
            ["elsewhere", "operations/2"]
          ]
        )
        const after = yield* accept(options)
        assert.deepStrictEqual(
          after.noted.map(({ generationId }) => generationId),
          ["elsewhere"]
        )
        yield* use(options, (records) =>
          Effect.gen(function* () {
            const claim = yield* records.claim(GenerationId.make("paid"), "me")
            assert.strictEqual(claim.generation.state._tag, "Submitting")
            assert.deepStrictEqual(yield* records.spooled(claim.generation.id), Option.some(operation))
            assert.strictEqual((yield* records.get(GenerationId.make("not"))).state._tag, "Queued")
            assert.include((yield* records.events(claim.generation.id)).at(-1)?.cause ?? "", "spool")
          })
        )
      })
  )

  it.scopedLive(
    "has another in its place: an empty one, one of an earlier schema, one of another machine",
    () =>
      Effect.gen(function* () {
        const { options, path } = yield* place
        const elsewhere = yield* place
        yield* use(elsewhere.options, send(9))
        yield* use(options, send(2))
        const others: ReadonlyArray<() => void> = [() => {}, () => fs.copyFileSync(elsewhere.path, path)]
        for (const put of others) {
          fs.rmSync(dirname(path), { recursive: true })
          fs.mkdirSync(dirname(path))
          put()
          const { message } = yield* refusal(options)
          assert.match(message, /is not the one that was there before\. That one had recorded 2 submits/)
        }
        yield* accept(options)
        yield* use(options, send(1))
      })
  )

  it.scopedLive("is recognised at another path too, where both are used on", () =>
    Effect.gen(function* () {
      const { options, path } = yield* place
      yield* use(options, send(1))
      const copy = { ...options, path: join(dirname(path), "..", "copied.db") }
      fs.copyFileSync(path, copy.path)
      yield* use(options, send(1))
      yield* refusal(copy)
      yield* accept(copy)
      yield* use(copy, send(5))
      yield* use(options, send(1))
      yield* use(copy, send(1))
    })
  )

  it.scopedLive("is unknown to a new state folder, which says so once and learns", () =>
    Effect.gen(function* () {
      const { options, path, said } = yield* place
      yield* use({ path }, send(3))
      assert.strictEqual(yield* standing(options), "Unremembered")
      for (const _ of [1, 2]) yield* use(options, send(1))
      assert.lengthOf(said, 1)
      assert.match(said[0] ?? "", /has recorded 3 submits, of which this user's state folder knows nothing/)
      assert.strictEqual(yield* standing(options), "Current")
    })
  )

  it.scopedLive("is not looked for without a state folder; its number is counted all the same", () =>
    Effect.gen(function* () {
      const { options, path, said } = yield* place
      yield* use(options, send(1))
      yield* use({ path }, send(3))
      // The state folder is behind: as after a crash between the two.
      yield* use(options, send(1))
      assert.strictEqual((yield* inspect(options)).number, 5)
      assert.deepStrictEqual(said, [])
    })
  )

  it.scopedLive("does not confuse processes that work on it together", () =>
    Effect.gen(function* () {
      const { options, said } = yield* place
      const both = Effect.all([use(options, send(20)), use(options, send(20)), use(options, send(20))], {
        concurrency: "unbounded"
      })
      yield* both
      yield* both
      assert.strictEqual((yield* inspect(options)).number, 120)
      assert.strictEqual(yield* standing(options), "Current")
      assert.deepStrictEqual(said, [])
    })
  )

  it.scopedLive("costs nothing and leaves nothing where records are only read", () =>
    Effect.gen(function* () {
      const { folder, options } = yield* place
      yield* use(options, (records) => records.list({}))
      assert.isFalse(fs.existsSync(join(folder, "state")))
    })
  )

  it.scopedLive("a state folder that can't be written is a warning, once, and no obstacle", () =>
    Effect.gen(function* () {
      const { folder, options, said } = yield* place
      fs.writeFileSync(join(folder, "state"), "in the way")
      yield* use(options, send(3))
      assert.lengthOf(said, 1)
      assert.match(said[0] ?? "", /may not be recognised.*state/s)
    })
  )

  it.scopedLive.skipIf(!posix)(
    "the state folder is for its owner's eyes alone, and holds one number for a database",
    () =>
      Effect.gen(function* () {
        const { folder, options, path } = yield* place
        yield* use(options, send(7))
        const state = join(folder, "state")
        const { id } = yield* inspect(options)
        assert.deepStrictEqual(fs.readdirSync(join(state, "databases", id)), ["0000000000000007"])
        const [name = ""] = fs.readdirSync(join(state, "places"))
        assert.deepStrictEqual(JSON.parse(fs.readFileSync(join(state, "places", name), "utf8")), {
          path: fs.realpathSync(path),
          database: id
        })
        for (const entry of fs.readdirSync(state, { recursive: true, withFileTypes: true })) {
          const mode = fs.statSync(join(entry.parentPath, entry.name)).mode & 0o777
          assert.strictEqual(mode, entry.isDirectory() ? 0o700 : 0o600)
        }
      })
  )

  it.scopedLive("what was torn or never used again in the state folder is passed over", () =>
    Effect.gen(function* () {
      const { folder, options, path } = yield* place
      yield* use(options, send(2))
      const { id } = yield* inspect(options)
      const state = join(folder, "state")
      fs.writeFileSync(join(state, "databases", id, "half"), "")
      const places = join(state, "places")
      const [name = ""] = fs.readdirSync(places)
      const old = { path: join(folder, "gone.db"), database: "0".repeat(32) }
      fs.writeFileSync(join(places, "old.json"), JSON.stringify(old))
      fs.utimesSync(join(places, "old.json"), 1, 1)
      fs.mkdirSync(join(state, "databases", old.database))
      fs.writeFileSync(join(places, name), `{"path":`)
      yield* use(options, send(1))
      assert.deepStrictEqual(fs.readdirSync(places), [name])
      assert.deepStrictEqual(fs.readdirSync(join(state, "databases")), [id])
      assert.deepInclude(JSON.parse(fs.readFileSync(join(places, name), "utf8")), {
        path: fs.realpathSync(path)
      })
    })
  )

  it.scoped(
    "a submit does not wait for the state folder's disk, which is asked at the latest at the end",
    () =>
      Effect.gen(function* () {
        const { options } = yield* place
        const scope = yield* Scope.make()
        const context = yield* Layer.build(SqliteGenerationStore.layer(options)).pipe(
          Scope.extend(scope),
          Effect.provide(NodeContext.layer)
        )
        yield* Effect.provide(Effect.flatMap(GenerationStore, send(1)), context)
        // No time passes on the test's clock: the sync that is due within a second is not waited for, but done at once.
        yield* Scope.close(scope, Exit.void)
      })
  )
})
