import { assert, describe, it } from "@effect/vitest"
import * as Money from "@mutoscope/core/Money"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import * as Replicate from "../src/Replicate.ts"
import { canary, fromTheStart, intent } from "./fixtures.ts"
import { answer, json, type Script, serve } from "./scripted.ts"

const replicate = (baseUrl: string, more: Partial<Replicate.Options> = {}) =>
  JobApi.layer(
    Replicate.api("replicate", { apiKey: Redacted.make(canary), baseUrl: `${baseUrl}/v1`, ...more })
  ).pipe(Layer.provide(HttpTransport.layer), Layer.build, Effect.map(Context.get(VideoProvider)))

const id = "gm3qorzdhgbfurvjtvhg6dckhu"
const version = "6c1e4171".repeat(8)
const model = "google/veo-3.1"
const operation = { provider: "replicate", model, id }
const picture = (name: string) => ({ _tag: "Url", url: `https://example.com/${name}` }) as const

const accepted =
  (base?: string): Script =>
  ({ headers }, socket) => {
    const get = `${base ?? `http://${headers["host"]}/v1`}/predictions/${id}`
    socket.write(json(201, { id, model, status: "starting", urls: { get, cancel: `${get}/cancel` } }))
  }

const sent = (fields: Partial<typeof VideoRequest.Type>, more: Partial<Replicate.Options> = {}) =>
  Effect.gen(function* () {
    const server = yield* serve(accepted())
    yield* (yield* replicate(server.base, more)).submit(intent({ model, ...fields }))
    assert.strictEqual(server.requests.length, 1)
    const [request] = server.requests
    return { path: request?.path, headers: request?.headers, body: JSON.parse(request?.body ?? "") }
  })

const polled = (fields: object) =>
  Effect.gen(function* () {
    const server = yield* serve((_, socket) => socket.write(json(200, { id, model, ...fields })))
    return yield* (yield* replicate(server.base)).poll(operation)
  })

const delivery = "https://replicate.delivery/xezq/abc/tmp.mp4"

