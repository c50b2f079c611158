import { assert, describe, it } from "@effect/vitest"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import * as OpenAiVideos from "../src/OpenAiVideos.ts"
import { canary, fromTheStart, intent } from "./fixtures.ts"
import { answer, json, type Received, serve } from "./scripted.ts"

const wan = (baseUrl: string, more: Partial<OpenAiVideos.Options> = {}) =>
  JobApi.layer(
    OpenAiVideos.api("openai", { baseUrl: `${baseUrl}/v1`, apiKey: Redacted.make(canary), ...more })
  ).pipe(Layer.provide(HttpTransport.layer), Layer.build, Effect.map(Context.get(VideoProvider)))

const id = "video_bGl0ZWxsbTo+/w=="
const job = (fields: object) => json(200, { id, object: "video", created_at: 1, ...fields })
const asked = { model: "openai/wan2.2" }
const operation = { provider: "openai", model: "wan2.2", id }

const startImage = {
  _tag: "Bytes",
  data: Uint8Array.from(
    Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64"
    )
  ),
  mimeType: "image/png"
} as const

const route = (routes: Readonly<Record<string, Buffer>>) => (request: Received) =>
  routes[`${request.method} ${request.path}`] ?? json(404, { error: { message: "no such thing" } })

describe("a base address that is wrong", () => {
  const page = (title: string) => `<html><head><title>${title}</title></head><body>nginx</body></html>`
  const submitTo = (reply: Buffer, path = "") =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(reply))
      const provider = yield* wan("", { baseUrl: `${server.base}${path}` })
      const error = yield* Effect.flip(provider.submit(intent(asked)))
      return { error, host: new URL(server.base).host }
    })
  const nowhere: ReadonlyArray<readonly [string, Buffer]> = [
    ["Not Found", json(404, { detail: "Not Found" })],
    ["404 Not Found", answer(404, page("404 Not Found"), { "content-type": "text/html" })],
    ["", answer(404, "")]
  ]
  it.scopedLive.each(nowhere)("is told apart from a model that is missing: %j", ([words, reply]) =>
    Effect.gen(function* () {
      const { error, host } = yield* submitTo(reply)
      assert.deepInclude(error, { _tag: "UnsupportedOption", option: "model" })
      const said = words === "" ? "HTTP 404" : `${words} (HTTP 404)`
      assert.include(error.message, `POST ${host}/videos was answered with ${said}`)
      assert.include(error.message, "the base address of openai is wrong (many servers want /v1 at its end)")
    })
  )

  it.scopedLive("is blamed for a method that is not allowed, without advice that it follows", () =>
    Effect.gen(function* () {
      const { error, host } = yield* submitTo(json(405, { detail: "Method Not Allowed" }), "/v1")
      assert.deepInclude(error, { _tag: "InvalidRequest", field: "baseUrl", value: host })
      assert.strictEqual(
        error.message,
        `POST ${host}/v1/videos was answered with Method Not Allowed (HTTP 405): the base address of openai is wrong`
      )
    })
  )

  it.scopedLive("is not blamed where the server speaks of the model", () =>
    Effect.gen(function* () {
      const { error } = yield* submitTo(
        json(404, { error: { message: "The model `wan2.2` does not exist" } })
      )
      assert.strictEqual(error.message, "There is no model wan2.2")
    })
  )

  it.scopedLive("is named where a redirect leads elsewhere", () =>
    Effect.gen(function* () {
      const { error } = yield* submitTo(
        answer(308, "", { location: "https://other.example/v1/videos?key=secret" })
      )
      assert.deepInclude(error, { _tag: "InvalidRequest", field: "baseUrl", value: "other.example" })
      assert.include(error.message, "with a redirect to other.example (HTTP 308)")
    })
  )
})

describe("a refusal that names a job", () => {
  const refused = (status: number, body: unknown) =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(json(status, body)))
      const provider = yield* wan(server.base)
      return yield* Effect.flip(provider.submit(intent(asked)))
    })
  it.scopedLive.each([400, 402, 403, 404, 429])("which is under way leaves it open (%j)", (status) =>
    Effect.gen(function* () {
      const error = yield* refused(status, {
        id: "job-7",
        status: "queued",
        error: { message: "callback failed" }
      })
      assert.strictEqual(error._tag, "SubmitUnknown")
      assert.include(error._tag === "SubmitUnknown" ? error.answer : "", "job-7")
      assert.include(error.message, `HTTP ${status}, and names a job that is under way`)
    })
  )
  it.scopedLive.each([
    { id: "req_1", error: { message: "bad size" } },
    { id: "job-7", status: "failed", error: { message: "bad size" } },
    { status: "queued", error: { message: "bad size" } },
    { error: { id: "job-7", status: "queued", message: "bad size" } }
  ])("is one all the same where no job is under way: %j", (body) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* refused(400, body))._tag, "InvalidRequest")
    })
  )
})

