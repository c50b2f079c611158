/** How those answer that run models of many makers: fal, Replicate, ComfyUI. */
import * as Testing from "../../src/testing.ts"
import { request } from "../fixtures.ts"
import { connected } from "./connected.ts"

const { json } = Testing

const falRequest = "/fal-ai/veo3.1/requests"

/** The queue knows only that a request is completed; which end that was is in its result. */
const falCompleted = (result: string, base = "") =>
  json(200, { status: "COMPLETED", response_url: `${base}/results${result}` })

export const fal: Testing.Subject = {
  layer: connected("fal", (options) => ({
    ...options,
    listUrl: `${options.baseUrl}/platform/v1`,
    webhook: "https://example.com/fal?of=mine"
  })),
  request: request(),
  id: "764cabcf-b745-4b3e-ae38-1200304cf45b",
  wire: {
    purpose: ({ method, path }) =>
      method === "POST"
        ? "submit"
        : method === "PUT"
          ? "cancel"
          : path.startsWith("/platform/v1")
            ? "list"
            : path.startsWith("/results")
              ? "result"
              : path.includes("/status")
                ? "poll"
                : "download",
    accepted: (id, base) =>
      json(200, {
        request_id: id,
        status: "IN_QUEUE",
        status_url: `${base}${falRequest}/${encodeURIComponent(id)}/status`,
        response_url: `${base}${falRequest}/${encodeURIComponent(id)}`,
        cancel_url: `${base}${falRequest}/${encodeURIComponent(id)}/cancel`
      }),
    running: () => json(202, { status: "IN_PROGRESS", logs: [] }),
    wordless: () => ({ status: 202 }),
    succeeded: (_, url, base) => falCompleted(`?url=${encodeURIComponent(url)}`, base),
    failed: (_, reason) => falCompleted(`?reason=${encodeURIComponent(reason)}`),
    strange: () => json(202, { status: "DREAMING" }),
    cancelled: () => falCompleted("?cancelled"),
    cancelling: () => json(202, { status: "CANCELLATION_REQUESTED" }),
    result: ({ path }) => {
      const query = new URLSearchParams(path.replace(/^[^?]*/, ""))
      if (query.has("blocked"))
        return json(422, {
          detail: [{ loc: ["body", "prompt"], msg: "no", type: "content_policy_violation" }]
        })
      if (query.has("url")) return json(200, { video: { url: query.get("url"), content_type: "video/mp4" } })
      return query.has("reason")
        ? json(422, { detail: [{ loc: ["body"], msg: query.get("reason"), type: "broken" }] })
        : json(499, { detail: "Cancelled", error_type: "client_cancelled" })
    },
    refused: (status, detail) => json(status, { detail }),
    blocked: {
      submit: () =>
        json(422, { detail: [{ loc: ["body", "prompt"], msg: "no", type: "content_policy_violation" }] }),
      failed: () => falCompleted("?blocked")
    },
    labelIn: ({ path }) =>
      labelOf(new URL(path, "http://localhost").searchParams.get("fal_webhook") ?? undefined),
    listed: (jobs) =>
      json(200, {
        items: jobs.map(({ createdAt, id }) => ({
          request_id: id,
          endpoint_id: "fal-ai/veo3.1",
          sent_at: new Date(createdAt).toISOString()
        })),
        next_cursor: null,
        has_more: false
      }),
    namesVideos: true
  }
}

/** What the address of a webhook says of the job that it is for. */
const labelOf = (webhook: string | undefined) =>
  webhook === undefined ? undefined : (new URL(webhook).searchParams.get("mutoscope") ?? undefined)

const hook = "https://example.com/replicate"

/** With a webhook, whose address has room for a label. */
export const replicate: Testing.Subject = {
  layer: connected("replicate", ({ apiKey, baseUrl }) => ({
    apiKey,
    baseUrl: `${baseUrl}/v1`,
    webhook: hook
  })),
  request: request(),
  id: "gm3qorzdhgbfurvjtvhg6dckhu",
  wire: {
    purpose: ({ method, path }) =>
      method === "GET"
        ? path === "/v1/predictions"
          ? "list"
          : path.startsWith("/v1/predictions/")
            ? "poll"
            : "download"
        : path.endsWith("/cancel")
          ? "cancel"
          : "submit",
    accepted: (id, base) =>
      json(201, {
        id,
        status: "starting",
        urls: {
          get: `${base}/v1/predictions/${encodeURIComponent(id)}`,
          cancel: `${base}/v1/predictions/${encodeURIComponent(id)}/cancel`
        }
      }),
    running: (id) => json(200, { id, status: "processing" }),
    succeeded: (id, output) => json(200, { id, status: "succeeded", output }),
    failed: (id, error) => json(200, { id, status: "failed", error }),
    strange: (id) => json(200, { id, status: "dreaming" }),
    cancelled: (id) => json(200, { id, status: "canceled" }),
    cancelling: (id) => json(200, { id, status: "processing" }),
    refused: (status, detail) => json(status, { detail, status }),
    blocked: {
      submit: () => json(422, { detail: "NSFW content detected. Try another prompt.", status: 422 }),
      failed: (id) =>
        json(200, { id, status: "failed", error: "The input or output was flagged as sensitive. (E005)" })
    },
    labelIn: ({ body }) => labelOf(JSON.parse(body).webhook),
    listed: (jobs) =>
      json(200, {
        previous: null,
        next: null,
        results: jobs.map(({ createdAt, id, label }) => ({
          id,
          model: "google/veo-3.1",
          status: "starting",
          created_at: new Date(createdAt).toISOString(),
          ...(label === undefined ? {} : { webhook: `${hook}?mutoscope=${label}` })
        }))
      }),
    proves: true,
    namesVideos: true
  }
}

const { labelIn: _, ...unlabelled } = replicate.wire

/** Without one there is no place for a label. */
export const replicateUnlabelled: Testing.Subject = {
  ...replicate,
  layer: connected("replicate", ({ apiKey, baseUrl }) => ({ apiKey, baseUrl: `${baseUrl}/v1` })),
  wire: { ...unlabelled, proves: false }
}

/** Its server gives ids of its own and knows none of ours; what has no address of its own is in the queue. */
export const comfyUi: Testing.Subject = {
  layer: connected("comfyui", (options) => ({
    ...options,
    workflow: { "1": { class_type: "CLIPTextEncode", inputs: { text: "{{prompt}}" } } }
  })),
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
