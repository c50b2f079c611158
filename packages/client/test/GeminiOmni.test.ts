import { assert, describe, it } from "@effect/vitest"
import type { OperationFailure } from "@mutoscope/core/GenerationError"
import * as Money from "@mutoscope/core/Money"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as TestServices from "effect/TestServices"
import * as GeminiOmni from "../src/GeminiOmni.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import { canary, fromTheStart, intent } from "./fixtures.ts"
import { answer, json, type Received, type Script, serve } from "./scripted.ts"

const connected = (api: JobApi.JobApi) =>
  JobApi.layer(api).pipe(
    Layer.provide(HttpTransport.layer),
    Layer.build,
    Effect.map(Context.get(VideoProvider))
  )

const omni = (baseUrl: string, more: Partial<GeminiOmni.Options> = {}) =>
  connected(GeminiOmni.api("gemini", { apiKey: Redacted.make(canary), baseUrl, ...more }))

const model = "gemini-omni-1.1-flash"
const id = "v1_ChdLcGpsYXR+/"
const operation = { provider: "gemini", model, id }
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
  "base64"
)
const picture = { _tag: "Bytes", data: new Uint8Array(png), mimeType: "image/png" } as const
const uri = "https://generativelanguage.googleapis.com/v1beta/files/abc-123:download?alt=media"

/** As they were recorded. */
const begun = { id, status: "in_progress", object: "interaction", model, service_tier: "standard" }
const usage = {
  total_input_tokens: 19,
  total_output_tokens: 17_873,
  total_thought_tokens: 235,
  total_tokens: 18_127,
  output_tokens_by_modality: [{ modality: "video", tokens: 17_376 }]
}
const signature = "c2lnbmVk"
const steps = (...content: ReadonlyArray<object>) => [
  { type: "user_input", content: [{ type: "text", text: "a lighthouse" }] },
  { type: "thought", signature },
  { type: "model_output", content }
]
const video = { type: "video", uri, mime_type: "video/mp4" }
const completed = { ...begun, status: "completed", usage, steps: steps(video) }

const sent = (fields: Partial<typeof VideoRequest.Type>, more: Partial<GeminiOmni.Options> = {}) =>
  Effect.gen(function* () {
    const server = yield* serve((_, socket) => socket.write(json(200, begun)))
    const provider = yield* omni(server.base, more)
    const accepted = yield* provider.submit(intent({ model, ...fields }))
    assert.strictEqual(server.posts(), 1)
    const [request] = server.requests
    return { accepted, request, body: JSON.parse(request?.body ?? "") }
  })

const polled = (body: object, status = 200) =>
  Effect.gen(function* () {
    const server = yield* serve((_, socket) => socket.write(json(status, body)))
    return yield* Effect.exit((yield* omni(server.base)).poll(operation))
  })

const failureIn = (body: object) =>
  Effect.map(polled(body), (exit): OperationFailure | string =>
    Exit.isSuccess(exit) && exit.value._tag === "Failed" ? exit.value.error : JSON.stringify(exit)
  )

const downloaded = (provider: VideoProvider["Type"], at = uri) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { bytes } = yield* provider.download(operation, { _tag: "Remote", uri: at }, fromTheStart)
      return Buffer.concat(Chunk.toReadonlyArray(yield* Stream.runCollect(bytes))).toString()
    })
  )

