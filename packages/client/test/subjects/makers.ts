/** How the makers of models answer, and those who speak as they do: Runway, xAI, Seedance, OpenAI's Videos dialect, OpenRouter. */
import * as Testing from "../../src/testing.ts"
import { request } from "../fixtures.ts"
import { connected } from "./connected.ts"

const { json } = Testing

export const openAiVideos: Testing.Subject = {
  layer: connected("openai", ({ apiKey, baseUrl }) => ({
    apiKey,
    baseUrl: `${baseUrl}/v1`,
    server: "vllm-omni",
    model: "wan"
  })),
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
            : path.startsWith("/v1/videos?")
              ? "list"
              : "poll",
    accepted: (id) => json(200, { id, status: "queued" }),
    running: (id) => json(200, { id, status: "in_progress", progress: 10 }),
    succeeded: (id) => json(200, { id, status: "completed" }),
    failed: (id, message) => json(200, { id, status: "failed", error: { message } }),
    strange: (id) => json(200, { id, status: "dreaming" }),
    cancelling: (id) => json(200, { id, deleted: true }),
    forgets: true,
    beside: (id, url) => json(200, { id, status: "completed", metadata: { url } }),
    refused: (status, message) => json(status, { error: { message, type: "invalid_request_error" } }),
    blocked: {
      submit: () =>
        json(400, { error: { message: "no", type: "invalid_request_error", code: "moderation_blocked" } }),
      failed: (id) =>
        json(200, { id, status: "failed", error: { code: "moderation_blocked", message: "no" } }),
      poll: () => json(400, { error: { message: "no", type: "content_policy_violation" } })
    },
    labelIn: ({ body }) => /name="user"\r\n\r\n(.*)\r\n/.exec(body)?.[1],
    listed: (jobs) =>
      json(200, {
        object: "list",
        data: jobs.map(({ createdAt, id }) => ({
          id,
          model: "wan",
          status: "queued",
          created_at: createdAt / 1000
        })),
        has_more: false
      }),
    namesVideos: false
  }
}

const { cancelling: _, ...openAiWire } = openAiVideos.wire

/** The same dialect, as a gateway has it. */
export const liteLlm: Testing.Subject = {
  ...openAiVideos,
  layer: connected("openai", ({ apiKey, baseUrl }) => ({
    apiKey,
    baseUrl: `${baseUrl}/v1`,
    server: "litellm",
    model: "wan"
  })),
  wire: {
    ...openAiWire,
    labelIn: ({ headers }) => JSON.parse(String(headers["x-litellm-spend-logs-metadata"] ?? "{}")).mutoscope
  }
}

export const openRouter: Testing.Subject = {
  layer: connected("openrouter", ({ apiKey, baseUrl }) => ({ apiKey, baseUrl: `${baseUrl}/api/v1` })),
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
    accepted: (id) =>
      json(202, { id, polling_url: `/api/v1/videos/${encodeURIComponent(id)}`, status: "pending" }),
    running: (id) => json(200, { id, status: "in_progress" }),
    succeeded: (id, url) =>
      json(200, { id, status: "completed", unsigned_urls: [url], usage: { cost: 1.6 } }),
    failed: (id, error) => json(200, { id, status: "failed", error }),
    strange: (id) => json(200, { id, status: "dreaming" }),
    cancelled: (id) => json(200, { id, status: "cancelled" }),
    beside: (id, url, base) =>
      json(200, { id, status: "completed", unsigned_urls: [`${base}/videos/1.mp4`], urls: [url] }),
    refused: (status, message) => json(status, { error: { code: status, message } }),
    blocked: {
      submit: () =>
        json(403, {
          error: { code: 403, message: "no", metadata: { reasons: ["sexual"], flagged_input: "x" } }
        }),
      failed: (id) =>
        json(200, {
          id,
          status: "failed",
          error: "Provider returned error: OutputVideoSensitiveContentDetected"
        }),
      poll: () =>
        json(400, {
          error: { code: 400, message: "no", metadata: { raw: '{"code":"content_policy_violation"}' } }
        })
    },
    labelIn: ({ body }) => JSON.parse(body).session_id,
    namesVideos: true
  }
}

