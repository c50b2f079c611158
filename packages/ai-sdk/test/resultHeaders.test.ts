/**
 * Results whose address wants a key: it is given in the options, for an origin, and goes nowhere else.
 */
import { assert, describe, it } from "@effect/vitest"
import * as HttpTransport from "@mutoscope/client/HttpTransport"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as AiSdkProvider from "../src/AiSdkProvider.ts"
import { type Received, type Reply, serving } from "./servers.ts"

const canary = "CANARY-of-the-result-7d20"

const operation = { provider: "ai-sdk", id: "1", model: "m" }

const video: Reply = { status: 200, headers: { "content-type": "video/mp4" }, body: "video" }

/** Wants the key, and says what it got where that is another. */
const keyed = ({ headers }: Received): Reply =>
  headers.authorization === `Bearer ${canary}` && headers["x-account"] === "7"
    ? video
    : {
        status: 401,
        headers: { "content-type": "application/json" },
        body: '{"error":{"message":"no entry"}}'
      }

/** A model that is done, and its video there. */
const doneAt =
  (url: string): AiSdkProvider.Model["make"] =>
  () => ({
    modelId: "m",
    doStart: () => Promise.reject(new Error("not asked")),
    doStatus: async () => ({
      status: "completed",
      videos: [{ type: "url", url, mediaType: "video/mp4" }],
      warnings: [],
      response: { timestamp: new Date(0), modelId: "m", headers: undefined }
    })
  })

const headers = { authorization: Redacted.make(`Bearer ${canary}`), "X-Account": "7" }

const download = (url: string, resultHeaders: AiSdkProvider.ResultHeaders, localOrigin?: string) =>
  Effect.gen(function* () {
    const models = { m: { make: doneAt(url), resultHeaders } }
    const layer = AiSdkProvider.layer({ models, localOrigin })
    const api = Context.get(yield* Layer.build(Layer.provide(layer, HttpTransport.layer)), VideoProvider)
    const { bytes } = yield* api.download(
      operation,
      { _tag: "Inline", index: 0 },
      { offset: 0, validator: Option.none() }
    )
    return Buffer.concat(Chunk.toReadonlyArray(yield* Stream.runCollect(bytes))).toString()
  })

describe("the headers for addresses of results", () => {
  it.scopedLive("fetch a video that wants a key", () =>
    Effect.gen(function* () {
      const { origin } = yield* serving(keyed)
      assert.strictEqual(yield* download(`${origin}/1/content`, { [origin]: headers }), "video")
    })
  )

  it.scopedLive("do not go to another origin, though the address leads there by a redirect, and back", () =>
    Effect.gen(function* () {
      const other = yield* serving(({ path }) =>
        path === "/back" ? { status: 302, headers: { location: `${home.origin}/again` } } : video
      )
      const home: { readonly origin: string; readonly received: ReadonlyArray<Received> } = yield* serving(
        ({ path }) =>
          path === "/again" ? video : { status: 302, headers: { location: `${other.origin}${path}` } }
      )
      for (const path of ["/away", "/back"])
        assert.strictEqual(yield* download(`${home.origin}${path}`, { [home.origin]: headers }), "video")
      assert.notInclude(JSON.stringify(other.received), canary)
      assert.isEmpty(other.received.filter(({ headers }) => "x-account" in headers))
      assert.deepStrictEqual(
        home.received.map(({ headers, path }) => [path, headers.authorization !== undefined]),
        [
          ["/away", true],
          ["/back", true],
          ["/again", false]
        ]
      )
    })
  )

  it.scopedLive("do not go to an origin that has others, or none", () =>
    Effect.gen(function* () {
      const one = yield* serving(() => video)
      const other = yield* serving(() => video)
      const mine = { [one.origin]: headers, [other.origin]: { "x-account": "8" } }
      yield* download(`${other.origin}/1.mp4`, mine)
      const third = yield* serving(() => video)
      yield* download(`${third.origin}/1.mp4`, mine, third.origin)
      assert.isEmpty(one.received)
      assert.strictEqual(other.received[0]?.headers["x-account"], "8")
      assert.notInclude(JSON.stringify([other.received, third.received]), canary)
      assert.notProperty(third.received[0]?.headers, "x-account")
    })
  )

  it.scopedLive("are not shown where the server repeats them", () =>
    Effect.gen(function* () {
      const { origin } = yield* serving(({ headers }) => ({
        status: 403,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ error: { message: `The key ${headers.authorization} is not for this file` } })
      }))
      const error = yield* Effect.flip(download(`${origin}/1`, { [origin]: headers }))
      assert.include(JSON.stringify(error), "is not for this file")
      assert.notInclude(JSON.stringify(error), canary)
    })
  )

  it.scopedLive("go to no other path of their origin where a video is refused", () =>
    Effect.gen(function* () {
      const { origin, received } = yield* serving(() => ({ status: 404 }))
      const error = yield* Effect.flip(download(`${origin}/1/content`, { [origin]: headers }))
      assert.strictEqual(error._tag, "OutputRefused")
      assert.deepStrictEqual(
        received.map(({ path }) => path),
        ["/1/content"]
      )
    })
  )

  it.scopedLive("are asked for where an address wants them", () =>
    Effect.gen(function* () {
      const { origin } = yield* serving(keyed)
      const error = yield* Effect.flip(download(`${origin}/1/content`, {}, origin))
      assert.strictEqual(error._tag, "OutputRefused")
      assert.include(String(error), `resultHeaders, for ${origin}`)
    })
  )

  it.scopedLive.each(["https://openrouter.ai/api", "openrouter.ai", "http://openrouter.ai"])(
    "are refused for %s",
    (origin) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(download("https://openrouter.ai/1", { [origin]: headers }))
        assert.include(["InvalidData"], "_op" in error ? error._op : error._tag)
        assert.notInclude(String(error), canary)
      })
  )
})
