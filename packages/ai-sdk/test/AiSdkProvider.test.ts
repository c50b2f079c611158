/**
 * Unmodified models of three vendors as providers: one request for each submit, failures told apart, and no address with a
 * key in a record.
 */
import { createFal } from "@ai-sdk/fal"
import type { Experimental_VideoModelV4 as VideoModel } from "@ai-sdk/provider"
import { createReplicate } from "@ai-sdk/replicate"
import { createXai } from "@ai-sdk/xai"
import { assert, describe, it } from "@effect/vitest"
import * as HttpTransport from "@mutoscope/client/HttpTransport"
import { GenerationId } from "@mutoscope/core/Generation"
import { type Intent, VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as AiSdkProvider from "../src/AiSdkProvider.ts"
import { serving } from "./servers.ts"
import { type Asked, json, scripted, vendors } from "./vendors.ts"

const canary = "CANARY-of-the-sdk-51ce"

const models: { readonly [name: string]: AiSdkProvider.Model["make"] } = {
  fal: (fetch) => createFal({ apiKey: canary, fetch }).video("fal-ai/veo3.1"),
  xai: (fetch) => createXai({ apiKey: canary, fetch }).video("grok-imagine-video"),
  replicate: (fetch) => createReplicate({ apiToken: canary, fetch }).video("google/veo-3.1")
}

const intent: Intent = {
  id: GenerationId.make("0123456789abcdef"),
  attempt: 1,
  provider: "ai-sdk",
  request: new VideoRequest({
    prompt: "a lighthouse",
    model: "m",
    aspectRatio: "16:9",
    duration: 4,
    resolution: "720p",
    seed: 7
  }),
  startedAt: DateTime.unsafeMake(0)
}

const provider = (
  make: AiSdkProvider.Model["make"],
  fetch: typeof globalThis.fetch,
  more: Partial<AiSdkProvider.Model> & { readonly localOrigin?: string } = {}
) => {
  const { localOrigin, ...model } = more
  return AiSdkProvider.layer({ models: { m: { make, ...model } }, fetch, localOrigin }).pipe(
    Layer.provide(HttpTransport.layer),
    Layer.build,
    Effect.map(Context.get(VideoProvider))
  )
}

/** A server with one video. */
const videos = serving(() => ({ status: 200, headers: { "content-type": "video/mp4" }, body: "video" }))

/** A server that wants a key. */
const refusing = serving(() => ({
  status: 401,
  headers: { "content-type": "application/json" },
  body: '{"error":{"message":"no entry"}}'
}))

describe.each(Object.keys(models))("a model of @ai-sdk/%s", (name) => {
  const make = models[name] ?? (() => assert.fail())
  const vendor = vendors[name] ?? assert.fail()

  it.scopedLive("is submitted once, asked until it is done, and its video fetched without the key", () =>
    Effect.gen(function* () {
      const server = yield* videos
      const answers = [vendor.accepted(), vendor.running()]
      const done = () => vendor.done(`${server.origin}/video.mp4?key=${canary}`)
      const { asked, fetch } = scripted(() => answers.shift() ?? done())
      const api = yield* provider(make, fetch, { localOrigin: server.origin })
      const operation = yield* api.submit(intent)
      assert.lengthOf(asked, 1)
      assert.strictEqual(asked[0]?.method, "POST")
      assert.strictEqual(asked[0]?.redirect, "manual")
      assert.deepStrictEqual(yield* api.poll(operation), { _tag: "Running" })
      const status = yield* api.poll(operation)
      if (status._tag !== "Succeeded") return assert.fail(JSON.stringify(status))
      assert.notInclude(JSON.stringify([operation, status]), canary)
      const { bytes } = yield* api.download(operation, status.videos[0], {
        offset: 0,
        validator: Option.none()
      })
      const chunks = Chunk.toReadonlyArray(yield* Stream.runCollect(bytes))
      assert.strictEqual(Buffer.concat(chunks).toString(), "video")
      assert.lengthOf(server.received, 1)
      assert.notProperty(server.received[0]?.headers, "authorization")
    })
  )

  const unknown: ReadonlyArray<readonly [string, (asked: Asked) => Response]> = [
    ["500", () => json({ detail: "oops" }, 500)],
    ["a 200 that is no JSON", () => new Response("<h1>hello</h1>", { status: 200 })],
    ["a 200 without a job", () => json({})],
    [
      "a broken connection",
      () => {
        throw new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { syscall: "read" }) })
      }
    ]
  ]
  it.scopedLive.each(unknown)("R2 is unknown after %s, and not sent again", ([, script]) =>
    Effect.gen(function* () {
      const { asked, fetch } = scripted(script)
      const error = yield* Effect.flip(Effect.flatMap(provider(make, fetch), (api) => api.submit(intent)))
      assert.strictEqual(error._tag, "SubmitUnknown")
      assert.lengthOf(asked, 1)
      assert.notInclude(JSON.stringify(error), canary)
    })
  )

  it.scopedLive("R8 does not take an API that is busy for a job that failed", () =>
    Effect.gen(function* () {
      const answers = [vendor.accepted()]
      const { fetch } = scripted(() => answers.shift() ?? json({ detail: "busy", error: "busy" }, 503))
      const api = yield* provider(make, fetch)
      const operation = yield* api.submit(intent)
      const error = yield* Effect.flip(api.poll(operation))
      assert.strictEqual(error._tag, "ProviderUnavailable")
    })
  )

  it.scopedLive.each<readonly [number, object]>([
    [400, {}],
    [400, { detail: "Internal Server Error", error: "Internal Server Error" }],
    [422, { detail: "Unprocessable Entity", error: "Unprocessable Entity" }]
  ])("R8 does not take a bare %s for a job that failed", ([status, body]) =>
    Effect.gen(function* () {
      const answers = [vendor.accepted()]
      const { fetch } = scripted(() => answers.shift() ?? json(body, status))
      const api = yield* provider(make, fetch)
      const operation = yield* api.submit(intent)
      const told = yield* Effect.either(api.poll(operation))
      assert.isTrue(Either.isLeft(told), JSON.stringify(told))
    })
  )

  it.scopedLive("P18 says that a server which wants credentials got none, and nothing of a wrong key", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* refusing
      const answers = [vendor.accepted()]
      const { fetch } = scripted(() => answers.shift() ?? vendor.done(`${origin}/content`))
      const api = yield* provider(make, fetch, { localOrigin: origin })
      const operation = yield* api.submit(intent)
      const error = yield* Effect.flip(
        api.download(operation, { _tag: "Inline", index: 0 }, { offset: 0, validator: Option.none() })
      )
      assert.strictEqual(error._tag, "OutputRefused")
      assert.match(error.message, /no entry.*wants credentials and got none/)
      assert.notInclude(JSON.stringify(received), canary)
    })
  )

  it.scopedLive.each([
    [401, "AuthenticationFailed"],
    [402, "QuotaExceeded"],
    [422, "InvalidRequest"],
    [429, "RateLimited"]
  ] as const)("tells a refusal with %s", ([status, tag]) =>
    Effect.gen(function* () {
      const { fetch } = scripted(() => json({ detail: "no", error: "no" }, status, { "retry-after": "3" }))
      const error = yield* Effect.flip(Effect.flatMap(provider(make, fetch), (api) => api.submit(intent)))
      assert.strictEqual(error._tag, tag)
    })
  )
})

