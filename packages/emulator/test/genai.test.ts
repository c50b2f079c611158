import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { GoogleGenAI } from "@google/genai"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "mutoscope-genai-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** The loop that Google's documentation shows. */
const untilDone = async (
  client: GoogleGenAI,
  first: Awaited<ReturnType<GoogleGenAI["models"]["generateVideos"]>>
) => {
  let operation = first
  while (operation.done !== true) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    operation = await client.operations.getVideosOperation({ operation })
  }
  return operation
}

describe("Google's own client", () => {
  it.scopedLive("generates, waits and downloads with an API key", () =>
    Effect.gen(function* () {
      const { url, accepted } = yield* Emulator
      const path = join(yield* folder, "video.mp4")
      const client = new GoogleGenAI({ apiKey: "secret", httpOptions: { baseUrl: url } })
      const operation = yield* Effect.promise(async () =>
        untilDone(
          client,
          await client.models.generateVideos({
            model: "veo-3.1-generate-preview",
            source: { prompt: "a cat" },
            config: { aspectRatio: "9:16", durationSeconds: 4, resolution: "720p", negativePrompt: "rain" }
          })
        )
      )
      const video = operation.response?.generatedVideos?.[0]
      assert.isDefined(video)
      yield* Effect.promise(() => client.files.download({ file: video, downloadPath: path }))
      const bytes = yield* Effect.promise(() => readFile(path))
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      assert.strictEqual(
        bytes.subarray(bytes.lastIndexOf("free")).toString().split(" ").slice(1).join(" "),
        "a cat"
      )
      assert.deepStrictEqual(
        (yield* accepted).map(({ model, prompt }) => [model, prompt]),
        [["veo-3.1-generate-preview", "a cat"]]
      )
    }).pipe(Effect.provide(layerTest({ apiKey: Redacted.make("secret") })))
  )

  it.scopedLive("hears that its key is wrong", () =>
    Effect.gen(function* () {
      const { url, accepted } = yield* Emulator
      const client = new GoogleGenAI({ apiKey: "guess", httpOptions: { baseUrl: url } })
      const error = yield* Effect.flip(
        Effect.tryPromise({
          try: () =>
            client.models.generateVideos({ model: "veo-3.0-generate-001", source: { prompt: "a cat" } }),
          catch: (cause) => (cause instanceof Error ? cause : new Error(String(cause)))
        })
      )
      assert.match(error.message, /UNAUTHENTICATED/)
      assert.deepStrictEqual(yield* accepted, [])
    }).pipe(Effect.provide(layerTest({ apiKey: Redacted.make("secret") })))
  )

  it.scopedLive("gets the bytes in the answer in Vertex mode", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator
      const client = new GoogleGenAI({ vertexai: true, apiKey: "secret", httpOptions: { baseUrl: url } })
      const operation = yield* Effect.promise(async () =>
        untilDone(
          client,
          await client.models.generateVideos({
            model: "veo-3.1-generate-001",
            source: { prompt: "a dog" },
            config: { generateAudio: false, seed: 7, numberOfVideos: 1 }
          })
        )
      )
      const video = operation.response?.generatedVideos?.[0]
      assert.isDefined(video)
      assert.strictEqual(video.video?.mimeType, "video/mp4")
      const bytes = Buffer.from(video.video?.videoBytes ?? "", "base64")
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      assert.include(bytes.toString("latin1"), "free7 a dog")
    }).pipe(Effect.provide(layerTest({ apiKey: Redacted.make("secret") })))
  )

  it.scopedLive("finds the video in its bucket in Vertex mode", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator
      const client = new GoogleGenAI({ vertexai: true, apiKey: "secret", httpOptions: { baseUrl: url } })
      const operation = yield* Effect.promise(async () =>
        untilDone(
          client,
          await client.models.generateVideos({
            model: "veo-3.1-generate-001",
            source: { prompt: "a dog" },
            config: { outputGcsUri: "gs://bucket/videos", numberOfVideos: 1 }
          })
        )
      )
      const uri = operation.response?.generatedVideos?.[0]?.video?.uri ?? ""
      assert.match(uri, /^gs:\/\/bucket\/videos\/[0-9a-f]{32}\/sample_0\.mp4$/)
      const object = encodeURIComponent(uri.replace("gs://bucket/", ""))
      const answer = yield* Effect.promise(() =>
        fetch(`${url}/download/storage/v1/b/bucket/o/${object}?alt=media`, {
          headers: { authorization: "Bearer secret" }
        })
      )
      const bytes = Buffer.from(yield* Effect.promise(() => answer.arrayBuffer()))
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
    }).pipe(Effect.provide(layerTest({ apiKey: Redacted.make("secret") })))
  )
})