describe("Gemini Omni: the submit", () => {
  it.scopedLive("is an interaction in the background whose video gets an address", () =>
    Effect.gen(function* () {
      const { accepted, body, request } = yield* sent({ duration: 6, resolution: "4K", aspectRatio: "9:16" })
      assert.deepStrictEqual(accepted, operation)
      assert.strictEqual(request?.path, "/v1beta/interactions")
      assert.strictEqual(request?.headers["x-goog-api-key"], canary)
      assert.notInclude(request?.path, "key=")
      assert.deepStrictEqual(body, {
        model,
        input: [{ type: "text", text: "a lighthouse" }],
        background: true,
        store: true,
        stream: false,
        response_format: {
          type: "video",
          delivery: "uri",
          aspect_ratio: "9:16",
          resolution: "4k",
          duration: "6s"
        },
        generation_config: { video_config: { task: "text_to_video" } }
      })
    })
  )

  it.scopedLive.each([
    ["a start image", { startImage: picture }, "image_to_video", ["image"]],
    ["references", { referenceImages: [picture, picture] }, "reference_to_video", ["image", "image"]],
    ["a video to go on with", { extend: { _tag: "Url", url: uri } as const }, "extend", ["video"]]
  ] as const)("puts %s before the text", ([, fields, task, types]) =>
    Effect.gen(function* () {
      const { body } = yield* sent(fields)
      assert.deepStrictEqual(
        body.input.map(({ type }: { type: string }) => type),
        [...types, "text"]
      )
      assert.strictEqual(body.generation_config.video_config.task, task)
      assert.deepStrictEqual(
        body.input[0],
        "extend" in fields
          ? { type: "video", uri, mime_type: "video/mp4" }
          : { type: "image", data: png.toString("base64"), mime_type: "image/png" }
      )
    })
  )

  it.scopedLive("speaks v1 where it is told to, and takes the provider's own options field by field", () =>
    Effect.gen(function* () {
      const providerOptions = { generation_config: { seed: 7 }, labels: { a: "b" } }
      const { body, request } = yield* sent({ providerOptions }, { version: "v1" })
      assert.strictEqual(request?.path, "/v1/interactions")
      assert.deepStrictEqual(body.generation_config, { video_config: { task: "text_to_video" }, seed: 7 })
      assert.deepStrictEqual(body.labels, { a: "b" })
      assert.isTrue(body.background)
    })
  )

  it.scopedLive.each([
    ["the last frame", { lastFrame: picture }],
    ["a seed", { seed: 7 }],
    ["a negative prompt", { negativePrompt: "people" }],
    ["silence", { audio: false }],
    ["a square", { aspectRatio: "1:1" }],
    ["two seconds", { duration: 2 }],
    ["an image and references", { startImage: picture, referenceImages: [picture] }],
    ["an image of no kind", { startImage: { _tag: "Url", url: "http://example.com/a.png" } }],
    ["a model that is switched off", { model: "gemini/gemini-omni-flash-preview" }, "2026-09-30"],
    ["a Veo that is switched off", { model: "gemini/veo-3.1-generate-preview" }, "2026-10-22"]
  ] as ReadonlyArray<readonly [string, Partial<typeof VideoRequest.Type>, string?]>)(
    "is not sent with %s",
    ([, fields, retiredOn]) =>
      Effect.gen(function* () {
        const server = yield* serve((_, socket) => socket.write(json(200, begun)))
        const provider = yield* omni(server.base)
        const error = yield* Effect.flip(provider.submit(intent({ model, ...fields })))
        assert.strictEqual(error._tag, "UnsupportedOption")
        if (retiredOn !== undefined)
          assert.deepInclude(error, { retiredOn, nearest: "gemini-omni-1.2-flash" })
        assert.strictEqual(server.posts(), 0)
      })
  )

  it.scopedLive.each([
    [
      "a word for a code",
      400,
      { error: { message: "duration: no", code: "invalid_request" } },
      "InvalidRequest"
    ],
    [
      "a number for a code",
      403,
      { error: { code: 403, message: "no", status: "PERMISSION_DENIED" } },
      "AuthenticationFailed"
    ],
    [
      "an array around it",
      400,
      [{ error: { code: 400, message: "API key not valid.", status: "INVALID_ARGUMENT" } }],
      "AuthenticationFailed"
    ],
    [
      "a wait in words",
      429,
      { error: { code: 429, message: "Please retry in 53.01s", status: "RESOURCE_EXHAUSTED" } },
      "RateLimited"
    ],
    [
      "a model that is gone",
      404,
      { error: { code: 404, message: "no longer available" } },
      "UnsupportedOption"
    ],
    ["an answer without a name", 200, { status: "in_progress" }, "SubmitUnknown"],
    ["a bad moment", 503, { error: { code: 503, message: "overloaded" } }, "SubmitUnknown"]
  ] as const)("is refused with %s", ([, status, body, tag]) =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(json(status, body)))
      const error = yield* Effect.flip((yield* omni(server.base)).submit(intent({ model })))
      assert.strictEqual(error._tag, tag)
      assert.strictEqual(server.posts(), 1)
      if (error._tag === "RateLimited") assert.strictEqual(String(error.retryAfter), "Duration(54s)")
    })
  )
})

