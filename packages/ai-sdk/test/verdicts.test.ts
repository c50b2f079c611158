/**
 * How jobs end: in the words of the vendors' own adapters, though the packages of the AI SDK tell less than was answered.
 */
import { createFal } from "@ai-sdk/fal"
import { createReplicate } from "@ai-sdk/replicate"
import { createXai } from "@ai-sdk/xai"
import { assert, describe, it } from "@effect/vitest"
import * as Fal from "@mutoscope/client/Fal"
import * as HttpTransport from "@mutoscope/client/HttpTransport"
import * as JobApi from "@mutoscope/client/JobApi"
import * as Replicate from "@mutoscope/client/Replicate"
import * as Xai from "@mutoscope/client/Xai"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as AiSdkProvider from "../src/AiSdkProvider.ts"
import { type Reply, serving } from "./servers.ts"
import { scripted } from "./vendors.ts"

const key = "sk-of-nobody"
const apiKey = Redacted.make(key)

/** A vendor: its package, what the package keeps of a job, and our own adapter. */
interface Vendor {
  readonly make: AiSdkProvider.Model["make"]
  readonly operation: (id: string) => Record<string, string>
  readonly api: (baseUrl: string) => JobApi.JobApi
}

const vendors: { readonly [name: string]: Vendor } = {
  fal: {
    make: (fetch) => createFal({ apiKey: key, fetch }).video("fal-ai/veo3.1"),
    operation: (id) => ({
      responseUrl: `https://queue.fal.run/fal-ai/veo3.1/requests/${id}`,
      submitUrl: "https://queue.fal.run/fal-ai/veo3.1"
    }),
    api: (baseUrl) => Fal.api("ai-sdk", { apiKey, baseUrl })
  },
  replicate: {
    make: (fetch) => createReplicate({ apiToken: key, fetch }).video("google/veo-3.1"),
    operation: (id) => ({ getUrl: `https://api.replicate.com/v1/predictions/${id}` }),
    api: (baseUrl) => Replicate.api("ai-sdk", { apiKey, baseUrl })
  },
  xai: {
    make: (fetch) => createXai({ apiKey: key, fetch }).video("grok-imagine-video"),
    operation: (requestId) => ({ requestId }),
    api: (baseUrl) => Xai.api("ai-sdk", { apiKey, baseUrl })
  }
}

const vendor = (name: string): Vendor => vendors[name] ?? assert.fail(name)

const json = (status: number, value: object, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value)
})

const provider = <E>(layer: Layer.Layer<VideoProvider, E>) =>
  Effect.map(Layer.build(layer), Context.get(VideoProvider))

const bridge = (name: string, reply: Reply, localOrigin?: string) => {
  const { fetch } = scripted(() => new Response(reply.body ?? "", { ...reply }))
  const models = { m: { make: vendor(name).make } }
  return provider(
    AiSdkProvider.layer({ models, fetch, localOrigin }).pipe(Layer.provide(HttpTransport.layer))
  )
}

const operation = (name: string) => ({
  provider: "ai-sdk",
  id: "j1",
  model: "m",
  metadata: { operation: vendor(name).operation("j1") }
})

const prediction = (more: object) => ({ id: "j1", urls: { get: "" }, ...more })

const ends: ReadonlyArray<readonly [string, string, Reply, string]> = [
  [
    "xai",
    "a video that was held back",
    json(200, {
      status: "done",
      video: { url: "https://vidgen.x.ai/1.mp4", respect_moderation: false },
      usage: { cost_in_usd_ticks: 4_200_000_000 }
    }),
    "ContentBlocked"
  ],
  [
    "xai",
    "a block in place of an answer",
    json(400, {
      code: "imagine:content-moderated",
      error: "Generated video rejected by content moderation.",
      usage: { cost_in_usd_ticks: 4_200_000_000 }
    }),
    "ContentBlocked"
  ],
  [
    "xai",
    "a block by its code",
    json(200, {
      status: "failed",
      error: { code: "imagine:content-moderated", message: "Sorry." }
    }),
    "ContentBlocked"
  ],
  [
    "xai",
    "a failure",
    json(200, {
      status: "failed",
      error: { code: "internal_error", message: "The renderer broke." }
    }),
    "GenerationFailed"
  ],
  ["xai", "an expiry", json(200, { status: "expired" }), "GenerationFailed"],
  ["xai", "no video", json(200, { status: "done", video: { url: "" } }), "EmptyResult"],
  [
    "fal",
    "a block",
    json(422, {
      detail: [
        { loc: ["body", "prompt"], msg: "flagged by a content checker", type: "content_policy_violation" }
      ]
    }),
    "ContentBlocked"
  ],
  [
    "fal",
    "what is wrong with the request",
    json(422, {
      detail: [{ loc: ["body", "image_url"], msg: "Image too small", type: "image_too_small" }]
    }),
    "GenerationFailed"
  ],
  ["fal", "a sentence", json(400, { detail: "The image is too small" }), "GenerationFailed"],
  [
    "fal",
    "a failure",
    json(500, { detail: "Runner died" }, { "x-fal-error-type": "runner_disconnected" }),
    "GenerationFailed"
  ],
  ["fal", "no video", json(200, { video: null, seed: 7 }), "EmptyResult"],
  [
    "replicate",
    "a block",
    json(
      200,
      prediction({
        status: "failed",
        error: "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
      })
    ),
    "ContentBlocked"
  ],
  [
    "replicate",
    "a failure",
    json(200, prediction({ status: "failed", error: "Out of frames (E8765)" })),
    "GenerationFailed"
  ],
  [
    "replicate",
    "a failure without a word",
    json(200, prediction({ status: "failed", error: null })),
    "GenerationFailed"
  ],
  [
    "replicate",
    "a prediction that was not begun",
    json(200, prediction({ status: "aborted" })),
    "GenerationFailed"
  ],
  ["replicate", "no video", json(200, prediction({ status: "succeeded", output: null })), "EmptyResult"],
  [
    "replicate",
    "a video that was removed",
    json(
      200,
      prediction({
        status: "succeeded",
        output: null,
        data_removed: true
      })
    ),
    "OutputExpired"
  ]
]

