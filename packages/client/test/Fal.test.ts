import { assert, describe, it } from "@effect/vitest"
import { GenerationFailed } from "@mutoscope/core/GenerationError"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Fal from "../src/Fal.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import { canary, fromTheStart, intent } from "./fixtures.ts"
import { answer, json, type Received, type Script, serve } from "./scripted.ts"

const fal = (baseUrl: string, more: Partial<Fal.Options> = {}) =>
  JobApi.layer(Fal.api("fal", { apiKey: Redacted.make(canary), baseUrl, ...more })).pipe(
    Layer.provide(HttpTransport.layer),
    Layer.build,
    Effect.map(Context.get(VideoProvider))
  )

const id = "764cabcf-b745-4b3e-ae38-1200304cf45b"
const requests = `/fal-ai/veo3.1/requests/${id}`
const operation = { provider: "fal", model: "fal-ai/veo3.1", id }
const picture = (name: string) => ({ _tag: "Url", url: `https://example.com/${name}` }) as const

const urls = (base: string) => ({
  status_url: `${base}${requests}/status`,
  response_url: `${base}${requests}`,
  cancel_url: `${base}${requests}/cancel`
})

const accepted =
  (more: (base: string) => object = urls): Script =>
  ({ headers }, socket) =>
    socket.write(
      json(200, {
        status: "IN_QUEUE",
        request_id: id,
        queue_position: 3,
        ...more(`http://${headers["host"]}`)
      })
    )

const sent = (fields: Partial<typeof VideoRequest.Type>, more: Partial<Fal.Options> = {}) =>
  Effect.gen(function* () {
    const server = yield* serve(accepted())
    yield* (yield* fal(server.base, more)).submit(intent({ model: "fal/veo-3.1", ...fields }))
    assert.strictEqual(server.requests.length, 1)
    const [request] = server.requests
    return { path: request?.path, headers: request?.headers, body: JSON.parse(request?.body ?? "") }
  })

const refusedFor = (fields: Partial<typeof VideoRequest.Type>) =>
  Effect.gen(function* () {
    const server = yield* serve(accepted())
    const error = yield* Effect.flip((yield* fal(server.base)).submit(intent(fields)))
    assert.strictEqual(server.requests.length, 0)
    return error.message
  })

/** A poll of a request whose status and result are these. */
const polled = (status: Buffer, result: Buffer = answer(500, "")) =>
  Effect.gen(function* () {
    const server = yield* serve(({ path }, socket) =>
      socket.write(path.includes("/status") ? status : result)
    )
    const provider = yield* fal(server.base)
    const told = yield* Effect.either(provider.poll(operation))
    return { told, paths: server.requests.map(({ method, path }) => `${method} ${path}`) }
  })

const completed = json(200, { status: "COMPLETED", logs: [], metrics: { inference_time: 41.5 } })

/** What a request that is completed ends with, or the error of asking. */
const endOf = (result: Buffer) =>
  Effect.map(polled(completed, result), ({ told }) =>
    Either.match(told, {
      onLeft: ({ _tag }) => _tag,
      onRight: (status) => (status._tag === "Failed" ? status.error._tag : status._tag)
    })
  )

