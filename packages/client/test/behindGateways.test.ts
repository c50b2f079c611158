/**
 * What is known of a model by its name holds behind a gateway too: the plainest request to it is one that its vendor takes.
 */
import { assert, describe, it } from "@effect/vitest"
import * as OpenAiVideos from "@mutoscope/client/OpenAiVideos"
import * as Veo from "@mutoscope/client/Veo"
import * as Capabilities from "@mutoscope/core/Capabilities"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"

const ask = (wish: Partial<VideoRequest.VideoRequest> = {}) =>
  new VideoRequest.VideoRequest({ ...VideoRequest.defaults, prompt: "a lighthouse", model: "any", ...wish })

const unasked = ["duration", "aspectRatio", "resolution"] as const

describe("a model behind a gateway", () => {
  const known: ReadonlyArray<readonly [string, number]> = [
    ["veo-3.1-generate-001", 6],
    ["vertex_ai/veo-3.1-fast-generate-001", 6],
    ["gemini/veo-3.0-generate-001", 6],
    ["veo-2.0-generate-001", 5],
    ["sora-2", 4],
    ["openai/sora-2-pro", 4],
    ["azure/sora-2-2025-10-06", 4],
    ["wan-video", 5]
  ]
  it.effect.each(known)("%s: the default of five seconds becomes %s", ([model, seconds]) =>
    Effect.gen(function* () {
      const can = OpenAiVideos.assumed("litellm", model, { server: "litellm" })
      const { request, warnings } = yield* Capabilities.fit(can, ask(), { snap: false, unasked })
      assert.strictEqual(request.duration, seconds)
      assert.deepStrictEqual(warnings, [])
    })
  )

  it.effect("refuses a length that somebody asked for and its vendor does not have, with the nearest", () =>
    Effect.gen(function* () {
      const can = OpenAiVideos.assumed("litellm", "openai/sora-2", { server: "litellm" })
      const error = yield* Effect.flip(Capabilities.fit(can, ask({ duration: 10 }), { snap: false }))
      assert.deepInclude(error, { _tag: "UnsupportedOption", option: "duration" })
      assert.match(error.message, /4 s, 8 s, 12 s/)
    })
  )

  it.effect("is what its name says on a machine of one's own, where anything may have that name", () =>
    Effect.gen(function* () {
      const can = OpenAiVideos.assumed("mine", "sora-2", { server: "vllm-omni" })
      assert.strictEqual(
        (yield* Capabilities.fit(can, ask({ duration: 10 }), { snap: false })).request.duration,
        10
      )
    })
  )
})

describe("Veo in eight seconds alone", () => {
  const image = { _tag: "Url", url: "https://images.example/1.png" } as const
  const cases: ReadonlyArray<readonly [string, Partial<VideoRequest.VideoRequest>, boolean]> = [
    ["1080p", { resolution: "1080p" }, true],
    ["4K", { resolution: "4K" }, true],
    ["references", { referenceImages: [image] }, true],
    ["720p", { resolution: "720p" }, false],
    ["a start image and a last frame", { startImage: image, lastFrame: image }, false]
  ]
  const models = (["ApiKey", "Vertex"] as const).flatMap((form) =>
    Veo.models(form === "Vertex" ? { _tag: form } : { _tag: form })
      .filter(({ model, retiredOn }) => model.startsWith("veo-3.1-generate") && retiredOn === undefined)
      .map((model) => ({ form, model }))
  )
  it.effect.each(models.flatMap((one) => cases.map((rest) => [one, ...rest] as const)))(
    "$0.form: $1",
    ([{ model }, , wish, isFixed]) =>
      Effect.gen(function* () {
        const short = yield* Effect.either(
          Capabilities.fit(model, ask({ duration: 4, ...wish }), { snap: false })
        )
        assert.strictEqual(Either.isLeft(short), isFixed)
        const byDefault = yield* Capabilities.fit(model, ask(wish), { snap: false, unasked })
        assert.strictEqual(byDefault.request.duration, isFixed ? 8 : 6)
      })
  )
})
