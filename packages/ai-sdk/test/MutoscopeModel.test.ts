/**
 * `generateVideo` of the `ai` package on our engine: the same key is the same video, and is paid once.
 */

import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import type { Capabilities } from "@mutoscope/core/Capabilities"
import { isCompleted } from "@mutoscope/core/Generation"
import { ContentBlocked } from "@mutoscope/core/GenerationError"
import { GenerationStore, layerMemory } from "@mutoscope/core/GenerationStore"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as FileVideoStore from "@mutoscope/storage/FileVideoStore"
import { experimental_generateVideo as generateVideo } from "ai"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { tinyMp4 } from "../../storage/test/tinyMp4.ts"
import * as AiSdkProvider from "../src/AiSdkProvider.ts"
import * as MutoscopeModel from "../src/MutoscopeModel.ts"

const movie = new Uint8Array(tinyMp4(Buffer.alloc(100, 7)))

/** A provider that is done at once, and counts. */
const counted = (more: Partial<Capabilities> = {}, isBlocked: (submit: number) => boolean = () => false) => {
  const count = { submits: 0 }
  const capabilities = { ...AiSdkProvider.assumed("test", "m"), ...more }
  const layer = Layer.succeed(VideoProvider, {
    submit: () =>
      Effect.suspend(() => {
        count.submits++
        return isBlocked(count.submits)
          ? new ContentBlocked({ provider: "test", reasons: ["no"] })
          : Effect.succeed({ provider: "test", id: `${count.submits}`, model: "m" })
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
          Layer.provideMerge(Layer.merge(FileVideoStore.layer({ directory }), layerMemory)),
          Layer.provideMerge(provider)
        )
    )
  ).pipe(Layer.provideMerge(NodeContext.layer))

const decodeMetadata = Schema.decodeUnknownSync(
  Schema.Struct({ mutoscope: Schema.Struct({ generations: Schema.Array(Schema.Unknown) }) })
)

const generationsIn = (metadata: unknown) => decodeMetadata(metadata).mutoscope.generations

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

  it.live("makes the n videos of a call, each under a key of its own, and once", () => {
    const { count, layer } = counted()
    return Effect.gen(function* () {
      const model = yield* MutoscopeModel.make("m")
      const generate = (n: number, more: { readonly maxVideosPerCall?: number } = {}) =>
        Effect.promise(() =>
          generateVideo({
            model,
            prompt: "a lighthouse",
            n,
            ...more,
            headers: { "Idempotency-Key": "mine" },
            poll: { intervalMs: 10 }
          })
        )
      const { providerMetadata, videos, warnings } = yield* generate(3)
      assert.lengthOf(videos, 3)
      assert.isEmpty(warnings)
      assert.strictEqual(count.submits, 3)
      assert.lengthOf(generationsIn(providerMetadata), 3)
      assert.lengthOf((yield* generate(2)).videos, 2)
      assert.lengthOf((yield* generate(1)).videos, 1)
      assert.strictEqual(count.submits, 3)
      yield* generate(4)
      assert.strictEqual(count.submits, 4)
      // The SDK makes calls of one video each, and nobody can tell them from one that is made again.
      assert.lengthOf((yield* generate(3, { maxVideosPerCall: 1 })).videos, 3)
      assert.strictEqual(count.submits, 4)
    }).pipe(Effect.provide(engine(layer)))
  })

  it.live("makes the n videos of a call without a key, whatever calls the SDK makes of it", () => {
    const { count, layer } = counted()
    return Effect.gen(function* () {
      const model = yield* MutoscopeModel.make("m")
      const generate = (more: { readonly maxVideosPerCall?: number }) =>
        Effect.promise(() =>
          generateVideo({ model, prompt: "a lighthouse", n: 3, seed: 7, ...more, poll: { intervalMs: 10 } })
        )
      const { warnings } = yield* generate({})
      assert.deepInclude(warnings[0], { type: "unsupported", feature: "seed" })
      assert.strictEqual(count.submits, 3)
      yield* generate({ maxVideosPerCall: 1 })
      assert.strictEqual(count.submits, 6)
    }).pipe(Effect.provide(engine(layer)))
  })

  it.live("gives the videos that there are, and says what became of the others", () => {
    const { count, layer } = counted({}, (submit) => submit === 2)
    return Effect.gen(function* () {
      const model = yield* MutoscopeModel.make("m")
      const generate = (n: number) =>
        Effect.tryPromise(() =>
          generateVideo({ model, prompt: "a lighthouse", n, poll: { intervalMs: 10 }, maxRetries: 0 })
        )
      const { videos, warnings } = yield* generate(3)
      assert.lengthOf(videos, 2)
      assert.lengthOf(warnings, 1)
      assert.include(JSON.stringify(warnings), "test blocked the content: no")
      count.submits = 1
      assert.include(String((yield* Effect.flip(generate(1))).cause), "test blocked the content: no")
    }).pipe(Effect.provide(engine(layer)))
  })

  it.live("records and sends nothing for a call that is aborted before it begins", () => {
    const { count, layer } = counted()
    return Effect.gen(function* () {
      const model = yield* MutoscopeModel.make("m")
      const records = yield* GenerationStore
      for (const more of [{}, { n: 3 }, { n: 3, maxVideosPerCall: 1 }]) {
        const error = yield* Effect.flip(
          Effect.tryPromise(() =>
            generateVideo({
              model,
              prompt: "a lighthouse",
              ...more,
              abortSignal: AbortSignal.abort(new Error("not any more")),
              poll: { intervalMs: 10 }
            })
          )
        )
        assert.include(String(error.cause), "not any more")
      }
      yield* Effect.sleep("50 millis")
      assert.strictEqual(count.submits, 0)
      assert.isEmpty(yield* records.list({ limit: 10 }))
    }).pipe(Effect.provide(engine(layer)))
  })

  it.live("records and sends nothing more once a call is aborted between its jobs", () => {
    const controller = new AbortController()
    const { count, layer } = counted()
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator.VideoGenerator
      const records = yield* GenerationStore
      const started = { calls: 0 }
      // The second of the jobs is about to be recorded when the caller aborts.
      const start: typeof generator.start = (request, options) =>
        Effect.suspend(() => {
          if (++started.calls === 2) controller.abort(new Error("enough"))
          return Effect.zipRight(Effect.yieldNow(), generator.start(request, options))
        })
      const model = yield* Effect.provideService(MutoscopeModel.make("m"), VideoGenerator.VideoGenerator, {
        ...generator,
        start
      })
      const error = yield* Effect.flip(
        Effect.tryPromise(() =>
          generateVideo({
            model,
            prompt: "a lighthouse",
            n: 3,
            abortSignal: controller.signal,
            poll: { intervalMs: 10 }
          })
        )
      )
      assert.include(String(error.cause), "enough")
      yield* Effect.sleep("50 millis")
      assert.lengthOf(yield* records.list({ limit: 10 }), 1)
      assert.isAtMost(count.submits, 1)
    }).pipe(Effect.provide(engine(layer)))
  })

  it.live("stops waiting when a call is aborted, and the job goes on", () => {
    const controller = new AbortController()
    const { count, layer } = counted()
    return Effect.gen(function* () {
      const model = yield* MutoscopeModel.make("m")
      const records = yield* GenerationStore
      const waiting = generateVideo({
        model,
        prompt: "a lighthouse",
        headers: { "idempotency-key": "kept" },
        abortSignal: controller.signal,
        poll: { intervalMs: 10_000 }
      })
      const ended = Effect.flip(Effect.tryPromise(() => waiting))
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => count.submits === 1 })
      controller.abort()
      assert.match(String((yield* ended).cause), /abort/i)
      yield* Effect.repeat(Effect.zipRight(Effect.sleep("5 millis"), records.list({ limit: 1 })), {
        until: ([generation]) => generation !== undefined && isCompleted(generation)
      })
      assert.strictEqual(count.submits, 1)
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
