import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Veo from "../src/Veo.ts"
import { canary, fromTheStart, intent, operation, operationName, options, withVeo } from "./fixtures.ts"
import { answer, json, serve } from "./scripted.ts"

const done = (response: unknown) => ({ name: operationName, done: true, response })

describe("Veo, the API-key form", () => {
  it("is an adapter that wants an address and a key, and knows its models without asking", () => {
    const settings = { baseUrl: "https://proxy.example.com", apiKey: canary, cancel: "true" }
    const entry = Either.getOrThrow(Veo.adapter.connect("mine", settings))
    const [model] = entry.models
    assert.deepInclude(model, { provider: "mine", model: "veo-3.1-generate-preview", cancel: true })
    assert.isTrue(entry.models.every(({ retiredOn }) => retiredOn === undefined))
    assert.isTrue(Either.isLeft(Veo.adapter.connect("mine", { apiKey: canary })))
  })

  it.scopedLive("submits once, with the key in a header and what was asked in the body", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(json(200, { name: operationName, extra: 1 })))
      const accepted = yield* withVeo(options(server.base))((veo) =>
        veo.submit(intent({ negativePrompt: "people", providerOptions: { personGeneration: "allow_all" } }))
      )
      assert.deepStrictEqual(accepted, operation)
      assert.strictEqual(server.posts(), 1)
      const [request] = server.requests
      assert.strictEqual(request?.path, "/v1beta/models/veo-3.1-generate-preview:predictLongRunning")
      assert.strictEqual(request?.headers["x-goog-api-key"], canary)
      assert.strictEqual(request?.headers["accept-encoding"], "identity")
      assert.notProperty(request?.headers, "traceparent")
      assert.notProperty(request?.headers, "b3")
      assert.deepStrictEqual(JSON.parse(request?.body ?? ""), {
        instances: [{ prompt: "a lighthouse" }],
        parameters: {
          aspectRatio: "16:9",
          resolution: "720p",
          durationSeconds: 4,
          sampleCount: 1,
          negativePrompt: "people",
          personGeneration: "allow_all"
        }
      })
    })
  )

  it.scopedLive("polls: a bare name is running, a percentage is reported, a result names the video", () =>
    Effect.gen(function* () {
      const answers = [
        { name: operationName },
        { name: operationName, metadata: { progressPercent: 40 } },
        done({ generateVideoResponse: { generatedSamples: [{ video: { uri: "https://x.test/v" } }] } })
      ]
      const server = yield* serve((_, socket) => socket.write(json(200, answers.shift())))
      const seen = yield* withVeo(options(server.base))((veo) =>
        Effect.all([veo.poll(operation), veo.poll(operation), veo.poll(operation)])
      )
      assert.deepStrictEqual(seen, [
        { _tag: "Running" },
        { _tag: "Running", progress: 40 },
        { _tag: "Succeeded", videos: [{ _tag: "Remote", uri: "https://x.test/v" }] }
      ])
      assert.strictEqual(server.requests[0]?.path, `/v1beta/${operationName}`)
    })
  )

  it.scopedLive(
    "downloads a file by its id from the configured address, wherever the answer says it is",
    () =>
      Effect.gen(function* () {
        const video = Buffer.alloc(3_000_000, "mp4!")
        const server = yield* serve((_, socket) =>
          socket.write(answer(200, video, { "content-type": "video/mp4", etag: '"v1"' }))
        )
        const uri = "http://127.0.0.1:1/v1beta/files/f1:download?alt=media"
        const { download, bytes } = yield* withVeo(options(server.base))((veo) =>
          Effect.scoped(
            Effect.gen(function* () {
              const download = yield* veo.download(operation, { _tag: "Remote", uri }, fromTheStart)
              return { download, bytes: yield* Stream.runCollect(download.bytes) }
            })
          )
        )
        assert.isTrue(Buffer.concat(Chunk.toReadonlyArray(bytes)).equals(video))
        assert.deepStrictEqual(download.totalBytes, Option.some(video.length))
        assert.deepStrictEqual(download.validator, Option.some('"v1"'))
        assert.strictEqual(server.requests[0]?.path, "/v1beta/files/f1:download?alt=media")
        assert.strictEqual(server.requests[0]?.headers["x-goog-api-key"], canary)
      })
  )
})
