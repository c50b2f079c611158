/**
 * The database under a batch that runs: removed, replaced, restored, and migrated by two commands at once.
 */
import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { create } from "../../storage/test/older.ts"
import { type Api, open } from "./support/api.ts"
import { world } from "./support/mutoscope.ts"

const tiny = ["--resolution", "720p", "--duration", "4"]
const lines = 7

describe.skipIf(process.platform === "win32")("the database under a batch that runs", () => {
  let api: Api
  let here: ReturnType<typeof world>
  beforeEach(async () => {
    here = world()
    api = await open()
  })
  afterEach(async () => {
    await api.close()
    here.remove()
  })

  const run = (args: ReadonlyArray<string>, options: Parameters<typeof here.run>[1] = {}) =>
    here.run(args, { ...options, env: { ...api.env, ...options.env } })
  const data = (...names: ReadonlyArray<string>) => join(here.home, "data", ...names)
  const files = () => readdirSync(here.cwd).filter((name) => name.endsWith(".mp4"))
  const batch = ["batch", "clips.txt", "--concurrency", "2", ...tiny]
  const prepare = () =>
    writeFileSync(
      join(here.cwd, "clips.txt"),
      Array.from({ length: lines }, (_, index) => `A kite over hill ${index}`).join("\n")
    )
  /** Runs the batch, and lets something happen once a few requests have been sent and one is under way. */
  const during = async (happen: () => void) => {
    prepare()
    api.hold("submit", 700)
    let sent = 0
    const watch = setInterval(() => {
      if (sent > 0 || api.count("submit") < 4) return
      happen()
      sent = api.count("submit")
    }, 20)
    const ended = await run(batch)
    clearInterval(watch)
    api.hold("submit", 0)
    return { ...ended, sent }
  }
  const last = (stdout: string): Record<string, unknown> =>
    JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}")

  const incidents: ReadonlyArray<readonly [string, () => void]> = [
    ["removed", () => ["", "-wal", "-shm"].forEach((part) => void rmSync(data(`mutoscope.db${part}`)))],
    [
      "replaced by a copy of itself",
      () => {
        copyFileSync(data("mutoscope.db"), data("copy"))
        for (const part of ["-wal", "-shm"]) rmSync(data(`mutoscope.db${part}`))
        renameSync(data("copy"), data("mutoscope.db"))
      }
    ],
    ["removed with the folder for data", () => rmSync(data(), { recursive: true })]
  ]
  it.each(incidents)(
    "%s: nothing more is sent, nothing sent is lost, and the next run waits for a person",
    async (_, happen) => {
      const { code, sent, stderr } = await during(happen)
      assert.strictEqual(code, 10, stderr)
      assert.match(stderr, /Stopped: .*mutoscope\.db was removed, moved or replaced while this process runs/)
      // One more may have been committed when it happened.
      const paid = api.count("submit")
      assert.isAtMost(paid, sent + 1)
      assert.isBelow(paid, lines)
      // Those under way are finished by the process that sent them.
      assert.lengthOf(files(), paid)
      const again = await run(batch)
      assert.strictEqual(again.code, 10, again.stderr)
      assert.match(again.stderr, /Stopped: .*(is an older copy|is not the one that was there before)/)
      assert.match(again.stderr, /mutoscope doctor --accept-restored/)
      assert.strictEqual(api.count("submit"), paid)
      // To look is allowed.
      assert.strictEqual((await run(["list"])).code, 0)
      const doctor = await run(["doctor", "--offline", "--json"])
      assert.strictEqual(doctor.code, 1)
      assert.deepInclude(last(doctor.stdout)["database"], {
        path: data("mutoscope.db"),
        standing: "restored"
      })

      const accepted = await run(["doctor", "--accept-restored"])
      assert.strictEqual(accepted.code, 0, accepted.stderr)
      assert.match(accepted.stderr, /Jobs that were sent since are not known to it/)
      assert.match((await run(["doctor", "--offline"])).stdout, /^ok +database/m)
      const finished = await run([...batch, "--max-jobs", "1"])
      assert.include([0, 15], finished.code, finished.stderr)
      assert.strictEqual(api.count("submit"), paid + 1)
      const nothing = await run(["doctor", "--accept-restored"])
      assert.match(nothing.stderr, /Nothing to accept/)
    }
  )

  it("R4: an answer that comes after it was removed is in the spool that the next run reads, and on stderr", async () => {
    const { stderr } = await during(() => rmSync(data(), { recursive: true }))
    const noted = readdirSync(data("spool"))
      .map((name) => readFileSync(data("spool", name), "utf8"))
      .join("")
    const late = [...stderr.matchAll(/The operation of (\w+) is (\S+);/g)]
    assert.isAtLeast(late.length, 1, stderr)
    for (const [, id, operation] of late) {
      assert.include(noted, `"generationId":"${id}"`)
      assert.include(noted, `"id":"${operation}"`)
    }
  })

  it("restored from a copy of an earlier run: nothing is sent before it is accepted", async () => {
    prepare()
    const first = await run([...batch, "--max-jobs", "1"])
    assert.strictEqual(first.code, 15, first.stderr)
    cpSync(data(), data("..", "copy"), { recursive: true })
    assert.strictEqual((await run([...batch, "--max-jobs", "2"])).code, 15)
    rmSync(data(), { recursive: true })
    cpSync(data("..", "copy"), data(), { recursive: true })
    const refused = await run(batch)
    assert.strictEqual(refused.code, 10, refused.stderr)
    assert.match(refused.stderr, /recorded 1 submit, and had recorded 3 before it was put back/)
    assert.strictEqual(api.count("submit"), 3)
    const one = await run(["generate", "A river", ...tiny])
    assert.strictEqual(one.code, 10)
    assert.match(one.stderr, /is an older copy[\s\S]*mutoscope doctor --accept-restored/)
    assert.strictEqual(api.count("submit"), 3)
  })

  it("a new state folder is a warning, once; a folder of one's own is settled by a variable", async () => {
    prepare()
    await run([...batch, "--max-jobs", "1"])
    const env = { MUTOSCOPE_STATE_DIR: join(here.home, "other") }
    const first = await run([...batch, "--max-jobs", "1"], { env })
    assert.match(
      first.stderr,
      /Warning: The database .* has recorded 1 submit, of which this user's state folder/
    )
    const second = await run([...batch, "--max-jobs", "1"], { env })
    assert.notMatch(second.stderr, /Warning/)
    assert.isTrue(existsSync(join(here.home, "other", "databases")))
    assert.isTrue(
      existsSync(join(here.home, ".local", "state", "mutoscope", "databases")) || process.platform !== "linux"
    )
    assert.match((await run(["doctor", "--offline"], { env })).stdout, /^state folder +.*other$/m)
  })

  it("two commands that start at once make one backup of an older database, which doctor shows", async () => {
    create(data("mutoscope.db")).close()
    const ended = await Promise.all([run(["list"]), run(["list"]), run(["costs"])])
    assert.deepStrictEqual(
      ended.map(({ code }) => code),
      [0, 0, 0],
      ended.map(({ stderr }) => stderr).join()
    )
    const backups = readdirSync(data()).filter((name) => name.includes("backup"))
    assert.deepStrictEqual(backups, ["mutoscope.db.schema-6.backup"])
    const { stdout } = await run(["doctor", "--offline"])
    assert.match(stdout, /mutoscope\.db\.schema-6\.backup +schema 6, \d{4}-/)
    assert.match(stdout, /to go back to an earlier version/)
  })
})
