/**
 * Disks, limits of the system, and signals at awkward moments: the same oracle for all of them.
 */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync, watch } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import { faults, judge } from "../src/oracle.ts"
import * as Provider from "../src/provider.ts"
import * as Records from "../src/records.ts"
import * as World from "../src/world.ts"
import { note } from "./support.ts"

const injects = spawnSync("strace", ["-e", "inject=fsync:error=EIO:when=1", "true"]).status === 0
if (!injects) note("S04 S17 are left out: there is no strace here that can inject faults")
const limits = spawnSync("sh", ["-c", "ulimit -f 100 && ulimit -n 100"]).status === 0
if (!limits) note("S02 S22 are left out: there is no shell here that can set limits")

const canLimit = spawnSync("prlimit", ["--version"]).status === 0
if (!canLimit) note("S03 is left out: there is nothing here that sets a limit for another process")

/** A lease, and a little. */
const lease = 12_500

const closing: Array<() => Promise<void>> = []
afterAll(() => Promise.all(closing.map((close) => close())))

const stage = async (pace: Partial<Provider.Pace> = {}) => {
  const provider = await Provider.open("canary-of-the-limits", { ...Provider.prompt, ...pace })
  const world = World.make(provider)
  closing.push(async () => {
    await provider.close()
    world.remove()
  })
  return { provider, world }
}

type Stage = Awaited<ReturnType<typeof stage>>

const stateIn = ({ database }: World.World) => Records.rows(database)[0]?.state

/** Goes on with what was left, without whatever stood in its way, and asks the oracle. */
const settled = async ({ provider, world }: Stage) => {
  const resumed = await world.mutoscope(["resume", "--all", "--quiet"]).ended
  assert.strictEqual(resumed.code, 0, resumed.stderr)
  assert.strictEqual(stateIn(world), "Completed")
  assert.strictEqual(provider.ledger.length, 1)
  assert.deepStrictEqual(faults(judge(world, provider, Records.accounts(world.database))), [])
}

const generate = ["generate", "A lamp in the window", "--quiet"]

