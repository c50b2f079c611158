/**
 * What a model can do, and what of a request it looks at, depends on what it comes with. The tables know it: what they
 * refuse is refused before there is a record, and what they call ignored is not sent, or is not looked at.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Capabilities from "@mutoscope/core/Capabilities"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as FalTable from "../src/catalogue/fal.ts"
import * as ReplicateTable from "../src/catalogue/replicate.ts"
import * as Fal from "../src/Fal.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import { input } from "../src/internal/hostedInput.ts"
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

describe("what cannot be had together", () => {
  const last = { lastFrame: startImage }
  const references = { referenceImages: [startImage] }

  it.each<[keyof typeof apis, Fields, RegExp]>([
    ["runway", { model: "gen-4-turbo" }, /request without a start image/],
    ["runway", { model: "gen-4.5", aspectRatio: "1:1" }, /without a start image in 720p 1:1.*16:9, 9:16/],
    ["runway", { ...last, model: "veo-3.1" }, /last frame without a start image/],
    [
      "runway",
      { ...references, model: "grok_imagine_1_5", resolution: "1080p" },
      /resolution with reference images 1080p.*720p/
    ],
    ["xai", { ...references, model: "grok-imagine", resolution: "1080p" }, /with reference images 1080p/],
    ["xai", { model: "grok-imagine", extend, audio: true }, /audio with a video to extend on/],
    ["seedance", { ...last, model: "seedance-2.5" }, /last frame without a start image/],
    ["seedance", { ...last, model: "seedance/ep-1" }, /last frame without a start image/],
    ["fal", { ...references, model: "veo-3.1" }, /duration with reference images 4 s.*8 s/],
    ["fal", { ...references, model: "veo-3.1", duration: 8, negativePrompt: "fog" }, /negative prompt with/],
    ["fal", { ...last, model: "kling-2.6", duration: 5, resolution: "1080p" }, /last frame without/],
    ["replicate", { model: "hailuo-2.3", resolution: "1080p", duration: 10 }, /duration in 1080p 10 s.*6 s/],
    ["replicate", { model: "wan-2.5-i2v", duration: 5 }, /without a start image/]
  ])("is known without asking anybody: %s %o", (name, fields, words) => {
    const { models } = apis[name]("https://api.example")
    const known = [...models, ...(name === "seedance" ? Option.toArray(assumed(fields)) : [])]
    const can = known.find((one) => Capabilities.isNamed(one, fields.model ?? ""))
    if (can === undefined) return assert.fail(`${name} has no ${fields.model}`)
    const error = Effect.runSync(Effect.flip(Capabilities.check(can, request(fields))))
    assert.match(error.message, words)
  })

  const assumed = ({ model = "" }: Fields) =>
    Option.flatMapNullable(Option.some(apis.seedance("https://api.example")), ({ other }) => other).pipe(
      Option.flatMap((other) => other(model.replace("seedance/", "")))
    )
})

describe("a table of fields", () => {
  const inputs: ReadonlyArray<Fields> = [
    {},
    { startImage },
    { lastFrame: startImage },
    { startImage, lastFrame: startImage },
    { referenceImages: [startImage] },
    { startImage, referenceImages: [startImage] }
  ]
  const options: ReadonlyArray<Fields> = [{}, { seed: 7 }, { negativePrompt: "fog" }, { audio: false }]

  /** The names of a request's fields that go into a body, each under any name that a model has for it. */
  const expected = (fields: Fields) => [
    ...(fields.startImage === undefined ? [] : [startImage.url]),
    ...(fields.seed === undefined ? [] : ["7"]),
    ...(fields.negativePrompt === undefined ? [] : ["fog"])
  ]

  it.effect.each<["fal" | "replicate"]>([["fal"], ["replicate"]])(
    "of %s has a field for all that it lets pass",
    ([name]) =>
      Effect.gen(function* () {
        let passed = 0
        for (const can of apis[name]("https://api.example").models)
          for (const input of inputs)
            for (const option of options)
              for (const resolution of can.resolutions)
                for (const aspectRatio of can.aspectRatios) {
                  const { durations } = can
                  const [duration = 5] =
                    durations._tag === "OneOf" ? durations.seconds : [Math.max(2, durations.minimum)]
                  const near = yield* Effect.either(
                    Capabilities.snap(
                      can,
                      request({ duration, resolution, aspectRatio, ...input, ...option })
                    )
                  )
                  if (Either.isLeft(near)) continue
                  passed++
                  const wanted = near.right.request
                  const sent = JSON.stringify(yield* bodyOf(name, can, wanted))
                  const about = `${can.model} ${JSON.stringify(wanted)}: ${sent}`
                  for (const value of expected(wanted)) assert.include(sent, value, about)
                  const images = [wanted.startImage, wanted.lastFrame, ...(wanted.referenceImages ?? [])]
                  const given = images.filter((image) => image !== undefined).length
                  assert.lengthOf(sent.match(/a\.png/g) ?? [], given, about)
                  if (wanted.audio === false && can.audio === "optional")
                    assert.include(sent, "generate_audio", about)
                  const size = /"size":/.test(sent)
                  if (can.aspectRatios.length > 1 && !Capabilities.ignores(can, wanted, "aspectRatio"))
                    assert.isTrue(size || sent.includes(aspectRatio), about)
                  if (can.resolutions.length > 1 && !Capabilities.ignores(can, wanted, "resolution"))
                    assert.match(sent, /"(resolution|size)":/, about)
                }
        assert.isAbove(passed, 100)
      })
  )

  const bodyOf = (name: "fal" | "replicate", capabilities: Capabilities.Capabilities, wanted: VideoRequest) =>
    input(
      {
        request: wanted,
        capabilities,
        intent: intent(),
        load: () => Effect.dieMessage("nothing is loaded"),
        prepare: () => Effect.dieMessage("nothing is prepared"),
        toUrl: (media) => Effect.succeed(media._tag === "Url" ? media.url : "")
      },
      name === "fal"
        ? FalTable.wayFor(capabilities.model, wanted)
        : ReplicateTable.fieldsOf(capabilities.model),
      1
    )
})
