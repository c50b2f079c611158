/**
 * The contract of every provider, over models of the AI SDK.
 */
import { createFal } from "@ai-sdk/fal"
import { createReplicate } from "@ai-sdk/replicate"
import { createXai } from "@ai-sdk/xai"
import { describe, it } from "@effect/vitest"
import * as Testing from "@mutoscope/client/testing"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Redacted from "effect/Redacted"
import * as AiSdkProvider from "../src/AiSdkProvider.ts"

const { json } = Testing

/** All models are given an idempotency key to send along. */
const labelIn = ({ headers }: Testing.Received): string => String(headers["idempotency-key"])

/** A provider of one model, which is made for a server and a key. */
const layer =
  (make: (baseURL: string, key: string) => AiSdkProvider.Model["make"]): Testing.Subject["layer"] =>
  ({ apiKey, baseUrl }) =>
    AiSdkProvider.layer({
      models: { m: { make: make(`${baseUrl}/v1`, Redacted.value(apiKey)) } },
      localOrigin: baseUrl
    })

const request = new VideoRequest({
  prompt: "a lighthouse",
  model: "m",
  aspectRatio: "16:9",
  duration: 4,
  resolution: "720p"
})

const xai: Testing.Subject = {
  layer: layer(
    (baseURL, apiKey) => (fetch) => createXai({ apiKey, baseURL, fetch }).video("grok-imagine-video")
  ),
  request,
  id: "d97415a1-5796-b7ec-379f-4e6819e08fdf",
  wire: {
    purpose: ({ method, path }) =>
      method === "POST" ? "submit" : path.startsWith("/v1/videos/") ? "poll" : "download",
    accepted: (request_id) => json(200, { request_id }),
    running: () => json(202, { status: "pending", progress: 12 }),
    wordless: () => ({ status: 202 }),
    succeeded: (_, url) =>
      json(200, { status: "done", video: { url, duration: 4, respect_moderation: true } }),
    failed: (_, message) => json(200, { status: "failed", error: { code: "internal_error", message } }),
    refused: (status, error) => json(status, { code: "Some requested entity was not found", error }),
    blocked: {
      submit: () =>
        json(403, {
          code: "The caller does not have permission to execute the specified operation",
          error: "Content violates usage guidelines. API key ID: abcd. Failed check: SAFETY_CHECK_TYPE_BIO"
        }),
      poll: () => json(400, { code: "imagine:content-moderated", error: "no" })
    },
    labelIn,
    namesVideos: true
  }
}

const replicate: Testing.Subject = {
  layer: layer(
    (baseURL, apiToken) => (fetch) => createReplicate({ apiToken, baseURL, fetch }).video("google/veo-3.1")
  ),
  request,
  id: "gm3qorzdhgbfurvjtvhg6dckhu",
  wire: {
    purpose: ({ method, path }) =>
      method === "POST" ? "submit" : path.startsWith("/v1/predictions/") ? "poll" : "download",
    accepted: (id, base) =>
      json(201, {
        id,
        status: "starting",
        output: null,
        urls: { get: `${base}/v1/predictions/${encodeURIComponent(id)}` }
      }),
    running: (id) => json(200, { id, status: "processing", output: null, urls: { get: "" } }),
    succeeded: (id, output) => json(200, { id, status: "succeeded", output, urls: { get: "" } }),
    failed: (id, error) => json(200, { id, status: "failed", error, output: null, urls: { get: "" } }),
    wantsId: true,
    refused: (status, detail) => json(status, { detail, status }),
    blocked: {
      submit: () => json(422, { detail: "NSFW content detected. Try another prompt.", status: 422 }),
      failed: (id) =>
        json(200, {
          id,
          status: "failed",
          error: "flagged as sensitive (E005)",
          output: null,
          urls: { get: "" }
        })
    },
    labelIn,
    namesVideos: true
  }
}

const queue = { address: "https://queue.fal.run", played: "" }

/** Its package has the vendor's address for good, so the server of the test stands in for it. */
const fal: Testing.Subject = {
  layer: ({ apiKey, baseUrl }) => {
    queue.played = baseUrl
    return AiSdkProvider.layer({
      models: {
        m: { make: (fetch) => createFal({ apiKey: Redacted.value(apiKey), fetch }).video("fal-ai/veo3.1") }
      },
      fetch: (input, init) => fetch(String(input).replace(queue.address, baseUrl), init),
      localOrigin: baseUrl
    })
  },
  request,
  id: "764cabcf-b745-4b3e-ae38-1200304cf45b",
  wire: {
    purpose: ({ method, path }) =>
      method === "POST" ? "submit" : path.includes("/requests/") ? "poll" : "download",
    accepted: (id, base) =>
      json(200, {
        request_id: id,
        status: "IN_QUEUE",
        response_url: `${base === queue.played ? queue.address : base}/fal-ai/veo3.1/requests/${encodeURIComponent(id)}`
      }),
    running: () => json(400, { detail: "Request is still in progress" }),
    succeeded: (_, url) => json(200, { video: { url, content_type: "video/mp4" } }),
    failed: (_, reason) => json(422, { detail: [{ loc: ["body"], msg: reason, type: "broken" }] }),
    refused: (status, detail) => json(status, { detail }),
    blocked: {
      submit: () => json(422, { detail: [{ loc: ["body"], msg: "no", type: "content_policy_violation" }] }),
      failed: () => json(422, { detail: [{ loc: ["body"], msg: "no", type: "content_policy_violation" }] })
    },
    labelIn,
    namesVideos: true
  }
}

const subjects = { "@ai-sdk/fal": fal, "@ai-sdk/xai": xai, "@ai-sdk/replicate": replicate }

for (const [name, subject] of Object.entries(subjects))
  describe(`the contract of a provider: a model of ${name}`, () => {
    for (const { name, run } of Testing.contract(subject)) it.live(name, () => run)
  })
