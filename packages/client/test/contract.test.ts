/**
 * The contract of every provider, over every provider of this package.
 */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ComfyUi from "../src/ComfyUi.ts"
import * as Fal from "../src/Fal.ts"
import * as GeminiOmni from "../src/GeminiOmni.ts"
import * as JobApi from "../src/JobApi.ts"
import * as OpenAiVideos from "../src/OpenAiVideos.ts"
import * as OpenRouter from "../src/OpenRouter.ts"
import * as Replicate from "../src/Replicate.ts"
import * as Testing from "../src/testing.ts"
import * as Veo from "../src/Veo.ts"
import * as Example from "./exampleProvider.ts"
import { operationName, request } from "./fixtures.ts"

const { json } = Testing

const veo: Testing.Subject = {
  layer: (options) => Veo.layer({ _tag: "ApiKey", cancel: true, ...options }),
  request: request(),
  id: operationName,
  wire: {
    purpose: ({ method, path }) =>
      path.endsWith(":predictLongRunning")
        ? "submit"
        : path.endsWith(":cancel")
          ? "cancel"
          : method === "GET" && path.includes("/operations/")
            ? "poll"
            : "download",
    accepted: (name) => json(200, { name }),
    running: (name) => json(200, { name }),
    succeeded: (name, uri) =>
      json(200, {
        name,
        done: true,
        response: { generateVideoResponse: { generatedSamples: [{ video: { uri } }] } }
      }),
    failed: (name, message) => json(200, { name, done: true, error: { code: 13, message } }),
    cancelled: (name) => json(200, { name, done: true, error: { code: 1, message: "cancelled" } }),
    cancelling: () => json(200, {}),
    refused: (status, message) => json(status, { error: { code: status, message } }),
    namesVideos: true
  }
}

const openAiVideos: Testing.Subject = {
  layer: ({ apiKey, baseUrl }) =>
    JobApi.layer(
      OpenAiVideos.api("openai", { baseUrl: `${baseUrl}/v1`, apiKey, server: "vllm-omni", model: "wan" })
    ),
  request: request({ model: "wan" }),
  id: "video_123",
  wire: {
    purpose: ({ method, path }) =>
      method === "POST"
        ? "submit"
        : method === "DELETE"
          ? "cancel"
          : path.endsWith("/content")
            ? "download"
            : "poll",
    accepted: (id) => json(200, { id, status: "queued" }),
    running: (id) => json(200, { id, status: "in_progress", progress: 10 }),
    succeeded: (id) => json(200, { id, status: "completed" }),
    failed: (id, message) => json(200, { id, status: "failed", error: { message } }),
    strange: (id) => json(200, { id, status: "dreaming" }),
    cancelling: (id) => json(200, { id, deleted: true }),
    refused: (status, message) => json(status, { error: { message, type: "invalid_request_error" } }),
    namesVideos: false
  }
}

const geminiOmni: Testing.Subject = {
  layer: (options) => JobApi.layer(GeminiOmni.api("gemini", options)),
  request: request({ model: "omni-1.1" }),
  id: "v1_ChdLcGpsYXR",
  wire: {
    purpose: ({ method, path }) =>
      method === "POST"
        ? path.endsWith("/cancel")
          ? "cancel"
          : "submit"
        : path.includes("/interactions/")
          ? "poll"
          : "download",
    accepted: (id) => json(200, { id, status: "in_progress", object: "interaction" }),
    running: (id) => json(200, { id, status: "in_progress" }),
    succeeded: (id, uri) =>
      json(200, {
        id,
        status: "completed",
        steps: [
          { type: "user_input", content: [{ type: "text", text: "a lighthouse" }] },
          { type: "model_output", content: [{ type: "video", uri, mime_type: "video/mp4" }] }
        ]
      }),
    failed: (id, message) => json(200, { id, status: "failed", errors: [{ code: "internal", message }] }),
    strange: (id) => json(200, { id, status: "dreaming" }),
    cancelled: (id) => json(200, { id, status: "cancelled" }),
    cancelling: (id) => json(200, { id, status: "cancelled" }),
    refused: (status, message) => json(status, { error: { message, code: "invalid_request" } }),
    namesVideos: true
  }
}

const falRequest = "/fal-ai/veo3.1/requests"

/** The queue knows only that a request is completed; which end that was is in its result. */
const falCompleted = (result: string) => json(200, { status: "COMPLETED", response_url: `/results${result}` })

