import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as HostedRequest from "../src/internal/hostedRequest.ts"

const decode = Schema.decodeUnknown(HostedRequest.Input)

describe("the picture that models on fal and Replicate are asked for", () => {
  it.effect.each<readonly [string, object, readonly [number, number]]>([
    ["a size of @ai-sdk/replicate", { size: "1280x720" }, [1280, 720]],
    ["a size of others", { size: "480*832" }, [480, 832]],
    ["a resolution in pixels", { resolution: "720x1280", aspect_ratio: "16:9" }, [720, 1280]],
    ["a resolution in pixels, with a star", { resolution: "1280*720" }, [1280, 720]],
    ["a size that is odd", { size: "853x481" }, [854, 482]],
    ["a size beside a resolution", { size: "1920x1080", resolution: "720p" }, [1920, 1080]],
    ["a resolution by its lines", { resolution: "480p", aspect_ratio: "9:16" }, [480, 854]]
  ])("is read from %s", ([, fields, frame]) =>
    Effect.gen(function* () {
      const input = yield* decode({ prompt: "a cat", ...fields })
      const { video } = yield* HostedRequest.toAsk("m", input)
      assert.deepStrictEqual([video.width, video.height], frame)
    })
  )

  it.effect.each([
    { size: "1280 x 720" },
    { size: "720p" },
    { resolution: "1280x" },
    { resolution: "large" }
  ])("is not read from %j", (fields) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(decode({ prompt: "a cat", ...fields }))
      assert.match(error.message, /must be .*WIDTHxHEIGHT/)
    })
  )
})
