/**
 * Random kills and the world's faults at once, in every dialect: 63 jobs in the short form, and 1,000 in the long one.
 */
import { assert, describe, it } from "vitest"
import * as Vendors from "../src/vendors.ts"
import * as Wild from "../src/wild.ts"
import { isLong, note } from "./support.ts"

const seed = Number(process.env["WILD_SEED"] ?? 7)
// The short form deals each fault three times.
const plan = isLong ? { seed, jobs: 1_000, kills: 60 } : { seed, jobs: 63, kills: 5 }
const least = isLong
  ? { kills: 50, posts: 20, polling: 30, downloads: 10, capped: 10, met: 20 }
  : { kills: 4, posts: 1, polling: 2, downloads: 1, capped: 1, met: 1 }

describe("a bad day in eight dialects", () => {
  it("pays nothing twice, loses no video that is served, keeps no bad file and passes no cap", async () => {
    note(`seed ${seed}`)
    const { doctored, exposure, faults, met, submits, tallies } = await Wild.run(plan)
    note(JSON.stringify({ seed, submits, exposure, met: Object.fromEntries(met), tallies }))
    assert.deepStrictEqual(faults, [])

    for (const point of ["kills", "posts", "polling", "downloads", "capped"] as const)
      assert.isAtLeast(exposure[point], least[point], `exposed at ${point}`)
    for (const fault of Vendors.faults.filter((fault) => fault !== "none"))
      assert.isAtLeast(met.get(fault) ?? 0, least.met, `met ${fault}`)

    assert.sameMembers(Object.keys(doctored), ["paid twice", "lost", "bad file", "cap passed"])
    for (const [lie, found] of Object.entries(doctored))
      assert.isTrue(
        found.some((what) => what.startsWith(`${lie}: `)),
        `the oracle sees what is ${lie}`
      )
  })

  it("draws the same faults from the same seed", () => {
    assert.deepStrictEqual(Vendors.draw(seed, 100), Vendors.draw(seed, 100))
    assert.notDeepEqual(Vendors.draw(seed, 100), Vendors.draw(seed + 1, 100))
  })
})
