/**
 * What fal's endpoints say that they take, and what becomes of it.
 */
import { assert, describe, it } from "@effect/vitest"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Fal from "../src/Fal.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import { canary, intent } from "./fixtures.ts"
import { json, serve } from "./scripted.ts"

const document = (endpoint: string, properties: object, more: object = {}) => ({
  openapi: "3.0.4",
  components: {
    schemas: {
      Shape: { type: "string", enum: ["21:9", "16:9", "1:1"] },
      Input: { type: "object", required: ["prompt"], properties, ...more },
      QueueStatus: { properties: { status: { enum: ["IN_QUEUE"] } } }
    }
  },
  paths: {
    [`/${endpoint}/requests/{request_id}/status`]: { get: { parameters: [] } },
    [`/${endpoint}`]: {
      post: {
        requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/Input" } } } }
      }
    }
  }
})

const prompt = { type: "string", maxLength: 20_000 }

const accepted = json(200, { status: "IN_QUEUE", request_id: "1" })

/** A queue, and beside it, on another port, what endpoints say. */
const over = (answers: { readonly [endpoint: string]: object }) =>
  Effect.gen(function* () {
    const schemas = yield* serve(({ path }, socket) => {
      const endpoint = new URLSearchParams(path.split("?")[1]).get("endpoint_id") ?? ""
      const answer = answers[endpoint]
      socket.write(answer === undefined ? json(404, { detail: "not found" }) : json(200, answer))
    })
    const queue = yield* serve((_, socket) => socket.write(accepted))
    const api = Fal.api("fal", {
      apiKey: Redacted.make(canary),
      baseUrl: queue.base,
      schemaUrl: `${schemas.base}/api/openapi/queue/openapi.json`
    })
    const context = yield* Layer.build(Layer.provide(JobApi.layer(api), HttpTransport.layer))
    const provider = Context.get(context, VideoProvider)
    const refresh = (...names: ReadonlyArray<string>) => provider.refresh?.(names) ?? Effect.succeed([])
    return { schemas, queue, provider, refresh }
  })

describe("fal's schema of an endpoint", () => {
  it.scopedLive("comes before the table, and is asked for without the key", () =>
    Effect.gen(function* () {
      const { provider, queue, refresh, schemas } = yield* over({
        "fal-ai/veo3.1": document("fal-ai/veo3.1", {
          prompt,
          duration: { type: "string", enum: ["5s", "7s"], default: "7s" },
          aspect_ratio: { allOf: [{ $ref: "#/components/schemas/Shape" }] },
          resolution: { anyOf: [{ enum: ["720p", "2k"] }, { type: "null" }] }
        })
      })
      assert.isEmpty(yield* refresh("veo-3.1"))
      const model = Option.getOrThrow(provider.capabilities("fal/veo-3.1"))
      assert.deepInclude(model, {
        durations: { _tag: "OneOf", seconds: [5, 7] },
        aspectRatios: ["16:9", "1:1"],
        resolutions: ["720p"],
        lastFrame: true
      })
      const refused = yield* Effect.flip(provider.submit(intent({ model: "fal/veo-3.1", duration: 8 })))
      assert.strictEqual(refused._tag, "UnsupportedOption")
      yield* provider.submit(intent({ model: "fal/veo-3.1", duration: 7 }))
      assert.deepInclude(JSON.parse(queue.requests[0]?.body ?? ""), { duration: "7s" })
      assert.deepStrictEqual(
        schemas.requests.map(({ path }) => path),
        ["/api/openapi/queue/openapi.json?endpoint_id=fal-ai%2Fveo3.1"]
      )
      assert.notInclude(JSON.stringify(schemas.requests), canary)
    })
  )

  it.scopedLive("says how an endpoint is asked that is in no table", () =>
    Effect.gen(function* () {
      const { provider, queue, refresh } = yield* over({
        "acme/film/v2": document("acme/film/v2", {
          prompt,
          duration: { type: "integer", minimum: 3, maximum: 12.5 },
          resolution: { type: "string", enum: ["1080p", "2160p"] },
          first_frame_url: { type: "string" },
          seed: { anyOf: [{ type: "integer" }, { type: "null" }] }
        })
      })
      assert.isEmpty(yield* refresh("fal/acme/film/v2"))
      assert.deepInclude(Option.getOrThrow(provider.capabilities("fal/acme/film/v2")), {
        model: "acme/film/v2",
        durations: { _tag: "Range", minimum: 3, maximum: 12 },
        resolutions: ["1080p", "4K"],
        ignored: ["aspectRatio", "audio"],
        negativePrompt: false,
        seed: true,
        startImage: true,
        lastFrame: false,
        referenceImages: 0
      })
      yield* provider.submit(
        intent({
          model: "fal/acme/film/v2",
          duration: 9,
          resolution: "4K",
          startImage: { _tag: "Url", url: "https://example.com/a.png" }
        })
      )
      assert.deepStrictEqual(JSON.parse(queue.requests[0]?.body ?? ""), {
        prompt: "a lighthouse",
        duration: 9,
        resolution: "2160p",
        first_frame_url: "https://example.com/a.png"
      })
    })
  )

  it.scopedLive("refuses an endpoint that takes no prompt, before anything is sent", () =>
    Effect.gen(function* () {
      const { provider, queue, refresh } = yield* over({
        "acme/cut": document("acme/cut", { video_url: { type: "string" } })
      })
      assert.isEmpty(yield* refresh("fal/acme/cut"))
      const refusal = Option.getOrThrow(provider.refusal?.("fal/acme/cut") ?? Option.none())
      assert.strictEqual(refusal.message, "acme/cut cannot be used: it takes no prompt")
      const error = yield* Effect.flip(provider.submit(intent({ model: "fal/acme/cut" })))
      assert.strictEqual(error.message, refusal.message)
      assert.isEmpty(queue.requests)
    })
  )

  it.scopedLive("is done without where it cannot be had, and where it makes no sense", () =>
    Effect.gen(function* () {
      const { provider, refresh, schemas } = yield* over({ "acme/odd": { paths: [] } })
      const before = provider.capabilities("fal/acme/odd")
      assert.strictEqual((yield* refresh("fal/acme/odd", "fal/acme/gone", "acme/odd", "kling")).length, 2)
      assert.deepStrictEqual(provider.capabilities("fal/acme/odd"), before)
      assert.strictEqual(schemas.requests.length, 2)
    })
  )

  it("is asked for at fal alone, unless told where else", () => {
    const catalogue = (settings: object) =>
      Fal.api("fal", { apiKey: Redacted.make(canary), ...settings }).catalogue?.at
    assert.strictEqual(catalogue({}), "https://fal.ai")
    assert.isUndefined(catalogue({ baseUrl: "https://proxy.example" }))
    const wrong = Fal.adapter.connect("fal", { apiKey: canary, schemaUrl: "nowhere" })
    assert.include(Either.match(wrong, { onLeft: String, onRight: () => "" }), "schemaUrl cannot be used")
  })
})
