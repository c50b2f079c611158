import { assert, describe, it } from "@effect/vitest"
import { estimate } from "@mutoscope/core/Capabilities"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { costOfTokens } from "../src/catalogue/seedance.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import * as Seedance from "../src/Seedance.ts"
import { canary, fromTheStart, intent, request } from "./fixtures.ts"
import { answer, json, type Script, serve } from "./scripted.ts"

const seedance = (baseUrl: string) =>
  JobApi.layer(
    Seedance.api("seedance", { apiKey: Redacted.make(canary), baseUrl: `${baseUrl}/api/v3` })
  ).pipe(Layer.provide(HttpTransport.layer), Layer.build, Effect.map(Context.get(VideoProvider)))

const tasks = "/api/v3/contents/generations/tasks"
const id = "cgt-20261122100000-abcde"
const model = "dreamina-seedance-2-0-260128"
const operation = { provider: "seedance", model, id }
const accepted: Script = (_, socket) => socket.write(json(200, { id }))
const picture = (name: string) => ({ _tag: "Url", url: `https://example.com/${name}` }) as const
const part = (name: string, role: string) => ({
  type: "image_url",
  image_url: { url: `https://example.com/${name}` },
  role
})

const sent = (fields: Partial<typeof VideoRequest.Type>) =>
  Effect.gen(function* () {
    const server = yield* serve(accepted)
    yield* (yield* seedance(server.base)).submit(intent({ model, ...fields }))
    assert.strictEqual(server.requests.length, 1)
    return JSON.parse(server.requests[0]?.body ?? "")
  })

const polled = (...answers: ReadonlyArray<object>) =>
  Effect.gen(function* () {
    const left = [...answers]
    const server = yield* serve((_, socket) => socket.write(json(200, { id, model, ...left.shift() })))
    const provider = yield* seedance(server.base)
    return yield* Effect.forEach(answers, () => provider.poll(operation))
  })