describe("Gemini Omni: how a job is doing", () => {
  it.scopedLive("asks by the escaped id, and passes over words that it does not know", () =>
    Effect.gen(function* () {
      const states = ["queued", "in_progress", "requires_continuation", "dreaming", "cancelled"]
      const left = [...states]
      const server = yield* serve((_, socket) => socket.write(json(200, { ...begun, status: left.shift() })))
      const provider = yield* omni(server.base)
      const seen = yield* Effect.forEach(states, () => provider.poll(operation))
      assert.deepStrictEqual(
        seen.map(({ _tag }) => _tag),
        ["Pending", "Running", "Running", "Running", "Cancelled"]
      )
      assert.strictEqual(server.requests[0]?.path, `/v1beta/interactions/${encodeURIComponent(id)}`)
    })
  )

  it.scopedLive(
    "finds the last video after the last thing that was said to it, and what its tokens come to",
    () =>
      Effect.gen(function* () {
        const before = steps({ ...video, uri: `${uri}&old` })
        const body = { ...completed, steps: [...before, ...steps({ ...video, uri: `${uri}&first` }, video)] }
        // 19 tokens at $1.50, 497 and 235 at $9, 17,376 at $17.50 a million.
        const estimate = Money.MicroUsd.make(Math.ceil(19 * 1.5 + (497 + 235) * 9 + 17_376 * 17.5))
        assert.deepStrictEqual(
          yield* polled(body),
          Exit.succeed({
            _tag: "Succeeded",
            videos: [{ _tag: "Remote", uri, mimeType: "video/mp4" }],
            tokens: { input: 19, output: 18_108 },
            estimate
          })
        )
        assert.strictEqual(estimate, 310_697)
      })
  )

  it.scopedLive("says nothing of a cost that it cannot tell", () =>
    Effect.gen(function* () {
      const { usage: _, ...untold } = completed
      for (const [body, asked] of [
        [untold, operation],
        [completed, { ...operation, model: "gemini-omni-1.2-flash" }]
      ] as const) {
        const server = yield* serve((_, socket) => socket.write(json(200, body)))
        assert.notProperty(yield* (yield* omni(server.base)).poll(asked), "estimate")
      }
    })
  )

  it.scopedLive("takes words where the video would be for a refusal", () =>
    Effect.gen(function* () {
      const text = "I can't generate that video."
      const body = {
        ...completed,
        usage: { ...usage, total_output_tokens: 40, output_tokens_by_modality: [] },
        steps: steps({ type: "text", text })
      }
      assert.deepInclude(yield* failureIn(body), { _tag: "ContentBlocked", reasons: [text] })
      const { usage: _, ...untold } = body
      assert.deepInclude(yield* failureIn(untold), { _tag: "ContentBlocked", reasons: [text] })
    })
  )

  it.scopedLive("tells nothing made from something that it cannot find", () =>
    Effect.gen(function* () {
      const nothing = { ...completed, usage: { total_output_tokens: 0 }, steps: steps() }
      assert.deepInclude(yield* failureIn(nothing), { _tag: "EmptyResult" })
      // It was paid for, so it is there: nothing of the job is given up.
      const exit = yield* polled({ ...completed, steps: steps({ type: "clip", uri }) })
      assert.strictEqual(
        Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error._tag,
        "UnexpectedAnswer"
      )
      assert.notInclude(JSON.stringify(exit), signature)
    })
  )

  it.scopedLive.each([
    ["an error", { error: { code: 13, message: "it broke" } }, { _tag: "GenerationFailed", code: "13" }],
    [
      "a list",
      { errors: [{ code: "internal", message: "it broke" }] },
      { _tag: "GenerationFailed", code: "internal" }
    ],
    [
      "a step",
      { steps: [{ type: "model_output", error: { code: 3, message: "safety filter" } }] },
      { _tag: "ContentBlocked" }
    ],
    ["nothing", {}, { _tag: "GenerationFailed" }]
  ] as const)("reads why it failed from %s", ([, more, expected]) =>
    Effect.map(failureIn({ ...begun, status: "failed", ...more }), (error) =>
      assert.deepInclude(error, expected)
    )
  )

  it.scopedLive("is told by the first poll that there was no room", () =>
    Effect.gen(function* () {
      const error = { code: "too_many_requests", message: "Please retry in 23s" }
      for (const body of [{ ...begun, status: "failed", error }, { error }])
        assert.deepInclude(yield* failureIn(body), { _tag: "QuotaExceeded", reason: error.message })
      assert.deepInclude(yield* failureIn({ ...begun, status: "budget_exceeded" }), { _tag: "QuotaExceeded" })
      // The question itself may come too often; that says nothing of the job.
      const exit = yield* polled({ error }, 429)
      assert.strictEqual(
        Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error._tag,
        "RateLimited"
      )
    })
  )

  it.scopedLive.each([
    ["an interaction that it does not know", 400, "Invalid interaction name: v1_x", "OperationNotFound"],
    ["the same in other words", 404, "not found", "OperationNotFound"],
    [
      "a key that it reads twice",
      400,
      "Multiple authentication credentials received.",
      "AuthenticationFailed"
    ]
  ] as const)("takes a refusal for no end: %s", ([, status, message, tag]) =>
    Effect.map(polled({ error: { message, code: "invalid_request" } }, status), (exit) =>
      assert.strictEqual(Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error._tag, tag)
    )
  )
})

