/**
 * What is charged is never more than what was quoted before anything was sent, or nothing was quoted: each receipt is replayed
 * over HTTP, from the quote to the answer. And of every model that there is a table of, a quote has all its parts.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Capabilities from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import * as Prices from "@mutoscope/core/Prices"
import * as Quote from "@mutoscope/core/Quote"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Adapters from "../src/Adapters.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import { intent, request } from "./fixtures.ts"
import { type Receipt, receipts } from "./receipts.ts"
import { json, serve } from "./scripted.ts"

const apiKey = "key"

/** The settings of an account whose provider is at an address. */
const settings: { readonly [Name in Receipt["provider"]]: (base: string) => Record<string, unknown> } = {
  fal: (baseUrl) => ({ apiKey, baseUrl }),
  gemini: (baseUrl) => ({ apiKey, baseUrl }),
  openai: (base) => ({ baseUrl: `${base}/v1` }),
  openrouter: (base) => ({ apiKey, baseUrl: `${base}/api/v1` }),
  replicate: (base) => ({ apiKey, baseUrl: `${base}/v1` }),
  runway: (baseUrl) => ({ apiKey, baseUrl }),
  seedance: (base) => ({ apiKey, baseUrl: `${base}/api/v3` }),
  vertex: (baseUrl) => ({ project: "p", token: "t", baseUrl }),
  xai: (base) => ({ apiKey, baseUrl: `${base}/v1` })
}

/** What each answers to a submit. */
const accepted: { readonly [Name in Receipt["provider"]]: object } = {
  fal: { request_id: "job-1", status: "IN_QUEUE" },
  gemini: { id: "job-1", status: "in_progress" },
  openai: { id: "job-1", status: "queued" },
  openrouter: { id: "job-1", status: "pending" },
  replicate: { id: "job-1", status: "starting" },
  runway: { id: "job-1", estimatedCost: { credits: 1 } },
  seedance: { id: "job-1" },
  vertex: {
    name: "projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/1"
  },
  xai: { request_id: "job-1" }
}

const entryOf = (name: string, base: string) => {
  const adapter = Adapters.all.find((one) => one.name === name) ?? assert.fail(name)
  const options = Object.entries(settings).find(([known]) => known === name)?.[1](base) ?? {}
  return Either.getOrThrow(adapter.connect(name, options))
}

/** The account of a receipt's provider, which answers as that says. */
const replayed = ({ answers, listed, model, prices, provider }: Receipt) =>
  Effect.gen(function* () {
    const left = [...answers]
    let isSent = false
    const server = yield* serve(({ method, path }, socket) => {
      if (path.endsWith("/models"))
        return socket.write(
          listed === undefined ? json(404, {}) : json(200, { data: [{ id: model, name: model, ...listed }] })
        )
      if (method === "POST" && !isSent) {
        isSent = true
        return socket.write(json(200, accepted[provider]))
      }
      const { body, status = 200 } = left.shift() ?? { status: 500, body: {} }
      return socket.write(json(status, body))
    })
    const services = yield* Layer.build(
      Layer.provide(entryOf(provider, server.base).layer, HttpTransport.layer)
    )
    const own = yield* Schema.decodeUnknown(Prices.FromWritten)(prices ?? {})
    return yield* Prices.over(Context.get(services, VideoProvider), own)
  })

describe("a receipt", () => {
  it.scopedLive.each(receipts.map((receipt) => [`${receipt.provider}: ${receipt.what}`, receipt] as const))(
    "is not larger than its quote: %s",
    ([, receipt]) =>
      Effect.gen(function* () {
        const provider = yield* replayed(receipt)
        const name = `${receipt.provider}/${receipt.model}`
        assert.isEmpty(
          (yield* provider.refresh?.([name]) ?? Effect.succeed([])).filter(() => receipt.listed !== undefined)
        )
        const can = Option.getOrThrow(provider.capabilities(name))
        const wanted = request({ ...receipt.fields, model: name })
        const { request: fitted } = yield* Capabilities.fit(can, wanted, {
          snap: false,
          unasked: ["resolution"]
        })
        const quote = Quote.quote(can, fitted)
        const operation = yield* provider.submit({
          ...intent({ ...fitted, model: name }),
          provider: receipt.provider
        })
        const status = yield* provider.poll(operation)
        const told = {
          ...("cost" in status ? { cost: status.cost } : {}),
          ...("estimate" in status ? { tokens: status.estimate } : {})
        }
        assert.deepStrictEqual(
          told,
          receipt.told === "nowhere" ? {} : { [receipt.told]: Money.MicroUsd.make(receipt.charged) }
        )
        assert.strictEqual(
          quote._tag === "Unknown" ? "unknown" : "known",
          receipt.quote,
          JSON.stringify(quote)
        )
        for (const most of Option.toArray(Quote.most(quote)))
          assert.isAtLeast(most, receipt.charged, JSON.stringify(quote))
      })
  )

  it("is there five times for each provider, and once without a quote", () => {
    for (const name of Object.keys(settings)) {
      const own = receipts.filter(({ provider }) => provider === name)
      assert.isAtLeast(own.length, 5, name)
      assert.isTrue(
        own.some(({ quote }) => quote === "unknown"),
        name
      )
    }
  })
})

