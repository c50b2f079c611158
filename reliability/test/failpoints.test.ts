/**
 * S13: a process that dies at each named point, and what its record, the ledger and the disk say when another one has
 * gone on with it.
 */
import { cpSync, rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "vitest"
import type { Failpoint } from "../src/failpoints.ts"
import { faults, judge } from "../src/oracle.ts"
import * as Provider from "../src/provider.ts"
import * as Records from "../src/records.ts"
import * as World from "../src/world.ts"

interface Expectation {
  /** What the record says when the process is dead; nothing where there is none. */
  readonly left: string | undefined
  /** What it says when another process has gone on with everything. */
  readonly end: string | undefined
  readonly posts: number
  readonly downloads: number
}

const expectations: ReadonlyArray<readonly [point: Failpoint, window: string, expected: Expectation]> = [
  ["before create", "W0", { left: undefined, end: undefined, posts: 0, downloads: 0 }],
  ["after create", "W0", { left: "Queued", end: "Completed", posts: 1, downloads: 1 }],
  ["before intend", "W0", { left: "Queued", end: "Completed", posts: 1, downloads: 1 }],
  ["after intend", "W1", { left: "Submitting", end: "SubmitUnknown", posts: 0, downloads: 0 }],
  ["before submit", "W1", { left: "Submitting", end: "SubmitUnknown", posts: 0, downloads: 0 }],
  ["after submit", "W3", { left: "Submitting", end: "SubmitUnknown", posts: 1, downloads: 0 }],
  ["before accepted", "W3", { left: "Submitting", end: "SubmitUnknown", posts: 1, downloads: 0 }],
  ["after accepted", "W4", { left: "Rendering", end: "Completed", posts: 1, downloads: 1 }],
  ["before poll", "W5", { left: "Rendering", end: "Completed", posts: 1, downloads: 1 }],
  ["after poll", "W6", { left: "Rendering", end: "Completed", posts: 1, downloads: 1 }],
  ["before rendered", "W6", { left: "Rendering", end: "Completed", posts: 1, downloads: 1 }],
  ["after rendered", "W7", { left: "Downloading", end: "Completed", posts: 1, downloads: 1 }],
  ["before download", "W7", { left: "Downloading", end: "Completed", posts: 1, downloads: 1 }],
  ["after download", "W7", { left: "Downloading", end: "Completed", posts: 1, downloads: 2 }],
  ["during download", "W7", { left: "Downloading", end: "Completed", posts: 1, downloads: 2 }],
  // What is shorter than one batch of bytes is not worth a note: it is fetched again.
  ["before verified", "W8", { left: "Downloading", end: "Completed", posts: 1, downloads: 2 }],
  ["after verified", "W8", { left: "Downloading", end: "Completed", posts: 1, downloads: 1 }],
  ["after save", "W9", { left: "Downloading", end: "Completed", posts: 1, downloads: 1 }],
  ["before completed", "W9", { left: "Downloading", end: "Completed", posts: 1, downloads: 1 }],
  ["after completed", "W10", { left: "Completed", end: "Completed", posts: 1, downloads: 1 }]
]

const prompt = "A lamp in the window"

/** A lease, and a little. */
const lease = 12_500

const stateIn = ({ database }: World.World) => Records.rows(database)[0]?.state

/** A process that died at a point, and its world. */
const died = async (
  point: string,
  deed: ReadonlyArray<string>,
  provider: Provider.Provider,
  world: World.World
) => {
  const end = await world.run(World.main, ["job", ...deed, point]).ended
  assert.strictEqual(end.signal, "SIGKILL", `it never came to the point: ${end.stdout}${end.stderr}`)
  return { provider, world, left: stateIn(world), posts: provider.ledger.length }
}

const closing: Array<() => Promise<void>> = []
afterAll(() => Promise.all(closing.map((close) => close())))

const stage = async (pace: Partial<Provider.Pace> = {}) => {
  const provider = await Provider.open("canary-of-the-failpoints", { ...Provider.prompt, ...pace })
  const world = World.make(provider)
  closing.push(async () => {
    await provider.close()
    world.remove()
  })
  return { provider, world }
}

describe.concurrent("kill -9 at each named point", () => {
  it.each(expectations)("S13 %s (%s)", async (point, _, expected) => {
    const { provider, world } = await stage({ download: () => 100 })
    const { left } = await died(point, ["generate", prompt], provider, world)
    assert.strictEqual(left, expected.left)
    await new Promise((resolve) => setTimeout(resolve, lease))
    await world.mutoscope(["resume", "--all", "--quiet"]).ended
    assert.strictEqual(stateIn(world), expected.end)
    assert.strictEqual(provider.ledger.length, expected.posts)
    assert.strictEqual(provider.downloads(), expected.downloads)
    assert.deepStrictEqual(faults(judge(world, provider, Records.accounts(world.database))), [])
  })

  it.each([
    ["before cancel requested", 5, "Completed", 0],
    ["after cancel requested", 120, "Cancelled", 1],
    ["before cancel", 120, "Cancelled", 1],
    ["after cancel", 120, "Cancelled", 1],
    // It was done before anybody could pass the wish on: what is paid for is kept.
    ["after cancel requested", 5, "Completed", 0]
  ] as const)("S13 W11 %s, of a job that takes %i s", async (point, seconds, expected, cancels) => {
    const { provider, world } = await stage({ render: () => seconds * 1_000 })
    const working = world.run(World.main, ["job", "start", prompt])
    await until(() => stateIn(world) === "Rendering")
    await working.kill()
    await died(point, ["cancel", "last"], provider, world)
    assert.strictEqual(stateIn(world), "Rendering")
    await new Promise((resolve) => setTimeout(resolve, lease))
    await world.run(World.main, ["job", "resume", "last"]).ended
    assert.strictEqual(stateIn(world), expected)
    assert.strictEqual(provider.ledger.length, 1)
    assert.isAtLeast(provider.cancels(), cancels)
  })
})

describe.concurrent("kill -9 in the middle of a request", () => {
  it.each(["arrival", "submit"] as const)("W2 S13 before its answer, at the %s", async (point) => {
    const { provider, world } = await stage()
    let came = false
    provider.twist = (asked) => {
      came ||= asked.point === point
      return asked.point === point ? "answered" : "go on"
    }
    const running = world.mutoscope(["generate", prompt, "--quiet"])
    await until(() => came)
    await running.kill()
    provider.twist = undefined
    const posts = point === "arrival" ? 0 : 1
    assert.strictEqual(stateIn(world), "Submitting")
    await new Promise((resolve) => setTimeout(resolve, lease))
    for (const _ of ["once", "and again"]) {
      await world.mutoscope(["resume", "--all", "--quiet"]).ended
      assert.strictEqual(stateIn(world), "SubmitUnknown")
      assert.strictEqual(provider.ledger.length, posts)
    }
    assert.deepStrictEqual(faults(judge(world, provider, Records.accounts(world.database))), [])
  })
})

/** Goes on with everything; what is unknown is adopted by a person, who finds it in the provider's own ledger. */
const resumed = async (world: World.World, provider: Provider.Provider) => {
  await world.mutoscope(["resume", "--all", "--quiet"]).ended
  const [record] = Records.rows(world.database)
  const [job] = provider.ledger
  if (record?.state !== "SubmitUnknown" || job === undefined) return
  await world.mutoscope(["resolve", record.id, "--adopt", job.operation, "--quiet"]).ended
}

describe.concurrent("records that were put back from an older copy", () => {
  /** What a generation came to after its records were copied in the middle of it; then they are put back. */
  const putBack = async (point: Failpoint) => {
    const { provider, world } = await stage()
    await died(point, ["generate", prompt], provider, world)
    const copy = join(world.folder, "copy")
    cpSync(world.data, copy, { recursive: true })
    await new Promise((resolve) => setTimeout(resolve, lease))
    await resumed(world, provider)
    assert.strictEqual(stateIn(world), "Completed")
    rmSync(world.data, { recursive: true })
    cpSync(copy, world.data, { recursive: true })
    rmSync(copy, { recursive: true })
    return { provider, world }
  }

  it("S23 what is rendering there is asked about; nothing is sent again", async () => {
    const { provider, world } = await putBack("after accepted")
    assert.strictEqual(stateIn(world), "Rendering")
    await world.mutoscope(["resume", "--all", "--quiet"]).ended
    assert.strictEqual(stateIn(world), "Completed")
    assert.strictEqual(provider.ledger.length, 1)
  })

  it("S23 what waits there was sent since: nothing is sent until a person accepts the copy", async () => {
    const { provider, world } = await putBack("before intend")
    assert.strictEqual(stateIn(world), "Queued")
    const refused = await world.mutoscope(["resume", "--all", "--quiet", "--json"]).ended
    assert.strictEqual(refused.code, 10)
    assert.match(refused.stdout, /is an older copy/)
    assert.strictEqual(stateIn(world), "Queued")
    assert.strictEqual(provider.ledger.length, 1)
    await world.mutoscope(["doctor", "--accept-restored"]).ended
    await world.mutoscope(["resume", "--all", "--quiet"]).ended
    assert.strictEqual(stateIn(world), "Completed")
    assert.strictEqual(provider.ledger.length, 2)
  })

  it("S23 what is being sent there is unknown, and waits for a person, who finds it at the provider", async () => {
    const { provider, world } = await putBack("after submit")
    assert.strictEqual(stateIn(world), "Submitting")
    await world.mutoscope(["resume", "--all", "--quiet"]).ended
    assert.strictEqual(stateIn(world), "SubmitUnknown")
    await resumed(world, provider)
    assert.strictEqual(stateIn(world), "Completed")
    assert.strictEqual(provider.ledger.length, 1)
  })
})

/** Milliseconds that thirty processes may take to start beside one another on a slow machine. */
const patience = 120_000

const until = async (isSo: () => boolean) => {
  const end = performance.now() + patience
  while (!isSo()) {
    if (performance.now() > end) throw new Error("it never came to that")
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
