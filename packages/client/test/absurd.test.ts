/**
 * What makes no sense in an answer keeps nobody from what makes sense in it: a video that is paid for, or a job's end.
 */
import { assert, describe, it } from "@effect/vitest"
import type { OperationStatus } from "@mutoscope/core/Operation"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as GeminiOmni from "../src/GeminiOmni.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import * as OpenAiVideos from "../src/OpenAiVideos.ts"
import * as OpenRouter from "../src/OpenRouter.ts"
import * as Replicate from "../src/Replicate.ts"
import * as Runway from "../src/Runway.ts"
import * as Seedance from "../src/Seedance.ts"
import * as Xai from "../src/Xai.ts"
import { json, serve } from "./scripted.ts"

const apiKey = Redacted.make("key")
const id = "job-1"

const apis = {
  runway: (baseUrl: string) => Runway.api("runway", { apiKey, baseUrl }),
  xai: (baseUrl: string) => Xai.api("xai", { apiKey, baseUrl }),
  gemini: (baseUrl: string) => GeminiOmni.api("gemini", { apiKey, baseUrl }),
  seedance: (baseUrl: string) => Seedance.api("seedance", { apiKey, baseUrl }),
  openai: (baseUrl: string) => OpenAiVideos.api("openai", { apiKey, baseUrl }),
  replicate: (baseUrl: string) => Replicate.api("replicate", { apiKey, baseUrl }),
  openrouter: (baseUrl: string) => OpenRouter.api("openrouter", { apiKey, baseUrl })
} satisfies Record<string, (baseUrl: string) => JobApi.JobApi>

/** What a job is, where its provider answers so. */
const polled = (
  provider: keyof typeof apis,
  body: unknown,
  model = "gemini-omni-1.1-flash"
): Effect.Effect<OperationStatus, unknown> =>
  Effect.gen(function* () {
    const server = yield* serve((_, socket) => socket.write(json(200, body)))
    const services = yield* Layer.build(
      Layer.provide(JobApi.layer(apis[provider](server.base)), HttpTransport.layer)
    )
    return yield* Context.get(services, VideoProvider).poll({ provider, model, id })
  }).pipe(Effect.scoped)

const url = "https://cdn.example/a.mp4"

describe("what was charged", () => {
  const video = { type: "model_output", content: [{ type: "video", uri: url }] }
  const answers = {
    runway: (credits: unknown) => ({ id, status: "SUCCEEDED", output: [url], cost: { credits } }),
    xai: (ticks: unknown) => ({ status: "done", video: { url }, usage: { cost_in_usd_ticks: ticks } }),
    gemini: (tokens: unknown) => ({
      status: "completed",
      steps: [video],
      usage: {
        total_output_tokens: tokens,
        output_tokens_by_modality: [{ modality: "video", tokens }]
      }
    }),
    openrouter: (cost: unknown) => ({ status: "completed", unsigned_urls: [url], usage: { cost } })
  }
  const providers = ["runway", "xai", "gemini", "openrouter"] as const

  it.live.each(providers)("%s: an absurd amount is none, and the video is there", (provider) =>
    Effect.gen(function* () {
      for (const amount of [1e300, provider === "xai" ? 1e17 : Number.MAX_SAFE_INTEGER, -1, "much", null]) {
        const status = yield* polled(provider, answers[provider](amount))
        assert.strictEqual(status._tag, "Succeeded", String(amount))
        assert.notProperty(status, "cost", String(amount))
        assert.notProperty(status, "estimate", String(amount))
      }
    })
  )
})

describe("what a stopped job was charged", () => {
  const usage = { total_input_tokens: 100, total_output_tokens: 1_000, output_tokens_by_modality: [] }
  it.live.each([
    ["runway", { id, status: "CANCELLED", cost: { credits: 12 } }, { cost: 120_000 }],
    ["gemini", { status: "cancelled", usage }, { estimate: 9_150, tokens: { input: 100, output: 1_000 } }],
    ["openrouter", { status: "cancelled", usage: { cost: 0.02 } }, { cost: 20_000 }]
  ] as const)("%s says", ([provider, body, charge]) =>
    Effect.map(polled(provider, body), (status) =>
      assert.deepEqual<unknown>(status, { _tag: "Cancelled", ...charge })
    )
  )
})

describe("why a job failed", () => {
  const wrapped = (error: unknown) => ({ id, status: "failed", error })
  const answers = {
    runway: (error: unknown) => ({ id, status: "FAILED", failure: error, failureCode: 7 }),
    xai: wrapped,
    gemini: wrapped,
    seedance: wrapped,
    openai: wrapped,
    replicate: wrapped,
    openrouter: wrapped
  } satisfies { readonly [provider in keyof typeof apis]: (error: unknown) => unknown }

  const providers = ["runway", "xai", "gemini", "seedance", "openai", "replicate", "openrouter"] as const

  it.live.each(providers)("%s: it has, however that is told", (provider) =>
    Effect.gen(function* () {
      for (const error of [
        "boom",
        { code: 500, message: "boom" },
        { code: { number: 500 }, message: "boom" },
        { code: 500, message: ["boom"] },
        ["boom"],
        500,
        null
      ]) {
        const status = yield* polled(provider, answers[provider](error))
        assert.strictEqual(status._tag, "Failed", JSON.stringify(error))
        if (status._tag === "Failed" && error === "boom") assert.include(status.error.message, "boom")
      }
    })
  )

  it.live.each(["xai", "gemini", "seedance", "openai"] as const)("%s: by a number", (provider) =>
    Effect.gen(function* () {
      const status = yield* polled(provider, wrapped({ code: 1301, message: "boom" }))
      assert.deepInclude(status._tag === "Failed" && status.error, { code: "1301", reason: "boom" })
    })
  )

  it.live("a task that says only where it stumbled has its number", () =>
    Effect.gen(function* () {
      const status = yield* polled("runway", { id, status: "FAILED", failureCode: 7 })
      assert.deepInclude(status._tag === "Failed" && status.error, { code: "7", reason: "7" })
    })
  )
})
