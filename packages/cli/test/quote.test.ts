/**
 * What a video would cost, before it is sent; and that nothing dear is sent unasked.
 */
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Flags as GenerateFlags, generate } from "../src/actions/generate.ts"
import { type Flags, quote } from "../src/actions/quote.ts"
import { describe as outcomeOf } from "../src/Outcome.ts"
import { request, world } from "./support/scriptedWorld.ts"

const none = Option.none()

/** A file that is there; nobody looks into it. */
const image = Option.some(fileURLToPath(import.meta.url))

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

const ten = { _tag: "OneOf", seconds: [10] } as const

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

describe("mutoscope quote", () => {
  it.effect("compares: an amount, a range, unknown, and what cannot be done", () => {
    const { data, live, notes } = world(scripts)
    return Effect.gen(function* () {
      const model = ["cheap/one", "dear/two", "dark/three", "small/four", "nobody"]
      const resolution = Option.some("720p")
      yield* quote({ ...quoting, model, request: { ...request, resolution, seed: Option.some(7) } })
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
      const large = { ...request, resolution: Option.some("720p") }
      const error = yield* Effect.flip(quote({ ...quoting, model: ["small/four"], request: large }))
      assert.strictEqual(error._tag, "UnsupportedOption")
      yield* quote({ ...quoting, model: ["small/four"], request: { ...large, snap: true } })
      assert.match(data[1] ?? "", /small\/four +unknown +5 s, 480p/)
      assert.include(notes[0], "480p was taken instead")
    }).pipe(Effect.provide(live))
  })
})

describe("mutoscope generate", () => {
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

  it.effect("of a model that lacks a default is of its nearest, unless it was settled in advance", () => {
    const capabilities = {
      aspectRatios: ["9:16"],
      resolutions: ["480p"],
      durations: { _tag: "OneOf", seconds: [4, 8] }
    } as const
    const scripts = [{ provider: "odd", model: "one", capabilities }]
    const { data, live, notes } = world(scripts)
    const settled = world(scripts, { resolution: "720p" })
    return Effect.gen(function* () {
      yield* quote({ ...quoting, model: ["odd/one"] })
      assert.match(data[1] ?? "", /4 s, 480p, 9:16/)
      yield* generate({ ...generating, request: { ...request, model: Option.some("odd/one") } })
      assert.isUndefined(notes.find((note) => /warning|support/i.test(note)))
      const refused = yield* Effect.flip(quote({ ...quoting, model: ["odd/one"] })).pipe(
        Effect.provide(settled.live)
      )
      assert.include(refused.message, "resolution 720p")
    }).pipe(Effect.provide(live))
  })

  it.effect("of what cannot be had together is its refusal, and nothing is recorded either", () => {
    const cases = [{ requires: "startImage" }, { with: "startImage", durations: ten }] as const
    const { live } = world([
      { provider: "image", model: "only", capabilities: { startImage: true, cases, price: price(0.1) } }
    ])
    const wanted = { ...request, model: Option.some("image/only") }
    return Effect.gen(function* () {
      for (const snap of [false, true]) {
        const error = yield* Effect.flip(quote({ ...quoting, request: { ...wanted, snap }, model: ["only"] }))
        assert.include(error.message, "request without a start image (a text); supported: a start image")
        const same = yield* Effect.flip(generate({ ...generating, request: { ...wanted, snap } }))
        assert.strictEqual(same._tag, "UnsupportedOption")
      }
      const near = { ...wanted, startImage: image, duration: Option.some(5), snap: true }
      yield* generate({ ...generating, request: near })
      const records = yield* Effect.flatMap(GenerationStore, ({ list }) => list({}))
      assert.deepStrictEqual(
        records.map(({ request: { duration } }) => duration),
        [10]
      )
    }).pipe(Effect.provide(live))
  })

  it.effect("claims nothing of a video that its provider was not told", () => {
    const cases = [{ with: "startImage", ignored: ["aspectRatio"] }] as const
    const { data, live, notes } = world([
      { provider: "shaped", model: "by-image", capabilities: { startImage: true, cases } }
    ])
    const model = Option.some("shaped/by-image")
    const wanted = { ...request, model, startImage: image, aspectRatio: Option.some("9:16") }
    return Effect.gen(function* () {
      yield* generate({ ...generating, request: wanted })
      const warning = "shaped/by-image ignores the aspect ratio (9:16) with a start image"
      assert.include(notes.join("\n"), warning)
      assert.match(notes.find((note) => note.startsWith("Done")) ?? "", /: 5 s, 720p, \d+ bytes/)
      const [made] = yield* Effect.flatMap(GenerationStore, ({ list }) => list({}))
      assert.deepStrictEqual(made?.ignored, ["aspectRatio"])
      yield* quote({ ...quoting, request: wanted, model: ["shaped/by-image"], json: true })
      const quoted = JSON.parse(data.at(-1) ?? "")
      assert.deepInclude(quoted, { duration: 5, resolution: "720p", warnings: [warning] })
      assert.notProperty(quoted, "aspectRatio")
      yield* quote({ ...quoting, request: wanted, model: ["shaped/by-image"] })
      assert.notInclude(data.at(-1), "9:16")
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