const fal: Testing.Subject = {
  layer: ({ apiKey, baseUrl }) => JobApi.layer(Fal.api("fal", { apiKey, baseUrl })),
  request: request(),
  id: "764cabcf-b745-4b3e-ae38-1200304cf45b",
  wire: {
    purpose: ({ method, path }) =>
      method === "POST"
        ? "submit"
        : method === "PUT"
          ? "cancel"
          : path.startsWith("/results")
            ? "other"
            : path.includes("/status")
              ? "poll"
              : "download",
    accepted: (id, base) =>
      json(200, { request_id: id, status: "IN_QUEUE", status_url: `${base}${falRequest}/${id}/status` }),
    running: () => json(202, { status: "IN_PROGRESS", logs: [] }),
    succeeded: (_, url) => falCompleted(`?url=${encodeURIComponent(url)}`),
    failed: (_, reason) => falCompleted(`?reason=${encodeURIComponent(reason)}`),
    strange: () => json(202, { status: "DREAMING" }),
    cancelled: () => falCompleted("?cancelled"),
    cancelling: () => json(202, { status: "CANCELLATION_REQUESTED" }),
    other: ({ path }) => {
      const query = new URLSearchParams(path.replace(/^[^?]*/, ""))
      if (query.has("url")) return json(200, { video: { url: query.get("url"), content_type: "video/mp4" } })
      return query.has("reason")
        ? json(422, { detail: [{ loc: ["body"], msg: query.get("reason"), type: "broken" }] })
        : json(499, { detail: "Cancelled", error_type: "client_cancelled" })
    },
    refused: (status, detail) => json(status, { detail }),
    namesVideos: true
  }
}

const replicate: Testing.Subject = {
  layer: ({ apiKey, baseUrl }) =>
    JobApi.layer(Replicate.api("replicate", { apiKey, baseUrl: `${baseUrl}/v1` })),
  request: request(),
  id: "gm3qorzdhgbfurvjtvhg6dckhu",
  wire: {
    purpose: ({ method, path }) =>
      method === "GET"
        ? path.startsWith("/v1/predictions/")
          ? "poll"
          : "download"
        : path.endsWith("/cancel")
          ? "cancel"
          : "submit",
    accepted: (id, base) =>
      json(201, {
        id,
        status: "starting",
        urls: { get: `${base}/v1/predictions/${encodeURIComponent(id)}` }
      }),
    running: (id) => json(200, { id, status: "processing" }),
    succeeded: (id, output) => json(200, { id, status: "succeeded", output }),
    failed: (id, error) => json(200, { id, status: "failed", error }),
    strange: (id) => json(200, { id, status: "dreaming" }),
    cancelled: (id) => json(200, { id, status: "canceled" }),
    cancelling: (id) => json(200, { id, status: "processing" }),
    refused: (status, detail) => json(status, { detail, status }),
    namesVideos: true
  }
}

/** Its server gives ids of its own and knows none of ours; what has no address of its own is in the queue. */
const comfyUi: Testing.Subject = {
  layer: ({ apiKey, baseUrl }) =>
    Layer.unwrapEffect(
      Effect.map(
        ComfyUi.api("comfyui", {
          baseUrl,
          apiKey,
          workflow: { "1": { class_type: "CLIPTextEncode", inputs: { text: "{{prompt}}" } } }
        }),
        JobApi.layer
      )
    ),
  request: request({ model: "workflow" }),
  id: "job-7",
  wire: {
    purpose: ({ path }) =>
      path === "/prompt"
        ? "submit"
        : path.startsWith("/view")
          ? "download"
          : !path.startsWith("/api/jobs/job-7")
            ? "other"
            : path.endsWith("/cancel")
              ? "cancel"
              : "poll",
    accepted: (id) => json(200, { prompt_id: id, number: 1, node_errors: {} }),
    running: (id) => json(200, { id, status: "in_progress" }),
    succeeded: (id) =>
      json(200, { id, status: "completed", outputs: { "1": { images: [{ filename: "a.mp4" }] } } }),
    failed: (id, exception_message) =>
      json(200, { id, status: "failed", execution_error: { exception_message } }),
    strange: (id) => json(200, { id, status: "dreaming" }),
    cancelled: (id) => json(200, { id, status: "cancelled" }),
    cancelling: () => json(200, { cancelled: true }),
    other: ({ path }) =>
      path === "/queue"
        ? json(200, { queue_running: [[1, "job-7", {}, {}, []]], queue_pending: [] })
        : path.startsWith("/history/")
          ? json(200, {})
          : { status: 404 },
    refused: (status, message) =>
      json(status, {
        error: { type: "invalid_prompt", message, details: "", extra_info: {} },
        node_errors: {}
      }),
    namesVideos: false
  }
}

