/**
 * What a video would cost, before it is sent; and that nothing dear is sent unasked.
 */
import { assert, describe, it } from "@effect/vitest"
import { GenerationStore } from "@videogen/core/GenerationStore"
import * as Money from "@videogen/core/Money"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Flags as GenerateFlags, generate } from "../src/actions/generate.ts"
import { type Flags, quote } from "../src/actions/quote.ts"
import { describe as outcomeOf } from "../src/Outcome.ts"
import { request, world } from "./support/scriptedWorld.ts"

const none = Option.none()

const price = (perSecond: number, silent = perSecond) => ({
  asOf: "2026-08-01",
  rates: [
    { audio: true, perSecond: Money.dollars(perSecond) },
    { audio: false, perSecond: Money.dollars(silent) }
  ] as const
})

const scripts = [
  { provider: "cheap", model: "one", capabilities: { price: price(0.1), ignored: ["seed"] } },
  { provider: "dear", model: "two", capabilities: { price: price(0.4, 0.2) } },
  { provider: "dark", model: "three", capabilities: { resolutions: ["480p", "720p"] } },
  { provider: "small", model: "four", capabilities: { resolutions: ["480p"] } }
] as const

const quoting: Flags = {
  prompt: Option.some("A boat"),
  promptFile: none,
  noInput: false,
  request,
  model: ["cheap/one"],
  json: false
}

const generating: GenerateFlags = {
  prompt: Option.some("A boat"),
  promptFile: none,
  noInput: false,
  request: { ...request, model: Option.some("dear/two") },
  output: none,
  detach: false,
  fresh: false,
  key: none,
  maxCost: none,
  askAbove: none,
  yes: false,
  json: false,
  quiet: false
}

describe("videogen quote", () => {
  it.effect("compares: an amount, a range, unknown, and what cannot be done", () => {
    const { data, live, notes } = world(scripts)
    return Effect.gen(function* () {
      const model = ["cheap/one", "dear/two", "dark/three", "small/four", "nobody"]
      yield* quote({ ...quoting, model, request: { ...request, seed: Option.some(7) } })
      assert.deepStrictEqual(
        data.map((line) => line.split(/ {2,}/)),
        [
          ["MODEL", "COST", "VIDEO", "PRICES OF"],
          ["cheap/one", "$0.50", "5 s, 720p, 16:9", "2026-08-01"],
          ["dear/two", "$1.00 to $2.00", "5 s, 720p, 16:9", "2026-08-01"],
          ["dark/three", "unknown", "5 s, 720p, 16:9"],
          ["small/four", "-"],
          ["nobody", "-"]
        ]
      )
      assert.deepStrictEqual(notes, [
        "small/four: four does not support resolution 720p; supported: 480p; nearest: 480p",
        "nobody: There is no model nobody; did you mean one of cheap/one, dear/two, small/four, dark/three?",
        "Warning: cheap/one ignores the seed (7)",
        "It depends on the sound: say --audio or --no-audio."
      ])
    }).pipe(Effect.provide(live))
  })

  it.effect("tells programs in millionths of a dollar, and nothing of what is unknown", () => {
    const { data, live } = world(scripts)
    return Effect.gen(function* () {
      yield* quote({ ...quoting, model: ["dear/two", "dark/three"], json: true })
      const [dear, dark] = data.map((line) => JSON.parse(line))
      assert.deepInclude(dear, { price: "range", least: 1_000_000, most: 2_000_000, asOf: "2026-08-01" })
      assert.strictEqual(dark.price, "unknown")
      assert.notProperty(dark, "most")
    }).pipe(Effect.provide(live))
  })

  it.effect("of one model that cannot is its refusal; with --snap it is the nearest", () => {
    const { data, live, notes } = world(scripts)
    return Effect.gen(function* () {
      const error = yield* Effect.flip(quote({ ...quoting, model: ["small/four"] }))
      assert.strictEqual(error._tag, "UnsupportedOption")
      yield* quote({ ...quoting, model: ["small/four"], request: { ...request, snap: true } })
      assert.match(data[1] ?? "", /small\/four +unknown +5 s, 480p/)
      assert.include(notes[0], "480p was taken instead")
    }).pipe(Effect.provide(live))
  })
})

describe("videogen generate", () => {
  const isEmpty = Effect.flatMap(GenerationStore, ({ list }) =>
    Effect.map(list({}), (all) => assert.isEmpty(all))
  )

  it.effect("does not send unasked what may cost more than the user said", () => {
    const { ledgers, live } = world(scripts)
    return Effect.gen(function* () {
      const error = yield* Effect.flip(generate({ ...generating, askAbove: Option.some("1.50") }))
      assert.strictEqual(error._tag, "NotConfirmed")
      const { code, hints, message } = outcomeOf(error)
      assert.strictEqual(
        message,
        "dear/two would charge $1.00 to $2.00 (prices of 2026-08-01): more than $1.50 is not spent unasked"
      )
      assert.deepStrictEqual([code, hints], [15, ["Nothing was sent. If it is wanted, add --yes"]])
      assert.isEmpty(ledgers.flat())
      yield* isEmpty
    }).pipe(Effect.provide(live))
  })

  it.effect("nor what nobody knows the price of; the setting counts where no flag is given", () => {
    const { live } = world(scripts, { askAbove: Money.dollars(100) })
    return Effect.gen(function* () {
      const dark = { ...request, model: Option.some("dark/three") }
      const error = yield* Effect.flip(generate({ ...generating, request: dark }))
      assert.match(error.message, /What dark\/three would charge is unknown/)
      yield* isEmpty
    }).pipe(Effect.provide(live))
  })

  it.effect("sends it with --yes, below the limit, and where the key has its job already", () => {
    const { data, ledgers, live, notes } = world(scripts, { askAbove: Money.dollars(1) })
    return Effect.gen(function* () {
      const key = Option.some("scene 1")
      yield* generate({ ...generating, key, yes: true })
      yield* generate({ ...generating, key })
      yield* generate({ ...generating, request: { ...generating.request, noAudio: true } })
      assert.lengthOf(data, 3)
      assert.strictEqual(ledgers.flat().filter((asked) => asked === "submit").length, 2)
      assert.match(notes.find((note) => note.startsWith("Done")) ?? "", /, about \$2\.00 {2}\(/)
    }).pipe(Effect.provide(live))
  })

  it.effect("says what is ignored", () => {
    const { live, notes } = world(scripts)
    return Effect.gen(function* () {
      const ignoring = { ...request, model: Option.some("cheap/one"), seed: Option.some(7) }
      yield* generate({ ...generating, request: ignoring })
      assert.include(notes, "Warning: cheap/one ignores the seed (7)")
    }).pipe(Effect.provide(live))
  })
})