describe("Gemini Omni: a cancel", () => {
  const cancelled = (cancel: Buffer, ...polls: ReadonlyArray<object>) =>
    Effect.gen(function* () {
      const left = [...polls]
      const server = yield* serve((request, socket) =>
        socket.write(request.path.endsWith("/cancel") ? cancel : json(200, left.shift() ?? {}))
      )
      const outcome = yield* (yield* omni(server.base)).cancel(operation)
      return [outcome, server.requests.map(({ method }) => method).join(" ")]
    })
  const stopped = { ...begun, status: "cancelled" }

  it.scopedLive("is true when the next answer says so", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* cancelled(json(200, stopped), begun, stopped), [
        "Cancelled",
        "GET POST GET"
      ])
    })
  )

  it.scopedLive("comes too late for what is done, before or within it", () =>
    Effect.gen(function* () {
      const late = json(400, { error: { message: "already completed", code: "invalid_request" } })
      assert.deepStrictEqual(yield* cancelled(late, completed), ["AlreadyFinished", "GET"])
      assert.deepStrictEqual(yield* cancelled(late, begun, completed), ["AlreadyFinished", "GET POST GET"])
    })
  )

  it.scopedLive("is refused where the job goes on all the same, and open where nobody could be asked", () =>
    Effect.gen(function* () {
      const no = json(400, { error: { message: "not in background", code: "invalid_request" } })
      assert.deepStrictEqual(yield* cancelled(no, begun, begun), ["Refused", "GET POST GET"])
      assert.deepStrictEqual(yield* cancelled(json(200, begun), begun, begun), ["Requested", "GET POST GET"])
      const error = yield* Effect.flip(cancelled(json(429, {}), begun))
      assert.strictEqual(error._tag, "RateLimited")
    })
  )
})

