/**
 * S14: processes that are killed at random, 60 times in the short form and 1,000 times in the long one.
 */
import { assert, describe, it } from "vitest"
import * as Campaign from "../src/campaign.ts"
import { faults } from "../src/oracle.ts"
import { isLong, note } from "./support.ts"

const worlds = isLong ? 10 : 1
const killsPerWorld = isLong ? 100 : 60
const seed = 42

/** Two at a time: a machine with two processors has something to do while one of them waits. */
const campaigns = async (client: Campaign.Client, killsPerWorld: number) => {
  const seeds = Array.from({ length: worlds }, (_, index) => seed + index)
  const outcomes: Array<Campaign.Outcome> = []
  const worker = async () => {
    for (let next = seeds.shift(); next !== undefined; next = seeds.shift())
      outcomes.push(await Campaign.run({ client, kills: killsPerWorld, seed: next }))
  }
  await Promise.all([worker(), worker()])
  return outcomes
}

const sum = (outcomes: ReadonlyArray<Campaign.Outcome>, of: (outcome: Campaign.Outcome) => number) =>
  outcomes.reduce((total, outcome) => total + of(outcome), 0)

const exposureOf = (outcomes: ReadonlyArray<Campaign.Outcome>): Campaign.Exposure => ({
  kills: sum(outcomes, ({ exposure }) => exposure.kills),
  posts: sum(outcomes, ({ exposure }) => exposure.posts),
  polling: sum(outcomes, ({ exposure }) => exposure.polling),
  downloads: sum(outcomes, ({ exposure }) => exposure.downloads),
  renamed: sum(outcomes, ({ exposure }) => exposure.renamed)
})

const report = (name: string, outcomes: ReadonlyArray<Campaign.Outcome>) =>
  note(
    `${name}: ${JSON.stringify({
      ...exposureOf(outcomes),
      submits: sum(outcomes, ({ posts }) => posts),
      done: sum(outcomes, ({ jobs }) => jobs.done),
      unknown: sum(outcomes, ({ jobs }) => jobs.unknown),
      unknownPaid: sum(outcomes, ({ jobs }) => jobs.unknownPaid),
      paidTwice: sum(outcomes, ({ verdict }) => verdict.paidTwice.length),
      lost: sum(outcomes, ({ verdict }) => verdict.lost.length),
      badFiles: sum(outcomes, ({ verdict }) => verdict.badFiles.length),
      seed
    })}`
  )

/** A run whose kills did not hit the work proves nothing. */
const assertExposed = (exposure: Campaign.Exposure, least: Omit<Campaign.Exposure, "kills">) => {
  for (const point of ["posts", "polling", "downloads", "renamed"] as const) {
    const share = exposure[point] / exposure.kills
    assert.isAtLeast(
      share,
      least[point],
      `exposed at ${point} in ${exposure[point]} of ${exposure.kills} kills`
    )
  }
}

describe.concurrent("kill -9 at random", () => {
  it("S14 O1-O6 W1-W9 pays nothing twice, loses nothing, leaves no bad file and no secret", async () => {
    const outcomes = await campaigns(Campaign.mutoscope, killsPerWorld)
    report("mutoscope", outcomes)
    assert.deepStrictEqual(
      outcomes.flatMap(({ verdict }) => faults(verdict)),
      []
    )
    const exposure = exposureOf(outcomes)
    assert.isAtLeast(exposure.kills, worlds * killsPerWorld)
    assertExposed(exposure, { posts: 0.3, polling: 0.3, downloads: 0.2, renamed: 0.05 })
  })

  it("S14 fails a naive client, so that the test above can be believed", async () => {
    const outcomes = await campaigns(Campaign.naive, killsPerWorld / 2)
    report("naive", outcomes)
    assertExposed(exposureOf(outcomes), { posts: 0.3, polling: 0.3, downloads: 0.2, renamed: 0 })
    for (const { verdict } of outcomes) {
      assert.isNotEmpty(verdict.paidTwice)
      assert.isNotEmpty(verdict.badFiles)
    }
  })
})