describe("fal", () => {
  it.scopedLive("submits once, to the model's endpoint, and keeps the addresses that it is told", () =>
    Effect.gen(function* () {
      const server = yield* serve(accepted())
      const provider = yield* fal(server.base)
      assert.deepStrictEqual(yield* provider.submit(intent({ model: "veo3.1" })), {
        ...operation,
        metadata: { status: `${requests}/status`, result: requests, cancel: `${requests}/cancel` }
      })
      const [request] = server.requests
      assert.strictEqual(server.posts(), 1)
      assert.strictEqual(request?.path, "/fal-ai/veo3.1")
      assert.strictEqual(request?.headers["authorization"], `Key ${canary}`)
      assert.deepStrictEqual(JSON.parse(request?.body ?? ""), {
        prompt: "a lighthouse",
        duration: "4s",
        aspect_ratio: "16:9",
        resolution: "720p"
      })
    })
  )

  it.scopedLive("says all that is wished for, in the model's own fields", () =>
    Effect.gen(function* () {
      const frames = yield* sent(
        {
          startImage: picture("first.png"),
          lastFrame: picture("last.png"),
          resolution: "1080p",
          audio: false,
          negativePrompt: "rain",
          seed: 7,
          providerOptions: { auto_fix: false, aspect_ratio: null }
        },
        { priority: "low", startTimeout: 90, keepFor: 3600 }
      )
      assert.strictEqual(frames.path, "/fal-ai/veo3.1/first-last-frame-to-video")
      assert.deepStrictEqual(frames.body, {
        prompt: "a lighthouse",
        duration: "4s",
        resolution: "1080p",
        generate_audio: false,
        negative_prompt: "rain",
        seed: 7,
        first_frame_url: "https://example.com/first.png",
        last_frame_url: "https://example.com/last.png",
        auto_fix: false
      })
      assert.deepInclude(frames.headers, {
        "x-fal-queue-priority": "low",
        "x-fal-request-timeout": "90",
        "x-fal-object-lifecycle-preference": '{"expiration_duration_seconds":3600}'
      })
    })
  )

  it.scopedLive.each<
    readonly [string, Partial<typeof VideoRequest.Type>, string, Readonly<Record<string, unknown>>]
  >([
    [
      "an image for Veo",
      { model: "fal-ai/veo3.1/fast/image-to-video", startImage: picture("a.png") },
      "/fal-ai/veo3.1/fast/image-to-video",
      { image_url: "https://example.com/a.png", duration: "4s", aspect_ratio: "16:9" }
    ],
    [
      "references for Veo",
      { referenceImages: [picture("a.png"), picture("b.png")], duration: 8 },
      "/fal-ai/veo3.1/reference-to-video",
      { image_urls: ["https://example.com/a.png", "https://example.com/b.png"], duration: "8s" }
    ],
    [
      "Kling, whose size cannot be chosen",
      { model: "kling-3.0", duration: 10, audio: true },
      "/fal-ai/kling-video/v3/pro/text-to-video",
      { duration: "10", resolution: undefined, generate_audio: true, aspect_ratio: "16:9" }
    ],
    [
      "frames for Kling",
      { model: "kling-2.5-turbo", duration: 5, startImage: picture("a.png"), lastFrame: picture("b.png") },
      "/fal-ai/kling-video/v2.5-turbo/pro/image-to-video",
      { image_url: "https://example.com/a.png", tail_image_url: "https://example.com/b.png", duration: "5" }
    ],
    [
      "an image for Wan, which has its shape",
      { model: "wan-2.7", startImage: picture("a.png"), duration: 15 },
      "/fal-ai/wan/v2.7/image-to-video",
      { image_url: "https://example.com/a.png", aspect_ratio: undefined, duration: "15", resolution: "720p" }
    ],
    [
      "Hailuo, which has one length",
      { model: "hailuo-2.3-pro", duration: 6 },
      "/fal-ai/minimax/hailuo-2.3/pro/text-to-video",
      { duration: undefined, resolution: undefined }
    ],
    [
      "LTX in 4K",
      { model: "ltx-2.3", duration: 6, resolution: "4K" },
      "/fal-ai/ltx-2.3/text-to-video",
      { resolution: "2160p", duration: "6" }
    ],
    [
      "Grok, whose lengths are numbers",
      { model: "grok-imagine-video", duration: 3 },
      "/xai/grok-imagine-video/text-to-video",
      { duration: 3 }
    ],
    [
      "an endpoint that is in no table",
      {
        model: "fal/acme/dreamer/v9",
        startImage: picture("a.png"),
        lastFrame: picture("b.png"),
        providerOptions: { resolution: null, duration: 4, steps: 30 }
      },
      "/acme/dreamer/v9",
      {
        image_url: "https://example.com/a.png",
        end_image_url: "https://example.com/b.png",
        duration: 4,
        steps: 30,
        resolution: undefined,
        generate_audio: undefined
      }
    ]
  ])("asks rightly for %s", ([, fields, path, expected]) =>
    Effect.gen(function* () {
      const { body, path: asked } = yield* sent(fields)
      assert.strictEqual(asked, path)
      for (const [name, value] of Object.entries(expected)) assert.deepStrictEqual(body[name], value, name)
    })
  )

  it.scopedLive("refuses what an endpoint cannot be told, before anything is sent", () =>
    Effect.gen(function* () {
      const references = { model: "veo-3.1", referenceImages: [picture("a.png")] }
      assert.match(
        yield* refusedFor({ ...references, duration: 4 }),
        /duration with reference images 4 s.*8 s/
      )
      assert.match(yield* refusedFor({ ...references, duration: 8, seed: 7 }), /seed/)
      assert.match(yield* refusedFor({ model: "veo-3.1", lastFrame: picture("a.png") }), /last frame/)
      assert.match(yield* refusedFor({ model: "hailuo-2.3", duration: 6, aspectRatio: "9:16" }), /9:16/)
      assert.match(yield* refusedFor({ model: "fal/nonsense" }), /no model/)
      assert.match(yield* refusedFor({ model: "fal/../../admin" }), /no model/)
    })
  )

  it("has no row whose fields do not fit what it is said to do", () => {
    const provider = Fal.api("fal", { apiKey: Redacted.make(canary) })
    const names = provider.models.flatMap(({ aliases, model }) => [model, ...aliases])
    assert.strictEqual(new Set(names).size, names.length)
    for (const { aliases } of provider.models) assert.notInclude(aliases[0], "/")
    assert.isTrue(
      Option.isNone(Option.fromNullable(provider.models.find(({ price }) => price !== undefined)))
    )
  })

  it.scopedLive("tells where in the queue it is, and how far the logs say that it is", () =>
    Effect.gen(function* () {
      const tell = (status: number, body: object | string) =>
        Effect.map(polled(typeof body === "string" ? answer(status, body) : json(status, body)), ({ told }) =>
          Either.getOrThrow(told)
        )
      const log = (...messages: ReadonlyArray<string | null>) => messages.map((message) => ({ message }))
      assert.deepStrictEqual(yield* tell(202, { status: "IN_QUEUE", queue_position: 3 }), {
        _tag: "Pending",
        position: 3
      })
      assert.deepStrictEqual(yield* tell(202, { status: "IN_QUEUE", queue_position: null }), {
        _tag: "Pending"
      })
      assert.deepStrictEqual(yield* tell(202, { status: "IN_PROGRESS", logs: null }), { _tag: "Running" })
      assert.deepStrictEqual(
        yield* tell(202, {
          status: "IN_PROGRESS",
          logs: log("starting", " 20%|##        | 10/50 [00:10<00:40]", " 40%|####      | 20/50", null)
        }),
        { _tag: "Running", progress: 40, log: "starting" }
      )
      const odd = `  see\u001b[31m https://a.example/x?sig=1 with ${canary}\n\n`
      const { log: line = "" } = { log: undefined, ...(yield* tell(202, { logs: log("first", odd) })) }
      assert.match(line, /^see \[31m https:\/\/a\.example\/x\?<redacted> with <redacted>$/)
      assert.deepStrictEqual(yield* tell(202, { logs: log("x ".repeat(500)) }), {
        _tag: "Running",
        log: `${"x ".repeat(500).slice(0, 119)}\u2026`
      })
      assert.deepStrictEqual(yield* tell(202, { status: "DREAMING" }), { _tag: "Running" })
      assert.deepStrictEqual(yield* tell(202, ""), { _tag: "Pending" })
    })
  )

  it.scopedLive("asks for the result of a completed request, and knows its video", () =>
    Effect.gen(function* () {
      const video = { url: "https://v3.fal.media/files/abc", content_type: "video/mp4", file_size: 9 }
      const { paths, told } = yield* polled(
        completed,
        json(200, { video, seed: 7, timings: null }, { "x-fal-billable-units": "3.2" })
      )
      assert.deepStrictEqual(Either.getOrThrow(told), {
        _tag: "Succeeded",
        videos: [{ _tag: "Remote", uri: video.url, mimeType: "video/mp4" }],
        metadata: { billableUnits: 3.2, seed: 7, inferenceSeconds: 41.5 }
      })
      assert.deepStrictEqual(paths, [`GET ${requests}/status?logs=1`, `GET ${requests}`])
    })
  )

  it.scopedLive.each<readonly [string, Buffer, string]>([
    ["no video", json(200, { video: null }), "EmptyResult"],
    ["only a picture", json(200, { images: [{ url: "https://fal.media/a.png" }] }), "EmptyResult"],
    [
      "a content check",
      json(422, {
        detail: [
          { loc: ["body", "prompt"], msg: "The content was flagged.", type: "content_policy_violation" }
        ]
      }),
      "ContentBlocked"
    ],
    [
      "a field that is wrong",
      json(422, {
        detail: [{ loc: ["body", "duration"], msg: "must be 4s, 6s or 8s", type: "value_error" }]
      }),
      "GenerationFailed"
    ],
    ["a refusal in a sentence", json(400, { detail: "The image could not be loaded" }), "GenerationFailed"],
    ["an endpoint that is none", json(404, { detail: "Path /typo not found" }), "GenerationFailed"],
    [
      "its own deadline",
      json(
        504,
        { detail: "Request timed out", error_type: "startup_timeout" },
        { "x-fal-request-timeout-type": "user" }
      ),
      "GenerationFailed"
    ],
    [
      "a runner that went away",
      answer(503, "", { "x-fal-error-type": "runner_disconnected" }),
      "GenerationFailed"
    ],
    ["a server's bad moment", json(500, { detail: "Internal Server Error" }), "ProviderUnavailable"],
    ["the same as a 400", json(400, { detail: "Internal Server Error" }), "UnexpectedAnswer"],
    ["a bare 400", answer(400, ""), "UnexpectedAnswer"],
    ["a bare 422", json(422, { detail: "Unprocessable Entity" }), "UnexpectedAnswer"],
    ["a bare 422 in one word", json(422, { detail: "Unprocessable" }), "UnexpectedAnswer"],
    ["a 422 that comes too early", json(422, { detail: "Request not ready" }), "UnexpectedAnswer"],
    [
      "a 422 about where it is kept",
      json(422, { detail: "Failed to fetch result from storage" }),
      "UnexpectedAnswer"
    ],
    ["the same as 400", json(400, { detail: "Failed to fetch result from storage" }), "UnexpectedAnswer"],
    ["a sentence with a 500", json(500, { detail: "CUDA out of memory" }), "ProviderUnavailable"],
    ["a platform's error", json(500, { detail: "x", error_type: "internal_error" }), "ProviderUnavailable"],
    [
      "a type that is not documented",
      json(503, { detail: "x", error_type: "sunspots" }),
      "ProviderUnavailable"
    ],
    ["our own absence", json(499, { detail: "x", error_type: "client_disconnected" }), "ProviderUnavailable"],
    [
      "a broken model",
      json(500, { detail: [{ loc: ["body"], msg: "Internal server error", type: "internal_server_error" }] }),
      "GenerationFailed"
    ],
    ["a broken runner", json(500, { detail: "x", error_type: "runner_server_error" }), "GenerationFailed"],
    ["a cancel", json(499, { detail: "Cancelled", error_type: "client_cancelled" }), "Cancelled"],
    ["a result that is not there yet", json(400, { detail: "Request is still in progress" }), "Running"],
    ["a gateway's bad moment", answer(502, "<h1>Bad Gateway</h1>"), "ProviderUnavailable"],
    ["an overload", json(503, { detail: "Service unavailable" }), "ProviderUnavailable"],
    ["nothing found", json(404, { detail: "Not found" }), "OperationNotFound"],
    ["too many questions", json(429, { detail: "Slow down" }), "RateLimited"],
    ["a key of somebody else's", json(401, { detail: "Unauthorized" }), "AuthenticationFailed"],
    ["a page", answer(200, "<h1>Hello</h1>"), "UnexpectedAnswer"]
  ])("ends a completed request whose result is %s", ([, result, expected]) =>
    Effect.map(endOf(result), (end) => assert.strictEqual(end, expected))
  )

  it.scopedLive("believes the queue that a request failed, whatever its result is answered with", () =>
    Effect.gen(function* () {
      const failed = json(200, {
        status: "COMPLETED",
        error: "it ran too long",
        error_type: "request_timeout"
      })
      const { told } = yield* polled(failed, answer(504, ""))
      assert.deepStrictEqual(Either.getOrThrow(told), {
        _tag: "Failed",
        error: new GenerationFailed({ provider: "fal", reason: "it ran too long", code: "request_timeout" })
      })
      const video = json(200, { video: { url: "https://fal.media/a.mp4" } })
      assert.strictEqual(Either.getOrThrow((yield* polled(failed, video)).told)._tag, "Succeeded")
    })
  )

  it.scopedLive("asks for a result again that was refused without a word about the request", () =>
    Effect.gen(function* () {
      const results = [
        json(500, { detail: "Internal Server Error" }),
        json(400, { detail: "Bad Request" }),
        json(200, { video: { url: "https://fal.media/a.mp4" } })
      ]
      const server = yield* serve(({ path }, socket) =>
        socket.write(path.includes("/status") ? completed : (results.shift() ?? answer(500, "")))
      )
      const provider = yield* fal(server.base)
      const told = yield* Effect.forEach([1, 2, 3], () => Effect.either(provider.poll(operation)))
      assert.deepStrictEqual(
        told.map((one) => (Either.isLeft(one) ? one.left._tag : one.right._tag)),
        ["ProviderUnavailable", "UnexpectedAnswer", "Succeeded"]
      )
    })
  )

  it.scopedLive("follows none of its addresses elsewhere, with or without a key", () =>
    Effect.gen(function* () {
      const evil = yield* serve((_, socket) => socket.write(json(200, { status: "COMPLETED" })))
      for (const elsewhere of [evil.base, "https://queue.fal.run.example.com", "//evil", "javascript:", ""]) {
        const server = yield* serve((request, socket) =>
          request.method === "POST"
            ? accepted(() => urls(elsewhere))(request, socket)
            : socket.write(json(202, { status: "IN_PROGRESS" }))
        )
        const provider = yield* fal(server.base)
        const operation = yield* provider.submit(intent({ model: "veo-3.1" }))
        yield* provider.poll(operation)
        assert.strictEqual(server.requests.at(-1)?.path, `${requests}/status?logs=1`)
      }
      const server = yield* serve(({ path }, socket) =>
        socket.write(
          path.includes("/status")
            ? json(200, { status: "COMPLETED", response_url: `${evil.base}/result` })
            : json(200, { video: { url: "https://fal.media/a.mp4" } })
        )
      )
      const provider = yield* fal(server.base)
      const spoilt = { ...operation, metadata: { status: "//evil/status", result: evil.base, cancel: 7 } }
      assert.strictEqual((yield* provider.poll(spoilt))._tag, "Succeeded")
      assert.strictEqual(evil.requests.length, 0)
    })
  )

  it.scopedLive("keeps addresses below the path of its base", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, socket) =>
        request.method === "POST"
          ? accepted((base) => urls(`${base}/proxy/of/fal`))(request, socket)
          : socket.write(json(202, { status: "IN_QUEUE" }))
      )
      const provider = yield* fal(`${server.base}/proxy/of/fal/`)
      const operation = yield* provider.submit(intent({ model: "kling-3.0", duration: 5 }))
      assert.strictEqual(operation.metadata?.["status"], `${requests}/status`)
      yield* provider.poll(operation)
      yield* provider.poll({ ...operation, metadata: {} })
      assert.deepStrictEqual(
        server.requests.map(({ path }) => path),
        [
          "/proxy/of/fal/fal-ai/kling-video/v3/pro/text-to-video",
          `/proxy/of/fal${requests}/status?logs=1`,
          `/proxy/of/fal/fal-ai/kling-video/requests/${id}/status?logs=1`
        ]
      )
    })
  )

  it.scopedLive.each<readonly [string, Buffer, object, string]>([
    ["is taken out of the queue", json(200, { status: "OK" }), { status: "IN_QUEUE" }, "Cancelled"],
    [
      "is asked to stop, and does not yet",
      json(202, { status: "CANCELLATION_REQUESTED" }),
      { status: "IN_PROGRESS" },
      "Requested"
    ],
    [
      "is asked to stop, and did",
      json(202, { status: "CANCELLATION_REQUESTED" }),
      { status: "COMPLETED" },
      "Cancelled"
    ],
    [
      "came too late",
      json(400, { status: "ALREADY_COMPLETED" }),
      { status: "IN_PROGRESS" },
      "AlreadyFinished"
    ],
    ["found nothing, and looks", json(404, { status: "NOT_FOUND" }), { status: "IN_PROGRESS" }, "Refused"]
  ])("tells what came of a cancel that %s", ([, cancelled, after, expected]) =>
    Effect.gen(function* () {
      let asked = false
      const reply = ({ method, path }: Received): Buffer => {
        if (method === "PUT") {
          asked = true
          return cancelled
        }
        if (!path.includes("/status")) return json(499, { detail: "no", error_type: "client_cancelled" })
        return json(202, asked ? after : { status: "IN_PROGRESS" })
      }
      const server = yield* serve((request, socket) => socket.write(reply(request)))
      const provider = yield* fal(server.base)
      assert.strictEqual(yield* provider.cancel(operation), expected)
      assert.deepStrictEqual(
        server.requests.filter(({ method }) => method === "PUT").map(({ path }) => path),
        [`${requests}/cancel`]
      )
    })
  )

  it.scopedLive("fetches the video without the key", () =>
    Effect.gen(function* () {
      const cdn = yield* serve((_, socket) => socket.write(answer(200, "video")))
      const server = yield* serve(accepted())
      const provider = yield* fal(server.base)
      yield* provider.download(operation, { _tag: "Remote", uri: `${cdn.base}/v.mp4` }, fromTheStart)
      assert.notInclude(JSON.stringify(cdn.requests), canary)
    })
  )

  it.scopedLive.each<readonly [number, object, string]>([
    [401, { detail: "Authentication is required to access this application." }, "AuthenticationFailed"],
    [403, { detail: "User is locked. Reason: Exhausted balance. Top up your balance." }, "QuotaExceeded"],
    [404, { detail: "Application 'veo9' not found" }, "UnsupportedOption"],
    [422, { detail: [{ loc: ["body"], msg: "field required", type: "missing" }] }, "InvalidRequest"],
    [429, { detail: "Too many concurrent requests" }, "RateLimited"],
    [503, { detail: "unavailable" }, "SubmitUnknown"],
    [200, { status: "IN_QUEUE" }, "SubmitUnknown"]
  ])("tells what a submit that is answered with %i means", ([status, body, expected]) =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(json(status, body)))
      const error = yield* Effect.flip((yield* fal(server.base)).submit(intent({ model: "veo-3.1" })))
      assert.strictEqual(error._tag, expected)
      assert.strictEqual(server.posts(), 1)
    })
  )

  it.scopedLive("asks for a webhook where its user wants one, whatever is in the address", () =>
    Effect.gen(function* () {
      const webhook = "https://example.com/videos?account=fal&of=me"
      const { path } = yield* sent({}, { webhook })
      const asked = new URL(path ?? "", "https://queue.fal.run")
      assert.strictEqual(asked.pathname, "/fal-ai/veo3.1")
      assert.deepStrictEqual(
        [...asked.searchParams],
        [["fal_webhook", `${webhook}&mutoscope=0123456789abcdef-1`]]
      )
      assert.strictEqual((yield* sent({})).path, "/fal-ai/veo3.1")
    })
  )

  it.each([
    "http://example.com/hook",
    "example.com",
    "https://me:secret@example.com",
    "https://example.com/#a"
  ])("has no webhook sent to %s", (webhook) => {
    const fault = Either.match(Fal.adapter.connect("fal", { apiKey: canary, webhook }), {
      onLeft: String,
      onRight: () => "taken"
    })
    assert.match(fault, /webhook cannot be used/)
    assert.notInclude(fault, canary)
  })

  it("takes its settings as text too, and says which are wrong without their values", () => {
    const settings = { apiKey: canary, priority: "low", startTimeout: "90", keepFor: 3600 }
    const entry = Either.getOrThrow(Fal.adapter.connect("mine", settings))
    assert.deepInclude(entry.models[0], { provider: "mine", outputLifetime: 3600 })
    const wrong = Fal.adapter.connect("fal", { ...settings, priority: canary, startTimeout: 1 })
    const text = Either.match(wrong, { onLeft: String, onRight: () => "" })
    assert.match(text, /priority, startTimeout/)
    assert.notInclude(text, canary)
  })
})
