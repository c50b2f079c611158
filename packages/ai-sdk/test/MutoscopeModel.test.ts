/**
 * `generateVideo` of the `ai` package on our engine: the same key is the same video, and is paid once.
 */

import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import type { Capabilities } from "@mutoscope/core/Capabilities"
import { layerMemory } from "@mutoscope/core/GenerationStore"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as FileVideoStore from "@mutoscope/storage/FileVideoStore"
import { experimental_generateVideo as generateVideo } from "ai"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as AiSdkProvider from "../src/AiSdkProvider.ts"
import * as MutoscopeModel from "../src/MutoscopeModel.ts"

const box = (type: string, content: string) => {
  const bytes = Buffer.alloc(8 + content.length)
  bytes.writeUInt32BE(bytes.length)
  bytes.write(type + content, 4, "latin1")
  return bytes
}
const movie = new Uint8Array(Buffer.concat([box("ftyp", "isom"), box("moov", "x"), box("mdat", "x")]))

/** A provider that is done at once, and counts. */
const counted = (more: Partial<Capabilities> = {}) => {
  const count = { submits: 0 }
  const capabilities = { ...AiSdkProvider.assumed("test", "m"), ...more }
  const layer = Layer.succeed(VideoProvider, {
    submit: () =>
      Effect.sync(() => {
        count.submits++
        return { provider: "test", id: `${count.submits}`, model: "m" }
      }),
    poll: () =>
      Effect.succeed({
        _tag: "Succeeded" as const,
        videos: [{ _tag: "Inline" as const, index: 0 }] as const
      }),
    cancel: () => Effect.succeed("NotSupported" as const),
    reconcile: () => Effect.succeed({ _tag: "NotSupported" as const }),
    download: () =>
      Effect.succeed({
        offset: 0,
        totalBytes: Option.some(movie.byteLength),
        announcedHash: Option.none(),
        validator: Option.none(),
        bytes: Stream.make(movie)
      }),
    capabilities: () => Option.some(capabilities),
    models: [capabilities]
  })
  return { count, layer }
}

const engine = (provider: Layer.Layer<VideoProvider>) =>
  Layer.unwrapScoped(
    Effect.map(
      Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped({ prefix: "mutoscope-ai-" })),
      (directory) =>
        VideoGenerator.layer.pipe(
          Layer.provide(Layer.merge(FileVideoStore.layer({ directory }), layerMemory)),
          Layer.provideMerge(provider)
        )
    )
  ).pipe(Layer.provideMerge(NodeContext.layer))

describe("generateVideo of ai on Mutoscope", () => {
  it.live("makes a video, once for each key", () => {
    const { count, layer } = counted()
    return Effect.gen(function* () {
      const model = yield* MutoscopeModel.make("m")
      const generate = (key: string) =>
        Effect.promise(() =>
          generateVideo({
            model,
            prompt: "a lighthouse",
            duration: 4,
            resolution: "1280x720",
            headers: { "idempotency-key": key },
            poll: { intervalMs: 10 }
          })
        )
      const { video } = yield* generate("mine")
      assert.deepStrictEqual(new Uint8Array(video.uint8Array), movie)
      assert.strictEqual(video.mediaType, "video/mp4")
      yield* generate("mine")
      assert.strictEqual(count.submits, 1)
      yield* generate("another")
      assert.strictEqual(count.submits, 2)
    }).pipe(Effect.provide(engine(layer)))
  })

  it.live("holds what a call does not say against no model", () => {
    const { count, layer } = counted({
      resolutions: ["1080p"],
      aspectRatios: ["9:16"],
      durations: { _tag: "OneOf", seconds: [8] }
    })
    return Effect.gen(function* () {
      const model = yield* MutoscopeModel.make("m")
      const generate = (resolution?: `${number}x${number}`) =>
        Effect.tryPromise(() =>
          generateVideo({
            model,
            prompt: "a lighthouse",
            poll: { intervalMs: 10 },
            maxRetries: 0,
            ...(resolution === undefined ? {} : { resolution })
          })
        )
      yield* generate()
      const error = yield* Effect.flip(generate("1280x720"))
      assert.include(String(error.cause), "does not support")
      assert.strictEqual(count.submits, 1)
    }).pipe(Effect.provide(engine(layer)))
  })

  it.live(
    "says what it cannot do in warnings, and what is wrong with a request before anything is sent",
    () => {
      const { count, layer } = counted()
      return Effect.gen(function* () {
        const model = yield* MutoscopeModel.make("m")
        const generate = (prompt: string) =>
          Effect.tryPromise(() =>
            generateVideo({ model, prompt, fps: 30, poll: { intervalMs: 10 }, maxRetries: 0 })
          )
        const { warnings } = yield* generate("a lighthouse")
        assert.strictEqual(warnings[0]?.type, "unsupported")
        const error = yield* Effect.flip(generate("  "))
        assert.include(String(error.cause), "Prompt cannot be empty")
        assert.strictEqual(count.submits, 1)
      }).pipe(Effect.provide(engine(layer)))
    }
  )
})
