/**
 * What waits for the disk and what does not.
 */
import { join } from "node:path"
import { SqlClient } from "@effect/sql/SqlClient"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { assert, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as GroupCommit from "../src/internal/groupCommit.ts"
import { temporary } from "./fixtures.ts"

const setting = { normal: 1, full: 2, extra: 3 } as const

/** A group commit over a client that syncs as its owner chose. */
const over = (synchronous: number) =>
  Effect.gen(function* () {
    const filename = join(yield* temporary, "records.db")
    const sql = Context.get(yield* Layer.build(SqliteClient.layer({ filename })), SqlClient)
    yield* sql.unsafe(`PRAGMA synchronous = ${synchronous}`)
    yield* sql`CREATE TABLE marks (mark INTEGER PRIMARY KEY)`
    const group = yield* GroupCommit.make(sql)
    const level = sql<{ readonly synchronous: number }>`PRAGMA synchronous`
    const levelOf = (way: (typeof group)["commit"]) =>
      Effect.map(
        way((run) => run(level)),
        (rows) => rows.map((row) => row.synchronous)
      )
    const mark = (number: number) => sql<object>`INSERT INTO marks VALUES (${number})`
    const marks = sql<object>`SELECT mark FROM marks`
    return { filename, group, levelOf, mark, marks, sql }
  })

describe("groupCommit", () => {
  it.scopedLive("waits for the disk where it commits, and not where it holds", () =>
    Effect.gen(function* () {
      const { group, levelOf } = yield* over(setting.full)
      assert.deepStrictEqual(yield* levelOf(group.hold), [setting.normal])
      assert.deepStrictEqual(yield* levelOf(group.commit), [setting.full])
    })
  )

  it.scopedLive("S09 nobody writes between what a transaction reads and what it writes then", () =>
    Effect.gen(function* () {
      const { filename, group, mark, marks } = yield* over(setting.full)
      yield* group.commit((run) => run(mark(1)))
      const other = new Sqlite(filename, { timeout: 0 })
      for (const way of [group.commit, group.hold]) {
        const outcome = yield* way((run) =>
          Effect.gen(function* () {
            const { length } = yield* run(marks)
            const meanwhile = yield* Effect.exit(
              Effect.try(() => other.exec("INSERT INTO marks VALUES (99)"))
            )
            yield* run(mark(length + 1))
            return meanwhile
          })
        )
        assert.isTrue(Exit.isFailure(outcome), "the other had to wait")
      }
      other.exec("INSERT INTO marks VALUES (99)")
      assert.lengthOf(yield* group.read(marks), 4)
      other.close()
    })
  )

  it.scopedLive("comes back to what its client's owner chose", () =>
    Effect.gen(function* () {
      for (const chosen of [setting.normal, setting.extra]) {
        const { group, levelOf } = yield* over(chosen)
        assert.deepStrictEqual(yield* levelOf(group.hold), [setting.normal])
        assert.deepStrictEqual(yield* levelOf(group.commit), [chosen])
      }
    })
  )

  it.scopedLive("waits for the disk again after a hold that failed", () =>
    Effect.gen(function* () {
      const { group, levelOf, mark } = yield* over(setting.full)
      yield* group.hold((run) => run(mark(1)))
      assert.isTrue(Exit.isFailure(yield* Effect.exit(group.hold((run) => run(mark(1))))))
      assert.deepStrictEqual(yield* levelOf(group.commit), [setting.full])
    })
  )

  it.scopedLive("tells who holds before it keeps the event loop for who commits", () =>
    Effect.gen(function* () {
      const { group, mark } = yield* over(setting.full)
      const told: Array<string> = []
      const tell = (who: string) => Effect.sync(() => told.push(who))
      yield* Effect.all(
        [
          Effect.zipRight(
            group.commit((run) => Effect.zipRight(tell("commits"), run(mark(1)))),
            tell("committed")
          ),
          Effect.zipRight(
            group.hold((run) => run(mark(2))),
            tell("held")
          )
        ],
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(told, ["held", "commits", "committed"])
    })
  )

  it.scopedLive("writes what was asked for, though whoever asked is stopped", () =>
    Effect.gen(function* () {
      const { group, mark, marks } = yield* over(setting.full)
      const asked = yield* Effect.makeLatch(false)
      const writer = yield* Effect.fork(
        Effect.zipRight(
          asked.open,
          group.commit((run) => run(mark(1)))
        )
      )
      yield* asked.await
      yield* Fiber.interrupt(writer)
      assert.lengthOf(yield* group.read(marks), 1, "stopped, but not before it was on disk")
    })
  )

  it.scopedLive("a read that fails takes no other with it", () =>
    Effect.gen(function* () {
      const { group, mark, marks, sql } = yield* over(setting.full)
      yield* group.commit((run) => run(mark(1)))
      const [bad, good] = yield* Effect.all(
        [Effect.exit(group.read(sql<object>`SELECT nothing FROM marks`)), group.read(marks)],
        { concurrency: "unbounded" }
      )
      assert.isTrue(Exit.isFailure(bad))
      assert.lengthOf(good, 1)
    })
  )
})
