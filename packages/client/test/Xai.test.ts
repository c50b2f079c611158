import { assert, describe, it } from "@effect/vitest"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import * as Xai from "../src/Xai.ts"
import { canary, fromTheStart, intent } from "./fixtures.ts"
import { answer, json, type Script, serve } from "./scripted.ts"

const xai = (baseUrl: string) =>
  JobApi.layer(Xai.api("xai", { apiKey: Redacted.make(canary), baseUrl: `${baseUrl}/v1` })).pipe(
    Layer.provide(HttpTransport.layer),
    Layer.build,
    Effect.map(Context.get(VideoProvider))
  )

const id = "0b6d6e28-9f3c-4d2f-8a39-7f6b5a4f1c22"
const model = "grok-imagine-video-1.5"
const operation = { provider: "xai", model, id }
const accepted: Script = (_, socket) => socket.write(json(200, { request_id: id }))
const picture = (name: string) => ({ _tag: "Url", url: `https://example.com/${name}` }) as const

const sent = (fields: Partial<typeof VideoRequest.Type>) =>
  Effect.gen(function* () {
    const server = yield* serve(accepted)
    yield* (yield* xai(server.base)).submit(intent({ model, ...fields }))
    assert.strictEqual(server.requests.length, 1)
    return { path: server.requests[0]?.path, body: JSON.parse(server.requests[0]?.body ?? "") }
  })

const polled = (...answers: ReadonlyArray<Buffer>) =>
  Effect.gen(function* () {
    const left = [...answers]
    const server = yield* serve((_, socket) => socket.write(left.shift() ?? answer(500, "")))
    const provider = yield* xai(server.base)
    return yield* Effect.forEach(answers, () => provider.poll(operation))
  })

const done = (fields: object) =>
  json(200, { status: "done", progress: 100, model, usage: { cost_in_usd_ticks: 1_600_000_000 }, ...fields })

