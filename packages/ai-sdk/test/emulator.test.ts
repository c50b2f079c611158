/**
 * The newest packages of the AI SDK against the emulator, and what each needs for a server on this machine, as the
 * emulator's README says.
 */
import { createFal } from "@ai-sdk/fal"
import type { Experimental_VideoModelV4 as VideoModel } from "@ai-sdk/provider"
import { createReplicate } from "@ai-sdk/replicate"
import { createXai } from "@ai-sdk/xai"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import { experimental_generateVideo as generateVideo } from "ai"
import * as Effect from "effect/Effect"
import type * as AiSdkProvider from "../src/AiSdkProvider.ts"

const apiKey = "secret"

/** What the SDK needs of a model. The packages bring copies of the specification that differ in all the rest. */
const needed = (model: AiSdkProvider.SdkModel): VideoModel => {
  const { doStart, doStatus, modelId, provider = "" } = model
  if (doStart === undefined || doStatus === undefined) return assert.fail(modelId)
  return {
    specificationVersion: "v4",
    provider,
    modelId,
    maxVideosPerCall: 1,
    doStart: (options) => doStart.call(model, options),
    doStatus: (options) => doStatus.call(model, options)
  }
}

/** fal's package has its host for good, and takes no address of a job from another: requests and answers are rewritten. */
const falFetch =
  (queue: string): typeof globalThis.fetch =>
  async (input, init) => {
    const response = await fetch(String(input).replace("https://queue.fal.run", queue), init)
    // Where the video is stays as it is.
    const body = (await response.text()).replaceAll(`${queue}/fal-ai/`, "https://queue.fal.run/fal-ai/")
    return new Response(body, { status: response.status, headers: { "content-type": "application/json" } })
  }

const models: ReadonlyArray<readonly [string, (urlOf: Emulator["Type"]["urlOf"]) => AiSdkProvider.SdkModel]> =
  [
    [
      "replicate",
      (urlOf) => createReplicate({ apiToken: apiKey, baseURL: urlOf("replicate") }).video("google/veo-3.1")
    ],
    ["xai", (urlOf) => createXai({ apiKey, baseURL: urlOf("xai") }).video("grok-imagine-video")],
    ["fal", (urlOf) => createFal({ apiKey, fetch: falFetch(urlOf("fal")) }).video("fal-ai/veo3.1")]
  ]

const generating = (model: VideoModel, more: Partial<Parameters<typeof generateVideo>[0]> = {}) =>
  generateVideo({
    model,
    prompt: "a cat",
    duration: 4,
    aspectRatio: "16:9",
    resolution: "1280x720",
    poll: { intervalMs: 10 },
    ...more
  })

describe.each(models)("@ai-sdk/%s on the emulator", (dialect, make) => {
  it.scopedLive("generates with a size, and a download of one's own", () =>
    Effect.gen(function* () {
      const { accepted, urlOf } = yield* Emulator
      const { video } = yield* Effect.promise(() =>
        generating(needed(make(urlOf)), {
          download: async ({ url }) => ({
            data: new Uint8Array(await (await fetch(url)).arrayBuffer()),
            mediaType: "video/mp4"
          })
        })
      )
      assert.strictEqual(Buffer.from(video.uint8Array).subarray(4, 8).toString(), "ftyp")
      assert.deepStrictEqual(
        (yield* accepted).map((one) => [one.dialect, one.prompt]),
        [[dialect, "a cat"]]
      )
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("is not downloaded from by the SDK itself, which fetches nothing of this machine", () =>
    Effect.gen(function* () {
      const { urlOf } = yield* Emulator
      const error = yield* Effect.flip(
        Effect.tryPromise({ try: () => generating(needed(make(urlOf))), catch: (cause) => String(cause) })
      )
      assert.include(error, "127.0.0.1 is not allowed")
    }).pipe(Effect.provide(layerTest()))
  )
})