describe("the id of an accepted job", () => {
  const accepted = (body: unknown) =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(json(200, body)))
      const provider = yield* wan(server.base)
      return yield* Effect.either(provider.submit(intent(asked)))
    })
  it.scopedLive.each([
    [{ id: "v1" }, "v1"],
    [{ id: 4711 }, "4711"],
    [{ id: 0, status: "queued" }, "0"],
    [{ task_id: "t1", status: "queued" }, "t1"],
    [{ id: "v1", task_id: "t1" }, "v1"],
    [{ data: { id: "d1" } }, "d1"]
  ] as const)("is read from %j", ([body, expected]) =>
    Effect.gen(function* () {
      const answer = yield* accepted(body)
      assert.deepInclude(Either.getOrThrow(answer), { id: expected })
    })
  )
  it.scopedLive.each([{}, { id: "" }, { id: null }, { id: -1 }, { id: 1.5 }, { id: 2 ** 53 }, { data: [] }])(
    "is not made up from %j",
    (body) =>
      Effect.gen(function* () {
        const answer = yield* accepted(body)
        assert.strictEqual(Either.isLeft(answer) && answer.left._tag, "SubmitUnknown")
      })
  )
})

describe("OpenAI's Videos dialect", () => {
  it.scopedLive("submits a form once, with what was asked", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(job({ status: "queued" })))
      const provider = yield* wan(server.base, { server: "vllm-omni" })
      const accepted = yield* provider.submit(intent({ ...asked, seed: 7, audio: true }))
      assert.deepStrictEqual(accepted, operation)
      const [request] = server.requests
      assert.strictEqual(server.posts(), 1)
      assert.strictEqual(request?.path, "/v1/videos")
      assert.strictEqual(request?.headers["authorization"], `Bearer ${canary}`)
      assert.match(request?.headers["content-type"] ?? "", /^multipart\/form-data; boundary=/)
      for (const [name, value] of Object.entries({
        model: "wan2.2",
        prompt: "a lighthouse",
        seconds: "4",
        size: "1280x720",
        seed: "7",
        generate_sound: "true"
      }))
        assert.include(request?.body, `name="${name}"\r\n\r\n${value}\r\n`)
    })
  )

  it.scopedLive("polls by the escaped id, tells states apart, and fetches the content with the key", () =>
    Effect.gen(function* () {
      const states = [
        job({ status: "queued" }),
        job({ status: "processing", progress: 40 }),
        job({ status: "completed", progress: 100 }),
        job({ status: "failed", error: { code: "content_policy_violation", message: "no" } })
      ]
      const content = route({ [`GET /v1/videos/${encodeURIComponent(id)}/content`]: answer(200, "video") })
      const server = yield* serve((request, socket) =>
        socket.write(request.path.endsWith("/content") ? content(request) : (states.shift() ?? job({})))
      )
      const provider = yield* wan(server.base)
      const poll = provider.poll(operation)
      assert.deepStrictEqual(yield* poll, { _tag: "Pending" })
      assert.deepStrictEqual(yield* poll, { _tag: "Running", progress: 40 })
      const done = yield* poll
      assert.strictEqual(server.requests[0]?.path, `/v1/videos/${encodeURIComponent(id)}`)
      if (done._tag !== "Succeeded") return assert.fail(done._tag)
      const download = yield* provider.download(operation, done.videos[0], fromTheStart)
      const bytes = Chunk.toReadonlyArray(yield* Stream.runCollect(download.bytes))
      assert.strictEqual(Buffer.concat(bytes).toString(), "video")
      assert.strictEqual(server.requests.at(-1)?.headers["authorization"], `Bearer ${canary}`)
      const failed = yield* poll
      assert.strictEqual(failed._tag === "Failed" && failed.error._tag, "ContentBlocked")
    })
  )

  it.scopedLive("speaks JSON to SGLang, and a form where there is an image to bring", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(job({ status: "queued" })))
      const provider = yield* wan(server.base, { server: "sglang", extra: { fps: 16, num_frames: 81 } })
      yield* provider.submit(intent({ ...asked, seed: 7, negativePrompt: "fog" }))
      yield* provider.submit(intent({ ...asked, startImage }))
      const [json, form] = server.requests
      assert.deepStrictEqual(JSON.parse(json?.body ?? ""), {
        model: "wan2.2",
        prompt: "a lighthouse",
        seconds: 4,
        size: "1280x720",
        negative_prompt: "fog",
        seed: 7,
        fps: 16,
        num_frames: 81
      })
      assert.match(form?.headers["content-type"] ?? "", /^multipart\/form-data/)
      assert.include(form?.body, `name="input_reference"; filename="image.png"\r\nContent-Type: image/png`)
      assert.include(form?.body, `name="num_frames"\r\n\r\n81\r\n`)
    })
  )

  it.scopedLive("gives vLLM-Omni frames instead of seconds, and what else its user wants, as texts", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(job({ status: "queued" })))
      const provider = yield* wan(server.base, {
        server: "vllm-omni",
        extra: { fps: 16, num_frames: 81, extra_params: { sampler: "euler" } }
      })
      yield* provider.submit(intent({ ...asked, providerOptions: { seconds: null, flow_shift: 5.5 } }))
      const body = server.requests[0]?.body ?? ""
      for (const [name, value] of Object.entries({
        fps: "16",
        num_frames: "81",
        extra_params: '{"sampler":"euler"}',
        flow_shift: "5.5"
      }))
        assert.include(body, `name="${name}"\r\n\r\n${value}\r\n`)
      assert.notInclude(body, 'name="seconds"')
    })
  )

  it.scopedLive("puts an image into JSON where it is told to speak JSON", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(job({ status: "queued" })))
      const provider = yield* wan(server.base, { encoding: "json" })
      yield* provider.submit(intent({ ...asked, startImage }))
      const body = JSON.parse(server.requests[0]?.body ?? "")
      assert.strictEqual(body.seconds, "4")
      assert.match(body.input_reference.image_url, /^data:image\/png;base64,/)
    })
  )

  it.scopedLive("says seconds and sound as it is told to", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(job({ status: "queued" })))
      const sent = (options: Partial<OpenAiVideos.Options>, audio?: boolean) =>
        Effect.gen(function* () {
          yield* (yield* wan(server.base, { encoding: "json", ...options })).submit(
            intent({ ...asked, audio })
          )
          return JSON.parse(server.requests.at(-1)?.body ?? "")
        })
      assert.strictEqual((yield* sent({ secondsType: "number" })).seconds, 4)
      assert.strictEqual((yield* sent({ server: "sglang", secondsType: "string" })).seconds, "4")
      const silent = yield* sent({ server: "litellm", audioField: "generate_audio" }, false)
      assert.strictEqual(silent.generate_audio, false)
      assert.notProperty(yield* sent({ audioField: "generate_audio" }), "generate_audio")
      const { models } = OpenAiVideos.api("openai", {
        baseUrl: server.base,
        server: "litellm",
        model: "gemini/veo-3.1-generate-preview"
      })
      assert.deepInclude(models[0], { audio: "always" })
    })
  )

  it.scopedLive("understands the errors of a server that is built on FastAPI", () =>
    Effect.gen(function* () {
      const refused = (status: number, detail: unknown) =>
        Effect.gen(function* () {
          const server = yield* serve((_, socket) => socket.write(json(status, { detail })))
          return yield* Effect.flip((yield* wan(server.base, { server: "sglang" })).submit(intent(asked)))
        })
      const invalid = yield* refused(400, "Invalid request body: size")
      assert.strictEqual(invalid._tag, "InvalidRequest")
      assert.include(invalid.message, "Invalid request body: size")
      const listed = yield* refused(422, [{ loc: ["body", "seconds"], msg: "must be positive", type: "gt" }])
      assert.include(listed.message, "must be positive")
    })
  )

  it.scopedLive("takes gateways' words, codes that are numbers, and fields that are null", () =>
    Effect.gen(function* () {
      const states = [
        job({ status: "processing", progress: null, error: null, created_at: "then", url: "" }),
        job({ status: "SUCCEEDED", progress: 250 }),
        job({ status: "failed", error: { code: 507, message: `out of memory at ${canary}` } }),
        job({ status: "failed", error: { code: "insufficient_quota", message: "pay" } }),
        job({ status: "canceled" }),
        job({ status: "failed", error: { code: "cancelled", message: "The job was cancelled." } }),
        job({ status: "in_progress", progress: -5 })
      ]
      const server = yield* serve((_, socket) => socket.write(states.shift() ?? job({})))
      const provider = yield* wan(server.base, { server: "litellm" })
      const told = yield* Effect.forEach([...states], () => provider.poll(operation))
      assert.deepStrictEqual(
        told.map((state) => (state._tag === "Failed" ? state.error._tag : state._tag)),
        ["Running", "Succeeded", "GenerationFailed", "QuotaExceeded", "Cancelled", "Cancelled", "Running"]
      )
      assert.deepStrictEqual(told.at(-1), { _tag: "Running", progress: 0 })
      assert.notInclude(JSON.stringify(told), canary)
    })
  )

  it.scopedLive("stops a job only where the server can: elsewhere a DELETE would lose it", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, socket) =>
        socket.write(
          request.method === "DELETE" ? json(200, { id, deleted: true }) : job({ status: "queued" })
        )
      )
      const stopped = (kind: OpenAiVideos.Server) =>
        Effect.flatMap(wan(server.base, { server: kind }), (provider) => provider.cancel(operation))
      assert.strictEqual(yield* stopped("sglang"), "NotSupported")
      assert.strictEqual(yield* stopped("litellm"), "NotSupported")
      assert.isFalse(server.requests.some(({ method }) => method === "DELETE"))
      assert.strictEqual(yield* stopped("vllm-omni"), "Cancelled")
      assert.strictEqual(server.requests.at(-1)?.path, `/v1/videos/${encodeURIComponent(id)}`)
    })
  )

  it.scopedLive("looks in the list for a submit whose answer was lost", () =>
    Effect.gen(function* () {
      const data = [
        { id: "late", status: "queued", model: "wan2.2", created_at: 109_000 },
        { id: "another's", status: "queued", model: "ltx-2", created_at: 100_003 },
        { id: "odd", status: "queued", model: "wan2.2", created_at: 1e300 },
        { id: "timeless", status: "queued", model: "wan2.2" },
        { id: null, created_at: 100_003 },
        { id, status: "queued", model: "vendor/Wan2.2", created_at: 100_003 },
        { id: "old", status: "completed", created_at: 91_000 }
      ]
      const server = yield* serve((_, socket) => socket.write(json(200, { object: "list", data })))
      const found = yield* (yield* wan(server.base, { model: "wan2.2" })).reconcile({
        ...intent(asked),
        startedAt: DateTime.unsafeMake(100_000_000)
      })
      assert.strictEqual(server.requests[0]?.path, "/v1/videos?limit=100&order=desc")
      assert.deepStrictEqual(found, { _tag: "Candidates", operations: [operation] })
    })
  )

  it.scopedLive("takes a job of no model for one of the only model that there is", () =>
    Effect.gen(function* () {
      const data = [{ id, status: "queued", created_at: 100_003 }]
      const server = yield* serve((_, socket) => socket.write(json(200, { object: "list", data })))
      const found = (more: Partial<OpenAiVideos.Options>) =>
        Effect.flatMap(wan(server.base, more), (provider) =>
          Effect.map(
            provider.reconcile({ ...intent(asked), startedAt: DateTime.unsafeMake(100_000_000) }),
            (found) => (found._tag === "Candidates" ? found.operations.length : found._tag)
          )
        )
      assert.strictEqual(yield* found({ model: "wan2.2" }), 1)
      assert.strictEqual(yield* found({ server: "vllm-omni" }), 1)
      assert.strictEqual(yield* found({ server: "litellm" }), 0)
    })
  )

  const place = `/v1/videos/${encodeURIComponent(id)}`
  const video = { _tag: "Remote", uri: `videos/${encodeURIComponent(id)}/content` } as const

  const fetched = (refusal: Buffer, fields: object) =>
    Effect.gen(function* () {
      const server = yield* serve((request, socket) =>
        socket.write(
          request.path === `${place}/content`
            ? refusal
            : request.path === place
              ? job({ status: "completed", ...fields })
              : answer(200, "video")
        )
      )
      const provider = yield* wan(server.base)
      const { bytes } = yield* provider.download(operation, video, fromTheStart)
      yield* Stream.runDrain(bytes)
      return server.requests.map(({ headers, path }) => [path, headers["authorization"] !== undefined])
    })

  it.scopedLive.each([404, 405, 501])(
    "fetches a video where the job says it is, if there is no /content (%d), and without the key elsewhere",
    (status) =>
      Effect.gen(function* () {
        const other = yield* serve((_, socket) => socket.write(answer(200, "video")))
        const refusal = json(status, { error: { message: "no such route" } })
        const asked = yield* fetched(refusal, { url: `${other.base}/clip.mp4?sig=1` })
        assert.deepStrictEqual(asked, [
          [`${place}/content`, true],
          [place, true]
        ])
        assert.strictEqual(other.requests[0]?.path, "/clip.mp4?sig=1")
        assert.notProperty(other.requests[0]?.headers, "authorization")
        const own = yield* fetched(refusal, { video_url: "/files/clip.mp4", url: null })
        assert.deepStrictEqual(own.at(-1), ["/files/clip.mp4", true])
      })
  )

  it.scopedLive(
    "believes a refusal that is about the video, or the key, and goes nowhere that is hostile",
    () =>
      Effect.gen(function* () {
        const url = "https://example.invalid/clip.mp4"
        const notFound = json(404, { error: { message: "gone" } })
        const error = (refusal: Buffer, fields: object) => Effect.flip(fetched(refusal, fields))
        assert.strictEqual((yield* error(notFound, {}))._tag, "OutputRefused")
        assert.strictEqual((yield* error(json(401, {}), { url }))._tag, "AuthenticationFailed")
        const late = json(404, { detail: "Generation is still in-progress" })
        assert.strictEqual((yield* error(late, { url }))._tag, "ProviderUnavailable")
        const hostile = yield* error(notFound, { url: "http://169.254.169.254/latest/meta-data" })
        assert.strictEqual(hostile._tag, "OutputRefused")
        assert.match(hostile.message, /gone .*another address: .*reserved address: 169.254.169.254/)
      })
  )

  it.scopedLive.each<readonly [string, (url: string) => object]>([
    ["url", (url) => ({ url })],
    ["video_url", (url) => ({ video_url: url })],
    ["metadata.url", (url) => ({ metadata: { url } })],
    ["output.url", (url) => ({ output: { url } })],
    ["output", (url) => ({ output: url })],
    ["videos[0].url", (url) => ({ videos: [{ url }] })],
    ["video.url", (url) => ({ video: { url } })],
    ["data[0].url", (url) => ({ data: [{ url }] })],
    ["data.task_result.videos[0].url", (url) => ({ data: { task_result: { videos: [{ url }] } } })]
  ])("finds the address of a video that /content does not serve, in %s", ([, place]) =>
    Effect.gen(function* () {
      const other = yield* serve((_, socket) => socket.write(answer(200, "video")))
      for (const status of [400, 404, 502])
        yield* fetched(json(status, { error: { message: "no" } }), place(`${other.base}/files/1?sig=1`))
      assert.strictEqual(other.requests.length, 3)
      assert.notInclude(JSON.stringify(other.requests), canary)
    })
  )

  it.scopedLive("tries no address of another kind, or of what was asked for", () =>
    Effect.gen(function* () {
      const trap = yield* serve((_, socket) => socket.write(answer(200, "video")))
      const refusal = json(404, { error: { message: "gone" } })
      const at = (name: string) => `${trap.base}/${name}`
      const error = yield* Effect.flip(
        fetched(refusal, {
          webhook_url: at("hook"),
          callback: { url: at("hook.mp4") },
          polling_url: at("v1/videos/1"),
          thumbnail: { url: at("poster") },
          thumbnail_url: at("poster.mp4"),
          input_reference: { url: at("input.mp4") },
          request: { video_url: at("input.mp4") },
          metadata: { input: { url: at("input.mp4") } },
          urls: { get: at("job"), cancel: at("job/cancel") },
          images: [{ url: at("a.png") }],
          url: "//evil.example/x"
        })
      )
      assert.strictEqual(error._tag, "OutputRefused")
      assert.deepStrictEqual(trap.requests, [])
    })
  )

  it.scopedLive("asks by the id that the submit gave, whatever a poll answers", () =>
    Effect.gen(function* () {
      for (const other of [{ id: "video_raw" }, { id: "video_bGl0ZWxsbTptb2RlbF9pZDo=" }, {}, { id: null }]) {
        const server = yield* serve((_, socket) =>
          socket.write(json(200, { ...other, object: "video", status: "completed" }))
        )
        const status = yield* (yield* wan(server.base, { server: "litellm" })).poll(operation)
        assert.deepStrictEqual(status, { _tag: "Succeeded", videos: [video] })
      }
    })
  )

  it.scopedLive(
    "knows that a file will not come any more by the server's own word, and only once it is refused",
    () =>
      Effect.gen(function* () {
        const past = { expires_at: 1_700_000_000 }
        const refusal = json(404, { error: { message: "no" } })
        const gone = yield* Effect.flip(fetched(refusal, past))
        assert.strictEqual(gone._tag, "OutputExpired")
        assert.include(gone.message, "2023-11-14")
        const said = json(404, {
          error: { message: "The video is no longer available. Downloads expire after 1 hours." }
        })
        assert.strictEqual((yield* Effect.flip(fetched(said, {})))._tag, "OutputExpired")
        for (const expires_at of [null, 0, 4_000_000_000, "soon"])
          assert.strictEqual((yield* Effect.flip(fetched(refusal, { expires_at })))._tag, "OutputRefused")
        assert.lengthOf(yield* fetched(answer(200, "video"), past), 1)
      })
  )

  it("says which settings are missing or wrong, and shows none of their values", () => {
    const refused = OpenAiVideos.adapter.connect("openai", { apiKey: canary, server: canary })
    const text = Either.match(refused, { onLeft: String, onRight: () => "" })
    assert.match(text, /baseUrl/)
    assert.notInclude(text, canary)
    assert.deepStrictEqual(
      OpenAiVideos.adapter.settings.filter(({ required }) => required).map(({ name }) => name),
      ["baseUrl"]
    )
  })
})

