/**
 * The prices that a user sets: how they are written, which models they are of, and what they make of a quote.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Capabilities } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import type { OperationStatus } from "@mutoscope/core/Operation"
import * as Prices from "@mutoscope/core/Prices"
import * as Quote from "@mutoscope/core/Quote"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { api, capabilities, operation, remote, request } from "./scripted.ts"

const decode = Schema.decodeUnknownEither(Prices.FromWritten)
const prices = (written: unknown) => Either.getOrThrow(decode(written))
const fault = (written: unknown) =>
  Either.match(decode(written), {
    onLeft: (error) => ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message,
    onRight: () => undefined
  })

const able = (change: Partial<Capabilities>): Capabilities => ({ ...capabilities, ...change })
const changed = (change: Partial<VideoRequest>) => new VideoRequest({ ...request, ...change })
const url = { _tag: "Url", url: "https://images.example/1.png" } as const
const today = "2026-11-30"

const cost = (written: unknown, wanted: Partial<VideoRequest> = {}, can: Partial<Capabilities> = {}) =>
  Quote.most(Quote.quote(Prices.apply(prices(written), able(can), today), changed(wanted)))
const dollars = (amount: number) => Option.some(Money.dollars(amount))

describe("prices as people write them", () => {
  it("are read from an object or from JSON, in dollars as numbers or texts", () => {
    const written = {
      "fal/*": { perSecond: 0.1 },
      "replicate/google/veo-3": [
        { audio: true, perSecond: "$0.40", perInputImage: "0.01" },
        { resolution: "4K", perClip: 2, asOf: "2026-11-01", options: "cfg_scale" }
      ]
    }
    assert.deepStrictEqual(prices(written), prices(JSON.stringify(written)))
    assert.deepStrictEqual(prices(written)[1], {
      pattern: "replicate/google/veo-3",
      rows: [
        { audio: true, perSecond: Money.dollars(0.4), perInputImage: Money.dollars(0.01) },
        { resolution: "4K", perClip: Money.dollars(2), asOf: "2026-11-01", options: ["cfg_scale"] }
      ]
    })
    assert.deepStrictEqual(prices(Schema.encodeSync(Prices.FromWritten)(prices(written))), prices(written))
    assert.isEmpty(prices({}))
  })

  it.each([
    [`{"fal/*"`, `must be JSON, like {"fal/*": {"perSecond": 0.1}}`],
    [[1], `must be an object from patterns of models' names to prices, like {"fal/*": {"perSecond": 0.1}}`],
    [{ "": { perSecond: 1 } }, "a pattern must not be empty; * stands for every model"],
    [{ "fal/*": { perSecnd: 1 } }, `"fal/*" has an unknown key "perSecnd"; did you mean perSecond?`],
    [
      { "fal/*": { perSecond: -0.1 } },
      `"fal/*": perSecond must be an amount of US dollars from 0 up with at most six decimals, like 0.10, got -0.1`
    ],
    [
      { "fal/*": { perSecond: true } },
      `"fal/*": perSecond must be an amount of US dollars from 0 up with at most six decimals, like 0.10, got true`
    ],
    [{ "fal/*": 0.1 }, `"fal/*" must say what 0.1 dollars are for, like {"perSecond": 0.1}`],
    [
      { "fal/*": { audio: true } },
      `"fal/*" has no price: give one of perSecond, perClip, perInputImage, perMillionInputTokens, perMillionOutputTokens, in US dollars`
    ],
    [
      { "fal/*": [] },
      `"fal/*" has no price: give one of perSecond, perClip, perInputImage, perMillionInputTokens, perMillionOutputTokens, in US dollars`
    ],
    [
      { "fal/*": { perClip: 1, resolution: "8K" } },
      `"fal/*": resolution must be one of 480p, 720p, 1080p, 4K, got "8K"`
    ],
    [{ "fal/*": { perClip: 1, audio: "yes" } }, `"fal/*": audio must be true or false, got "yes"`],
    [
      { "fal/*": { perClip: 1, asOf: "2026-02-30" } },
      `"fal/*": asOf must be a day, like 2026-11-01, got "2026-02-30"`
    ],
    [
      { "fal/*": { perClip: 1, options: [1] } },
      `"fal/*": options must be a list of names of provider options, or *, got [1]`
    ]
  ])("are refused with what is wrong: %j", (written, reason) => {
    assert.strictEqual(fault(written), reason)
  })
})

describe("the user's price of a model", () => {
  it("is that of the pattern that says the most of one of its names", () => {
    const written = {
      "*": { perClip: 1 },
      "scripted/*": { perClip: 2 },
      "*/s1": { perClip: 3 },
      "scripted/scripted-1": { perClip: 4 }
    }
    const patterns = Object.entries(written)
    assert.deepStrictEqual(
      patterns.map((_, index) => cost(Object.fromEntries(patterns.slice(0, index + 1)))),
      [dollars(1), dollars(2), dollars(2), dollars(4)]
    )
    assert.deepStrictEqual(cost({ "*/s1": { perClip: 3 } }), dollars(3))
    assert.deepStrictEqual(cost({ "SCRIPTED/S1": { perClip: 3 } }), dollars(3))
    assert.deepStrictEqual(cost({ s1: { perClip: 3 } }), dollars(3))
    assert.deepStrictEqual(
      cost({ "scripted/scripted.1": { perClip: 3 }, "other/*": { perClip: 3 } }),
      Option.none()
    )
  })

  it("comes before a table, and says that it is the user's and of when", () => {
    const price = { asOf: "2026-01-01", rates: [{ perSecond: Money.dollars(9) }] } as const
    const quote = Quote.quote(
      Prices.apply(prices({ "scripted/*": { perSecond: 0.1 } }), able({ price }), today),
      request
    )
    assert.deepInclude(quote, {
      _tag: "Exact",
      amount: Money.dollars(0.5),
      asOf: today,
      source: "your own price for scripted/*",
      own: true
    })
    const dated = Prices.apply(
      prices({
        "*": [
          { perSecond: 1, asOf: "2026-11-02" },
          { perClip: 1, audio: true, asOf: "2026-11-01" }
        ]
      }),
      capabilities,
      today
    )
    assert.strictEqual(dated.price?.asOf, "2026-11-01")
  })

  it("leaves what is free on one's own machine alone, unless it is named", () => {
    const price = { asOf: "2026-01-01", rates: [{ perSecond: Money.zero }], freeOptions: ["*"] } as const
    assert.deepStrictEqual(cost({ "*": { perClip: 1 } }, {}, { price }), dollars(0))
    assert.deepStrictEqual(cost({ "scripted/*": { perClip: 1 } }, {}, { price }), dollars(1))
  })

  it("may depend on the resolution and the sound, in whatever order it is written", () => {
    const written = {
      "*": [
        { perSecond: 0.1 },
        { perSecond: 0.2, resolution: "480p" },
        { perSecond: 0.4, resolution: "480p", audio: true }
      ]
    }
    assert.deepStrictEqual(cost(written, { audio: true }), dollars(0.5))
    assert.deepStrictEqual(cost(written, { resolution: "480p", audio: false }), dollars(1))
    assert.deepStrictEqual(cost(written, { resolution: "480p" }), dollars(2))
  })

  it("adds up what it names, and counts each image", () => {
    const can = { startImage: true, lastFrame: true, referenceImages: 9 }
    const written = { "*": { perSecond: 0.1, perClip: 0.2, perInputImage: 0.01 } }
    assert.deepStrictEqual(cost(written, {}, can), dollars(0.7))
    assert.deepStrictEqual(cost(written, { startImage: url, lastFrame: url }, can), dollars(0.72))
    assert.deepStrictEqual(cost(written, { referenceImages: [url, url, url] }, can), dollars(0.73))
  })

  it("is unknown with a provider option that it does not call free", () => {
    const wanted = { providerOptions: { cfg_scale: 7 } }
    assert.deepStrictEqual(cost({ "*": { perClip: 1 } }, wanted), Option.none())
    assert.deepStrictEqual(cost({ "*": { perClip: 1, options: ["cfg_scale"] } }, wanted), dollars(1))
    assert.deepStrictEqual(cost({ "*": { perClip: 1, options: "*" } }, wanted), dollars(1))
  })

  it("of a token is one of a second where it is known how many a second has", () => {
    const tokens = {
      output: [{ resolution: "720p", perSecond: 1_000, perClip: 10 }],
      words: 100,
      image: 1_000,
      prompt: true
    } as const
    const can = { tokens, startImage: true }
    assert.deepStrictEqual(cost({ "*": { perMillionOutputTokens: 10 } }, {}, can), dollars(0.0511))
    const both = { "*": { perMillionOutputTokens: 10, perMillionInputTokens: 2 } }
    assert.deepStrictEqual(cost(both, { prompt: "x".repeat(50) }, can), dollars(0.0512))
    assert.deepStrictEqual(cost(both, { prompt: "x".repeat(50), startImage: url }, can), dollars(0.0532))
    const quote = Quote.quote(
      Prices.apply(prices({ "*": { perMillionOutputTokens: 10 } }), capabilities, today),
      request
    )
    assert.deepStrictEqual(quote, {
      _tag: "Unknown",
      reasons: [
        "the price of a token (how many tokens the model counts for a video is not known) is not known"
      ]
    })
  })
})

