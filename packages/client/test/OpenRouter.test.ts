import { assert, describe, it } from "@effect/vitest"
import * as Capabilities from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import * as Quote from "@mutoscope/core/Quote"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Catalogue from "../src/catalogue/openRouter.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as Decimal from "../src/internal/decimal.ts"
import * as Models from "../src/internal/openRouterModels.ts"
import { priceOf } from "../src/internal/openRouterPrices.ts"
import * as JobApi from "../src/JobApi.ts"
import * as OpenRouter from "../src/OpenRouter.ts"
import { canary, fromTheStart, intent, request } from "./fixtures.ts"
import { answer, json, type Received, serve } from "./scripted.ts"

const openRouter = (base: string, more: Partial<OpenRouter.Options> = {}) =>
  JobApi.layer(
    OpenRouter.api("openrouter", { apiKey: Redacted.make(canary), baseUrl: `${base}/api/v1`, ...more })
  ).pipe(Layer.provide(HttpTransport.layer), Layer.build, Effect.map(Context.get(VideoProvider)))

const id = "gen-vid-1759795200-abcdefghijklmnopqrst"
const model = "google/veo-3.1"
const operation = { provider: "openrouter", model, id }
const accepted = json(202, { id, polling_url: `/api/v1/videos/${id}`, status: "pending" })
const noList = json(503, { error: { code: 503, message: "later" } })
const isList = ({ path }: Received) => path === "/api/v1/videos/models"

const picture = (name: string) => ({ _tag: "Url", url: `https://example.com/${name}` }) as const
const png = Uint8Array.from(
  Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64"
  )
)

const sent = (fields: Partial<typeof VideoRequest.Type>) =>
  Effect.gen(function* () {
    const server = yield* serve((request, socket) => socket.write(isList(request) ? noList : accepted))
    yield* (yield* openRouter(server.base)).submit(intent({ model, ...fields }))
    assert.strictEqual(server.posts(), 1)
    return JSON.parse(server.requests.find(({ method }) => method === "POST")?.body ?? "")
  })

const polled = (...answers: ReadonlyArray<Buffer>) =>
  Effect.gen(function* () {
    const left = [...answers]
    const server = yield* serve((_, socket) => socket.write(left.shift() ?? answer(500, "")))
    const provider = yield* openRouter(server.base)
    return yield* Effect.forEach(answers, () => provider.poll(operation))
  })

const job = (fields: object) => json(200, { id, polling_url: `/api/v1/videos/${id}`, ...fields })

