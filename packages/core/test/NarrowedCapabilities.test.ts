/**
 * What only a provider can tell of a whole request, and what it says of a video beside it.
 */
import { assert, describe, it } from "@effect/vitest"
import { GenerationStore, layerMemory } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import * as Prices from "@mutoscope/core/Prices"
import { layer as generatorLayer, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import { narrowedTo, VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { api, capabilities, layer, remote, request } from "./scripted.ts"

/** Drops a seed of 0, and a start image beside a last frame. */
const narrowing: VideoProvider["Type"] = {
  ...api({ capabilities: { startImage: true, lastFrame: true } }, []),
  narrowed: (can, { lastFrame, seed }) =>
    Effect.succeed({
      ...can,
      startImage: lastFrame === undefined,
      ...(seed === 0 ? { ignored: ["seed" as const] } : {})
    })
}

const on = generatorLayer.pipe(
  Layer.provideMerge(
    Layer.mergeAll(Layer.succeed(VideoProvider, narrowing), layerMemory, VideoStore.layerMemory)
  )
)

const image = { _tag: "Url", url: "https://example.com/1.png" } as const
const asking = (more: Partial<VideoRequest>) => new VideoRequest({ ...request, ...more })

const plan = (more: Partial<VideoRequest>) =>
  Effect.flatMap(VideoGenerator, (generator) => generator.plan(asking(more)))

describe("capabilities that are narrowed to a request", () => {
  it.effect("decide what is refused and what is warned of", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(plan({ startImage: image, lastFrame: image }))
      assert.deepInclude(error, { _tag: "UnsupportedOption", option: "start image" })
      assert.isUndefined((yield* plan({ startImage: image, seed: 1 })).warnings)
      const { ignored, warnings } = yield* plan({ startImage: image, seed: 0 })
      assert.deepStrictEqual(warnings, ["scripted-1 ignores the seed (0)"])
      assert.deepStrictEqual(ignored, ["seed"])
    }).pipe(Effect.provide(on))
  )

  it.effect("are those of the model where its provider narrows none, and keep the user's prices", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* narrowedTo(api({}, []), capabilities, request), capabilities)
      const priced = yield* Prices.over(narrowing, [
        { pattern: "scripted/*", rows: [{ perSecond: Money.dollars(0.2) }] }
      ])
      const [known = assert.fail()] = priced.models
      const { ignored, price } = yield* narrowedTo(priced, known, asking({ seed: 0 }))
      assert.deepStrictEqual([ignored, price], [["seed"], known.price])
    })
  )
})

describe("what a provider says of a video", () => {
  const poll = [
    Effect.succeed({
      _tag: "Succeeded" as const,
      videos: [remote] as const,
      warnings: ["scripted-1 has no sound", "scripted-1 ignores the seed (0)"]
    })
  ]
  it.effect("stands with the warnings of the request on record, each once", () =>
    Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const { id } = yield* generator.generate(asking({ seed: 0 }))
      const { warnings } = yield* Effect.flatMap(GenerationStore, (records) => records.get(id))
      assert.deepStrictEqual(warnings, ["scripted-1 ignores the seed (0)", "scripted-1 has no sound"])
    }).pipe(Effect.provide(layer({ poll, capabilities: { ignored: ["seed"] } })))
  )
})
