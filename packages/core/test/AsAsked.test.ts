/**
 * A record says what is in its file, and where that is not what was asked for.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import { layerMemory } from "@mutoscope/core/GenerationStore"
import type { Media } from "@mutoscope/core/Media"
import * as Generator from "@mutoscope/core/VideoGenerator"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { id, provider, request } from "./scripted.ts"

const file = (durationSeconds: number | undefined, width: number, height: number, isLoud = false): Media => ({
  container: "mp4",
  mediaType: "video/mp4",
  ...(durationSeconds === undefined ? {} : { durationSeconds }),
  picture: { codec: "avc", width, height },
  ...(isLoud ? { sound: { codec: "aac" } } : {})
})

const of = (
  asked: Partial<VideoRequest>,
  media: Media,
  ignored?: Generation.Generation["ignored"]
): ReadonlyArray<string> =>
  Generation.fileWarnings(
    { request: new VideoRequest({ ...request, ...asked }), ignored },
    { path: "/v.mp4", bytes: 1, sha256: "", integrity: "boxes", media }
  )

const image = { _tag: "Url", url: "https://images.example/1.png" } as const

describe("a file that is as it was asked for", () => {
  const cases: ReadonlyArray<readonly [string, Partial<VideoRequest>, Media]> = [
    ["to the frame", { duration: 5 }, file(5, 1280, 720)],
    [
      "with the last group of frames (81 at 16 a second)",
      { duration: 5, resolution: "480p" },
      file(5.0625, 832, 464)
    ],
    ["a little longer, as long ones are", { duration: 60 }, file(62.9, 1280, 720)],
    ["of unknown length", {}, file(undefined, 1280, 720)],
    ["rounded to blocks", { resolution: "720p" }, file(5, 1248, 704)],
    ["of as many pixels in another shape", { aspectRatio: "1:1" }, file(5, 960, 960)],
    ["by the shorter side, upright", { aspectRatio: "9:16", resolution: "1080p" }, file(5, 1080, 1920)],
    ["in the shape of its start image", { startImage: image }, file(5, 720, 960)],
    ["longer by what it extends", { extend: image }, file(13, 1280, 720)],
    ["with sound that nobody spoke of", {}, file(5, 1280, 720, true)],
    ["with sound", { audio: true }, file(5, 1280, 720, true)]
  ]
  it.each(cases)("%s", (_, asked, media) => {
    assert.deepStrictEqual(of(asked, media), [])
  })
})

describe("a file that is not", () => {
  const cases: ReadonlyArray<readonly [string, Partial<VideoRequest>, Media, ReadonlyArray<string>]> = [
    ["as long", { duration: 8 }, file(5.0417, 1280, 720), ["Asked for 8 s, got 5.04 s"]],
    ["as short", { duration: 4 }, file(8, 1280, 720), ["Asked for 4 s, got 8 s"]],
    ["as large", { resolution: "1080p" }, file(5, 1280, 720), ["Asked for 1080p, got 1280x720"]],
    ["as small", { resolution: "480p" }, file(5, 1280, 720), ["Asked for 480p, got 1280x720"]],
    ["of that shape", { aspectRatio: "16:9" }, file(5, 720, 720), ["Asked for 16:9, got 720x720"]],
    ["the right way up", { aspectRatio: "9:16" }, file(5, 1280, 720), ["Asked for 9:16, got 1280x720"]],
    ["loud", { audio: true }, file(5, 1280, 720), ["Asked for sound, got none"]],
    [
      "silent",
      { audio: false },
      file(5, 1280, 720, true),
      ["Asked for a video without sound, got one with sound"]
    ]
  ]
  it.each(cases)("%s", (_, asked, media, expected) => {
    assert.deepStrictEqual(of(asked, media), expected)
  })

  it("says nothing of what the provider ignores", () => {
    const all = ["duration", "resolution", "aspectRatio", "audio"] as const
    assert.lengthOf(of({ duration: 8, audio: true }, file(5, 360, 360)), 4)
    assert.deepStrictEqual(of({ duration: 8, audio: true }, file(5, 360, 360), all), [])
  })

  it.effect(
    "has its warnings on record beside those of the file itself, once, and the facts in its summary",
    () => {
      const media = file(3, 1280, 720)
      const videos = Layer.map(VideoStore.layerMemory, (context) => {
        const memory = Context.get(context, VideoStore.VideoStore)
        return Context.make(VideoStore.VideoStore, {
          ...memory,
          save: (delivery) =>
            Effect.map(memory.save(delivery), (video) => ({
              ...video,
              media,
              warnings: ["12 bytes follow it"] as const
            }))
        })
      })
      const live = Generator.layer.pipe(
        Layer.provideMerge(provider({}, [])),
        Layer.provideMerge(layerMemory),
        Layer.provide(videos)
      )
      return Effect.gen(function* () {
        const generator = yield* Generator.VideoGenerator
        const first = yield* generator.generate(request, { id })
        const again = yield* generator.resume(id)
        for (const { state, warnings } of [first, again]) {
          assert.deepStrictEqual(warnings, ["12 bytes follow it", "Asked for 5 s, got 3 s"])
          assert.deepStrictEqual(state.video.media, media)
        }
        assert.deepStrictEqual(Generation.summary(again).media, media)
      }).pipe(Effect.provide(live))
    }
  )
})

describe("a file that has another extension than it was given", () => {
  const webm: Media = { ...file(5, 1280, 720), container: "webm", mediaType: "video/webm" }
  const named = (output: string | undefined, path: string, media: Media) =>
    Generation.fileWarnings(
      { request, ...(output === undefined ? {} : { output }) },
      { path, bytes: 1, sha256: "", integrity: "boxes", media }
    )

  it("says so, where its name was that of a file", () => {
    assert.deepStrictEqual(named("/v/x.mp4", "/v/x.webm", webm), ["Saved as x.webm: the file is a WebM"])
    assert.deepStrictEqual(named("/v/x.webm", "/v/x_2.mp4", file(5, 1280, 720)), [
      "Saved as x_2.mp4: the file is an MP4"
    ])
    for (const output of ["/v", undefined]) assert.deepStrictEqual(named(output, "/v/a.webm", webm), [])
    assert.deepStrictEqual(named("/v/X.MP4", "/v/X.MP4", file(5, 1280, 720)), [])
  })
})
