/**
 * What a video would cost, before it is sent; and that nothing dear is sent unasked.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { BudgetSpent } from "@mutoscope/core/GenerationError"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import { FromWritten } from "@mutoscope/core/Prices"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { remote } from "../../core/test/scripted.ts"
import { type Flags as GenerateFlags, generate } from "../src/actions/generate.ts"
import { type Flags, quote } from "../src/actions/quote.ts"
import { tellHalted } from "../src/batch/halted.ts"
import { describe as outcomeOf } from "../src/Outcome.ts"
import { png } from "./support/png.ts"
import { request, world } from "./support/scriptedWorld.ts"

const none = Option.none()

const folder = mkdtempSync(join(tmpdir(), "mutoscope-quote-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const image = Option.some(join(folder, "image.png"))
writeFileSync(Option.getOrThrow(image), png(64, 64))

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
        "It depends on the sound: say --audio or --no-audio.",
        "dark/three: no price of dark/three is known",
        `Set a price of your own: prices in the configuration, like MUTOSCOPE_PRICES='{"dark/three":{"perSecond":0.1}}'`
      ])
    }).pipe(Effect.provide(live))
  })

  const images = ["startImage", "referenceImages"] as const
  const imaged = {
    ...price(0.13),
    extras: [{ name: "a reference image", count: "inputs", inputs: images, price: Money.dollars(0.04) }]
  } as const
  const hailuo = [
    { provider: "router", model: "h3", capabilities: { price: imaged, referenceImages: 9, startImage: true } }
  ] as const
  const three = Option.getOrElse(image, () => "")
  const withImages = { ...request, referenceImage: [three, three, three], audio: true }

  it.effect("says what it consists of, to people and programs", () => {
    const { data, live, notes } = world(hailuo)
    return Effect.gen(function* () {
      yield* quote({ ...quoting, model: ["router/h3"], request: withImages })
      assert.match(data[1] ?? "", /^router\/h3 +\$0\.77 /)
      assert.deepStrictEqual(notes, [
        "router/h3: 5 s in 720p at $0.13 a second: $0.65; 3 x a reference image at $0.04: $0.12"
      ])
      yield* quote({ ...quoting, model: ["router/h3"], request: withImages, json: true })
      assert.deepInclude(JSON.parse(data[2] ?? ""), {
        price: "exact",
        most: 770_000,
        parts: [
          { what: "5 s in 720p at $0.13 a second", amount: 650_000 },
          { what: "3 x a reference image at $0.04", amount: 120_000 }
        ]
      })
    }).pipe(Effect.provide(live))
  })

  it.effect("is by the user's own price where there is one, and says so", () => {
    const prices = Schema.decodeUnknownSync(FromWritten)({
      "dark/*": { perSecond: 0.1 },
      "dear/two": { perClip: 3 }
    })
    const { data, live, notes } = world(scripts, { prices })
    return Effect.gen(function* () {
      yield* quote({ ...quoting, model: ["dark/three", "dear/two"] })
      assert.match(data[1] ?? "", /^dark\/three +\$0\.50 /)
      assert.match(data[2] ?? "", /^dear\/two +\$3\.00 /)
      assert.deepStrictEqual(notes, [
        "dark/three: by your own price for dark/*",
        "dear/two: by your own price for dear/two"
      ])
      yield* quote({ ...quoting, model: ["dark/three"], json: true })
      assert.deepInclude(JSON.parse(data[3] ?? ""), {
        most: 500_000,
        own: true,
        source: "your own price for dark/*"
      })
    }).pipe(Effect.provide(live))
  })

  it.effect("is widened by a receipt that was larger than its quote, and says since when", () => {
    const charged = Effect.succeed({
      _tag: "Succeeded",
      videos: [remote],
      cost: Money.dollars(2.06)
    } as const)
    const { data, live, notes } = world([
      { provider: "dear", model: "two", capabilities: { price: price(0.4) }, poll: [charged] }
    ])
    return Effect.gen(function* () {
      yield* generate(generating)
      assert.include(
        notes.join("\n"),
        "Warning: It was charged $2.06, more than the $2.00 that was quoted; later quotes of dear/two are widened by 3 %"
      )
      notes.length = 0
      yield* quote({ ...quoting, model: ["dear/two"] })
      assert.match(data[2] ?? "", /^dear\/two +\$2\.06 /)
      assert.match(
        notes[0] ?? "",
        /^dear\/two: 5 s in 720p at \$0\.40 a second: \$2\.00; widened by 3 %, since generation \w{16} was charged \$2\.06 for \$2\.00: \$0\.06$/
      )
      yield* quote({ ...quoting, model: ["dear/two"], json: true })
      assert.deepInclude(JSON.parse(data[3] ?? "").widened, { charged: 2_060_000, quoted: 2_000_000 })
    }).pipe(Effect.provide(live))
  })

  it.effect("tells programs in millionths of a dollar, and nothing of what is unknown", () => {
    const { data, live } = world(scripts)
    return Effect.gen(function* () {
      yield* quote({ ...quoting, model: ["dear/two", "dark/three"], json: true })
      const [dear, dark] = data.map((line) => JSON.parse(line))
      assert.deepInclude(dear, { price: "range", least: 1_000_000, most: 2_000_000, asOf: "2026-08-01" })
      assert.strictEqual(dark.price, "unknown")
      assert.deepStrictEqual(dark.reasons, ["no price of dark/three is known"])
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
      assert.include(notes[1], "no price of small/four is known")
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
      assert.deepStrictEqual(outcomeOf(error).hints, [
        "dark/three: no price of dark/three is known",
        `Set a price of your own: prices in the configuration, like MUTOSCOPE_PRICES='{"dark/three":{"perSecond":0.1}}'`,
        "Nothing was sent. If it is wanted, add --yes"
      ])
      yield* isEmpty
    }).pipe(Effect.provide(live))
  })

  it.effect("says what a cap would be passed by, and how a price of one's own is set", () => {
    const two = {
      ...price(0.4),
      extras: [{ name: "the start", count: "clip", price: Money.dollars(0.1) }]
    } as const
    const { ledgers, live } = world([
      { provider: "dear", model: "two", capabilities: { price: two } },
      { provider: "dark", model: "three" }
    ])
    return Effect.gen(function* () {
      const audio = { ...generating.request, audio: true }
      const over = yield* Effect.flip(
        generate({ ...generating, request: audio, maxCost: Option.some("2.00") })
      )
      assert.strictEqual(
        outcomeOf(over).message,
        "$2.10 more would pass the limit of $2.00 for this run, of which $0.00 is spent"
      )
      assert.deepStrictEqual(outcomeOf(over).hints.slice(0, 1), [
        "dear/two: 5 s in 720p at $0.40 a second: $2.00; the start: $0.10"
      ])
      const dark = { ...request, model: Option.some("dark/three") }
      const unknown = yield* Effect.flip(
        generate({ ...generating, request: dark, maxCost: Option.some("2") })
      )
      const { code, hints, message } = outcomeOf(unknown)
      assert.strictEqual(code, 15)
      assert.match(message, /^The price is unknown/)
      assert.deepStrictEqual(hints.slice(0, 2), [
        "dark/three: no price of dark/three is known",
        `Set a price of your own: prices in the configuration, like MUTOSCOPE_PRICES='{"dark/three":{"perSecond":0.1}}'`
      ])
      assert.strictEqual(hints.filter((hint) => hint.startsWith("Set a price")).length, 1)
      assert.isEmpty(ledgers.flat())
    }).pipe(Effect.provide(live))
  })

  it.effect("says to a batch that is stopped by an unknown price how one is set", () => {
    const { live, notes } = world(scripts)
    const error = new BudgetSpent({ limit: "run", most: 1_000_000, spent: 0, model: "dark/three" })
    return Effect.gen(function* () {
      yield* tellHalted(error, "run the same command again")
      assert.deepStrictEqual(notes, [
        "Stopped: The price is unknown, so the limit of $1.00 for this run could not be kept",
        "  What was not sent waits in the queue, and costs nothing.",
        "  What has no known price is not sent while money is limited.",
        `  Set a price of your own: prices in the configuration, like MUTOSCOPE_PRICES='{"dark/three":{"perSecond":0.1}}'`
      ])
    }).pipe(Effect.provide(live))
  })

  it.effect("sends under a cap what the user gave a price of their own", () => {
    const prices = Schema.decodeUnknownSync(FromWritten)({ "dark/*": { perSecond: 0.1 } })
    const { ledgers, live } = world(scripts, { prices })
    return Effect.gen(function* () {
      const dark = { ...request, model: Option.some("dark/three") }
      const capped = { ...generating, request: dark, maxCost: Option.some("0.50") }
      yield* generate(capped)
      assert.lengthOf(
        ledgers.flat().filter((asked) => asked === "submit"),
        1
      )
      const over = yield* Effect.flip(generate({ ...capped, maxCost: Option.some("0.49") }))
      assert.deepStrictEqual(outcomeOf(over).hints.slice(0, 1), ["dark/three: by your own price for dark/*"])
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
