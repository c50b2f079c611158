import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Veo from "../src/Veo.ts"
import { canary, fromTheStart, intent, operation, operationName, options } from "./fixtures.ts"
import { answer, json, serve } from "./scripted.ts"

const veo = (base: string) => Layer.provide(Veo.layer(options(base)), FetchHttpClient.layer)

describe("over the client of fetch", () => {
  it.scopedLive("a video is submitted, waited for and fetched", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, socket) =>
        socket.write(
          request.path.includes("/files/")
            ? answer(200, "video", { "content-type": "video/mp4" })
            : json(200, { name: operationName })
        )
      )
      const text = yield* Effect.gen(function* () {
        const provider = yield* VideoProvider
        const accepted = yield* provider.submit(intent())
        yield* provider.poll(accepted)
        const uri = `${server.base}/v1beta/files/f`
        const video = yield* provider.download(accepted, { _tag: "Remote", uri }, fromTheStart)
        return yield* Stream.mkString(Stream.decodeText(video.bytes))
      }).pipe(Effect.scoped, Effect.provide(veo(server.base)))
      assert.strictEqual(text, "video")
      assert.strictEqual(server.posts(), 1)
    })
  )

  it.scopedLive("P18 P19 no redirect carries the key or the submit away", () =>
    Effect.gen(function* () {
      const trap = yield* serve((_, socket) => socket.write(json(200, { name: operationName })))
      const server = yield* serve((_, s) => s.write(answer(307, "", { location: `${trap.base}/x` })))
      const errors = yield* Effect.flatMap(VideoProvider, (provider) =>
        Effect.all([Effect.flip(provider.submit(intent())), Effect.flip(provider.poll(operation))])
      ).pipe(Effect.provide(veo(server.base)))
      assert.deepStrictEqual(
        errors.map(({ _tag }) => _tag),
        ["InvalidRequest", "UnexpectedAnswer"]
      )
      assert.strictEqual(trap.requests.length, 0)
      assert.include(JSON.stringify(server.requests), canary)
    })
  )

  it.scopedLive("N01 a refused connection is no submit", () =>
    Effect.gen(function* () {
      const { base } = yield* Effect.scoped(serve(() => {}))
      const error = yield* Effect.flatMap(VideoProvider, (provider) =>
        Effect.flip(provider.submit(intent()))
      ).pipe(Effect.provide(veo(base)))
      assert.strictEqual(error._tag, "ProviderUnavailable")
    })
  )
})