describe("xAI", () => {
  it.scopedLive("submits once, with what was asked", () =>
    Effect.gen(function* () {
      const server = yield* serve(accepted)
      const provider = yield* xai(server.base)
      assert.deepStrictEqual(yield* provider.submit(intent({ model: "xai/grok-imagine-1.5" })), operation)
      const [received] = server.requests
      assert.strictEqual(received?.method, "POST")
      assert.strictEqual(received?.path, "/v1/videos/generations")
      assert.strictEqual(received?.headers["authorization"], `Bearer ${canary}`)
      assert.deepStrictEqual(JSON.parse(received?.body ?? ""), {
        model,
        prompt: "a lighthouse",
        duration: 4,
        user: "0123456789abcdef-1",
        aspect_ratio: "16:9",
        resolution: "720p"
      })
    })
  )

  it.scopedLive("sends pictures and sound, and what else its user wants", () =>
    Effect.gen(function* () {
      const { body } = yield* sent({
        resolution: "1080p",
        audio: false,
        startImage: picture("first.png"),
        lastFrame: picture("last.png"),
        providerOptions: { user: "u-1", keyframes: [{ image: { url: "https://e.com/k" }, timestamp_s: 1 }] }
      })
      assert.deepInclude(body, {
        resolution: "1080p",
        generate_audio: false,
        image: { url: "https://example.com/first.png" },
        last_frame: { url: "https://example.com/last.png" },
        user: "u-1",
        keyframes: [{ image: { url: "https://e.com/k" }, timestamp_s: 1 }]
      })
      const referring = yield* sent({ referenceImages: [picture("a.png"), picture("b.png")] })
      assert.deepStrictEqual(referring.body.reference_images, [
        { url: "https://example.com/a.png" },
        { url: "https://example.com/b.png" }
      ])
    })
  )

  it.scopedLive("goes on with a video, whose size it keeps", () =>
    Effect.gen(function* () {
      const { body, path } = yield* sent({ extend: picture("a.mp4"), duration: 6 })
      assert.strictEqual(path, "/v1/videos/extensions")
      assert.deepStrictEqual(body, {
        model,
        prompt: "a lighthouse",
        duration: 6,
        video: { url: "https://example.com/a.mp4" }
      })
    })
  )

  it.scopedLive.each<[string, Partial<typeof VideoRequest.Type>, RegExp]>([
    ["1080p with references", { resolution: "1080p", referenceImages: [picture("a.png")] }, /720p/],
    ["1080p of the first model", { model: "grok-imagine-video", resolution: "1080p" }, /1080p/],
    [
      "a last frame of the first model",
      { model: "grok-imagine-video", lastFrame: picture("a.png") },
      /last frame/
    ],
    ["sound for what goes on with a video", { extend: picture("a.mp4"), audio: true }, /audio/],
    ["two beginnings", { extend: picture("a.mp4"), startImage: picture("a.png") }, /start image/],
    ["a seed", { seed: 1 }, /seed/],
    ["16 s", { duration: 16 }, /15/]
  ])("refuses %s and sends nothing", ([, fields, words]) =>
    Effect.gen(function* () {
      const server = yield* serve(accepted)
      const error = yield* Effect.flip((yield* xai(server.base)).submit(intent({ model, ...fields })))
      assert.strictEqual(error._tag, "UnsupportedOption")
      assert.match(error.message, words)
      assert.strictEqual(server.requests.length, 0)
    })
  )

  it.scopedLive("waits through answers with and without a word", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* polled(
          answer(202, ""),
          json(202, { status: "pending", progress: 1 }),
          answer(202, "<html>"),
          json(202, { status: "pending", progress: null }),
          json(200, { status: "polishing", progress: 99 })
        ),
        [
          { _tag: "Running" },
          { _tag: "Running", progress: 1 },
          { _tag: "Running" },
          { _tag: "Running" },
          { _tag: "Running", progress: 99, word: "polishing" }
        ]
      )
      assert.strictEqual((yield* Effect.flip(polled(answer(200, ""))))._tag, "UnexpectedAnswer")
    })
  )

  it.scopedLive("tells how it ended, and what was charged", () =>
    Effect.gen(function* () {
      const url = "https://vidgen.x.ai/a.mp4?sig=x"
      const usage = { cost_in_usd_ticks: 1_600_000_000 }
      const [video, stored, wordless] = yield* polled(
        done({ video: { url, duration: 2, respect_moderation: true } }),
        done({ video: { url: null, file_output: { file_id: "f", public_url: url } }, usage: "none" }),
        json(200, { video: { url }, usage })
      )
      const videos = [{ _tag: "Remote", uri: url }]
      assert.deepEqual<unknown>(video, { _tag: "Succeeded", videos, cost: 160_000 })
      assert.deepEqual<unknown>(stored, { _tag: "Succeeded", videos })
      assert.deepEqual<unknown>(wordless, { _tag: "Succeeded", videos, cost: 160_000 })
      const ends = yield* polled(
        done({ video: { url, respect_moderation: false } }),
        json(400, { code: "imagine:content-moderated", error: "Rejected by content moderation.", usage }),
        json(200, { status: "failed", error: { code: "content-moderated", message: "no" }, usage }),
        json(200, { status: "failed", error: { code: "internal", message: "It broke." }, usage }),
        json(200, { status: "expired", usage }),
        done({ video: { url: "", storage_error: "full" } }),
        done({ video: null })
      )
      assert.deepStrictEqual(
        ends.map((end) => (end._tag === "Failed" ? [end.error._tag, end.cost] : [end._tag])),
        [
          ["ContentBlocked", 160_000],
          ["ContentBlocked", 160_000],
          ["ContentBlocked", 160_000],
          ["GenerationFailed", 160_000],
          ["GenerationFailed", 160_000],
          ["EmptyResult", 160_000],
          ["EmptyResult", 160_000]
        ].map(([tag, cost]) => [tag, cost])
      )
    })
  )

  it.scopedLive("knows a video that was held back in each of its envelopes", () =>
    Effect.gen(function* () {
      const code = "imagine:content-moderated"
      const message = "Rejected by content moderation."
      const usage = { cost_in_usd_ticks: 1_600_000_000 }
      const ends = yield* polled(
        json(400, { error: { message, type: "invalid_request_error", param: null, code }, usage }),
        json(400, { error: { message, type: code, param: null, code: null }, usage }),
        json(400, { code, error: { message }, usage }),
        json(403, { code: "content-moderated", error: message, usage }),
        json(400, { code, error: null, usage })
      )
      const blocked = (reason: string) => ({ tag: "ContentBlocked", reasons: [reason], cost: 160_000 })
      assert.deepEqual<unknown>(
        ends.map((end) => {
          if (end._tag !== "Failed" || end.error._tag !== "ContentBlocked") return end
          return { tag: end.error._tag, reasons: end.error.reasons, cost: end.cost }
        }),
        [...[1, 2, 3, 4].map(() => blocked(message)), blocked(code)]
      )
    })
  )

  it.scopedLive("counts ticks, and not fractions of dollars", () =>
    Effect.gen(function* () {
      const url = "https://vidgen.x.ai/a.mp4"
      const ticks = [1_245_000, 1_244_999, 2_465_000, 4_999, 0]
      const ends = yield* polled(
        ...ticks.map((cost_in_usd_ticks) => done({ video: { url }, usage: { cost_in_usd_ticks } }))
      )
      assert.deepEqual<unknown>(
        ends.map((end) => end._tag === "Succeeded" && end.cost),
        [125, 124, 247, 0, 0]
      )
    })
  )

  it.scopedLive.each([
    [400, { code: "invalid-argument", error: "Malformed request ID" }, "OperationNotFound"],
    [404, { code: "not-found", error: "no such request" }, "OperationNotFound"],
    [403, { error: "team is blocked" }, "UnexpectedAnswer"],
    [500, { error: "imagine:content-moderated" }, "ProviderUnavailable"]
  ] as const)("takes no other refusal for the end of a job: %s %o", ([status, body, tag]) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(polled(json(status, body))))._tag, tag)
    })
  )

  it.scopedLive("understands each of its envelopes", () =>
    Effect.gen(function* () {
      const answers: ReadonlyArray<readonly [Buffer, string]> = [
        [json(400, { code: "imagine:content-moderated", error: "Not this." }), "ContentBlocked"],
        [
          json(400, { code: "invalid-argument", error: "Duration 15s exceeds the maximum" }),
          "InvalidRequest"
        ],
        [json(400, { error: { message: "bad", type: "x", param: null, code: "y" } }), "InvalidRequest"],
        [json(400, { error: "bad" }), "InvalidRequest"],
        [
          json(400, { code: "invalid-argument", error: "Incorrect API key provided" }),
          "AuthenticationFailed"
        ],
        [
          json(403, { code: "permission-denied", error: "Your team doesn't have any credits yet." }),
          "QuotaExceeded"
        ],
        [
          json(429, { code: "resource-exhausted", error: "Reached its monthly spending limit" }),
          "QuotaExceeded"
        ],
        [json(429, { code: "resource-exhausted", error: "Too many requests" }), "RateLimited"],
        [json(200, { request_id: null }), "SubmitUnknown"],
        [answer(202, ""), "SubmitUnknown"],
        [json(503, { error: "busy" }), "SubmitUnknown"]
      ]
      for (const [bytes, tag] of answers) {
        const server = yield* serve((_, socket) => socket.write(bytes))
        const error = yield* Effect.flip((yield* xai(server.base)).submit(intent({ model })))
        assert.strictEqual(error._tag, tag, bytes.toString())
        assert.strictEqual(server.posts(), 1)
      }
    })
  )

  it.scopedLive("has no way to stop a job, and asks nobody", () =>
    Effect.gen(function* () {
      const server = yield* serve(accepted)
      assert.strictEqual(yield* (yield* xai(server.base)).cancel(operation), "NotSupported")
      assert.strictEqual(server.requests.length, 0)
    })
  )

  it.scopedLive("never takes the key to where the videos are", () =>
    Effect.gen(function* () {
      const vidgen = yield* serve(({ path }, socket) =>
        socket.write(path === "/gone.mp4" ? answer(403, "Expired") : answer(200, "video"))
      )
      const server = yield* serve(accepted)
      const provider = yield* xai(server.base)
      const download = (path: string) =>
        provider.download(operation, { _tag: "Remote", uri: `${vidgen.base}${path}` }, fromTheStart)
      yield* download("/a.mp4?sig=x")
      assert.strictEqual((yield* Effect.flip(download("/gone.mp4")))._tag, "OutputRefused")
      assert.strictEqual(vidgen.requests.length, 2)
      assert.notInclude(JSON.stringify(vidgen.requests), canary)
    })
  )

  it.scopedLive("keeps an id within its place in the address", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(answer(202, "")))
      yield* (yield* xai(server.base)).poll({ ...operation, id: "../../v2?x=/y" })
      assert.strictEqual(server.requests[0]?.path, "/v1/videos/..%2F..%2Fv2%3Fx%3D%2Fy")
    })
  )

  it.scopedLive("keeps a key out of the record that comes back as error code or id", () =>
    Effect.gen(function* () {
      const [told] = yield* polled(
        json(200, { status: "failed", error: { code: `no_credit_${canary}`, message: `for ${canary}` } })
      )
      assert.strictEqual(told?._tag, "Failed")
      assert.include(JSON.stringify(told), "no_credit_<redacted>")
      assert.notInclude(JSON.stringify(told), canary)
      const server = yield* serve((_, socket) => socket.write(json(200, { request_id: `job-${canary}` })))
      const error = yield* Effect.flip((yield* xai(server.base)).submit(intent({ model })))
      assert.strictEqual(error._tag, "SubmitUnknown")
      assert.notInclude(JSON.stringify(error), canary)
    })
  )
})
