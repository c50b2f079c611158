/**
 * What makes no sense in an answer keeps nobody from what makes sense in it: a video that is paid for, or a job's end.
 */
import { assert, describe, it } from "@effect/vitest"
import type { OperationStatus } from "@videogen/core/Operation"
import { VideoProvider } from "@videogen/core/VideoProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as GeminiOmni from "../src/GeminiOmni.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import * as OpenRouter from "../src/OpenRouter.ts"
import * as Runway from "../src/Runway.ts"
import * as Xai from "../src/Xai.ts"
import { json, serve } from "./scripted.ts"

const apiKey = Redacted.make("key")
const id = "job-1"

const apis = {
  runway: (baseUrl: string) => Runway.api("runway", { apiKey, baseUrl }),
  xai: (baseUrl: string) => Xai.api("xai", { apiKey, baseUrl }),
  gemini: (baseUrl: string) => GeminiOmni.api("gemini", { apiKey, baseUrl }),
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
      }
    })
  )
})