describe("OpenRouter", () => {
  it.scopedLive("submits once, with what was asked, and says who asks", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, socket) => socket.write(isList(request) ? noList : accepted))
      const provider = yield* openRouter(server.base, { referer: "https://example.com", title: "Mutoscope" })
      assert.deepStrictEqual(yield* provider.submit(intent({ model: "openrouter/veo-3.1" })), operation)
      const [received] = server.requests.filter(({ method }) => method === "POST")
      assert.strictEqual(received?.path, "/api/v1/videos")
      assert.strictEqual(received?.headers["authorization"], `Bearer ${canary}`)
      assert.strictEqual(received?.headers["http-referer"], "https://example.com")
      assert.strictEqual(received?.headers["x-title"], "Mutoscope")
      assert.deepStrictEqual(JSON.parse(received?.body ?? ""), {
        model,
        prompt: "a lighthouse",
        duration: 4,
        resolution: "720p",
        aspect_ratio: "16:9",
        session_id: "0123456789abcdef-1"
      })
    })
  )

  it.scopedLive("leaves the session to its user, or out where they say so", () =>
    Effect.gen(function* () {
      const options = (session_id: string | null) => ({ providerOptions: { session_id } })
      assert.strictEqual((yield* sent(options("mine"))).session_id, "mine")
      assert.notProperty(yield* sent(options(null)), "session_id")
    })
  )

  it.scopedLive("sends frames, as addresses or with their bytes inside, and what else its user wants", () =>
    Effect.gen(function* () {
      const provider = { options: { "google-vertex": { parameters: { personGeneration: "allow" } } } }
      const body = yield* sent({
        seed: 7,
        audio: false,
        startImage: picture("first.png"),
        lastFrame: { _tag: "Bytes", data: png, mimeType: "image/png" },
        providerOptions: { provider, callback_url: "https://example.com/hook" }
      })
      assert.deepInclude(body, {
        seed: 7,
        generate_audio: false,
        provider,
        callback_url: "https://example.com/hook"
      })
      const data = `data:image/png;base64,${Buffer.from(png).toString("base64")}`
      assert.deepStrictEqual(body.frame_images, [
        {
          type: "image_url",
          image_url: { url: "https://example.com/first.png" },
          frame_type: "first_frame"
        },
        { type: "image_url", image_url: { url: data }, frame_type: "last_frame" }
      ])
      assert.notProperty(body, "input_references")
    })
  )

  it.scopedLive("sends references, but not beside frames, which would win", () =>
    Effect.gen(function* () {
      const referenceImages = [picture("a.png"), picture("b.png")]
      const body = yield* sent({ referenceImages })
      assert.deepStrictEqual(
        body.input_references,
        referenceImages.map(({ url }) => ({ type: "image_url", image_url: { url } }))
      )
      const refused = yield* Effect.flip(sent({ referenceImages, startImage: picture("first.png") }))
      assert.strictEqual(refused._tag, "UnsupportedOption")
    })
  )

  it.scopedLive("leaves out what a model does as it likes", () =>
    Effect.gen(function* () {
      const body = yield* sent({ model: "openrouter/hailuo-3", duration: 5 })
      assert.notProperty(body, "resolution")
      assert.strictEqual(body.aspect_ratio, "16:9")
    })
  )

  it.scopedLive("takes any model that is called by its vendor's name too, and no other", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        (yield* sent({ model: "openrouter/new/model-9", duration: 60 })).model,
        "new/model-9"
      )
      const refused = yield* Effect.flip(sent({ model: "openrouter/model-9" }))
      assert.strictEqual(refused._tag, "UnsupportedOption")
    })
  )

  it.scopedLive("asks where it is told to, if that is below its own address", () =>
    Effect.gen(function* () {
      const told = [
        ["/api/v1/videos/jobs/7?part=a", "/api/v1/videos/jobs/7?part=a"],
        ["https://evil.example/api/v1/videos/7", `/api/v1/videos/${id}`],
        ["/api/v1/../admin", `/api/v1/videos/${id}`],
        ["//evil.example/api/v1/videos/7", `/api/v1/videos/${id}`],
        [null, `/api/v1/videos/${id}`]
      ] as const
      for (const [polling_url, expected] of told) {
        const server = yield* serve((request, socket) =>
          socket.write(
            isList(request)
              ? noList
              : request.method === "POST"
                ? json(202, { id, polling_url, status: "pending" })
                : job({ status: "pending" })
          )
        )
        const provider = yield* openRouter(server.base)
        const operation = yield* provider.submit(intent({ model }))
        assert.deepStrictEqual(yield* provider.poll(operation), { _tag: "Pending" })
        assert.strictEqual(server.requests.at(-1)?.path, expected)
      }
    })
  )

  it.scopedLive("tells states apart; a word that nobody knows is a job that runs", () =>
    Effect.gen(function* () {
      const states = yield* polled(
        job({ status: "pending" }),
        job({ status: "in_progress", usage: null, error: null }),
        job({ status: "polishing" }),
        job({ status: "cancelled" })
      )
      assert.deepStrictEqual(
        states.map(({ _tag }) => _tag),
        ["Pending", "Running", "Running", "Cancelled"]
      )
    })
  )

  it.scopedLive("counts what was charged in digits; null and somebody else's bill are unknown", () =>
    Effect.gen(function* () {
      const done = (usage: unknown) => job({ status: "completed", unsigned_urls: ["https://v/1"], usage })
      const states = yield* polled(
        done({ cost: 0.1 }),
        done({ cost: 3.2, is_byok: false }),
        done({ cost: 0.0000015 }),
        done({ cost: null }),
        done({ cost: -1 }),
        done({ cost: 1e300 }),
        done({ cost: 0.01, is_byok: true }),
        done(null)
      )
      assert.deepStrictEqual(
        states.map((state) => (state._tag === "Succeeded" ? state.cost : state)),
        [100_000, 3_200_000, 2, undefined, undefined, undefined, undefined, undefined].map((cost) =>
          cost === undefined ? undefined : Option.getOrThrow(Decimal.dollars(String(cost / 1e6)))
        )
      )
    })
  )

  it.scopedLive("tells failures apart, and what they cost", () =>
    Effect.gen(function* () {
      const failed = (error: unknown, status = "failed") => job({ status, error, usage: { cost: 0.5 } })
      const states = yield* polled(
        failed("Content policy violation"),
        failed(`the renderer of ${canary} broke`),
        failed("Insufficient credits"),
        failed(null, "expired"),
        job({ status: "completed", unsigned_urls: [], usage: { cost: 0.5 } })
      )
      const errors = states.map((state) => (state._tag === "Failed" ? state.error : undefined))
      assert.deepStrictEqual(
        errors.map((error) => error?._tag),
        ["ContentBlocked", "GenerationFailed", "QuotaExceeded", "GenerationFailed", "EmptyResult"]
      )
      assert.deepStrictEqual(
        states.map((state) => (state._tag === "Failed" ? state.cost : undefined)),
        states.map(() => Option.getOrThrow(Decimal.dollars("0.5")))
      )
      assert.notInclude(JSON.stringify(states), canary)
    })
  )

  it.scopedLive("fetches what is called unsigned with the key, and what is elsewhere without it", () =>
    Effect.gen(function* () {
      const other = yield* serve((_, socket) => socket.write(answer(200, "signed")))
      const own = `/api/v1/videos/${id}/content?index=0`
      const server = yield* serve((_, socket) => socket.write(answer(200, "own")))
      const provider = yield* openRouter(server.base)
      const fetched = (fields: object) =>
        Effect.gen(function* () {
          const asking = yield* serve((_, socket) => socket.write(job({ status: "completed", ...fields })))
          const status = yield* (yield* openRouter(asking.base)).poll(operation)
          if (status._tag !== "Succeeded") return assert.fail(status._tag)
          const { bytes } = yield* provider.download(operation, status.videos[0], fromTheStart)
          return Buffer.concat(Chunk.toReadonlyArray(yield* Stream.runCollect(bytes))).toString()
        })
      assert.strictEqual(yield* fetched({ unsigned_urls: [server.base + own] }), "own")
      assert.strictEqual(yield* fetched({}), "own")
      assert.deepStrictEqual(
        server.requests.map(({ headers, path }) => [path, headers["authorization"]]),
        [own, own].map((path) => [path, `Bearer ${canary}`])
      )
      assert.strictEqual(yield* fetched({ urls: [`${other.base}/video.mp4?sig=1`] }), "signed")
      assert.strictEqual(yield* fetched({ unsigned_urls: [`${other.base}/v`] }), "signed")
      assert.isFalse(other.requests.some(({ headers }) => "authorization" in headers))
    })
  )

  const gateway = (content: Buffer) =>
    Effect.gen(function* () {
      const upstream = yield* serve((_, socket) =>
        socket.write(json(401, { error: { code: 401, message: "Missing Authentication header" } }))
      )
      const named = `${upstream.base}/api/v1/videos/${id}/content?index=0`
      const server = yield* serve(({ path }, socket) =>
        socket.write(
          path.includes("/content") ? content : job({ status: "completed", unsigned_urls: [named] })
        )
      )
      const provider = yield* openRouter(server.base)
      const exit = yield* Effect.either(
        Effect.flatMap(
          provider.download(operation, { _tag: "Remote", uri: named }, fromTheStart),
          ({ bytes }) => Stream.runCollect(bytes)
        )
      )
      assert.notInclude(JSON.stringify(upstream.requests), canary)
      return { exit, server, upstream }
    })

  it.scopedLive(
    "fetches a video from the gateway that the key is for, where OpenRouter itself is not ours to ask",
    () =>
      Effect.gen(function* () {
        const { exit, server } = yield* gateway(answer(200, "own"))
        assert.isTrue(Either.isRight(exit))
        const { headers, path } = server.requests.at(-1) ?? {}
        assert.strictEqual(path, `/api/v1/videos/${id}/content?index=0`)
        assert.strictEqual(headers?.["authorization"], `Bearer ${canary}`)
      })
  )

  it.scopedLive("says that the other server got no key where the gateway has no video either", () =>
    Effect.gen(function* () {
      const { exit, server, upstream } = yield* gateway(
        json(404, { error: { code: 404, message: "no route" } })
      )
      if (Either.isRight(exit)) return assert.fail("it was fetched")
      assert.strictEqual(exit.left._tag, "OutputRefused")
      const hosts = `from 127.0.0.1:${upstream.port}, which wants credentials and got none, since the key is for 127.0.0.1:${server.port}`
      assert.include(exit.left.message, hosts)
      assert.match(exit.left.message, /Missing Authentication header \(HTTP 401\).*another address: no route/)
    })
  )

  it.scopedLive(
    "knows that a video which is not there yet may still come, and one that is gone will not",
    () =>
      Effect.gen(function* () {
        const refused = (status: number) =>
          Effect.gen(function* () {
            const server = yield* serve((_, socket) =>
              socket.write(json(status, { error: { code: status, message: "no" } }))
            )
            const provider = yield* openRouter(server.base)
            const video = { _tag: "Remote", uri: `videos/${id}/content?index=0` } as const
            return yield* Effect.flip(provider.download(operation, video, fromTheStart))
          })
        assert.strictEqual((yield* refused(409))._tag, "ProviderUnavailable")
        assert.strictEqual((yield* refused(410))._tag, "OutputRefused")
      })
  )

  it.scopedLive(
    "knows that a job which goes on with an unfinished one was not accepted, and of no other 409",
    () =>
      Effect.gen(function* () {
        const refused = (providerOptions: VideoRequest["providerOptions"]) =>
          Effect.gen(function* () {
            const server = yield* serve((request, socket) =>
              socket.write(
                isList(request) ? noList : json(409, { error: { code: 409, message: "not completed" } })
              )
            )
            const provider = yield* openRouter(server.base)
            return (yield* Effect.flip(provider.submit(intent({ model, providerOptions }))))._tag
          })
        assert.strictEqual(yield* refused({ previous_job_id: id }), "InvalidRequest")
        assert.strictEqual(yield* refused({}), "SubmitUnknown")
      })
  )

  it.scopedLive("says that there is no credit left", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, socket) =>
        socket.write(
          isList(request)
            ? noList
            : json(402, { error: { code: 402, message: "Insufficient credits" }, user_id: "u" })
        )
      )
      const error = yield* Effect.flip((yield* openRouter(server.base)).submit(intent({ model })))
      assert.strictEqual(error._tag, "QuotaExceeded")
    })
  )
})

