/**
 * A world of faults: every accepted job meets late, cut or wrong files, or polls that fail, while the processes that wait for
 * them are killed at random. At the end every paid video is there, once.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { PCGRandom } from "effect/Utils"
import { assert, describe, it } from "vitest"
import { faults, judge } from "../src/oracle.ts"
import * as Provider from "../src/provider.ts"
import * as Records from "../src/records.ts"
import * as Troubles from "../src/troubles.ts"
import * as World from "../src/world.ts"
import { isLong, note } from "./support.ts"

const jobs = isLong ? 1_000 : 45
const kills = isLong ? 200 : 6
const seed = 7

const env = {
  MUTOSCOPE_POLL_INTERVAL: "0.2",
  MUTOSCOPE_POLL_TIMEOUT: "600",
  MUTOSCOPE_RETRY_DELAY: "0.2",
  MUTOSCOPE_RETRIES: "4",
  MUTOSCOPE_DOWNLOAD_TIMEOUT: "10"
}

const until = async (isSo: () => boolean, patience: number) => {
  const end = performance.now() + patience
  while (!isSo() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10))
}

/** A job that was sent, and whose video is not here yet. */
const isUnderWay = ({ state }: { readonly state: string }) =>
  ["Submitting", "Rendering", "Unreachable", "Downloading"].includes(state)

/** Milliseconds that the provider takes; slow enough for a kill to meet each stage. */
const paceOf = (random: PCGRandom): Provider.Pace => {
  const between = (least: number, most: number) => least + random.number() * (most - least)
  return {
    submit: () => between(20, 150),
    render: () => between(0, 2_000),
    look: () => between(10, 60),
    download: () => between(50, 300)
  }
}

/** Runs the batch until a job of it is at work, kills it at a random moment, and does so again; then lets it finish. */
const campaign = async (provider: Provider.Provider, world: World.World) => {
  const random = new PCGRandom(seed)
  const file = join(world.folder, "prompts.txt")
  writeFileSync(file, Array.from({ length: jobs }, (_, index) => `Clip ${index + 1} of a bad day`).join("\n"))
  const start = () => world.mutoscope(["batch", file, "--concurrency", "8", "--quiet"], { env })
  const isDone = () => {
    const accounts = Records.accounts(world.database)
    return accounts.length === jobs && accounts.every(({ end }) => end === "done" || end === "unknown")
  }
  let killed = 0
  while (killed < kills && !isDone()) {
    const before = provider.requests()
    const running = start()
    await until(() => provider.requests() > before || running.isOver(), 30_000)
    const from = performance.now()
    const pause = 300 + random.number() * 2_500
    await until(() => performance.now() - from > pause || running.isOver(), pause + 1_000)
    const wasOver = running.isOver()
    await running.kill()
    if (!wasOver && Records.rows(world.database).some(isUnderWay)) killed++
  }
  // A provider in trouble may have been stopped: a person sends it jobs again.
  for (let tries = 0; tries < 20 && !isDone(); tries++) {
    await world.mutoscope(["queue", "continue", "--provider", "veo"], { env }).ended
    await start().ended
  }
  return killed
}

describe.concurrent("a world of faults", () => {
  it("S14 loses no paid video, pays none twice and saves none that is not its job's", async () => {
    const { met, twist } = Troubles.make(seed)
    const provider = await Provider.open(`canary-${seed}-of-the-world`, paceOf(new PCGRandom(seed)))
    provider.twist = twist
    const world = World.make(provider)
    try {
      const killed = await campaign(provider, world)
      const accounts = Records.accounts(world.database)
      const count = (end: string) => accounts.filter((account) => account.end === end).length
      note(
        `world: ${JSON.stringify({ jobs, killed, seed, submits: provider.ledger.length, done: count("done"), unknown: count("unknown"), met: Object.fromEntries(met) })}`
      )
      assert.deepStrictEqual(faults(judge(world, provider, accounts)), [])
      assert.strictEqual(accounts.length, jobs)
      assert.strictEqual(count("done") + count("unknown"), jobs)
      assert.isAtLeast(killed, Math.min(kills, 3))
      // Every trouble was met, or the run proves less than it says.
      const drawn = Object.keys(Troubles.troubles).filter((name) => name !== "none")
      assert.isAtLeast(met.size, Math.floor(drawn.length * 0.8))
    } finally {
      await provider.close()
      world.remove()
    }
  })

  it("S14 is judged by an oracle that sees a lost video and a second payment", async () => {
    const provider = await Provider.open("canary-of-the-oracle")
    const world = World.make(provider)
    try {
      await world.mutoscope(["generate", "Clip of a good day", "--quiet"], { env }).ended
      const [account] = Records.accounts(world.database)
      if (account === undefined) throw new Error("there is no record")
      assert.deepStrictEqual(faults(judge(world, provider, [account])), [])
      const lost = judge(world, provider, [{ ...account, end: "ended" }])
      assert.isNotEmpty(lost.lost)
      const twice = judge(world, { ...provider, ledger: [...provider.ledger, ...provider.ledger] }, [account])
      assert.isNotEmpty(twice.paidTwice)
    } finally {
      await provider.close()
      world.remove()
    }
  })
})
