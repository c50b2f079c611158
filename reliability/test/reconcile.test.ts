/**
 * N06 R6: an answer that was lost, and what the provider's own list makes of it.
 */
import { afterAll, assert, describe, it } from "vitest"
import { faults, judge } from "../src/oracle.ts"
import * as Provider from "../src/provider.ts"
import * as Records from "../src/records.ts"
import * as World from "../src/world.ts"

const closing: Array<() => Promise<void>> = []
afterAll(() => Promise.all(closing.map((close) => close())))

/** Loses the answer to every submit. */
const stage = async () => {
  const provider = await Provider.open("canary-of-the-lost")
  const world = World.make(provider)
  closing.push(async () => {
    await provider.close()
    world.remove()
  })
  provider.twist = ({ point, response }) => {
    if (point !== "submit") return "go on"
    response.socket?.resetAndDestroy()
    return "answered"
  }
  return { provider, world }
}

const states = ({ database }: World.World) => Records.rows(database).map(({ state }) => state)

describe.concurrent("a lost answer", () => {
  it("R6 N06 is left to a person where the list shows no labels, who is shown what it may be: paid once, and had", async () => {
    const { provider, world } = await stage()
    const end = await world.mutoscope(["generate", "A lamp in the window", "--quiet"]).ended
    assert.strictEqual(end.code, 8, end.stderr)
    const [record] = Records.rows(world.database)
    const [job] = provider.ledger
    const shown = await world.mutoscope(["resolve", record?.id ?? ""]).ended
    assert.include(shown.stderr, job?.operation ?? "no job")
    assert.deepStrictEqual(states(world), ["SubmitUnknown"])
    const adopted = await world.mutoscope(["resolve", record?.id ?? "", "--adopt", job?.operation ?? ""])
      .ended
    assert.strictEqual(adopted.code, 0, adopted.stderr)
    assert.deepStrictEqual(faults(judge(world, provider, Records.accounts(world.database))), [])
    assert.lengthOf(provider.ledger, 1)
  })

  it("R6 is left to a person where there are two that nobody knows", async () => {
    const { provider, world } = await stage()
    for (const prompt of ["A lamp in the window", "A door in the wall"])
      assert.strictEqual((await world.mutoscope(["generate", prompt, "--quiet"]).ended).code, 8)
    const resumed = await world.mutoscope(["resume", "--all", "--quiet"]).ended
    assert.strictEqual(resumed.code, 8, resumed.stderr)
    assert.deepStrictEqual(states(world), ["SubmitUnknown", "SubmitUnknown"])

    // A person knows which is which, and is shown what is left.
    for (const [index, { id }] of Records.rows(world.database).entries()) {
      const shown = await world.mutoscope(["resolve", id]).ended
      for (const [at, { operation }] of provider.ledger.entries())
        assert.strictEqual(shown.stderr.includes(operation), at >= index)
      const adopted = await world.mutoscope([
        "resolve",
        id,
        "--adopt",
        provider.ledger[index]?.operation ?? ""
      ]).ended
      assert.strictEqual(adopted.code, 0, adopted.stderr)
    }
    assert.deepStrictEqual(faults(judge(world, provider, Records.accounts(world.database))), [])
  })

  it("R6 is not sent again where nothing is found", async () => {
    const { provider, world } = await stage()
    provider.twist = ({ point, response }) => {
      if (point !== "arrival") return "go on"
      response.socket?.resetAndDestroy()
      return "answered"
    }
    const end = await world.mutoscope(["generate", "A lamp in the window", "--quiet"]).ended
    assert.strictEqual(end.code, 8, end.stderr)
    assert.deepStrictEqual(states(world), ["SubmitUnknown"])
    assert.lengthOf(provider.ledger, 0)
  })
})