describe("OpenAI itself", () => {
  it.scoped("is refused where it was, since nothing is served there any more", () =>
    Effect.gen(function* () {
      const wrong = OpenAiVideos.adapter.connect("openai", {
        baseUrl: "https://api.openai.com/v1",
        apiKey: canary
      })
      assert.match(
        Either.match(wrong, { onLeft: String, onRight: () => "" }),
        /switched .* off .* on 2026-09-24/
      )
      const api = OpenAiVideos.api("openai", { baseUrl: "https://api.openai.com/v1" })
      const error = yield* Effect.flip(Effect.provide(JobApi.make(api), HttpTransport.layer))
      assert.include(String(error), "2026-09-24")
    })
  )
})

describe("the list of models of such a server", () => {
  const listOf = (options: Partial<OpenAiVideos.Options>, ...ids: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) =>
        socket.write(json(200, { object: "list", data: [...ids.map((id) => ({ id, object: "model" })), {}] }))
      )
      const api = OpenAiVideos.api("openai", { baseUrl: `${server.base}/v1`, ...options })
      const context = yield* Layer.build(Layer.provide(JobApi.layer(api), HttpTransport.layer))
      const provider = Context.get(context, VideoProvider)
      const missed = yield* provider.refresh?.() ?? Effect.succeed([])
      return { server, missed, models: provider.models.map(({ model }) => model), provider }
    })

  it.scopedLive("is where the server has it, and makes its models known", () =>
    Effect.gen(function* () {
      const wan = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
      const vllm = yield* listOf({ server: "vllm-omni", apiKey: Redacted.make(canary) }, wan, "mine")
      assert.deepStrictEqual(vllm.models, [wan, "mine"])
      assert.deepStrictEqual(
        Option.map(vllm.provider.capabilities("Wan2.2-T2V-A14B-Diffusers"), ({ model }) => model),
        Option.some(wan)
      )
      assert.strictEqual(vllm.server.requests[0]?.path, "/v1/models")
      assert.strictEqual(vllm.server.requests[0]?.headers["authorization"], `Bearer ${canary}`)
      // What is named with its provider's name needs no list, and neither does a submit.
      yield* vllm.provider.refresh?.(["openai/other"]) ?? Effect.void
      assert.strictEqual(vllm.server.requests.length, 1)
      const sglang = yield* listOf({ server: "sglang" }, wan)
      assert.strictEqual(sglang.server.requests[0]?.path, "/models")
      assert.deepStrictEqual(sglang.models, [wan])
    })
  )

  it.scopedLive(
    "is of a gateway only what may make videos; what else there is can be named all the same",
    () =>
      Effect.gen(function* () {
        const { models, provider } = yield* listOf(
          { server: "litellm", model: "mine" },
          "gpt-5",
          "veo-3.1-generate-001",
          "text-embedding-3-large",
          "gemini/omni-1.1",
          "kling-3.0"
        )
        assert.deepStrictEqual(models, ["veo-3.1-generate-001", "gemini/omni-1.1", "kling-3.0", "mine"])
        assert.isTrue(Option.isSome(provider.capabilities("openai/gpt-5")))
      })
  )
})
