/**
 * S15 S16: a process that dies at, or is failed by, the n-th call that makes something last, for n = 1, 2, 3 ... until it
 * is through. The kernel's side is played by strace.
 */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { faults, judge } from "../src/oracle.ts"
import * as Provider from "../src/provider.ts"
import * as Records from "../src/records.ts"
import * as World from "../src/world.ts"
import { isLong, note } from "./support.ts"

const injects = spawnSync("strace", ["-e", "inject=fsync:error=EIO:when=1", "true"]).status === 0
if (!injects) note("S15 S16 are left out: there is no strace here that can inject faults")

interface Run {
  readonly n: number
  readonly provider: Provider.Provider
  readonly world: World.World
}

const closing: Array<() => Promise<void>> = []
afterAll(() => Promise.all(closing.map((close) => close())))

const stage = async () => {
  const provider = await Provider.open("canary-of-the-syscalls")
  const world = World.make(provider)
  closing.push(async () => {
    await provider.close()
    world.remove()
  })
  return { provider, world }
}

/** A generation whose n-th call of a kind is injected with something. Nothing where it has fewer calls. */
const inject = async (
  syscall: string,
  what: string,
  n: number,
  deed = "generate"
): Promise<Run | undefined> => {
  const { provider, world } = await stage()
  const log = join(world.folder, "strace.log")
  const under = [
    "strace",
    "-f",
    "-o",
    log,
    "-e",
    `trace=${syscall}`,
    "-e",
    `inject=${syscall}:${what}:when=${n}`
  ]
  // Calls are counted for each thread: with one thread for files their number is always the same.
  const env = { UV_THREADPOOL_SIZE: "1" }
  await world.run(World.main, ["job", deed, "A lamp in the window"], { under, env }).ended
  const fired = /\(INJECTED\)|\+\+\+ killed by SIGKILL/.test(readFileSync(log, "utf8"))
  return fired ? { n, provider, world } : undefined
}

/** Every n, two at a time, until one run comes through clean. */
const sweep = async (syscall: string, what: string): Promise<ReadonlyArray<Run>> => {
  const runs: Array<Run> = []
  let next = 1
  const worker = async () => {
    for (;;) {
      const run = await inject(syscall, what, next++)
      if (run === undefined) return
      runs.push(run)
    }
  }
  await Promise.all([worker(), worker()])
  return runs.sort((one, other) => one.n - other.n)
}

/** A lease, and a little. */
const lease = 12_500

/** What was left behind is gone on with, and judged. */
const settle = async (runs: ReadonlyArray<Run>) => {
  await new Promise((resolve) => setTimeout(resolve, lease))
  const waiting = [...runs]
  const ends: Array<string> = []
  const worker = async () => {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
      const { n, provider, world } = run
      await world.mutoscope(["resume", "--all", "--quiet"]).ended
      const [record] = Records.rows(world.database)
      ends.push(record?.state ?? "none")
      const found = faults(judge(world, provider, Records.accounts(world.database)))
      assert.deepStrictEqual(found, [], `after call ${n}`)
      assert.include(["Completed", "SubmitUnknown", undefined], record?.state, `after call ${n}`)
      assert.isTrue(Records.isWhole(world.database), `after call ${n}`)
      // Whatever was accepted and not known to be accepted says so.
      if (record?.state === "SubmitUnknown") assert.isAtMost(provider.ledger.length, 1)
    }
  }
  await Promise.all([worker(), worker()])
  return ends
}

const cases: ReadonlyArray<readonly [id: string, syscall: string, what: string, least: number]> = [
  ["S15", "fsync", "signal=KILL", 15],
  ["S15", "link", "signal=KILL", 1],
  ["S15", "unlink", "signal=KILL", 4],
  ["S16 S06", "fsync", "error=EIO", 15],
  ["S16 S07", "link", "error=EIO", 1],
  ["S16", "unlink", "error=EIO", 4],
  ...(isLong
    ? ([
        ["S15", "pwrite64", "signal=KILL", 50],
        ["S16 S01", "pwrite64", "error=ENOSPC", 50],
        ["S16 S01", "pwritev", "error=ENOSPC", 1],
        ["S16", "ftruncate", "error=EIO", 1]
      ] as const)
    : [])
]

describe.skipIf(!injects).concurrent("the n-th call", () => {
  it.each(cases)("%s each %s with %s", async (_, syscall, what, least) => {
    const runs = await sweep(syscall, what)
    assert.isAtLeast(runs.length, least, "so many calls were injected")
    const ends = await settle(runs)
    const count = (end: string) => ends.filter((one) => one === end).length
    note(
      `${syscall} ${what}: ${runs.length} injected, ${count("Completed")} completed, ` +
        `${count("SubmitUnknown")} unknown, ${count("none")} before there was a record`
    )
  })

  it("S06 a video whose sync failed is given no name", async () => {
    // Without a database, the only syncs are those of the video and of its folder.
    const failed = await inject("fsync", "error=EIO", 1, "generate in memory")
    assert.isDefined(failed)
    assert.match(failed.world.ends[0]?.stdout ?? "", /StorageError\n$/)
    assert.deepStrictEqual(
      readdirSync(failed.world.videos).filter((name) => name.endsWith(".mp4")),
      []
    )
  })
})