describe("a provider with the user's prices", () => {
  const provider = (status: OperationStatus, written: unknown) =>
    Prices.over(api({ poll: [Effect.succeed(status)] }, []), prices(written))

  it.effect("has them in each model, and each model is one object", () =>
    Effect.gen(function* () {
      const priced = yield* provider({ _tag: "Pending" }, { "*": { perClip: 1 } })
      const [model] = priced.models
      assert.isDefined(model?.price?.own)
      assert.strictEqual(Option.getOrUndefined(priced.capabilities("s1")), model)
      assert.deepStrictEqual((yield* provider({ _tag: "Pending" }, {})).models, [capabilities])
    })
  )

  it.effect("counts tokens at them, and leaves what the provider says it charged", () =>
    Effect.gen(function* () {
      const status = {
        _tag: "Succeeded",
        videos: [remote],
        tokens: { input: 10, output: 1_001 },
        estimate: Money.dollars(5)
      } as const
      const byToken = { "*": { perMillionOutputTokens: 10, perMillionInputTokens: 0.05 } }
      const counted = yield* (yield* provider(status, byToken)).poll(operation)
      assert.deepInclude(counted, { estimate: Money.MicroUsd.make(10_011) })
      // What it comes to at a price of ours is nothing to a user with another.
      const flat = yield* (yield* provider(status, { "*": { perClip: 1 } })).poll(operation)
      assert.notProperty(flat, "estimate")
      const told = { ...status, cost: Money.dollars(2) }
      assert.deepInclude(yield* (yield* provider(told, byToken)).poll(operation), { cost: Money.dollars(2) })
      assert.strictEqual(
        yield* (yield* provider(status, { "other/*": { perClip: 1 } })).poll(operation),
        status
      )
    })
  )
})
