/**
 * What was spent, as people and programs are told it.
 */
import { assert, describe, it } from "@effect/vitest"
import { SubmitUnknown } from "@mutoscope/core/GenerationError"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import type { OperationStatus } from "@mutoscope/core/Operation"
import { FromWritten } from "@mutoscope/core/Prices"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { remote, request } from "../../core/test/scripted.ts"
import { costs, type Flags } from "../src/actions/costs.ts"
import { show } from "../src/actions/show.ts"
import { spent } from "../src/wording.ts"
import { world } from "./support/scriptedWorld.ts"

const price = { asOf: "2026-08-01", rates: [{ perSecond: Money.dollars(0.1) }] } as const
const charged: OperationStatus = { _tag: "Succeeded", videos: [remote], cost: Money.dollars(0.75) }
const lost = new SubmitUnknown({ provider: "maybe", reason: "reset" })

const scripts = [
  { provider: "says", model: "one", capabilities: { price }, poll: [Effect.succeed(charged)] },
  { provider: "silent", model: "two", capabilities: { price } },
  { provider: "dark", model: "three" },
  { provider: "maybe", model: "four", capabilities: { price }, submit: [Effect.fail(lost)] }
]

const flags: Flags = { since: Option.none(), by: "model", json: false }

/** One job of each, the last two a day later. */
const spending = Effect.gen(function* () {
  const generator = yield* VideoGenerator
  for (const [index, { model, provider }] of scripts.entries()) {
    if (index === 2) yield* TestClock.adjust("20 seconds")
    yield* Effect.ignore(generator.generate({ ...request, model: `${provider}/${model}` }))
  }
})

/** Ten seconds before midnight: whole days of heartbeats would take long. */
const late = TestClock.setTime(86_390_000)

describe("mutoscope costs", () => {
  it.effect("says what is known, how well, and what may come on top", () => {
    const { data, live, notes } = world(scripts)
    return Effect.gen(function* () {
      yield* spending
      yield* costs(flags)
      assert.deepStrictEqual(
        data.map((line) => line.split(/ {2,}/)),
        [
          ["MODEL", "JOBS", "REPORTED", "ESTIMATED", "UNKNOWN", "MAY HAVE BEEN CHARGED"],
          ["dark/three", "1", "$0.00", "$0.00", "1 job", "-"],
          ["maybe/four", "1", "$0.00", "$0.00", "-", "1 job, $0.50"],
          ["says/one", "1", "$0.75", "$0.00", "-", "-"],
          ["silent/two", "1", "$0.00", "$0.50", "-", "-"],
          ["total", "4", "$0.75", "$0.50", "1 job", "1 job, $0.50"]
        ]
      )
      assert.match(notes[0] ?? "", /mutoscope list --state unknown/)
    }).pipe(Effect.provide(live), (test) => Effect.zipRight(late, test))
  })

  it.effect("by day and from a day on, for programs", () => {
    const { data, live } = world(scripts)
    return Effect.gen(function* () {
      yield* spending
      yield* costs({ since: Option.some("1970-01-02"), by: "day", json: true })
      const possible = { jobs: 1, amount: 500_000, unpriced: 0 }
      const sums = { jobs: 2, reported: 0, estimated: 0, unknown: 1, possible }
      assert.deepStrictEqual(
        data.map((line) => JSON.parse(line)),
        [
          { event: "cost", by: "day", name: "1970-01-02", ...sums },
          { event: "total", ...sums }
        ]
      )
    }).pipe(Effect.provide(live), (test) => Effect.zipRight(late, test))
  })

  it.effect("says what of it is by prices of the user's own, and of which job", () => {
    const prices = Schema.decodeUnknownSync(FromWritten)({
      "dark/*": { perClip: 0.3 },
      "says/*": { perClip: 1 }
    })
    const { data, live, notes } = world(scripts, { prices })
    return Effect.gen(function* () {
      yield* spending
      yield* costs(flags)
      assert.strictEqual(notes[0], "Of what is estimated, $0.30 (1 job) is by prices of your own.")
      data.length = 0
      yield* costs({ ...flags, json: true })
      const own = { jobs: 1, amount: 300_000 }
      const [dark, ...others] = data.splice(0).map((line) => JSON.parse(line))
      assert.deepInclude(dark, { name: "dark/three", estimated: 300_000, own })
      assert.deepInclude(others.at(-1), { event: "total", estimated: 800_000, own })
      assert.isTrue(others.slice(0, -1).every((one) => !("own" in one)))
      const records = yield* GenerationStore
      const costOf = (wanted: string) =>
        Effect.gen(function* () {
          const found = (yield* records.list({})).find(({ provider }) => provider === wanted)
          yield* show({ reference: found?.id ?? "", json: false })
          return data.splice(0).find((line) => line.startsWith("cost "))
        })
      assert.strictEqual(yield* costOf("maybe"), "cost       $0.50 (expected)")
      assert.strictEqual(yield* costOf("dark"), "cost       $0.30 (estimated, by a price of your own)")
    }).pipe(Effect.provide(live), (test) => Effect.zipRight(late, test))
  })

  it.effect("refuses what is no day", () => {
    const { live } = world(scripts)
    return Effect.gen(function* () {
      for (const since of ["yesterday", "2026-13-01", "2026-11-01T00:00:00Z", "2026-02-30"]) {
        const error = yield* Effect.flip(costs({ ...flags, since: Option.some(since) }))
        assert.strictEqual(error._tag, "UsageError", since)
      }
    }).pipe(Effect.provide(live))
  })

  it.effect("show says of one job what it cost, and who says so", () => {
    const { data, live } = world(scripts)
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      for (const [model, cost] of [
        ["says/one", "$0.75 (reported)"],
        ["silent/two", "$0.50 (estimated)"],
        ["dark/three", "unknown"]
      ] as const) {
        const { id } = yield* generator.generate({ ...request, model })
        yield* show({ reference: id, json: false })
        assert.include(data.splice(0).join("\n"), `cost       ${cost}\n`)
      }
    }).pipe(Effect.provide(live))
  })

  it("in a sentence never says nothing where it means that it does not know", () => {
    const none = { jobs: 0, amount: Money.zero, unpriced: 0 }
    const total = { jobs: 1, reported: Money.zero, estimated: Money.zero, unknown: 1, possible: none }
    assert.strictEqual(spent(total), "1 of unknown cost")
    const [some, more] = [Money.dollars(1), Money.dollars(2)]
    assert.strictEqual(
      spent({ ...total, reported: some, estimated: more, possible: { jobs: 2, amount: some, unpriced: 1 } }),
      "$3.00 ($2.00 estimated), 1 of unknown cost, 2 may have been charged ($1.00 and 1 of unknown price)"
    )
    assert.strictEqual(spent({ ...total, estimated: some, unknown: 0 }), "about $1.00")
  })
})