const until = async (isSo: () => boolean) => {
  const end = performance.now() + 30_000
  while (!isSo()) {
    if (performance.now() > end) throw new Error("it never came to that")
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const under = (limit: string) => ["sh", "-c", `ulimit ${limit} && exec "$@"`, "sh"]

describe.skipIf(!limits).concurrent("limits of the system", () => {
  it("S02 a file that may not grow: the job is kept, and finished when it may", async () => {
    const staged = await stage()
    // 297 kB: enough for the records, too little for the video.
    const end = await staged.world.mutoscope(generate, { under: under("-f 580") }).ended
    assert.strictEqual(end.code, 10, end.stderr)
    assert.strictEqual(stateIn(staged.world), "Downloading")
    await settled(staged)
  })

  it("S22 hardly any files to open: a typed error, or none at all", async () => {
    for (const files of [22, 26, 30, 36]) {
      const { provider, world } = await stage()
      const end = await world.mutoscope(generate, { under: under(`-n ${files}`) }).ended
      assert.include([0, 1, 10, 12], end.code, end.stderr)
      assert.isAtMost(provider.ledger.length, 1)
      const resumed = await world.mutoscope(["resume", "--all", "--quiet"]).ended
      assert.include([0, 8], resumed.code, resumed.stderr)
      assert.isAtMost(provider.ledger.length, 1)
    }
  })
})

describe.skipIf(!injects).concurrent("the disk and the wire", () => {
  it("S04 a disk that is full at the intent: nothing is sent", async () => {
    const { provider, world } = await stage()
    await world.mutoscope(["list"]).ended
    const full = [
      "strace",
      "-f",
      "-o",
      "/dev/null",
      "-e",
      "trace=pwrite64",
      "-e",
      "inject=pwrite64:error=ENOSPC"
    ]
    const end = await world.mutoscope(generate, { under: full }).ended
    assert.strictEqual(end.code, 10, end.stderr)
    assert.strictEqual(provider.ledger.length, 0)
    assert.deepStrictEqual(Records.rows(world.database), [])
  })

  it("S17 R1 the intent is synced before a connection is opened", async () => {
    const { provider, world } = await stage()
    const log = join(world.folder, "strace.log")
    const seen = ["strace", "-f", "-y", "-o", log, "-e", "trace=connect,pwrite64,fsync,fdatasync"]
    const end = await world.mutoscope(generate, { under: seen }).ended
    assert.strictEqual(end.code, 0, end.stderr)
    const lines = readFileSync(log, "utf8").split("\n")
    const port = `htons(${new URL(provider.url).port})`
    const connected = lines.findIndex((line) => line.includes("connect(") && line.includes(port))
    const before = lines.slice(0, connected)
    const last = (call: string) =>
      before.findLastIndex((line) => line.includes(`${call}(`) && line.includes("mutoscope.db-wal"))
    assert.isAbove(connected, 0)
    assert.isAbove(last("pwrite64"), 0)
    assert.isAbove(last("fsync"), last("pwrite64"))
  })
})

describe.skipIf(!canLimit).concurrent("a disk that fills up", () => {
  it("S03 while the job is being accepted: its operation is in the spool, and the job is gone on with", async () => {
    const staged = await stage()
    const { provider, world } = staged
    const running = world.mutoscope(generate)
    provider.twist = ({ point }) => {
      // From now on nothing gets into the records, which are longer; the spool has its room already.
      if (point === "submit") spawnSync("prlimit", ["--pid", String(running.child.pid), "--fsize=65536"])
      return "go on"
    }
    const end = await running.ended
    assert.strictEqual(end.code, 10, end.stderr)
    assert.include(end.stderr, provider.ledger[0]?.operation ?? "an operation")
    assert.strictEqual(stateIn(world), "Submitting")
    const spool = join(world.data, "spool")
    const noted = readdirSync(spool).map((name) => readFileSync(join(spool, name), "utf8"))
    assert.include(noted.join(), provider.ledger[0]?.operation ?? "an operation")
    // It could not even say that it is gone.
    await new Promise((resolve) => setTimeout(resolve, lease))
    await settled(staged)
  })
})

describe.concurrent("signals", () => {
  it("C06 Ctrl-C between the video's name and its record", async () => {
    const staged = await stage()
    const { world } = staged
    let release: (() => void) | undefined
    const watcher = watch(world.videos, (_, name) => {
      if (name?.endsWith(".mp4")) release ??= Records.lock(world.database)
    })
    const running = world.mutoscope(generate)
    await until(() => release !== undefined || running.isOver())
    watcher.close()
    running.child.kill("SIGINT")
    setTimeout(() => release?.(), 500)
    const { code } = await running.ended
    // It may just have been through.
    assert.include([0, 130], code)
    await settled(staged)
  })

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "C07 C10 %s while there is nothing to do but wait",
    async (signal) => {
      const staged = await stage({ render: () => 3_000 })
      const { provider, world } = staged
      const running = world.mutoscope(generate)
      await until(() => stateIn(world) === "Rendering" && provider.activity().looks === 0)
      running.child.kill(signal)
      const { code, stderr } = await running.ended
      assert.strictEqual(code, { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal], stderr)
      assert.match(stderr, /mutoscope resume/)
      await settled(staged)
    }
  )

  it("L05 a slow line: 300 ms for each answer, and a video that takes its time", async () => {
    const staged = await stage({ submit: () => 300, look: () => 300, download: () => 5_000 })
    const end = await staged.world.mutoscope(generate, { env: { MUTOSCOPE_DOWNLOAD_TIMEOUT: "2" } }).ended
    assert.strictEqual(end.code, 0, end.stderr)
    assert.strictEqual(staged.provider.downloads(), 1)
    await settled(staged)
  })

  it("L05 a line that loses every second answer, and breaks off most of a video", async () => {
    const staged = await stage({ look: () => 100, render: () => 500, download: () => 400 })
    const { provider, world } = staged
    let sent = 0
    provider.twist = ({ count, point, response }) => {
      if (point === "look" && count % 2 === 1) response.socket?.resetAndDestroy()
      else if (point === "download" && count === 2) response.socket?.resetAndDestroy()
      else {
        // Some of it comes, and then the connection is gone.
        if (point === "download" && count < 4) setTimeout(() => response.socket?.resetAndDestroy(), 150)
        if (point === "download") sent++
        return "go on"
      }
      return "answered"
    }
    const env = { MUTOSCOPE_RETRY_DELAY: "0.1", MUTOSCOPE_RETRIES: "3" }
    const end = await world.mutoscope(generate, { env }).ended
    assert.strictEqual(end.code, 0, end.stderr)
    assert.strictEqual(sent, 3)
    provider.twist = undefined
    await settled(staged)
  })
})