export const runway: Testing.Subject = {
  layer: connected("runway", (options) => options),
  request: request({ model: "gen4.5" }),
  id: "17f20503-6c24-4c16-946b-35dbbce2af2f",
  wire: {
    purpose: ({ method, path }) =>
      method === "POST"
        ? "submit"
        : method === "DELETE"
          ? "cancel"
          : path.startsWith("/v1/tasks/")
            ? "poll"
            : "download",
    accepted: (id) => json(200, { id }),
    running: (id) => json(200, { id, status: "RUNNING", progress: 0.4 }),
    succeeded: (id, url) => json(200, { id, status: "SUCCEEDED", output: [url], cost: { credits: 48 } }),
    failed: (id, failure) =>
      json(200, { id, status: "FAILED", failure, failureCode: "INTERNAL.BAD_OUTPUT.CODE01" }),
    strange: (id) => json(200, { id, status: "DREAMING" }),
    cancelled: (id) => json(200, { id, status: "CANCELLED" }),
    cancelling: () => ({ status: 204 }),
    forgets: true,
    refused: (status, error) => json(status, { error }),
    blocked: {
      submit: () => json(400, { error: "The input did not pass content moderation." }),
      failed: (id) => json(200, { id, status: "FAILED", failure: "no", failureCode: "SAFETY.OUTPUT.VIDEO" })
    },
    namesVideos: true
  }
}

export const xai: Testing.Subject = {
  layer: connected("xai", ({ apiKey, baseUrl }) => ({ apiKey, baseUrl: `${baseUrl}/v1` })),
  request: request({ model: "grok-imagine-video" }),
  id: "d97415a1-5796-b7ec-379f-4e6819e08fdf",
  wire: {
    purpose: ({ method, path }) =>
      method === "POST" ? "submit" : path.startsWith("/v1/videos/") ? "poll" : "download",
    accepted: (request_id) => json(200, { request_id }),
    running: () => json(202, { status: "pending", progress: 12 }),
    wordless: () => ({ status: 202 }),
    succeeded: (_, url) =>
      json(200, {
        status: "done",
        video: { url, duration: 4, respect_moderation: true },
        usage: { cost_in_usd_ticks: 2_000_000_000 }
      }),
    failed: (_, message) => json(200, { status: "failed", error: { code: "internal_error", message } }),
    strange: () => json(200, { status: "dreaming" }),
    beside: (_, public_url, base) =>
      json(200, { status: "done", video: { url: `${base}/videos/1.mp4`, file_output: { public_url } } }),
    refused: (status, error) => json(status, { code: "Some requested entity was not found", error }),
    blocked: {
      submit: () =>
        json(403, {
          code: "The caller does not have permission to execute the specified operation",
          error: "Content violates usage guidelines. API key ID: abcd. Failed check: SAFETY_CHECK_TYPE_BIO"
        }),
      failed: () =>
        json(200, { status: "failed", error: { code: "imagine:content-moderated", message: "no" } }),
      poll: () =>
        json(400, {
          code: "Client specified an invalid argument",
          error: "Generated video rejected by content moderation."
        })
    },
    labelIn: ({ body }) => JSON.parse(body).user,
    namesVideos: true
  }
}

export const seedance: Testing.Subject = {
  layer: connected("seedance", ({ apiKey, baseUrl }) => ({ apiKey, baseUrl: `${baseUrl}/api/v3` })),
  request: request({ model: "seedance-2.0" }),
  id: "cgt-20261101120000-abcde",
  wire: {
    purpose: ({ method, path }) =>
      method === "POST"
        ? "submit"
        : method === "DELETE"
          ? "cancel"
          : path.startsWith("/api/v3/contents/generations/tasks/")
            ? "poll"
            : path.startsWith("/api/v3/contents/generations/tasks?")
              ? "list"
              : "download",
    accepted: (id) => json(200, { id }),
    running: (id) => json(200, { id, status: "running" }),
    succeeded: (id, video_url) =>
      json(200, { id, status: "succeeded", content: { video_url }, usage: { total_tokens: 108_900 } }),
    failed: (id, message) =>
      json(200, { id, status: "failed", error: { code: "InternalServiceError", message } }),
    strange: (id) => json(200, { id, status: "dreaming" }),
    cancelled: (id) => json(200, { id, status: "cancelled" }),
    cancelling: () => json(200, {}),
    refused: (status, message) => json(status, { error: { code: "InvalidParameter", message } }),
    blocked: {
      submit: () =>
        json(400, {
          error: {
            code: "InputImageSensitiveContentDetected.PrivacyInformation",
            message: "no",
            type: "BadRequest"
          }
        }),
      failed: (id) =>
        json(200, {
          id,
          status: "failed",
          error: { code: "OutputVideoSensitiveContentDetected", message: "no" }
        })
    },
    labelIn: ({ body }) => JSON.parse(body).safety_identifier,
    listed: (jobs) =>
      json(200, {
        total: jobs.length,
        items: jobs.map(({ createdAt, id }) => ({ id, status: "queued", created_at: createdAt / 1000 }))
      }),
    labelled: (id, label) => json(200, { id, status: "running", safety_identifier: label }),
    proves: true,
    namesVideos: true
  }
}