describe("Gemini Omni: the file", () => {
  const files =
    (script: (request: Received) => Buffer): Script =>
    (request, socket) =>
      socket.write(script(request))
  const bytes = answer(200, "video", { "content-type": "video/mp4" })

  it.scopedLive("is asked for by its id at the configured address, with the key", () =>
    Effect.gen(function* () {
      const server = yield* serve(files(() => bytes))
      assert.strictEqual(yield* downloaded(yield* omni(server.base)), "video")
      const [request] = server.requests
      assert.strictEqual(request?.path, "/v1beta/files/abc-123:download?alt=media")
      assert.strictEqual(request?.headers["x-goog-api-key"], canary)
    })
  )

  it.scopedLive("gets no key where it is anybody else's", () =>
    Effect.gen(function* () {
      const other = yield* serve(files(() => bytes))
      const forgetful = yield* serve(files(() => json(404, {})))
      const provider = yield* omni(`${forgetful.base}/google`)
      assert.strictEqual(yield* downloaded(provider, `${other.base}/clips/abc.mp4`), "video")
      assert.notProperty(other.requests[0]?.headers, "x-goog-api-key")
      for (const hostile of [
        "http://169.254.169.254/v1beta/files/a",
        "file:///etc/passwd",
        "gs://bucket/a"
      ]) {
        const exit = yield* Effect.exit(downloaded(provider, hostile))
        assert.isTrue(Exit.isFailure(exit))
      }
    })
  )

  /** Lets the file come after so many seconds, and passes them. */
  const late = (seconds: number, refusal: (request: number) => Buffer) =>
    Effect.gen(function* () {
      const time = { now: 0, asked: 0 }
      const server = yield* serve(files(() => (time.now >= seconds ? bytes : refusal(time.asked++))))
      const fiber = yield* Effect.fork(downloaded(yield* omni(server.base)))
      const done = Effect.map(Fiber.poll(fiber), Option.isSome)
      const pass = TestServices.provideLive(Effect.sleep("10 millis")).pipe(
        Effect.zipRight(TestClock.adjust("3 seconds")),
        Effect.zipRight(
          Effect.sync(() => {
            time.now += 3
          })
        ),
        Effect.zipRight(done)
      )
      yield* Effect.repeat(pass, { until: (isDone) => isDone, schedule: Schedule.recurs(200) })
      return { exit: yield* Fiber.await(fiber), asked: server.requests.length, waited: time.now }
    })
  const missing = json(404, { error: { code: 404, message: "File not found", status: "NOT_FOUND" } })
  const making = json(400, { error: { code: 400, message: "The File is not in an ACTIVE state." } })
  const busy = json(409, { error: { code: 409, message: "not yet" } })

  it.scoped("is waited for, since it may be late by a minute and a half", () =>
    Effect.gen(function* () {
      const { asked, exit, waited } = yield* late(95, (n) => [missing, busy, making][n % 3] ?? missing)
      assert.deepStrictEqual(exit, Exit.succeed("video"))
      assert.isAtLeast(waited, 95)
      assert.isAtMost(asked, 15)
    })
  )

  it.scoped("is lost after three minutes, for the reason that was given", () =>
    Effect.gen(function* () {
      const { exit, waited } = yield* late(10_000, () => missing)
      assert.strictEqual(
        Exit.isFailure(exit) && exit.cause._tag === "Fail" && exit.cause.error._tag,
        "OutputRefused"
      )
      assert.isAtLeast(waited, 165)
      assert.isAtMost(waited, 240)
    })
  )

  it.scopedLive("is not waited for once it has expired", () =>
    Effect.gen(function* () {
      const gone = json(403, {
        error: { code: 403, message: "or it may not exist", status: "PERMISSION_DENIED" }
      })
      const server = yield* serve(files(() => gone))
      const error = yield* Effect.flip(downloaded(yield* omni(server.base)))
      assert.strictEqual(error._tag, "OutputRefused")
      assert.strictEqual(server.requests.filter(({ path }) => path.includes("/files/")).length, 1)
    })
  )
})