describe("Seedance", () => {
  it.scopedLive("submits once, with what was asked and nothing else", () =>
    Effect.gen(function* () {
      const server = yield* serve(accepted)
      const provider = yield* seedance(server.base)
      assert.deepStrictEqual(yield* provider.submit(intent({ model: "seedance-2.0" })), operation)
      const [received] = server.requests
      assert.strictEqual(received?.path, tasks)
      assert.strictEqual(received?.headers["authorization"], `Bearer ${canary}`)
      assert.deepStrictEqual(JSON.parse(received?.body ?? ""), {
        model,
        content: [{ type: "text", text: "a lighthouse" }],
        safety_identifier: "0123456789abcdef-1",
        ratio: "16:9",
        resolution: "720p",
        duration: 4
      })
      assert.deepInclude(
        yield* sent({ resolution: "4K", seed: 7, audio: false, providerOptions: { watermark: true } }),
        { resolution: "4k", seed: 7, generate_audio: false, watermark: true }
      )
      assert.strictEqual((yield* sent({ model: "seedance/ep-2026-xyz", duration: 30 })).model, "ep-2026-xyz")
    })
  )

  it.scopedLive("says what each image is for", () =>
    Effect.gen(function* () {
      const frames = yield* sent({ startImage: picture("a"), lastFrame: picture("b") })
      assert.deepStrictEqual(frames.content.slice(1), [part("a", "first_frame"), part("b", "last_frame")])
      const references = yield* sent({ referenceImages: [picture("a"), picture("b")] })
      assert.deepStrictEqual(references.content.slice(1), [
        part("a", "reference_image"),
        part("b", "reference_image")
      ])
    })
  )

  it.scopedLive("leaves the shape to a first frame where the model does", () =>
    Effect.gen(function* () {
      const startImage = picture("a")
      const ratio = (fields: Partial<typeof VideoRequest.Type>) =>
        Effect.map(sent({ aspectRatio: "9:16", ...fields }), ({ ratio }) => ratio)
      assert.strictEqual(yield* ratio({ model: "seedance-2.5", startImage }), "adaptive")
      assert.strictEqual(yield* ratio({ model: "seedance/ep-2026-xyz", startImage }), "adaptive")
      assert.strictEqual(yield* ratio({ model: "seedance-2.0", startImage }), "9:16")
      assert.strictEqual(yield* ratio({ model: "seedance-1.0-pro", startImage }), "9:16")
      assert.strictEqual(yield* ratio({ model: "seedance-2.5", referenceImages: [startImage] }), "9:16")
    })
  )

  it.scopedLive.each<[string, Partial<typeof VideoRequest.Type>]>([
    ["frames with references", { startImage: picture("a"), referenceImages: [picture("b")] }],
    ["an end without a beginning", { lastFrame: picture("a") }],
    ["references of 1.5", { model: "seedance-1.5-pro", referenceImages: [picture("a")] }],
    ["sound of 1.0", { model: "seedance-1.0-pro", audio: true }],
    ["31 s", { model: "seedance-2.5", duration: 31 }]
  ])("refuses %s and sends nothing", ([, fields]) =>
    Effect.gen(function* () {
      const server = yield* serve(accepted)
      const error = yield* Effect.flip((yield* seedance(server.base)).submit(intent({ model, ...fields })))
      assert.strictEqual(error._tag, "UnsupportedOption")
      assert.strictEqual(server.requests.length, 0)
    })
  )

  it.scopedLive("tells the states apart, with answers of 200 that are failures", () =>
    Effect.gen(function* () {
      const url = "https://ark-content.example/a.mp4?X-Tos-Signature=x"
      const [queued, running, odd, done, empty, cancelled] = yield* polled(
        { status: "queued" },
        { status: "running", content: null, error: null },
        { status: "polishing" },
        {
          status: "succeeded",
          content: { video_url: url },
          usage: { total_tokens: "108900" },
          duration: "5"
        },
        { status: "succeeded", content: {} },
        { status: "cancelled" }
      )
      assert.deepEqual<unknown>(
        [queued, running, odd, cancelled],
        [
          { _tag: "Pending" },
          { _tag: "Running" },
          { _tag: "Running", word: "polishing" },
          { _tag: "Cancelled" }
        ]
      )
      assert.deepEqual<unknown>(done, {
        _tag: "Succeeded",
        videos: [{ _tag: "Remote", uri: url }],
        metadata: { tokens: 108_900 },
        // What they cost depends on the resolution, which it does not tell.
        tokens: { output: 108_900 }
      })
      const ends = yield* polled(
        { status: "failed", error: { code: "OutputVideoSensitiveContentDetected", message: "no" } },
        { status: "failed", error: { code: "QuotaExceeded", message: "no" } },
        { status: "failed", error: { code: "InternalServiceError", message: "It broke." } },
        { status: "failed" },
        { status: "expired" }
      )
      assert.deepStrictEqual(
        [empty, ...ends].map((end) => (end?._tag === "Failed" ? end.error._tag : end?._tag)),
        ["EmptyResult", "ContentBlocked", "QuotaExceeded", ...Array(3).fill("GenerationFailed")]
      )
    })
  )

  it.scopedLive("stops what waits, cannot stop what runs, and never deletes what is done", () =>
    Effect.gen(function* () {
      const cancelled = (before: string, after: string, deleted: number) =>
        Effect.gen(function* () {
          let state = before
          const server = yield* serve(({ method }, socket) => {
            if (method === "DELETE") state = after
            socket.write(method === "DELETE" ? json(deleted, {}) : json(200, { id, status: state }))
          })
          const outcome = yield* (yield* seedance(server.base)).cancel(operation)
          return [outcome, server.requests.map(({ method }) => method).join(" ")]
        })
      assert.deepStrictEqual(yield* cancelled("queued", "cancelled", 200), ["Cancelled", "GET DELETE GET"])
      assert.deepStrictEqual(yield* cancelled("running", "running", 409), ["Refused", "GET DELETE GET"])
      assert.deepStrictEqual(yield* cancelled("succeeded", "gone", 200), ["AlreadyFinished", "GET"])
      assert.deepStrictEqual(yield* cancelled("failed", "gone", 200), ["AlreadyFinished", "GET"])
    })
  )

  it.scopedLive("looks for a lost submit among the tasks of that time", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) =>
        socket.write(
          json(200, {
            total: 2,
            items: [
              { id: "cgt-old", model, status: "succeeded", created_at: 10 },
              { id: "cgt-other", model: "seedance-1-0-pro-250528", status: "queued", created_at: 31 },
              { id: "cgt-unknown", status: "queued", created_at: 31 },
              { id: "cgt-odd", model, status: "queued", created_at: 1e300 },
              null,
              { id, model, status: "queued", created_at: 31 },
              { id: "cgt-later", model, status: "queued", created_at: 9_000 }
            ]
          })
        )
      )
      const found = yield* (yield* seedance(server.base)).reconcile(intent({ model }))
      assert.strictEqual(server.requests[0]?.path, `${tasks}?page_num=1&page_size=100`)
      assert.deepStrictEqual(found, {
        _tag: "Candidates",
        operations: [{ ...operation, id: "cgt-old" }, operation]
      })
    })
  )

  it.scopedLive("understands its refusals", () =>
    Effect.gen(function* () {
      const error = (code: string, message: string) => ({ error: { code, message, param: "", type: "" } })
      const answers: ReadonlyArray<readonly [number, object, string]> = [
        [400, error("InputTextSensitiveContentDetected", "The input text may contain it."), "ContentBlocked"],
        [400, error("InvalidParameter", "The parameter `seed` is not supported"), "InvalidRequest"],
        [401, error("AuthenticationError", "The API key doesn't exist."), "AuthenticationFailed"],
        [403, error("AccountOverdueError", "Your account has an overdue balance."), "QuotaExceeded"],
        [404, error("InvalidEndpointOrModel.NotFound", "It does not exist."), "UnsupportedOption"],
        [429, error("QuotaExceeded", "The quota is used up."), "QuotaExceeded"],
        [429, error("RateLimitExceeded.EndpointRPMExceeded", "Too many requests."), "RateLimited"],
        [500, error("InternalServiceError", "Oops."), "SubmitUnknown"],
        [200, {}, "SubmitUnknown"]
      ]
      for (const [status, body, tag] of answers) {
        const server = yield* serve((_, socket) => socket.write(json(status, body)))
        const failed = yield* Effect.flip((yield* seedance(server.base)).submit(intent({ model })))
        assert.strictEqual(failed._tag, tag, JSON.stringify(body))
        assert.strictEqual(server.posts(), 1)
      }
    })
  )

  it.scopedLive("fetches videos without the key", () =>
    Effect.gen(function* () {
      const tos = yield* serve((_, socket) => socket.write(answer(200, "video")))
      const server = yield* serve(accepted)
      const provider = yield* seedance(server.base)
      yield* provider.download(operation, { _tag: "Remote", uri: `${tos.base}/a.mp4?sig=x` }, fromTheStart)
      assert.strictEqual(tos.requests.length, 1)
      assert.notInclude(JSON.stringify(tos.requests), canary)
    })
  )

  it("knows what tokens cost where all that they depend on is told", () => {
    const cost = (model: string, told: Parameters<typeof costOfTokens>[2]) => costOfTokens(model, 1_000, told)
    assert.strictEqual(cost("dreamina-seedance-2-0-260128", { resolution: "720p" }), 7_000)
    assert.strictEqual(cost("dreamina-seedance-2-0-260128", { resolution: "1080p" }), 7_700)
    assert.strictEqual(cost("dreamina-seedance-2-0-260128", { resolution: "4k" }), 4_000)
    assert.isUndefined(cost("dreamina-seedance-2-0-260128", {}))
    assert.strictEqual(cost("dreamina-seedance-2-0-mini-260615", {}), 3_500)
    assert.strictEqual(cost("seedance-1-5-pro-251215", { sound: true }), 2_400)
    assert.strictEqual(cost("seedance-1-5-pro-251215", { sound: false }), 1_200)
    assert.isUndefined(cost("seedance-1-5-pro-251215", {}))
    assert.isUndefined(cost("ep-20260101", { resolution: "720p", sound: true }))
  })

  it("knows what a second is likely to cost", () => {
    const { models } = Seedance.api("seedance", { apiKey: Redacted.make(canary) })
    const cost = (name: string, fields: Partial<typeof VideoRequest.Type>) => {
      const found = models.find(({ aliases }) => aliases.includes(name))
      return found && Option.getOrUndefined(estimate(found, request({ duration: 5, ...fields })))
    }
    // 121 frames, 108,900 tokens, at seven dollars a million.
    assert.strictEqual(cost("seedance-2.0", {}), 762_300)
    assert.strictEqual(cost("seedance-1.5-pro", {}), 261_360)
    assert.strictEqual(cost("seedance-1.5-pro", { audio: false }), 130_680)
    // 246,840 tokens at two and a half.
    assert.strictEqual(cost("seedance-1.0-pro", { resolution: "1080p" }), 617_100)
    // Other shapes have more of them, and the most where the model chooses.
    assert.strictEqual(cost("seedance-2.0", { aspectRatio: "4:3" }), 767_114)
    const startImage = { _tag: "Url", url: "https://images.example/1.png" } as const
    assert.strictEqual(cost("seedance-2.5", { startImage }), 1_172_590)
  })
})
