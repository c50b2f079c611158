/** How Google answers: Veo in both of its forms, Omni in both of its places. */
import * as Testing from "../../src/testing.ts"
import { operationName, request } from "../fixtures.ts"
import { connected } from "./connected.ts"

const { json } = Testing

export const veo: Testing.Subject = {
  layer: connected("veo", (options) => ({ ...options, cancel: true })),
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
            : path.includes("/operations?")
              ? "list"
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
    blocked: {
      submit: () =>
        json(400, {
          error: {
            code: 400,
            status: "INVALID_ARGUMENT",
            message:
              "The prompt could not be submitted. This prompt contains sensitive words that violate Google's Responsible AI practices."
          }
        }),
      failed: (name) =>
        json(200, {
          name,
          done: true,
          error: {
            code: 3,
            message: "Veo could not generate videos because of the input image. Support codes: 15236754"
          }
        })
    },
    listed: (jobs) =>
      json(200, {
        operations: jobs.map(({ createdAt, id }) => ({
          name: id,
          metadata: { createTime: new Date(createdAt).toISOString() }
        }))
      }),
    namesVideos: true
  }
}

/** What a request to Vertex AI is labelled with, for its owner's bill. */
const labelIn = ({ body }: Testing.Received): string | undefined => JSON.parse(body).labels?.mutoscope

const inBucket = ({ apiKey, baseUrl }: { readonly apiKey: string; readonly baseUrl: string }) => ({
  project: "my-project",
  token: apiKey,
  storageUri: "gs://my-bucket/videos",
  baseUrl,
  storageUrl: baseUrl
})

const { cancelling: _, listed: __, ...veoWire } = veo.wire

/** A poll is a POST here. The videos are objects of a bucket, named by the answer, and fetched where the storage is. */
export const vertex: Testing.Subject = {
  layer: connected("vertex", inBucket),
  request: request(),
  id: "projects/my-project/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/9f6c3e1a",
  wire: {
    ...veoWire,
    purpose: ({ path }) =>
      path.endsWith(":predictLongRunning")
        ? "submit"
        : path.endsWith(":fetchPredictOperation")
          ? "poll"
          : path.endsWith(":cancel")
            ? "cancel"
            : "download",
    succeeded: (name) =>
      json(200, { name, done: true, response: { videos: [{ gcsUri: "gs://my-bucket/videos/1.mp4" }] } }),
    labelIn,
    namesVideos: false
  }
}

export const geminiOmni: Testing.Subject = {
  layer: connected("gemini", (options) => options),
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
        ],
        usage: {
          total_input_tokens: 12,
          total_output_tokens: 23_168,
          output_tokens_by_modality: [{ modality: "video", tokens: 23_168 }]
        }
      }),
    failed: (id, message) => json(200, { id, status: "failed", errors: [{ code: "internal", message }] }),
    strange: (id) => json(200, { id, status: "dreaming" }),
    cancelled: (id) => json(200, { id, status: "cancelled" }),
    cancelling: (id) => json(200, { id, status: "cancelled" }),
    refused: (status, message) => json(status, { error: { message, code: "invalid_request" } }),
    blocked: {
      submit: () => json(400, { error: { message: "no", code: "prohibited_content" } }),
      failed: (id) =>
        json(200, {
          id,
          status: "completed",
          steps: [{ type: "model_output", content: [{ type: "text", text: "I cannot make that." }] }]
        })
    },
    namesVideos: true
  }
}

const interactions = "/v1beta1/projects/my-project/locations/global/interactions"

/** As behind a key, but for the bucket. */
export const vertexOmni: Testing.Subject = {
  layer: connected("vertex", inBucket),
  request: request({ model: "omni-1.1" }),
  id: "v1_ChdLcGpsYXR",
  wire: {
    ...geminiOmni.wire,
    purpose: ({ method, path }) =>
      !path.startsWith(interactions)
        ? "download"
        : method === "GET"
          ? "poll"
          : path.endsWith("/cancel")
            ? "cancel"
            : "submit",
    succeeded: (id, _, base) => geminiOmni.wire.succeeded(id, "gs://my-bucket/videos/1.mp4", base),
    labelIn,
    namesVideos: false
  }
}
