/**
 * The list of models and its filters, and the sheet of one.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Money from "@mutoscope/core/Money"
import type { Price } from "@mutoscope/core/Price"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Flags, list, show } from "../src/actions/models.ts"
import { describe as outcomeOf } from "../src/Outcome.ts"
import { world } from "./support/scriptedWorld.ts"

const none = Option.none()

const scripts = [
  {
    provider: "vertex",
    model: "veo-001",
    capabilities: {
      aliases: ["veo", "veo-preview"],
      title: "Veo",
      startImage: true,
      lastFrame: true,
      referenceImages: 3,
      extend: true,
      exclusive: [["startImage", "referenceImages"]] as const,
      ignored: ["seed", "audio"] as const,
      cases: [
        { requires: "startImage" },
        { with: "referenceImages", durations: { _tag: "OneOf", seconds: [8] }, excludes: ["seed"] },
        { without: "startImage", resolution: "720p", aspectRatios: ["16:9"], ignored: ["resolution"] }
      ] as const,
      promptLimit: { unit: "bytes", most: 2500 } as const,
      outputLifetime: 172_800,
      minimumPollInterval: 10,
      price: {
        asOf: "2026-08-01",
        rates: [
          { resolution: "480p", audio: false, perSecond: Money.dollars(0.05) },
          { perSecond: Money.dollars(0.4) }
        ] as const
      }
    }
  },
  {
    provider: "router",
    model: "kling",
    capabilities: { title: "Kling", audio: "never", startImage: true } as const
  },
  {
    provider: "router",
    model: "veo",
    capabilities: {
      title: "Veo elsewhere",
      audio: "always",
      retiredOn: "1970-01-01",
      replacement: "veo-4"
    } as const
  }
]

const flags: Flags = { provider: none, input: [], maxPrice: none, audio: false, search: none, json: false }

const names = (lines: ReadonlyArray<string>) => lines.slice(1).map((line) => line.split(" ")[0])

describe("mutoscope models", () => {
  it.effect("lists all of them, and those that are wanted", () => {
    const { data, live } = world(scripts)
    const listed = (change: Partial<Flags>) =>
      Effect.map(list({ ...flags, ...change }), () => names(data.splice(0)))
    return Effect.gen(function* () {
      yield* list(flags)
      assert.deepStrictEqual(
        data.splice(0).map((line) => line.split(/ {2,}/)),
        [
          ["MODEL", "SECONDS", "RESOLUTIONS", "ASPECT RATIOS", "SOUND", "A SECOND", "TITLE"],
          ["vertex/veo", "2-10", "480p 720p", "16:9 9:16", "optional", "$0.05-$0.40", "Veo"],
          ["router/kling", "2-10", "480p 720p", "16:9 9:16", "never", "unknown", "Kling"],
          ["router/veo", "2-10", "480p 720p", "16:9 9:16", "always", "unknown", "Veo elsewhere (retired)"]
        ]
      )
      assert.deepStrictEqual(yield* listed({ provider: Option.some("router") }), [
        "router/kling",
        "router/veo"
      ])
      assert.deepStrictEqual(yield* listed({ input: ["image"] }), ["vertex/veo", "router/kling"])
      assert.deepStrictEqual(yield* listed({ input: ["image", "video"] }), ["vertex/veo"])
      assert.deepStrictEqual(yield* listed({ audio: true }), ["vertex/veo", "router/veo"])
      assert.deepStrictEqual(yield* listed({ maxPrice: Option.some("0.05") }), ["vertex/veo"])
      assert.deepStrictEqual(yield* listed({ maxPrice: Option.some("0.04") }), [])
      assert.deepStrictEqual(yield* listed({ search: Option.some("VEO") }), ["vertex/veo", "router/veo"])
      assert.deepStrictEqual(yield* listed({ search: Option.some("else") }), ["router/veo"])
    }).pipe(Effect.provide(live))
  })

  it.effect("names the nearest provider, and takes no price for a number of another kind", () => {
    const { live } = world(scripts)
    return Effect.gen(function* () {
      const error = yield* Effect.flip(list({ ...flags, provider: Option.some("vertx") }))
      assert.strictEqual(error.message, "There is no provider vertx; did you mean vertex?")
      const price = yield* Effect.flip(list({ ...flags, maxPrice: Option.some("cheap") }))
      assert.include(price.message, "--max-price takes dollars")
    }).pipe(Effect.provide(live))
  })

  it.effect("shows all that is known of one", () => {
    const { data, live, notes } = world(scripts)
    return Effect.gen(function* () {
      yield* show({ model: "veo", json: false })
      assert.deepStrictEqual(
        data.splice(0).map((line) => line.split(/ {2,}/)),
        [
          ["model", "vertex/veo"],
          ["title", "Veo"],
          ["also", "veo-001, veo-preview"],
          ["state", "available"],
          ["seconds", "2-10"],
          ["sizes", "480p, 720p"],
          ["ratios", "16:9, 9:16"],
          ["sound", "--audio or --no-audio"],
          ["inputs", "a start image, a last frame, up to 3 reference images, a video to go on with"],
          ["not both", "a start image, reference images"],
          ["prompt", "at most 2500 bytes"],
          ["negative", "yes"],
          ["seed", "yes"],
          ["ignores", "the seed, the choice of sound"],
          ["but", "needs a start image"],
          ["but", "with reference images: 8 s, no seed"],
          ["but", "without a start image in 720p: 16:9, ignores the resolution"],
          ["cancel", "yes"],
          ["progress", "reported"],
          ["asked", "at most every 10 s"],
          ["kept", "a finished video for 48 h 0 min"],
          ["price", "$0.05 a second: 480p, without sound"],
          ["price", "$0.40 a second: other sizes"],
          ["as of", "2026-08-01"]
        ]
      )
      assert.deepStrictEqual(notes.splice(0), ["Also: router/veo"])
      yield* show({ model: "router/veo", json: false })
      const shown = data.splice(0).join("\n")
      assert.include(shown, "state      retired on 1970-01-01; ask for veo-4 instead")
      assert.include(shown, "inputs     a prompt alone")
      assert.include(shown, "price      unknown")
    }).pipe(Effect.provide(live))
  })

  it.effect("as JSON, and an unknown name with the nearest ones", () => {
    const { data, live } = world(scripts)
    return Effect.gen(function* () {
      yield* show({ model: "router/veo", json: true })
      assert.deepInclude(JSON.parse(data[0] ?? ""), { model: "veo", retired: true, replacement: "veo-4" })
      const error = yield* Effect.flip(show({ model: "klin", json: false }))
      assert.match(error.message, /^There is no model klin; did you mean one of router\/kling, /)
      assert.strictEqual(outcomeOf(error).code, 2)
    }).pipe(Effect.provide(live))
  })

  it.effect("shows each part of a price, where it was read, and when", () => {
    const price: Price = {
      asOf: "2026-08-01",
      source: "a list",
      rates: [
        { resolution: "480p", perSecond: Money.dollars(0.05), perClip: Money.dollars(0.01) },
        { with: "referenceImages", audio: true, perClip: Money.dollars(2) }
      ],
      extras: [
        { name: "an input image", count: "inputs", inputs: ["startImage"], price: Money.dollars(0.04) },
        {
          name: "the tokens of the prompt",
          count: "promptBytes",
          price: Money.dollars(1.5),
          per: 1_000_000,
          perhaps: true
        },
        { name: "going on with a video", count: "inputs", inputs: ["extend"] }
      ],
      minimum: Money.dollars(0.56),
      unit: Money.dollars(0.01)
    }
    const { data, live } = world([
      { provider: "router", model: "one", capabilities: { price } },
      { provider: "router", model: "two" }
    ])
    const parts = /^(price|and|at least|rounded|as of) /
    return Effect.gen(function* () {
      yield* show({ model: "router/one", json: false })
      assert.deepStrictEqual(
        data.splice(0).filter((line) => parts.test(line)),
        [
          "price      $0.05 a second and $0.01 a clip: 480p",
          "price      $2.00 a clip: other sizes, with sound, with reference images",
          "and        $0.04 for an input image",
          "and        perhaps $1.50 a million for the tokens of the prompt",
          "and        an unknown price for going on with a video",
          "at least   $0.56",
          "rounded    up to a multiple of $0.01",
          "as of      2026-08-01, a list"
        ]
      )
      yield* show({ model: "router/two", json: false })
      assert.deepStrictEqual(
        data.splice(0).filter((line) => parts.test(line)),
        ["price      unknown; set your own: prices in the configuration"]
      )
    }).pipe(Effect.provide(live))
  })
})