describe("Replicate", () => {
  it.scopedLive("submits once, to the official model, and keeps the addresses that it is told", () =>
    Effect.gen(function* () {
      const server = yield* serve(accepted())
      const provider = yield* replicate(server.base)
      assert.deepStrictEqual(yield* provider.submit(intent({ model: "replicate/veo-3.1", seed: 7 })), {
        ...operation,
        metadata: { get: `/predictions/${id}`, cancel: `/predictions/${id}/cancel` }
      })
      const [request] = server.requests
      assert.strictEqual(request?.path, "/v1/models/google/veo-3.1/predictions")
      assert.strictEqual(request?.headers["authorization"], `Bearer ${canary}`)
      assert.isUndefined(request?.headers["prefer"])
      assert.deepStrictEqual(JSON.parse(request?.body ?? ""), {
        input: { prompt: "a lighthouse", duration: 4, aspect_ratio: "16:9", resolution: "720p", seed: 7 }
      })
    })
  )

  it.scopedLive.each<
    readonly [string, Partial<typeof VideoRequest.Type>, string, Readonly<Record<string, unknown>>]
  >([
    [
      "frames, sound and more",
      {
        startImage: picture("a.png"),
        lastFrame: picture("b.png"),
        audio: false,
        negativePrompt: "rain",
        providerOptions: { resolution: null, extra: 1 }
      },
      "/v1/models/google/veo-3.1/predictions",
      {
        image: "https://example.com/a.png",
        last_frame: "https://example.com/b.png",
        generate_audio: false,
        negative_prompt: "rain",
        extra: 1,
        resolution: undefined
      }
    ],
    [
      "references",
      { referenceImages: [picture("a.png")], duration: 8 },
      "/v1/models/google/veo-3.1/predictions",
      { reference_images: ["https://example.com/a.png"] }
    ],
    [
      "Hailuo's lines",
      { model: "hailuo-02", duration: 6, startImage: picture("a.png") },
      "/v1/models/minimax/hailuo-02/predictions",
      { resolution: "768p", first_frame_image: "https://example.com/a.png", aspect_ratio: undefined }
    ],
    [
      "Wan's size",
      { model: "replicate/wan-2.5", duration: 5, aspectRatio: "9:16", resolution: "1080p" },
      "/v1/models/wan-video/wan-2.5-t2v/predictions",
      { size: "1080*1920", resolution: undefined, aspect_ratio: undefined }
    ],
    [
      "a model of somebody's",
      { model: "replicate/acme/dreamer", lastFrame: picture("b.png") },
      "/v1/models/acme/dreamer/predictions",
      { duration: 4, last_frame_image: "https://example.com/b.png", generate_audio: undefined }
    ],
    ["a version of it", { model: `replicate/acme/dreamer:${version}` }, "/v1/predictions", { duration: 4 }],
    ["a version alone", { model: `replicate/${version}` }, "/v1/predictions", { duration: 4 }],
    [
      "a deployment",
      { model: "replicate/deployments/acme/mine" },
      "/v1/deployments/acme/mine/predictions",
      { duration: 4 }
    ]
  ])("asks rightly for %s", ([, fields, path, expected]) =>
    Effect.gen(function* () {
      const { body, path: asked } = yield* sent(fields)
      assert.strictEqual(asked, path)
      assert.strictEqual(body.version, path === "/v1/predictions" ? version : undefined)
      for (const [name, value] of Object.entries(expected))
        assert.deepStrictEqual(body.input[name], value, name)
    })
  )

  it.scopedLive("asks for a deadline where its user has one", () =>
    Effect.map(sent({}, { cancelAfter: "20m" }), ({ headers }) =>
      assert.strictEqual(headers?.["cancel-after"], "20m")
    )
  )

  it.scopedLive("asks for a webhook about the end where its user wants one, beside the input", () =>
    Effect.gen(function* () {
      const webhook = "https://example.com/videos"
      const official = yield* sent({}, { webhook })
      const labelled = { webhook: `${webhook}?mutoscope=0123456789abcdef-1` }
      assert.deepInclude(official.body, { ...labelled, webhook_events_filter: ["completed"] })
      assert.notProperty(official.body.input, "webhook")
      const versioned = yield* sent({ model: `replicate/${version}` }, { webhook })
      assert.deepInclude(versioned.body, { version, ...labelled, webhook_events_filter: ["completed"] })
      assert.deepStrictEqual(Object.keys((yield* sent({})).body), ["input"])
      const refused = Replicate.adapter.connect("replicate", {
        apiKey: canary,
        webhook: "http://example.com"
      })
      assert.isTrue(Either.isLeft(refused))
    })
  )

  it.scopedLive("refuses what cannot be, before anything is sent", () =>
    Effect.gen(function* () {
      const server = yield* serve(accepted())
      const provider = yield* replicate(server.base)
      const refused = (fields: Partial<typeof VideoRequest.Type>) =>
        Effect.map(Effect.flip(provider.submit(intent(fields))), ({ message }) => message)
      assert.match(
        yield* refused({ model: "hailuo-2.3", duration: 10, resolution: "1080p" }),
        /10 s; supported: 6 s/
      )
      for (const name of ["nothing", "a/b/c", "../..", "./x", "a/b:latest", "a/b?x=1"])
        assert.match(yield* refused({ model: `replicate/${name}` }), /There is no model/)
      assert.strictEqual(server.requests.length, 0)
    })
  )

  it.scopedLive("tells states apart, and knows the progress that logs draw", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* polled({ status: "starting", logs: null }), { _tag: "Pending" })
      assert.deepStrictEqual(yield* polled({ status: "processing", logs: "" }), { _tag: "Running" })
      assert.deepStrictEqual(
        yield* polled({
          status: "processing",
          logs: "Seed: 7\n  5%|█   | 1/20\r 76%|███ | 15/20 [00:33<00:10]\n"
        }),
        { _tag: "Running", progress: 76, log: "Seed: 7" }
      )
      assert.deepStrictEqual(yield* polled({ status: "dreaming" }), { _tag: "Running" })
      assert.deepStrictEqual(yield* polled({ status: "canceled" }), { _tag: "Cancelled" })
      const aborted = yield* polled({ status: "aborted" })
      assert.strictEqual(aborted._tag === "Failed" ? aborted.cost : undefined, Money.zero)
    })
  )

  it.scopedLive.each<readonly [string, unknown, ReadonlyArray<string>]>([
    ["an address", delivery, [delivery]],
    [
      "an address without a kind",
      "https://replicate.delivery/xezq/abc",
      ["https://replicate.delivery/xezq/abc"]
    ],
    ["a list", [delivery, `${delivery}?2`], [delivery, `${delivery}?2`]],
    ["an object", { thumbnail: "https://replicate.delivery/a.png", video: delivery, seed: 7 }, [delivery]],
    ["objects in a list", [{ url: delivery }, { url: "https://replicate.delivery/a.wav" }], [delivery]]
  ])("finds the video in %s", ([, output, expected]) =>
    Effect.map(polled({ status: "succeeded", output, metrics: { predict_time: 61.5 } }), (status) =>
      assert.deepEqual<unknown>(status, {
        _tag: "Succeeded",
        videos: expected.map((uri) => ({ _tag: "Remote", uri })),
        metadata: { predictSeconds: 61.5 }
      })
    )
  )

  it.scopedLive.each<readonly [string, object, string]>([
    ["nothing", { status: "succeeded", output: null }, "EmptyResult"],
    ["a text", { status: "succeeded", output: "I cannot do that" }, "EmptyResult"],
    ["what was removed", { status: "succeeded", output: null, data_removed: true }, "OutputExpired"],
    ["a broken model", { status: "failed", error: "CUDA out of memory" }, "GenerationFailed"],
    ["an object for an error", { status: "failed", error: { code: 7 } }, "GenerationFailed"],
    ["no reason", { status: "failed", error: null }, "GenerationFailed"],
    [
      "what was held back",
      { status: "failed", error: "The input or output was flagged as sensitive. Please try again. (E005)" },
      "ContentBlocked"
    ]
  ])("ends a prediction of %s", ([, fields, expected]) =>
    Effect.map(polled(fields), (status) =>
      assert.strictEqual(status._tag === "Failed" ? status.error._tag : status._tag, expected)
    )
  )

  it.scopedLive("follows none of its addresses elsewhere, with or without a key", () =>
    Effect.gen(function* () {
      const evil = yield* serve((_, socket) => socket.write(json(200, { id, status: "canceled" })))
      for (const elsewhere of [
        evil.base,
        `${evil.base}/v1`,
        "https://api.replicate.com.example.com/v1",
        "//e",
        ""
      ]) {
        const server = yield* serve((request, socket) =>
          request.method === "POST" && request.path.startsWith("/v1/models/")
            ? accepted(elsewhere)(request, socket)
            : socket.write(json(200, { id, status: "processing" }))
        )
        const provider = yield* replicate(server.base)
        const operation = yield* provider.submit(intent({ model }))
        yield* provider.poll(operation)
        assert.strictEqual(yield* provider.cancel(operation), "Requested")
        assert.deepStrictEqual(
          server.requests.slice(1).map(({ method, path }) => `${method} ${path}`),
          [
            `GET /v1/predictions/${id}`,
            `GET /v1/predictions/${id}`,
            `POST /v1/predictions/${id}/cancel`,
            `GET /v1/predictions/${id}`
          ]
        )
      }
      assert.strictEqual(evil.requests.length, 0)
    })
  )

  it.scopedLive("fetches the video without the token", () =>
    Effect.gen(function* () {
      const cdn = yield* serve((_, socket) => socket.write(answer(200, "video")))
      const server = yield* serve(accepted())
      const provider = yield* replicate(server.base)
      yield* provider.download(operation, { _tag: "Remote", uri: `${cdn.base}/v.mp4` }, fromTheStart)
      assert.notInclude(JSON.stringify(cdn.requests), canary)
    })
  )

  it.scopedLive("looks for a lost submit in the list of predictions", () =>
    Effect.gen(function* () {
      const at = (seconds: number) => DateTime.formatIso(DateTime.unsafeMake(seconds * 1000))
      const results = [
        { id: "later", created_at: at(3600), model, source: "api" },
        { id: "another's", created_at: at(5), model: "owner/other", source: "api" },
        { id: "nobody's", created_at: at(5), source: "web" },
        { id: "odd", created_at: "then", model },
        "odd",
        { id, created_at: at(5), model, version: "hidden", source: "api" }
      ]
      const server = yield* serve((_, socket) =>
        socket.write(json(200, { previous: null, next: null, results }))
      )
      const provider = yield* replicate(server.base)
      assert.deepStrictEqual(yield* provider.reconcile(intent({ model })), {
        _tag: "Candidates",
        operations: [operation]
      })
    })
  )

  it.scopedLive("looks for one of a version, or of a deployment, among those", () =>
    Effect.gen(function* () {
      const version = "a".repeat(64)
      const created_at = DateTime.formatIso(DateTime.unsafeMake(5_000))
      const results = [
        { id: "1", created_at, model: "owner/name", version },
        { id: "2", created_at, model: "owner/name", version: "b".repeat(64) },
        { id: "3", created_at, model: "owner/name", version: "hidden", deployment: "me/mine" }
      ]
      const server = yield* serve((_, socket) => socket.write(json(200, { results })))
      const provider = yield* replicate(server.base)
      const found = (model: string) =>
        Effect.map(provider.reconcile(intent({ model })), (found) =>
          found._tag === "Candidates" ? found.operations.map(({ id }) => id) : found._tag
        )
      assert.deepStrictEqual(yield* found(`owner/name:${version}`), ["1"])
      assert.deepStrictEqual(yield* found("deployments/me/mine"), ["3"])
      assert.deepStrictEqual(yield* found("owner/name"), ["1", "2", "3"])
    })
  )

  it.scopedLive.each<readonly [number, object, string]>([
    [
      401,
      { title: "Unauthenticated", detail: "You did not pass a valid token", status: 401 },
      "AuthenticationFailed"
    ],
    [
      402,
      { title: "Billing required", detail: "You have insufficient credit", status: 402 },
      "QuotaExceeded"
    ],
    [404, { detail: "The requested resource could not be found.", status: 404 }, "UnsupportedOption"],
    [
      422,
      { title: "Input validation failed", detail: "- input.duration: must be 4, 6 or 8" },
      "InvalidRequest"
    ],
    [500, { detail: "Internal server error" }, "SubmitUnknown"],
    [201, { status: "starting" }, "SubmitUnknown"]
  ])("tells what a submit that is answered with %i means", ([status, body, expected]) =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(json(status, body)))
      const error = yield* Effect.flip((yield* replicate(server.base)).submit(intent({ model })))
      assert.strictEqual(error._tag, expected)
      assert.strictEqual(server.posts(), 1)
    })
  )

  it.scopedLive("waits as long as a throttled answer says in words", () =>
    Effect.gen(function* () {
      const detail = "Request was throttled. Your rate limit resets in ~30s."
      const server = yield* serve((_, socket) => socket.write(json(429, { detail, status: 429 })))
      const error = yield* Effect.flip((yield* replicate(server.base)).submit(intent({ model })))
      if (error._tag !== "RateLimited") return assert.fail(error._tag)
      assert.strictEqual(Duration.toSeconds(error.retryAfter), 30)
    })
  )
})