const openRouter: Testing.Subject = {
  layer: ({ apiKey, baseUrl }) =>
    JobApi.layer(OpenRouter.api("openrouter", { baseUrl: `${baseUrl}/api/v1`, apiKey })),
  request: request({ model: "google/veo-3.1" }),
  id: "gen-vid-1759795200-abcdefghijklmnopqrst",
  wire: {
    purpose: ({ method, path }) =>
      method === "POST"
        ? "submit"
        : path === "/api/v1/videos/models"
          ? "other"
          : path.startsWith("/api/v1/videos/") && !path.includes("/content")
            ? "poll"
            : "download",
    accepted: (id) => json(202, { id, polling_url: `/api/v1/videos/${id}`, status: "pending" }),
    running: (id) => json(200, { id, status: "in_progress" }),
    succeeded: (id, url) =>
      json(200, { id, status: "completed", unsigned_urls: [url], usage: { cost: 1.6 } }),
    failed: (id, error) => json(200, { id, status: "failed", error }),
    strange: (id) => json(200, { id, status: "dreaming" }),
    cancelled: (id) => json(200, { id, status: "cancelled" }),
    refused: (status, message) => json(status, { error: { code: status, message } }),
    namesVideos: true
  }
}

const example: Testing.Subject = {
  layer: ({ apiKey, baseUrl }) => JobApi.layer(Example.api("lantern", { apiKey, baseUrl })),
  request: request({ model: "lantern" }),
  id: "r-1",
  wire: {
    purpose: ({ method, path }) =>
      method === "GET"
        ? path.includes("/renders/")
          ? "poll"
          : "download"
        : path.endsWith("/stop")
          ? "cancel"
          : "submit",
    accepted: (id) => json(200, { id }),
    running: (id) => json(200, { id, state: "working", percent: 40 }),
    succeeded: (id, url) => json(200, { id, state: "ready", video: { url } }),
    failed: (id, reason) => json(200, { id, state: "broken", reason }),
    strange: (id) => json(200, { id, state: "dreaming" }),
    cancelled: (id) => json(200, { id, state: "stopped" }),
    cancelling: (id) => json(200, { id }),
    refused: (status, message) => json(status, { message }),
    namesVideos: true
  }
}

const subjects: Readonly<Record<string, Testing.Subject>> = {
  Veo: veo,
  "Gemini Omni": geminiOmni,
  OpenAiVideos: openAiVideos,
  Fal: fal,
  Replicate: replicate,
  ComfyUi: comfyUi,
  OpenRouter: openRouter,
  "the example of the documentation": example
}

for (const [name, subject] of Object.entries(subjects))
  describe(`the contract of a provider: ${name}`, () => {
    for (const { name, run } of Testing.contract(subject)) it.live(name, () => run)
  })

/** The same provider, spoiled in one way. */
const spoiled = (how: (api: JobApi.JobApi) => Partial<JobApi.JobApi>): Testing.Subject => ({
  ...openAiVideos,
  layer: ({ apiKey, baseUrl }) => {
    const api = OpenAiVideos.api("openai", { baseUrl: `${baseUrl}/v1`, apiKey, model: "wan" })
    return JobApi.layer({ ...api, ...how(api) })
  }
})

const careless: ReadonlyArray<readonly [string, RegExp, Testing.Subject]> = [
  [
    "takes any answer for an accepted job",
    /^R2 after a 200 without a body/,
    spoiled(() => ({ accepted: () => Option.some({ id: "made up" }) }))
  ],
  [
    "takes every refusal for the end of the job",
    /^R8 404/,
    spoiled(() => ({ refusal: () => Option.some({ _tag: "Cancelled" as const }) }))
  ],
  [
    "sends the key wherever the video is",
    /^P18 a video at another origin/,
    {
      ...example,
      layer: ({ apiKey, baseUrl }) =>
        JobApi.layer({
          ...Example.api("lantern", { apiKey, baseUrl }),
          source: ({ model }, video) =>
            video._tag === "Remote" ? { model, url: new URL(video.uri), credential: true } : "none"
        })
    }
  ],
  [
    "does not escape what the server calls a job",
    /^P04/,
    spoiled(() => ({ poll: ({ id, model }) => ({ model, method: "GET", path: `/videos/${id}` }) }))
  ]
]

describe("the documentation", () => {
  it("shows the example as it is tested here, in fewer than 120 lines", () => {
    const source = readFileSync(new URL("exampleProvider.ts", import.meta.url), "utf8")
    const page = readFileSync(new URL("../../../docs/writing-a-provider.md", import.meta.url), "utf8")
    assert.include(page, `\`\`\`ts\n${source}\`\`\``)
    assert.isBelow(source.split("\n").length, 120)
  })
})

describe("the contract of a provider", () => {
  it.live.each(careless)("is broken by one that %s", ([, rule, subject]) =>
    Effect.gen(function* () {
      const broken = yield* Testing.run(subject)
      assert.isTrue(
        broken.some(({ name }) => rule.test(name)),
        broken.map(({ name }) => name).join("\n")
      )
    })
  )
})
