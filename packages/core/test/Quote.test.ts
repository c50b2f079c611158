/**
 * What a request would cost, and what is not known of it.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Capabilities from "@mutoscope/core/Capabilities"
import { GenerationId } from "@mutoscope/core/Generation"
import * as Money from "@mutoscope/core/Money"
import { nearestModels } from "@mutoscope/core/Nearest"
import type { Price } from "@mutoscope/core/Price"
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
      asOf,
      parts: [{ what: "5 s in 720p at $0.20 a second", amount: Money.dollars(1) }]
    })
    assert.deepStrictEqual(Quote.quote(bySound, request), {
      _tag: "Range",
      least: Money.dollars(1),
      most: Money.dollars(2),
      asOf,
      parts: [{ what: "5 s in 720p at $0.40 a second", amount: Money.dollars(2) }]
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
    assert.deepInclude(Quote.quote(can, request), {
      least: Money.dollars(0.4),
      most: Money.dollars(2.4),
      parts: [{ what: "8 s at $0.30 a second", amount: Money.dollars(2.4) }]
    })
  })

  it("is unknown, and not zero, where there is no price, or none for all that may come", () => {
    assert.deepStrictEqual(Quote.quote(capabilities, request), {
      _tag: "Unknown",
      reasons: ["no price of scripted/scripted-1 is known"]
    })
    const half = able({ price: { asOf, rates: [rate(0.4, { audio: true })] } })
    assert.deepStrictEqual(Quote.quote(half, request), {
      _tag: "Unknown",
      reasons: ["no price is known for 720p without sound"]
    })
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
          assert.strictEqual(estimate.value, Option.getOrThrow(Quote.most(quote)))
        }
      )
    )
  })
})

describe("every priced part of a request", () => {
  const url = { _tag: "Url", url: "https://images.example/1.png" } as const
  const priced = (price: Partial<Price>) =>
    able({
      startImage: true,
      lastFrame: true,
      referenceImages: 9,
      price: { asOf, rates: [rate(0.1)], ...price }
    })
  const images = ["startImage", "lastFrame", "referenceImages"] as const
  const cents = (amount: number) => Money.MicroUsd.make(amount * 10_000)
  const amountOf = (price: Partial<Price>, wanted: Partial<VideoRequest> = {}) =>
    Option.getOrUndefined(Quote.most(Quote.quote(priced(price), changed(wanted))))

  it("is added up: each image, and what comes once for a clip", () => {
    const extras = [
      { name: "an input image", count: "inputs", inputs: images, price: cents(4) },
      { name: "the start", count: "clip", price: cents(1) }
    ] as const
    assert.strictEqual(amountOf({ extras }), cents(51))
    assert.strictEqual(amountOf({ extras }, { startImage: url, lastFrame: url }), cents(59))
    assert.strictEqual(amountOf({ extras }, { referenceImages: [url, url, url] }), cents(63))
    const { parts } = Quote.quote(
      priced({ extras }),
      changed({ referenceImages: [url, url] })
    ) as Quote.Quote & {
      readonly parts: ReadonlyArray<Quote.Part>
    }
    assert.deepStrictEqual(
      parts.map(({ what }) => what),
      ["5 s in 720p at $0.10 a second", "2 x an input image at $0.04", "the start"]
    )
  })

  it("makes the quote unknown where it has no price, and only for requests that it is a part of", () => {
    const extras = [{ name: "an input image", count: "inputs", inputs: images }] as const
    assert.strictEqual(amountOf({ extras }), cents(50))
    assert.deepStrictEqual(Quote.quote(priced({ extras }), changed({ startImage: url })), {
      _tag: "Unknown",
      reasons: ["the price of an input image is not known"]
    })
  })

  it("that may be charged or not raises only the most", () => {
    const extras = [{ name: "words", count: "clip", price: cents(2), perhaps: true }] as const
    assert.deepInclude(Quote.quote(priced({ extras }), request), { least: cents(50), most: cents(52) })
  })

  it("is counted by the bytes of the prompt where it is by the token, and rounded up", () => {
    const extras = [
      { name: "the prompt", count: "promptBytes", price: Money.MicroUsd.make(1_500_000), per: 1_000_000 }
    ] as const
    // Three letters of three bytes each: nine tokens at most, at one and a half millionths of a dollar.
    assert.strictEqual(amountOf({ extras }, { prompt: "電影院" }), Money.MicroUsd.make(500_014))
  })

  it("is no less than the minimum, and a whole number of credits", () => {
    assert.strictEqual(amountOf({ minimum: cents(56) }), cents(56))
    assert.deepInclude(Quote.quote(priced({ unit: cents(3) }), request), {
      least: cents(50),
      most: cents(51)
    })
    assert.deepInclude(Quote.quote(priced({ unit: cents(5) }), request), { _tag: "Exact", amount: cents(50) })
    const quote = Quote.quote(priced({ minimum: cents(56) }), request)
    assert.deepInclude(quote, {
      parts: [
        { what: "5 s in 720p at $0.10 a second", amount: cents(50) },
        { what: "the least that a clip costs is $0.56", amount: cents(6) }
      ]
    })
  })

  it("may have a rate of its own for an input, a shape, or a clip", () => {
    const rates = [
      { with: "referenceImages", perSecond: cents(30) },
      { aspectRatio: "16:9", perSecond: cents(10), perClip: cents(1) },
      { perSecond: cents(20) }
    ] as const
    assert.strictEqual(amountOf({ rates }), cents(51))
    assert.strictEqual(amountOf({ rates }, { aspectRatio: "9:16" }), cents(100))
    assert.strictEqual(amountOf({ rates }, { referenceImages: [url] }), cents(150))
    const adaptive = {
      ...priced({ rates }),
      cases: [{ with: "startImage", ignored: ["aspectRatio"] }]
    } as const
    const most = Quote.most(Quote.quote(adaptive, changed({ startImage: url })))
    assert.deepStrictEqual(most, Option.some(cents(100)))
  })

  it("is unknown with a provider option, unless that is known to be free", () => {
    const wanted = { providerOptions: { user: "u", samples: 4 } }
    assert.deepInclude(Quote.quote(priced({ freeOptions: ["user"] }), changed(wanted)), {
      reasons: ["what the provider option samples costs is not known"]
    })
    assert.strictEqual(amountOf({ freeOptions: ["user", "samples"] }, wanted), cents(50))
    assert.strictEqual(amountOf({ freeOptions: ["*"] }, wanted), cents(50))
  })
})

describe("a quote after a receipt", () => {
  const receipt = (charged: number, quoted: number) =>
    Option.some({
      generationId: GenerationId.make("x"),
      charged: Money.dollars(charged),
      quoted: Money.dollars(quoted)
    })

  it("is wider by as much as that exceeded its own, rounded up, and says so", () => {
    const widened = Quote.widen(Quote.quote(bySound, changed({ audio: false })), receipt(1.03, 1))
    assert.deepInclude(widened, { _tag: "Exact", amount: Money.dollars(1.03) })
    assert.deepInclude(widened, {
      parts: [
        { what: "5 s in 720p at $0.20 a second", amount: Money.dollars(1) },
        {
          what: "widened by 3 %, since generation x was charged $1.03 for $1.00",
          amount: Money.dollars(0.03)
        }
      ]
    })
    const third = Quote.widen(Quote.quote(bySound, request), receipt(1, 0.3))
    assert.deepInclude(third, {
      least: Money.MicroUsd.make(3_333_334),
      most: Money.MicroUsd.make(6_666_667)
    })
  })

  it("is unknown where something was charged for what should be free", () => {
    assert.deepStrictEqual(Quote.widen(Quote.quote(bySound, request), receipt(1, 0)), {
      _tag: "Unknown",
      reasons: ["generation x was charged $1.00 for what should be free"]
    })
  })

  it("is as it was where there is none, or nothing is known", () => {
    const quote = Quote.quote(bySound, request)
    assert.strictEqual(Quote.widen(quote, Option.none()), quote)
    const unknown = Quote.quote(capabilities, request)
    assert.strictEqual(Quote.widen(unknown, receipt(2, 1)), unknown)
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