describe("Gemini Omni: a video inside the answer", () => {
  const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 256))
  const inside = { type: "video", data: bytes.toString("base64"), mime_type: "video/mp4" }
  const image = { type: "image", data: "AAAA", mime_type: "image/png" }
  const [said, thought, output] = steps(image, { type: "video", data: "AAAA" }, inside)
  const body = { ...completed, steps: [{ ...said, content: [image] }, thought, output] }

  it.scopedLive("N10 is fetched by asking for the answer again, and no poll keeps it", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(json(200, body)))
      const provider = yield* omni(server.base)
      const status = yield* provider.poll(operation)
      if (status._tag !== "Succeeded") return assert.fail(status._tag)
      assert.deepStrictEqual(status.videos, [{ _tag: "Inline", index: 3, mimeType: "video/mp4" }])
      const fetched = yield* Effect.flatMap(
        provider.download(operation, status.videos[0], fromTheStart),
        (download) => Stream.runCollect(download.bytes)
      )
      assert.isTrue(Buffer.concat(Chunk.toReadonlyArray(fetched)).equals(bytes))
      assert.strictEqual(server.requests.at(-1)?.headers["x-goog-api-key"], canary)
    }).pipe(Effect.scoped)
  )

  it.scopedLive("P25 is a failed download where nothing is in it", () =>
    Effect.gen(function* () {
      const nothing = {
        id,
        status: "completed",
        steps: [{ type: "model_output", content: [{ type: "video", data: "" }] }]
      }
      const server = yield* serve((_, socket) => socket.write(json(200, nothing)))
      const error = yield* (yield* omni(server.base))
        .download(operation, { _tag: "Inline", index: 0 }, fromTheStart)
        .pipe(
          Effect.flatMap(({ bytes }) => Stream.runDrain(bytes)),
          Effect.flip
        )
      assert.strictEqual(error._tag, "DownloadFailed")
      assert.include(error.message, "the video is empty")
    })
  )

  it.scopedLive("is not believed to be whole where the answer breaks off", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) =>
        socket.end(Buffer.from(json(200, body)).subarray(0, -1_000_000))
      )
      const provider = yield* omni(server.base)
      const error = yield* provider.download(operation, { _tag: "Inline", index: 3 }, fromTheStart).pipe(
        Effect.flatMap(({ bytes }) => Stream.runDrain(bytes)),
        Effect.flip
      )
      assert.strictEqual(error._tag, "DownloadFailed")
    })
  )
})

describe("Gemini Omni on Vertex AI", () => {
  const vertex = (base: string) =>
    connected(
      GeminiOmni.vertexApi("vertex", {
        accessToken: Effect.succeed(Redacted.make(canary)),
        project: "p",
        location: "global",
        storageUri: "gs://bucket/videos",
        baseUrl: base,
        storageUrl: base
      })
    )

  it.scopedLive("puts the video into a bucket, and fetches it from there with the token", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, socket) =>
        socket.write(
          request.method === "POST"
            ? json(200, begun)
            : request.path.startsWith("/download")
              ? answer(200, "video", { "content-type": "video/mp4" })
              : json(200, { ...completed, steps: steps({ ...video, uri: "gs://bucket/videos/a b.mp4" }) })
        )
      )
      const provider = yield* vertex(server.base)
      const accepted = yield* provider.submit(intent({ model: "omni-1.1" }))
      assert.strictEqual(accepted.model, "gemini-omni-1.1-flash-preview")
      const status = yield* provider.poll(accepted)
      if (status._tag !== "Succeeded" || status.videos[0]._tag !== "Remote") return assert.fail(status._tag)
      assert.strictEqual(yield* downloaded(provider, status.videos[0].uri), "video")
      const parent = "/v1beta1/projects/p/locations/global/interactions"
      assert.deepStrictEqual(
        server.requests.map(({ path }) => path),
        [
          parent,
          `${parent}/${encodeURIComponent(id)}`,
          "/download/storage/v1/b/bucket/o/videos%2Fa%20b.mp4?alt=media"
        ]
      )
      assert.include(JSON.parse(server.requests[0]?.body ?? "").response_format, {
        delivery: "uri",
        gcs_uri: "gs://bucket/videos"
      })
      for (const { headers } of server.requests)
        assert.strictEqual(headers["authorization"], `Bearer ${canary}`)
    })
  )
})

describe("Gemini Omni: its settings", () => {
  it("are a key and no more, and are never shown", () => {
    const { adapter } = GeminiOmni
    assert.deepStrictEqual(
      adapter.settings.filter(({ required }) => required).map(({ name }) => name),
      ["apiKey"]
    )
    assert.isTrue(Either.isRight(adapter.connect("gemini", { apiKey: canary })))
    const refused = adapter.connect("gemini", { apiKey: canary, version: canary })
    const text = Either.match(refused, { onLeft: String, onRight: () => "" })
    assert.match(text, /version/)
    assert.notInclude(text, canary)
  })
})
