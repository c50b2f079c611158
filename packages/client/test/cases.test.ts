/**
 * What of a request a model looks at depends on what it comes with: the tables know it, and what they call ignored is not
 * sent, or is not looked at.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Capabilities from "@videogen/core/Capabilities"
import { VideoProvider } from "@videogen/core/VideoProvider"
import type { VideoRequest } from "@videogen/core/VideoRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Fal from "../src/Fal.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import * as Replicate from "../src/Replicate.ts"
import * as Runway from "../src/Runway.ts"
import * as Seedance from "../src/Seedance.ts"
import * as Xai from "../src/Xai.ts"
import { canary, intent, request } from "./fixtures.ts"
import { json, serve } from "./scripted.ts"

type Fields = Partial<typeof VideoRequest.Type>

const apiKey = Redacted.make(canary)
const apis = {
  fal: (baseUrl: string) => Fal.api("fal", { apiKey, baseUrl }),
  replicate: (baseUrl: string) => Replicate.api("replicate", { apiKey, baseUrl }),
  runway: (baseUrl: string) => Runway.api("runway", { apiKey, baseUrl }),
  seedance: (baseUrl: string) => Seedance.api("seedance", { apiKey, baseUrl }),
  xai: (baseUrl: string) => Xai.api("xai", { apiKey, baseUrl })
}

const providerAt = (name: keyof typeof apis, base: string) =>
  JobApi.layer(apis[name](base)).pipe(
    Layer.provide(HttpTransport.layer),
    Layer.build,
    Effect.map(Context.get(VideoProvider))
  )

/** What a table knows of a request, and the body that was sent for it. */
const asked = (name: keyof typeof apis, fields: Fields) =>
  Effect.gen(function* () {
    const server = yield* serve((_, socket) => socket.write(json(200, { id: "a", request_id: "a" })))
    const provider = yield* providerAt(name, server.base)
    const can = Option.getOrThrow(provider.capabilities(fields.model ?? ""))
    const wanted = request(fields)
    const fitted = yield* Capabilities.fit(can, wanted, { snap: false })
    yield* provider.submit(intent(fields))
    return { ...fitted, body: server.requests[0]?.body ?? "" }
  })

const startImage = { _tag: "Url", url: "https://example.com/a.png" } as const
const extend = { _tag: "Url", url: "https://example.com/v.mp4" } as const
const image = { startImage, aspectRatio: "9:16" } as const

describe("what is ignored with an input", () => {
  it.scopedLive.each<[keyof typeof apis, Fields, ReadonlyArray<string>]>([
    ["fal", { ...image, model: "kling-2.6", resolution: "1080p", duration: 5 }, ["aspectRatio"]],
    ["fal", { ...image, model: "kling-3.0", resolution: "1080p", duration: 5 }, ["aspectRatio"]],
    ["fal", { ...image, model: "wan-2.7" }, ["aspectRatio"]],
    ["fal", { ...image, model: "hailuo-2.3", duration: 6 }, ["aspectRatio"]],
    ["runway", { ...image, model: "wan3" }, ["aspectRatio"]],
    ["runway", { ...image, model: "grok_imagine_1_5" }, ["aspectRatio"]],
    ["runway", { ...image, model: "happyhorse_1_0" }, ["aspectRatio"]],
    ["seedance", { ...image, model: "seedance-2.5" }, ["aspectRatio"]],
    ["seedance", { ...image, model: "seedance/ep-1" }, ["aspectRatio"]],
    [
      "xai",
      { model: "grok-imagine-1.0", extend, aspectRatio: "9:16", resolution: "480p" },
      ["aspectRatio", "resolution"]
    ]
  ])("is a warning and is not sent: %s %o", ([name, fields, ignored]) =>
    Effect.gen(function* () {
      const told = yield* asked(name, fields)
      assert.deepStrictEqual(told.ignored, ignored)
      assert.lengthOf(told.warnings, ignored.length)
      assert.include(told.warnings[0], "ignores the aspect ratio (9:16) with a")
      for (const value of ["9:16", "720:1280"]) assert.notInclude(told.body, value)
    })
  )

  it.scopedLive.each<[keyof typeof apis, Fields]>([
    ["replicate", { ...image, model: "kling-2.6", resolution: "1080p", duration: 5 }],
    ["replicate", { ...image, model: "seedance-1.0-pro" }],
    ["replicate", { ...image, model: "hailuo-2.3", duration: 6 }]
  ])("is a warning: %s %o", ([name, fields]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* asked(name, fields)).ignored, ["aspectRatio"])
    })
  )

  it.scopedLive.each<[keyof typeof apis, Fields]>([
    ["fal", { ...image, model: "veo-3.1" }],
    ["fal", { ...image, model: "seedance-1.5-pro" }],
    ["fal", { ...image, model: "ltx-2.3", resolution: "1080p", duration: 6 }],
    ["fal", { model: "wan-2.7", aspectRatio: "9:16" }],
    ["replicate", { ...image, model: "veo-3.1" }],
    ["runway", { ...image, model: "seedance2" }],
    ["runway", { ...image, model: "hailuo3", duration: 5 }],
    ["seedance", { ...image, model: "seedance-2.0" }],
    ["xai", { ...image, model: "grok-imagine" }]
  ])("is none where it is sent: %s %o", ([name, fields]) =>
    Effect.gen(function* () {
      const told = yield* asked(name, fields)
      assert.isEmpty(told.ignored)
      assert.match(told.body, /9:16|720:1280/)
    })
  )
})