describe("the end of a job of the AI SDK", () => {
  it.scopedLive.each(ends)("is what our own adapter makes of it: %s, %s", ([name, , reply, tag]) =>
    Effect.gen(function* () {
      const { origin } = yield* serving(({ path }) =>
        path.includes("/status") ? json(200, { status: "COMPLETED" }) : reply
      )
      const native = yield* provider(
        Layer.provide(JobApi.layer(vendor(name).api(origin)), HttpTransport.layer)
      )
      const api = yield* bridge(name, reply)
      const status = yield* api.poll(operation(name))
      if (status._tag !== "Failed") return assert.fail(JSON.stringify(status))
      assert.strictEqual(status.error._tag, tag)
      assert.deepStrictEqual(
        status,
        yield* native.poll({ provider: "ai-sdk", id: "j1", model: "fal-ai/veo3.1", metadata: {} })
      )
    })
  )

  it.scopedLive("is a cancel where Replicate says so", () =>
    Effect.gen(function* () {
      const api = yield* bridge("replicate", json(200, prediction({ status: "canceled" })))
      assert.deepStrictEqual(yield* api.poll(operation("replicate")), { _tag: "Cancelled" })
    })
  )

  it.scopedLive("has the cost that xAI tells", () =>
    Effect.gen(function* () {
      const video = { url: "https://vidgen.x.ai/1.mp4?key=1", respect_moderation: true }
      const api = yield* bridge(
        "xai",
        json(200, { status: "done", video, usage: { cost_in_usd_ticks: 4_200_000_000 } })
      )
      const status = yield* api.poll(operation("xai"))
      if (status._tag !== "Succeeded") return assert.fail(JSON.stringify(status))
      assert.strictEqual(status.cost, 420_000)
      assert.notInclude(JSON.stringify(status), "vidgen")
    })
  )

  const found: ReadonlyArray<readonly [string, (url: string) => object]> = [
    ["replicate", (url) => prediction({ status: "succeeded", output: [url] })],
    ["fal", (url) => ({ videos: [{ url, content_type: "video/mp4" }] })]
  ]
  it.scopedLive.each(found)("is a video where the package of %s finds none in a list", ([name, body]) =>
    Effect.gen(function* () {
      const { origin } = yield* serving(() => ({
        status: 200,
        headers: { "content-type": "video/mp4" },
        body: "video"
      }))
      const api = yield* bridge(name, json(200, body(`${origin}/1.mp4`)), origin)
      const status = yield* api.poll(operation(name))
      if (status._tag !== "Succeeded") return assert.fail(JSON.stringify(status))
      assert.notInclude(JSON.stringify(status), origin)
      const { bytes } = yield* api.download(operation(name), status.videos[0], {
        offset: 0,
        validator: Option.none()
      })
      const chunks = Chunk.toReadonlyArray(yield* Stream.runCollect(bytes))
      assert.strictEqual(Buffer.concat(chunks).toString(), "video")
    })
  )

  it.scopedLive.each<readonly [string, Reply]>([
    ["xai", json(200, { error: "busy" })],
    ["fal", json(200, {})],
    ["fal", json(200, { detail: "busy" })],
    ["replicate", json(200, { detail: "busy" })]
  ])("is not told by an answer without a word of the job: %s %j", ([name, reply]) =>
    Effect.gen(function* () {
      const api = yield* bridge(name, reply)
      const told = yield* Effect.merge(api.poll(operation(name)))
      assert.notInclude(["Failed", "Succeeded", "Cancelled"], told._tag)
    })
  )
})
