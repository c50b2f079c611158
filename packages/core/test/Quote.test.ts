/**
 * What a request would cost, and what is not known of it.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Capabilities from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import { nearestModels } from "@mutoscope/core/Nearest"
import * as Quote from "@mutoscope/core/Quote"
import { named } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import { api, capabilities, request } from "./scripted.ts"

const asOf = "2026-08-01"
const rate = (perSecond: number, rest: object = {}) => ({ ...rest, perSecond: Money.dollars(perSecond) })
const able = (change: Partial<Capabilities.Capabilities>) => ({ ...capabilities, ...change })
const changed = (change: Partial<VideoRequest>) => new VideoRequest({ ...request, ...change })

const bySound = able({ price: { asOf, rates: [rate(0.4, { audio: true }), rate(0.2, { audio: false })] } })

describe("a quote", () => {
  it("is exact where all is said, and a range where the sound is not", () => {
    assert.deepStrictEqual(Quote.quote(bySound, changed({ audio: false })), {
      _tag: "Exact",
      amount: Money.dollars(1),
      asOf
    })
    assert.deepStrictEqual(Quote.quote(bySound, request), {
      _tag: "Range",
      least: Money.dollars(1),
      most: Money.dollars(2),
      asOf
    })
    const still = { ...bySound, audio: "never" } as const
    assert.deepInclude(Quote.quote(still, request), { _tag: "Exact", amount: Money.dollars(1) })
  })

  it("is a range over all that may come where the provider does not look", () => {
    const can = able({
      price: { asOf, rates: [rate(0.1, { resolution: "480p" }), rate(0.3)] },
      durations: { _tag: "OneOf", seconds: [4, 8] },
      ignored: ["resolution", "duration"]
    })
    assert.deepInclude(Quote.quote(can, request), { least: Money.dollars(0.4), most: Money.dollars(2.4) })
  })

  it("is unknown, and not zero, where there is no price, or none for all that may come", () => {
    assert.deepStrictEqual(Quote.quote(capabilities, request), { _tag: "Unknown" })
    const half = able({ price: { asOf, rates: [rate(0.4, { audio: true })] } })
    assert.deepStrictEqual(Quote.quote(half, request), { _tag: "Unknown" })
    assert.deepStrictEqual(Quote.most(Quote.quote(half, request)), Option.none())
    assert.deepInclude(Quote.quote(able({ price: { asOf, rates: [rate(0)] } }), request), { _tag: "Exact" })
  })

  it("holds the estimate of whatever is legal", () => {
    FastCheck.assert(
      FastCheck.property(
        Arbitrary.make(VideoRequest),
        FastCheck.boolean(),
        FastCheck.constantFrom("always" as const, "optional" as const, "never" as const),
        (wanted, ignores, audio) => {
          const can = { ...bySound, audio, ...(ignores ? { ignored: ["audio", "duration"] as const } : {}) }
          const legal = Effect.runSync(Effect.option(Capabilities.snap(can, wanted)))
          if (Option.isNone(legal)) return
          const estimate = Capabilities.estimate(can, legal.value.request)
          const quote = Quote.quote(can, legal.value.request)
          assert.strictEqual(Option.isNone(estimate), quote._tag === "Unknown")
          if (Option.isNone(estimate) || quote._tag === "Unknown") return
          const least = quote._tag === "Exact" ? quote.amount : quote.least
          assert.isAtLeast(estimate.value, least)
          assert.isAtMost(estimate.value, Option.getOrThrow(Quote.most(quote)))
        }
      )
    )
  })
})

describe("the name of a model", () => {
  const models = ["veo-3.1", "veo-3.1-fast", "sora-2", "kling-2.1"].map((name) =>
    able({ provider: name.startsWith("veo") ? "vertex" : "router", model: `${name}-001`, aliases: [name] })
  )

  it("that was mistyped, or known in part, is answered with the nearest", () => {
    assert.strictEqual(nearestModels("vo-3.1", models)[0], "vertex/veo-3.1")
    assert.deepStrictEqual(nearestModels("FAST", models, 1), ["vertex/veo-3.1-fast"])
    assert.deepStrictEqual(nearestModels("router/sora2", models, 1), ["router/sora-2"])
    assert.lengthOf(nearestModels("x", models), 4)
  })

  it.effect("that nobody has is refused with them", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(named({ ...api({}, []), models }, "sora"))
      assert.match(error.message, /^There is no model sora; did you mean one of router\/sora-2, /)
    })
  )
})