describe("a model without a start of its own", () => {
  const generating =
    (videos: Promise<ReadonlyArray<never>>): AiSdkProvider.Model["make"] =>
    () =>
      ({
        specificationVersion: "v4",
        provider: "test",
        modelId: "m",
        maxVideosPerCall: 1,
        doGenerate: async () => ({
          videos: [...(await videos), { type: "base64", data: "dmlkZW8=", mediaType: "video/mp4" }],
          warnings: [],
          response: { timestamp: new Date(0), modelId: "m", headers: undefined }
        })
      }) satisfies VideoModel

  it.scopedLive("is refused, since its jobs cannot be resumed", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(provider(generating(Promise.resolve([])), globalThis.fetch))
      assert.include(String(error), "cannot be resumed")
    })
  )

  it.scopedLive("is taken by who accepts that; another process is told that the job is lost", () =>
    Effect.gen(function* () {
      const more = { acceptLoss: true }
      const api = yield* provider(generating(Promise.resolve([])), globalThis.fetch, more)
      const operation = yield* api.submit(intent)
      const status = yield* Effect.repeat(api.poll(operation), { until: ({ _tag }) => _tag !== "Running" })
      assert.strictEqual(status._tag, "Succeeded")
      const other = yield* provider(generating(Promise.resolve([])), globalThis.fetch, more)
      const lost = yield* other.poll(operation)
      assert.strictEqual(lost._tag, "Failed")
    })
  )
})