const listed = (fields: object) => ({
  id: "vendor/new-1",
  name: "New 1",
  supported_resolutions: null,
  supported_aspect_ratios: null,
  supported_sizes: null,
  supported_durations: null,
  supported_frame_images: null,
  generate_audio: null,
  seed: null,
  upscale_factor: null,
  pricing_skus: {},
  ...fields
})

const read = (...models: ReadonlyArray<unknown>) =>
  Option.getOrThrow(Models.read("openrouter", JSON.stringify({ data: models }), "2026-11-25"))

describe("OpenRouter's list of models", () => {
  it("takes null for unknown, and then forbids nothing", () => {
    const [model] = read(listed({}))
    assert.deepInclude(model, {
      model: "vendor/new-1",
      aliases: ["new-1"],
      resolutions: ["480p", "720p", "1080p", "4K"],
      aspectRatios: ["16:9", "9:16", "1:1", "4:3"],
      durations: { _tag: "Range", minimum: 2, maximum: 60 },
      audio: "optional",
      seed: true,
      startImage: true,
      lastFrame: true
    })
    assert.notProperty(model, "price")
    assert.notProperty(model, "ignored")
  })

  it("takes what it says for all that there is, and passes over what is none of ours", () => {
    const [model] = read(
      listed({
        supported_resolutions: ["360p", "720p", "4k"],
        supported_aspect_ratios: ["21:9", "9:16"],
        supported_durations: [8, 4, 6],
        supported_frame_images: ["first_frame"],
        generate_audio: false,
        seed: false
      })
    )
    assert.deepInclude(model, {
      resolutions: ["720p", "4K"],
      aspectRatios: ["9:16"],
      durations: { _tag: "OneOf", seconds: [4, 6, 8] },
      audio: "never",
      seed: false,
      startImage: true,
      lastFrame: false
    })
  })

  it("leaves out what makes no videos, and what is no model; a model is not lost for one odd field", () => {
    const models = read(
      listed({ id: "vendor/upscale", upscale_factor: [2, 4] }),
      { name: "nobody" },
      listed({ supported_durations: "long", pricing_skus: { duration_seconds: [] } })
    )
    assert.deepStrictEqual(
      models.map(({ model }) => model),
      ["vendor/new-1"]
    )
  })

  it("is no list where it has none", () => {
    assert.isTrue(Option.isNone(Models.read("openrouter", "{}", "2026-11-25")))
  })

  it.scopedLive("comes before the table, is read once for many, and is dated", () =>
    Effect.gen(function* () {
      const list = json(200, {
        data: [listed({ id: model, supported_durations: [5], pricing_skus: { duration_seconds: "0.31" } })]
      })
      const server = yield* serve((request, socket) => socket.write(isList(request) ? list : accepted))
      const provider = yield* openRouter(server.base)
      const before = Option.getOrThrow(provider.capabilities("veo-3.1"))
      assert.deepStrictEqual(before.durations, { _tag: "OneOf", seconds: [4, 6, 8] })
      const refused = yield* Effect.flip(provider.submit(intent({ model, duration: 4 })))
      assert.strictEqual(refused._tag, "UnsupportedOption")
      yield* Effect.all(
        [1, 2, 3].map(() => provider.submit(intent({ model, duration: 5 }))),
        {
          concurrency: "unbounded"
        }
      )
      assert.strictEqual(server.requests.filter(isList).length, 1)
      const after = Option.getOrThrow(provider.capabilities("veo-3.1"))
      assert.match(after.price?.asOf ?? "", /^20\d\d-\d\d-\d\d$/)
      const cost = Capabilities.estimate(after, request({ model, duration: 5 }))
      assert.deepStrictEqual(cost, Decimal.dollars("1.55"))
      // What it no longer has is still known, for jobs of before.
      assert.isTrue(Option.isSome(provider.capabilities("veo-3.1-lite")))
    })
  )

  it.scopedLive("is asked for anew by the next where somebody stopped waiting for it", () =>
    Effect.gen(function* () {
      const list = json(200, { data: [listed({ id: model })] })
      let asked = 0
      const server = yield* serve((request, socket) => {
        if (!isList(request)) socket.write(accepted)
        else if (++asked > 1) socket.write(list)
      })
      const provider = yield* openRouter(server.base)
      const impatient = yield* Effect.fork(provider.submit(intent({ model })))
      yield* Effect.repeat(Effect.sleep(10), { until: () => asked === 1 })
      yield* Fiber.interrupt(impatient)
      assert.strictEqual((yield* provider.submit(intent({ model }))).id, id)
      assert.strictEqual(server.posts(), 1)
    })
  )

  it("is a table of different models where it cannot be had", () => {
    const models = Catalogue.of("openrouter")
    const names = models.flatMap(({ aliases, model }) => [model, ...aliases])
    assert.strictEqual(new Set(names).size, names.length)
    assert.strictEqual(models.length, 23)
    for (const model of models) assert.isAtLeast(model.aliases.length, 1)
  })
})

