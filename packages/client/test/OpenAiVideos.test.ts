import { assert, describe, it } from "@effect/vitest"
import { VideoProvider } from "@videogen/core/VideoProvider"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
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

const route = (routes: Readonly<Record<string, Buffer>>) => (request: Received) =>
  routes[`${request.method} ${request.path}`] ?? json(404, { error: { message: "no such thing" } })

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