// --- every model of a table --------------------------------------------------------------------------------------

const models = Object.keys(settings).flatMap((name) => entryOf(name, "http://127.0.0.1:9").models)

const anyModel = FastCheck.oneof(
  FastCheck.constantFrom(...models),
  FastCheck.constantFrom(...models.filter(({ price }) => price !== undefined))
)

const image = { _tag: "Url", url: "https://images.example/1.png" } as const

const base = FastCheck.record(
  {
    prompt: FastCheck.string({ minLength: 1, maxLength: 300 }).filter((text) => text.trim() !== ""),
    model: FastCheck.constant("any"),
    aspectRatio: FastCheck.constantFrom("16:9" as const, "9:16" as const, "1:1" as const, "4:3" as const),
    duration: FastCheck.integer({ min: 2, max: 60 }),
    resolution: FastCheck.constantFrom("480p" as const, "720p" as const, "1080p" as const, "4K" as const),
    audio: FastCheck.boolean()
  },
  { requiredKeys: ["prompt", "model", "aspectRatio", "duration", "resolution"] }
)

const inputs = FastCheck.oneof(
  FastCheck.constantFrom(
    {},
    { startImage: image },
    { startImage: image, lastFrame: image },
    { extend: image }
  ),
  FastCheck.record({
    referenceImages: FastCheck.array(FastCheck.constant(image), { minLength: 1, maxLength: 4 })
  })
)

const wish = FastCheck.tuple(base, inputs).map(([fields, given]) => ({ ...fields, ...given }))

const amountOf = (can: Capabilities.Capabilities, wanted: VideoRequest): number | undefined =>
  Option.getOrUndefined(Quote.most(Quote.quote(can, wanted)))

const changed = (wanted: VideoRequest, change: Partial<VideoRequest>) =>
  new VideoRequest({ ...wanted, ...change }, { disableValidation: true })

/** The request as a model takes it, however it has to be changed for that. */
const fitted = (can: Capabilities.Capabilities, wanted: VideoRequest) =>
  Option.map(
    Effect.runSync(Effect.option(Capabilities.fit({ ...can, retiredOn: undefined }, wanted, { snap: true }))),
    ({ request }) => request
  )

describe("a quote of any model in a table, for any request", () => {
  const check = (hold: (can: Capabilities.Capabilities, wanted: VideoRequest) => void) =>
    FastCheck.assert(
      FastCheck.property(anyModel, wish, (can, fields) => {
        const legal = fitted(
          can,
          new VideoRequest({ ...fields, model: can.model }, { disableValidation: true })
        )
        if (Option.isSome(legal)) hold(can, legal.value)
      }),
      { numRuns: 1000 }
    )

  it("is unknown with a reason, or the sum of its parts, each of them something", () => {
    let known = 0
    check((can, wanted) => {
      const quote = Quote.quote(can, wanted)
      if (quote._tag === "Unknown") return assert.isNotEmpty(quote.reasons)
      known++
      const most = Option.getOrThrow(Quote.most(quote))
      assert.strictEqual(
        quote.parts.reduce((all, { amount }) => all + amount, 0),
        most
      )
      for (const { amount } of quote.parts) assert.isAtLeast(amount, 0)
      if (quote._tag === "Range") assert.isBelow(quote.least, quote.most)
      assert.match(quote.asOf, /^20\d\d-\d\d-\d\d$/)
      assert.isNotEmpty(quote.source ?? "")
      assert.strictEqual(Option.getOrThrow(Capabilities.estimate(can, wanted)), most)
    })
    assert.isAbove(known, 200)
  })

  it("does not fall with a second more, an image more, sound, a longer prompt, or what is left open", () => {
    check((can, wanted) => {
      const before = amountOf(can, wanted)
      if (before === undefined) return
      const notLess = (change: Partial<VideoRequest>) => {
        const after = amountOf(can, changed(wanted, change))
        if (after !== undefined) assert.isAtLeast(after, before, JSON.stringify([can.model, change]))
      }
      notLess({ duration: wanted.duration + 1 })
      notLess({ prompt: `${wanted.prompt} more` })
      notLess({ referenceImages: [...(wanted.referenceImages ?? []), image] })
      notLess({ startImage: image })
      notLess({ lastFrame: image })
      if (wanted.audio === false) notLess({ audio: true })
      notLess({ audio: undefined })
    })
  })

  it("is unknown with a provider option that nobody knows the price of, unless all are free", () => {
    check((can, wanted) => {
      const odd = changed(wanted, { providerOptions: { anything: true } })
      const isFree = can.price?.freeOptions?.includes("*") === true
      assert.strictEqual(amountOf(can, odd) === undefined, !isFree || amountOf(can, wanted) === undefined)
    })
  })
})
