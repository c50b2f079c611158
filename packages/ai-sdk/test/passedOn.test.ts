/**
 * What unmodified models of three vendors pass on of a request: an image that would be lost is refused before anything is
 * sent, and an option that would be lost is warned of in the record.
 */
import { createFal } from "@ai-sdk/fal"
import type { Experimental_VideoModelV4 as VideoModel } from "@ai-sdk/provider"
import { createReplicate } from "@ai-sdk/replicate"
import { createXai } from "@ai-sdk/xai"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as HttpTransport from "@mutoscope/client/HttpTransport"
import * as Providers from "@mutoscope/client/Providers"
import { GenerationId } from "@mutoscope/core/Generation"
import { layerMemory } from "@mutoscope/core/GenerationStore"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { type Intent, VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import { layerMemory as videosInMemory } from "@mutoscope/core/VideoStore"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as AiSdkProvider from "../src/AiSdkProvider.ts"
import { json, scripted, vendors } from "./vendors.ts"

const apiKey = "sk-of-nobody"

const models: { readonly [name: string]: AiSdkProvider.Model["make"] } = {
  fal: (fetch) => createFal({ apiKey, fetch }).video("fal-ai/veo3.1"),
  replicate: (fetch) => createReplicate({ apiToken: apiKey, fetch }).video("google/veo-3.1"),
  xai: (fetch) => createXai({ apiKey, fetch }).video("grok-imagine-video"),
  "xai-1.5": (fetch) => createXai({ apiKey, fetch }).video("grok-imagine-video-1.5")
}

const image = (name: string) => ({ _tag: "Url" as const, url: `https://example.com/${name}.png` })
const bytes = {
  _tag: "Bytes" as const,
  data: new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  mimeType: "image/png"
}

const request = (more: Partial<VideoRequest>) =>
  new VideoRequest({
    prompt: "a lighthouse",
    model: "m",
    aspectRatio: "16:9",
    duration: 4,
    resolution: "720p",
    ...more
  })

const intent = (more: Partial<VideoRequest>): Intent => ({
  id: GenerationId.make("0123456789abcdef"),
  attempt: 1,
  provider: "ai-sdk",
  request: request(more),
  startedAt: DateTime.unsafeMake(0)
})

/** A model as the only one, behind a `fetch` that notes what it is asked. */
const serving = (
  make: AiSdkProvider.Model["make"],
  more: Omit<Partial<AiSdkProvider.Model>, "make"> = {},
  answer: () => Response = () => json({}, 503)
) => {
  const { asked, fetch } = scripted(answer)
  const provider = AiSdkProvider.layer({ models: { m: { make, ...more } }, fetch }).pipe(
    Layer.provide(HttpTransport.layer)
  )
  const engine = VideoGenerator.layer.pipe(
    Layer.provide(Layer.mergeAll(provider, layerMemory, videosInMemory)),
    Layer.provide(NodeContext.layer)
  )
  return {
    asked,
    provider,
    plan: (
      more: Partial<VideoRequest>,
      options: Parameters<VideoGenerator.VideoGenerator["Type"]["plan"]>[1] = {}
    ) =>
      Effect.flatMap(VideoGenerator.VideoGenerator, (generator) =>
        generator.plan(request(more), options)
      ).pipe(Effect.provide(engine)),
    submit: (more: Partial<VideoRequest>) =>
      Effect.flatMap(VideoProvider, (api) => api.submit(intent(more))).pipe(Effect.provide(provider))
  }
}

const made = (name: string) => models[name] ?? assert.fail(name)

describe("what a model of the AI SDK drops", () => {
  const refused: ReadonlyArray<readonly [string, Partial<VideoRequest>, string]> = [
    ["fal", { startImage: image("first"), lastFrame: image("last"), audio: false }, "last frame"],
    ["fal", { referenceImages: [image("1"), bytes] }, "reference images"],
    ["replicate", { startImage: bytes, lastFrame: bytes }, "last frame"],
    ["replicate", { lastFrame: image("last") }, "last frame"],
    ["replicate", { referenceImages: [image("1")] }, "reference images"],
    ["xai", { lastFrame: image("last") }, "last frame"]
  ]
  it.live.each(refused)("is refused where it is an image: @ai-sdk/%s, %j", ([name, more, option]) =>
    Effect.gen(function* () {
      const { asked, plan, submit } = serving(made(name))
      for (const error of [yield* Effect.flip(plan(more)), yield* Effect.flip(submit(more))]) {
        assert.strictEqual(error._tag, "UnsupportedOption")
        assert.include(error.message, option)
      }
      assert.isEmpty(asked)
    })
  )

  const warned: ReadonlyArray<readonly [string, Partial<VideoRequest>, ReadonlyArray<string>]> = [
    ["fal", { startImage: bytes, audio: false }, ["resolution (720p)", "audio (off)"]],
    ["fal", { seed: 0 }, ["resolution (720p)", "seed (0)"]],
    ["fal", { seed: 7, audio: true }, ["resolution (720p)", "audio (on)"]],
    ["replicate", { seed: 0, audio: false }, ["audio (off)", "seed (0)"]],
    ["replicate", { seed: 7, startImage: image("first") }, []],
    ["xai", { seed: 7, audio: false }, ["seed (7)"]],
    // Its package knows sizes that lie down, and no others.
    ["xai", { aspectRatio: "9:16" }, ["resolution (720p)"]],
    ["xai", { referenceImages: [image("1"), bytes] }, []],
    ["xai-1.5", { startImage: image("first"), lastFrame: bytes, referenceImages: [bytes] }, []]
  ]
  it.live.each(warned)("is warned of where it is an option: @ai-sdk/%s, %j", ([name, more, dropped]) =>
    Effect.gen(function* () {
      const { asked, plan } = serving(made(name))
      const { ignored = [], warnings = [] } = yield* plan(more)
      assert.deepStrictEqual(
        warnings,
        dropped.map((what) => `m ignores the ${what}`)
      )
      assert.lengthOf(ignored, dropped.length)
      assert.isEmpty(asked)
    })
  )

  it.live("is not warned of where nobody asked for it", () =>
    Effect.gen(function* () {
      const { warnings } = yield* serving(made("fal")).plan({}, { unasked: ["resolution"] })
      assert.isUndefined(warnings)
    })
  )

  it.live("sends a fallback to a model that passes it on", () =>
    Effect.gen(function* () {
      const { fetch } = scripted(() => json({}, 503))
      const layer = AiSdkProvider.layer({
        models: { m: { make: made("fal") }, other: { make: made("xai-1.5") } },
        fetch
      }).pipe(Layer.provide(HttpTransport.layer))
      const engine = VideoGenerator.layer.pipe(
        Layer.provide(Layer.mergeAll(layer, layerMemory, videosInMemory)),
        Layer.provide(NodeContext.layer)
      )
      const planned = yield* Effect.flatMap(VideoGenerator.VideoGenerator, (generator) =>
        generator.plan(request({ lastFrame: image("last") }), { fallback: ["other"] })
      ).pipe(Effect.provide(engine))
      assert.strictEqual(planned.model, "other")
      assert.lengthOf(planned.tried ?? [], 1)
    })
  )

  it.live("is refused behind a registry too", () =>
    Effect.gen(function* () {
      const { provider } = serving(made("fal"))
      const [capabilities = assert.fail()] = AiSdkProvider.models({ models: { m: { make: made("fal") } } })
      const router = yield* Providers.make({ "ai-sdk": { models: [capabilities], layer: provider } })
      const narrowed = yield* router.narrowed?.(capabilities, request({ lastFrame: image("last") })) ??
        assert.fail()
      assert.isFalse(narrowed.lastFrame)
      assert.isTrue(narrowed.startImage)
    }).pipe(Effect.scoped)
  )

  it.live("reaches the vendor where nothing is said of it", () =>
    Effect.gen(function* () {
      const { asked, submit } = serving(made("fal"), {}, vendors["fal"]?.accepted)
      yield* submit({ startImage: image("first"), seed: 7, audio: false })
      assert.lengthOf(asked, 1)
      assert.deepStrictEqual(JSON.parse(asked[0]?.body ?? ""), {
        prompt: "a lighthouse",
        image_url: "https://example.com/first.png",
        aspect_ratio: "16:9",
        duration: "4s",
        seed: 7
      })
    })
  )
})

describe("a dry start", () => {
  /** A model by what it makes of a call. */
  const model = (
    fetch: typeof globalThis.fetch,
    bodyOf: (options: Parameters<NonNullable<VideoModel["doStart"]>>[0]) => RequestInit["body"],
    before?: () => Promise<unknown>
  ): AiSdkProvider.SdkModel => ({
    modelId: "m",
    doStart: async (options) => {
      await before?.()
      await fetch("https://api.example.com/jobs", { method: "POST", body: bodyOf(options) ?? null })
      return {
        operation: "1",
        warnings: [],
        response: { timestamp: new Date(0), modelId: "m", headers: undefined }
      }
    },
    doStatus: () => Promise.reject(new Error("not asked"))
  })

  it.live("does not take a value that is the model's own default for one that is dropped", () =>
    Effect.gen(function* () {
      const { plan } = serving((fetch) =>
        model(fetch, ({ aspectRatio, duration, generateAudio, prompt, resolution, seed }) =>
          JSON.stringify({
            prompt,
            aspectRatio,
            resolution,
            duration: duration ?? 4,
            audio: generateAudio ?? false,
            seed: seed ?? 0
          })
        )
      )
      assert.isUndefined((yield* plan({ duration: 4, audio: false, seed: 0 })).warnings)
    })
  )

  it.live("reads forms", () =>
    Effect.gen(function* () {
      const { plan } = serving((fetch) =>
        model(fetch, ({ duration, prompt, resolution }) => {
          const form = new FormData()
          form.set("prompt", prompt ?? "")
          form.set("size", resolution ?? "")
          form.set("seconds", String(duration ?? 5))
          return form
        })
      )
      assert.deepStrictEqual((yield* plan({ seed: 7 })).warnings, ["m ignores the seed (7)"])
    })
  )

  it.live("keeps as many references as the model passes on", () =>
    Effect.gen(function* () {
      const { plan } = serving((fetch) =>
        model(fetch, ({ inputReferences = [], ...options }) =>
          JSON.stringify({ ...options, inputReferences: inputReferences.slice(0, 2) })
        )
      )
      const three = { referenceImages: [image("1"), image("2"), image("3")] }
      assert.include((yield* Effect.flip(plan(three))).message, "at most 2")
      assert.lengthOf((yield* plan(three, { snap: true })).request.referenceImages ?? [], 2)
    })
  )

  it.live("says nothing where something else is sent before the prompt", () =>
    Effect.gen(function* () {
      const { plan } = serving((fetch) =>
        model(
          fetch,
          ({ prompt }) => prompt,
          () => fetch("https://api.example.com/uploads", { method: "POST", body: "an image" })
        )
      )
      assert.isUndefined((yield* plan({ seed: 7, lastFrame: image("last") })).warnings)
    })
  )

  it.live.each<
    readonly [
      string,
      Omit<Partial<AiSdkProvider.Model>, "make">,
      (made: AiSdkProvider.SdkModel) => AiSdkProvider.Model["make"]
    ]
  >([
    ["takes no fetch", {}, (made) => () => made],
    ["is said to have none", { dryStart: false }, (made) => (_fetch) => made]
  ])("is not made of a model that %s, which may send by other means", ([, more, make]) =>
    Effect.gen(function* () {
      const { asked, fetch } = scripted(() => json({ id: "1" }))
      const { submit } = serving(make(model(fetch, ({ prompt }) => JSON.stringify({ prompt }))), more)
      yield* submit({ seed: 7 })
      assert.lengthOf(asked, 1)
    })
  )

  it.live("sends nothing of a model that has a fetch of its own and minds the signal", () =>
    Effect.gen(function* () {
      const own = scripted(() => json({ id: "1" }))
      const { plan, submit } = serving((_fetch) =>
        model(
          (input, init) => own.fetch(input, init),
          ({ abortSignal, prompt }) => {
            abortSignal?.throwIfAborted()
            return JSON.stringify({ prompt })
          }
        )
      )
      assert.isUndefined((yield* plan({ seed: 7 })).warnings)
      assert.isEmpty(own.asked)
      yield* submit({ seed: 7 })
      assert.lengthOf(own.asked, 1)
    })
  )
})

describe("what a model of the AI SDK warns of", () => {
  it.live("is logged when it is said, and stands with the finished job", () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ annotations, message }) => {
      lines.push(JSON.stringify([message, Object.fromEntries(annotations)]))
    })
    return Effect.gen(function* () {
      const answers = [vendors["xai"]?.accepted() ?? assert.fail()]
      const { provider } = serving(
        made("xai"),
        {},
        () => answers.shift() ?? vendors["xai"]?.done("https://vidgen.x.ai/1.mp4") ?? assert.fail()
      )
      const status = yield* Effect.gen(function* () {
        const api = yield* VideoProvider
        const operation = yield* api.submit(intent({ resolution: "1080p", seed: 7 }))
        return yield* api.poll(operation)
      }).pipe(Effect.provide(provider), Effect.provide(Logger.replace(Logger.defaultLogger, logger)))
      if (status._tag !== "Succeeded") return assert.fail(JSON.stringify(status))
      assert.lengthOf(status.warnings ?? [], 2)
      assert.match(status.warnings?.[0] ?? "", /^m: seed is not supported: xAI video models/)
      assert.match(status.warnings?.[1] ?? "", /^m: resolution is not supported: .*does not support 1080p/)
      assert.lengthOf(lines, 2)
      assert.include(lines[0], "0123456789abcdef")
    })
  })
})
