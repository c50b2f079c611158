/**
 * L01 L02 S18 S19: crowds, and processes that get into each other's way.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Schema from "effect/Schema"
import { afterAll, assert, describe, it } from "vitest"
import { faults, judge, payments } from "../src/oracle.ts"
import * as Provider from "../src/provider.ts"
import * as Records from "../src/records.ts"
import * as World from "../src/world.ts"
import { isLong, note } from "./support.ts"

const closing: Array<() => Promise<void>> = []
afterAll(() => Promise.all(closing.map((close) => close())))

const stage = async (pace: Partial<Provider.Pace> = {}) => {
  const provider = await Provider.open("canary-of-the-crowd", { ...Provider.prompt, ...pace })
  const world = World.make(provider)
  closing.push(async () => {
    await provider.close()
    world.remove()
  })
  return { provider, world }
}

const until = async (isSo: () => boolean) => {
  const end = performance.now() + 60_000
  while (!isSo()) {
    if (performance.now() > end) throw new Error("it never came to that")
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const Cost = Schema.parseJson(
  Schema.Struct({
    queued: Schema.Number,
    enqueue: Schema.Number,
    mostInFlight: Schema.Number,
    mostResident: Schema.Number,
    rampP99: Schema.Number,
    takes: Schema.Number,
    takeP50: Schema.Number,
    takeP99: Schema.Number,
    lagP99: Schema.Number
  })
)

describe("many", () => {
  it("L01 L02 10,000 queued and 1,000 in flight: memory, claims, event loop and sockets stay small", async () => {
    // One in three is soon done, so that places become free all the time.
    let jobs = 0
    const { provider, world } = await stage({
      look: () => (isLong ? 5_000 : 500),
      render: () => (jobs++ % 3 === 0 ? 2_000 : 600_000)
    })
    let sockets = 0
    const watching = setInterval(() => {
      sockets = Math.max(sockets, provider.sockets())
    }, 100)
    // Left to itself a heap grows into whatever the machine has before anything is collected; with no more than this it
    // has to do with what is needed.
    const env = { NODE_OPTIONS: "--max-old-space-size=128" }
    const program = ["load", "10000", "1200", isLong ? "120" : "30"]
    const { stderr, stdout } = await world.run(World.main, program, { env }).ended
    clearInterval(watching)
    const cost = Schema.decodeSync(Cost)(stdout.trim().split("\n").at(-1) ?? stderr)
    note(`load: ${JSON.stringify({ ...cost, sockets })}`)
    assert.isAtLeast(cost.mostInFlight, 1_000)
    assert.isBelow(cost.mostResident, 300)
    // The one in a hundred is told by a machine that does nothing else; in a check, others work beside it.
    assert.isBelow(cost.takeP50, 5)
    if (isLong) assert.isBelow(cost.takeP99, 20)
    assert.isBelow(cost.lagP99, 100)
    assert.isAtMost(sockets, 64)
    assert.deepStrictEqual(
      Array.from(payments(provider).values()).filter((count) => count > 1),
      []
    )
  })

  it("S18 S09 8 processes on one batch of 1,000: each job once", async () => {
    const { provider, world } = await stage()
    const file = join(world.folder, "prompts.txt")
    writeFileSync(file, Array.from({ length: 1_000 }, (_, index) => `Clip ${index + 1}`).join("\n"))
    const from = performance.now()
    const workers = Array.from({ length: 8 }, () =>
      world.mutoscope(["batch", file, "--concurrency", "8", "--quiet"])
    )
    const ends = await Promise.all(workers.map(({ ended }) => ended))
    note(`8 processes, 1,000 jobs: ${((performance.now() - from) / 1000).toFixed(1)} s`)
    assert.deepStrictEqual(
      ends.map(({ code }) => code),
      ends.map(() => 0)
    )
    assert.strictEqual(provider.ledger.length, 1_000)
    const accounts = Records.accounts(world.database)
    assert.lengthOf(
      accounts.filter(({ end }) => end === "done"),
      1_000
    )
    assert.deepStrictEqual(faults(judge(world, provider, accounts)), [])
  })

  it("S19 a process that slept through its lease writes nothing, and what it learned is not lost", async () => {
    const { provider, world } = await stage()
    let answer = () => {}
    provider.twist = ({ job, point, response }) => {
      if (point !== "submit") return "go on"
      answer = () => response.end(JSON.stringify({ name: job?.operation }))
      response.writeHead(200, { "content-type": "application/json" })
      response.flushHeaders()
      return "answered"
    }
    const sleeper = world.mutoscope(["generate", "A lamp in the window"])
    await until(() => provider.ledger.length === 1)
    sleeper.child.kill("SIGSTOP")
    await new Promise((resolve) => setTimeout(resolve, 13_000))
    const adopting = await world.mutoscope(["resume", "--all", "--quiet"]).ended
    assert.strictEqual(adopting.code, 8, adopting.stderr)
    const state = () => Records.rows(world.database)[0]?.state
    assert.strictEqual(state(), "SubmitUnknown")

    sleeper.child.kill("SIGCONT")
    answer()
    const woken = await sleeper.ended
    assert.strictEqual(woken.code, 8, woken.stderr)
    assert.strictEqual(state(), "SubmitUnknown")

    const settled = await world.mutoscope(["resume", "--all", "--quiet"]).ended
    assert.strictEqual(settled.code, 0, settled.stderr)
    assert.strictEqual(state(), "Completed")
    assert.deepStrictEqual(faults(judge(world, provider, Records.accounts(world.database))), [])
  })
})