describe("OpenRouter's prices", () => {
  const rates = (skus: Record<string, string>, resolutions: ReadonlyArray<string> = ["720p", "1080p"]) =>
    priceOf(skus, { resolutions, asOf: "2026-11-25" })?.rates

  it("are of a second, in dollars or cents, by size and sound", () => {
    assert.deepEqual<unknown>(
      rates({
        duration_seconds_with_audio: "0.40",
        duration_seconds_without_audio: "0.2",
        duration_seconds_with_audio_4k: "0.6"
      }),
      [
        { resolution: "4K", audio: true, perSecond: 600_000 },
        { audio: true, perSecond: 400_000 },
        { audio: false, perSecond: 200_000 }
      ]
    )
    assert.deepEqual<unknown>(
      rates({ cents_per_image_input: "1", cents_per_video_output_second_720p: "14.5" }),
      [{ resolution: "720p", perSecond: 145_000 }]
    )
    assert.deepEqual<unknown>(rates({ cents_per_second_output: "12" }), [{ perSecond: 120_000 }])
  })

  it("are rather too high than too low where several would do", () => {
    const kling = {
      duration_seconds: "0.084",
      duration_seconds_with_audio: "0.126",
      text_to_video_duration_seconds_720p: "0.084",
      image_to_video_duration_seconds_720p: "0.09"
    }
    const model = read(listed({ pricing_skus: kling })).at(0)
    if (model === undefined) return assert.fail("no model")
    const cost = (audio: boolean) => Capabilities.estimate(model, request({ audio, duration: 10 }))
    assert.deepStrictEqual([cost(true), cost(false)], [Decimal.dollars("1.26"), Decimal.dollars("0.9")])
  })

  it("are those of a model's only size, whatever we call it", () => {
    assert.deepEqual<unknown>(rates({ duration_seconds_2k: "0.13", reference_images: "0.04" }, ["2K"]), [
      { perSecond: 130_000 }
    ])
    assert.isUndefined(rates({ duration_seconds_768p: "0.08" }, ["768p", "2K"]))
  })

  const quoted = (
    skus: Record<string, string>,
    fields: Partial<typeof VideoRequest.Type> = {},
    id = "acme/a"
  ) => {
    const [model] = read(listed({ id, pricing_skus: skus, supported_resolutions: ["720p", "1080p", "4K"] }))
    return model && Quote.quote(model, request({ model: id, duration: 5, ...fields }))
  }
  const image = { _tag: "Url", url: "https://images.example/1.png" } as const
  const micros = Money.MicroUsd.make

  it("are of each image too; a frame may count as a reference", () => {
    const hailuo = { duration_seconds: "0.13", reference_images: "0.04" }
    assert.deepInclude(quoted(hailuo), { _tag: "Exact", amount: micros(650_000) })
    const nine = { referenceImages: Array.from({ length: 9 }, () => image) }
    assert.deepInclude(quoted(hailuo, nine), { _tag: "Exact", amount: micros(1_010_000) })
    assert.deepInclude(quoted(hailuo, { startImage: image }), {
      least: micros(650_000),
      most: micros(690_000)
    })
    const grok = { cents_per_image_input: "1", cents_per_video_output_second_720p: "14" }
    assert.deepInclude(quoted(grok, { startImage: image, lastFrame: image }), { amount: micros(720_000) })
  })

  it("are no less than the least that a clip costs", () => {
    const aleph = { cents_per_second_output: "4", minimum_cents_per_generation: "56" }
    assert.deepInclude(quoted(aleph), { _tag: "Exact", amount: micros(560_000) })
  })

  it("of what no request of ours comes with make nothing unknown", () => {
    const flux = { cents_per_second_output: "17", cents_per_second_video_continuation_720p: "41" }
    assert.deepInclude(quoted(flux), { _tag: "Exact", amount: micros(850_000) })
    for (const sku of ["video_tokens_with_video_input", "duration_seconds_audio_input", "cents_per_upscale"])
      assert.deepInclude(quoted({ ...flux, [sku]: "1" }), { _tag: "Exact" }, sku)
  })

  it("that are not understood make unknown what they may be of, and no more", () => {
    const odd = { duration_seconds: "0.1", cents_per_image_megapixel: "3" }
    assert.deepInclude(quoted(odd), { _tag: "Exact", amount: micros(500_000) })
    assert.deepStrictEqual(quoted(odd, { startImage: image }), {
      _tag: "Unknown",
      reasons: ["the price of cents_per_image_megapixel in OpenRouter's list is not known"]
    })
    assert.deepInclude(quoted({ duration_seconds: "0.1", cents_per_dream: "3" }), { _tag: "Unknown" })
  })

  it("of a video with references are those for such, where there are any", () => {
    const skus = { duration_seconds: "0.02", reference_duration_seconds_720p: "0.04" }
    assert.deepInclude(quoted(skus), { amount: micros(100_000) })
    assert.deepInclude(quoted(skus, { referenceImages: [image] }), { amount: micros(200_000) })
    assert.deepInclude(quoted(skus, { referenceImages: [image], resolution: "1080p" }), { _tag: "Unknown" })
  })

  it("are the dearer where one is of the sound and another of the size", () => {
    const skus = {
      duration_seconds_with_audio: "0.1",
      duration_seconds_1080p: "0.2",
      duration_seconds: "0.05"
    }
    const cost = (audio: boolean, resolution: "720p" | "1080p") =>
      Option.getOrUndefined(Quote.most(quoted(skus, { audio, resolution }) ?? assert.fail()))
    assert.deepStrictEqual(
      [cost(true, "720p"), cost(true, "1080p"), cost(false, "1080p"), cost(false, "720p")],
      [500_000, 1_000_000, 1_000_000, 250_000]
    )
  })

  it("of a token are those of seconds for the models whose tokens are known", () => {
    const skus = { video_tokens: "0.0000107", video_tokens_4k: "0.000004" }
    const seedance = "bytedance/seedance-2.0"
    // 108,900 tokens.
    assert.deepInclude(quoted(skus, {}, seedance), { _tag: "Exact", amount: micros(1_165_230) })
    assert.deepInclude(quoted(skus, { resolution: "4K" }, seedance), { amount: micros(3_920_400) })
    assert.deepInclude(quoted(skus), { _tag: "Unknown" })
  })

  it("are rounded up, never down", () => {
    assert.deepEqual<unknown>(rates({ duration_seconds: "0.0000001" }), [{ perSecond: 1 }])
    assert.deepEqual<unknown>(rates({ cents_per_second_output: "0.00001" }), [{ perSecond: 1 }])
  })

  it("are not known where anything else is billed, or nothing", () => {
    for (const skus of [
      {},
      { video_tokens: "0.000007" },
      { duration_seconds: "0.1", video_tokens: "0.000007" },
      { cents_per_second_output: "28", minimum_cents_per_generation: "much" },
      { cents_per_megapixel_second_precise: "1" },
      { duration_seconds: "0" },
      { duration_seconds: "-1" },
      { duration_seconds: "free" },
      { duration_seconds_of_night: "0.1" }
    ])
      assert.isUndefined(rates(skus), JSON.stringify(skus))
  })

  it.each([
    ["0.1", 100_000],
    ["1.1", 1_100_000],
    ["0.0000004", 0],
    ["0.0000005", 1],
    ["12", 12_000_000],
    ["999999999.999999", 999_999_999_999_999]
  ])("counts the digits of %s", (text, expected) => {
    assert.strictEqual(Option.getOrThrow(Decimal.dollars(text)), expected)
  })
})
