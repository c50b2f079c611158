/**
 * What a model cannot do, what it ignores, what is near, and the day it ends.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Capabilities from "@mutoscope/core/Capabilities"
import * as Generation from "@mutoscope/core/Generation"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import { quote } from "@mutoscope/core/Quote"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import { MediaInput, VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { capabilities, layer, request } from "./scripted.ts"

const changed = (change: Partial<VideoRequest>) => new VideoRequest({ ...request, ...change })

const able = (change: Partial<Capabilities.Capabilities>) => ({ ...capabilities, ...change })

const path = { _tag: "Path", path: "a.png" } as const
const url = { _tag: "Url", url: "https://images.example/a.png" } as const
const bytes = { _tag: "Bytes", data: new Uint8Array([1]), mimeType: "image/png" } as const

const refusal = (can: Capabilities.Capabilities, wanted: VideoRequest) =>
  Effect.flip(Capabilities.check(can, wanted))

describe("inputs", () => {
  it.effect("each counts, whether it is a path, an address or bytes", () =>
    Effect.gen(function* () {
      for (const input of [path, url, bytes]) {
        for (const field of ["startImage", "lastFrame", "extend"] as const)
          assert.isEmpty((yield* refusal(capabilities, changed({ [field]: input }))).supported, field)
        const many = yield* refusal(
          able({ referenceImages: 2 }),
          changed({ referenceImages: [input, input, input] })
        )
        assert.deepInclude(many, { option: "reference images", value: "3", nearest: "2" })
        const can = able({
          startImage: true,
          referenceImages: 1,
          extend: true,
          exclusive: [["startImage", "referenceImages", "extend"]]
        })
        const both = yield* refusal(can, changed({ startImage: input, referenceImages: [input] }))
        assert.strictEqual(both.option, "start image with reference images")
        const all = yield* refusal(
          can,
          changed({ startImage: input, referenceImages: [input], extend: input })
        )
        assert.strictEqual(all.value, "(all)")
        yield* Capabilities.check(can, changed({ startImage: input, referenceImages: [] }))
      }
    })
  )

  it.effect("the longest prompt is counted as the provider counts", () =>
    Effect.gen(function* () {
      const film = changed({ prompt: "🎬🎬" })
      for (const [unit, length] of [
        ["code points", 2],
        ["UTF-16 units", 4],
        ["bytes", 8]
      ] as const) {
        yield* Capabilities.check(able({ promptLimit: { unit, most: length } }), film)
        const error = yield* refusal(able({ promptLimit: { unit, most: length - 1 } }), film)
        assert.strictEqual(error.value, `${length} ${unit}`)
      }
    })
  )
})

describe("what is ignored", () => {
  it.effect("is legal, and a warning for each thing that was asked for in vain", () =>
    Effect.gen(function* () {
      const can = able({
        seed: false,
        ignored: ["seed", "negativePrompt", "aspectRatio", "duration", "audio"]
      })
      const wanted = changed({ seed: 7, aspectRatio: "1:1", duration: 60, audio: false })
      yield* Capabilities.check(can, wanted)
      assert.deepStrictEqual(Capabilities.warnings(can, wanted), [
        "scripted-1 ignores the seed (7)",
        "scripted-1 ignores the aspect ratio (1:1)",
        "scripted-1 ignores the duration (60 s)",
        "scripted-1 ignores the audio (off)"
      ])
    })
  )

  it.effect("is told of the model by the name that was asked for, and not by the vendor's id", () =>
    Effect.gen(function* () {
      const can = able({
        model: "vendor/film/v2.6/pro/text-to-video",
        aliases: ["film-2.6"],
        ignored: ["seed"]
      })
      const wanted = changed({ model: "film-2.6", seed: 7, duration: 60 })
      assert.deepStrictEqual((yield* Capabilities.fit(can, wanted, { snap: true })).warnings, [
        "film-2.6 does not support duration 60 s: 10 s was taken instead",
        "film-2.6 ignores the seed (7)"
      ])
    })
  )

  it("is no warning where the model does nothing else", () => {
    const can = able({
      aspectRatios: ["16:9"],
      resolutions: ["720p"],
      durations: { _tag: "OneOf", seconds: [5] },
      audio: "always",
      ignored: ["aspectRatio", "resolution", "duration", "audio"]
    })
    assert.isEmpty(Capabilities.warnings(can, changed({ audio: true })))
    assert.lengthOf(Capabilities.warnings(can, changed({ audio: false, aspectRatio: "9:16" })), 2)
  })

  it("does not change what it costs", () => {
    const price = { asOf: "2026-01-01", rates: [{ audio: true, perSecond: Money.dollars(1) }] } as const
    const can = able({
      price,
      audio: "always",
      durations: { _tag: "OneOf", seconds: [4, 8] },
      ignored: ["audio", "duration"]
    })
    assert.deepStrictEqual(
      Capabilities.estimate(can, changed({ audio: false, duration: 60 })),
      Option.some(Money.dollars(8))
    )
  })
})

describe("what is ignored with an input", () => {
  const can = able({
    startImage: true,
    extend: true,
    aspectRatios: ["16:9"],
    ignored: ["seed"],
    cases: [
      { with: "startImage", ignored: ["aspectRatio"] },
      { with: "extend", ignored: ["aspectRatio", "resolution"] }
    ]
  })

  it.effect("is legal beside it, and a warning even where there is one value", () =>
    Effect.gen(function* () {
      for (const aspectRatio of ["16:9", "9:16"] as const) {
        const wanted = changed({ aspectRatio, startImage: url, seed: 1 })
        const { ignored, request: fitted, warnings } = yield* Capabilities.fit(can, wanted, { snap: true })
        assert.deepStrictEqual(fitted, wanted)
        assert.deepStrictEqual(ignored, ["seed", "aspectRatio"])
        assert.deepStrictEqual(warnings, [
          "scripted-1 ignores the seed (1)",
          `scripted-1 ignores the aspect ratio (${aspectRatio}) with a start image`
        ])
      }
    })
  )

  it.effect("is looked at without it", () =>
    Effect.gen(function* () {
      assert.isEmpty(Capabilities.warnings(can, request))
      assert.isFalse(Capabilities.ignores(can, request, "aspectRatio"))
      assert.isTrue(Capabilities.ignores(can, changed({ extend: url }), "resolution"))
      assert.strictEqual((yield* refusal(can, changed({ aspectRatio: "9:16" }))).option, "aspect ratio")
      assert.strictEqual((yield* refusal(can, changed({ startImage: url, resolution: "4K" }))).value, "4K")
    })
  )

  it("costs at most what the dearest does, where the size is what another video has", () => {
    const rates = [
      { resolution: "480p", perSecond: Money.dollars(1) },
      { resolution: "720p", perSecond: Money.dollars(2) }
    ] as const
    const priced = { ...can, price: { asOf: "2026-01-01", rates } }
    const cost = (wanted: VideoRequest) => Option.getOrThrow(Capabilities.estimate(priced, wanted))
    assert.strictEqual(cost(changed({ resolution: "480p" })), Money.dollars(5))
    assert.strictEqual(cost(changed({ resolution: "480p", extend: url })), Money.dollars(10))
    const quoted = quote(priced, changed({ resolution: "480p", extend: url }))
    assert.deepInclude(quoted, { least: Money.dollars(5), most: Money.dollars(10) })
  })
})

describe("what cannot be had together", () => {
  const can = able({
    aspectRatios: ["16:9", "9:16", "1:1"],
    resolutions: ["480p", "720p", "1080p"],
    durations: { _tag: "Range", minimum: 2, maximum: 10 },
    startImage: true,
    lastFrame: true,
    referenceImages: 3,
    extend: true,
    cases: [
      { with: "lastFrame", requires: "startImage" },
      { with: "referenceImages", resolutions: ["480p", "720p"], excludes: ["seed", "negativePrompt"] },
      {
        with: "referenceImages",
        resolution: "720p",
        durations: { _tag: "OneOf", seconds: [8] }
      },
      { with: "extend", excludes: ["audio"] },
      { without: "startImage", aspectRatios: ["16:9", "9:16"] },
      { resolution: "1080p", durations: { _tag: "Range", minimum: 2, maximum: 6 } }
    ]
  })
  const references = { referenceImages: [url] }

  it.effect.each<[Partial<VideoRequest>, string]>([
    [{ lastFrame: url }, "last frame without a start image (an image); supported: a start image with it"],
    [
      { ...references, resolution: "1080p" },
      "resolution with reference images 1080p; supported: 480p, 720p; nearest: 720p"
    ],
    [{ ...references, resolution: "480p", seed: 7 }, "seed with reference images 7"],
    [
      { ...references, duration: 5 },
      "duration with reference images in 720p 5 s; supported: 8 s; nearest: 8 s"
    ],
    [{ extend: url, audio: false }, "audio with a video to extend off"],
    [{ aspectRatio: "1:1" }, "aspect ratio without a start image 1:1; supported: 16:9, 9:16; nearest: 16:9"],
    [{ aspectRatio: "4:3" }, "aspect ratio 4:3; supported: 16:9, 9:16; nearest: 16:9"],
    [{ resolution: "1080p", duration: 8 }, "duration in 1080p 8 s; supported: 2-6 s; nearest: 6 s"]
  ])("is refused, in words that say with what: %o", ([fields, words]) =>
    Effect.gen(function* () {
      const error = yield* refusal(can, changed(fields))
      assert.strictEqual(error.message, `scripted-1 does not support ${words}`)
    })
  )

  it.effect("is fine each for itself", () =>
    Effect.forEach(
      [
        { lastFrame: url, startImage: url },
        { resolution: "1080p", duration: 6 },
        { seed: 7, negativePrompt: "fog", audio: true },
        { aspectRatio: "1:1", startImage: url },
        { ...references, resolution: "480p" },
        { extend: url }
      ] as const,
      (fields) => Capabilities.check(can, changed(fields))
    )
  )

  it.effect("leads from one near thing to the next, and not to what has none", () =>
    Effect.gen(function* () {
      const wanted = changed({ ...references, resolution: "4K", duration: 5 })
      const { changes, request: near } = yield* Capabilities.snap(can, wanted)
      assert.deepInclude(near, { resolution: "720p", duration: 8 })
      assert.deepStrictEqual(changes, [
        "scripted-1 does not support resolution 4K: 720p was taken instead",
        "scripted-1 does not support duration with reference images in 720p 5 s: 8 s was taken instead"
      ])
      const error = yield* Effect.flip(Capabilities.snap(can, changed({ lastFrame: url })))
      assert.strictEqual(error.option, "last frame without a start image")
    })
  )

  it.effect("leaves no record behind, and nothing is sent", () => {
    const ledger: Array<"submit" | "poll" | "cancel" | "download"> = []
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const refused = Effect.flip(generator.plan(request))
      assert.strictEqual((yield* refused).option, "request without a start image")
      yield* Effect.flip(generator.generate(request, { snap: true }))
      assert.isEmpty(yield* Effect.flatMap(GenerationStore, ({ list }) => list({})))
      assert.isEmpty(ledger)
    }).pipe(
      Effect.provide(
        layer({ capabilities: { startImage: true, cases: [{ requires: "startImage" }] } }, ledger)
      )
    )
  })
})

describe("snap", () => {
  it.effect("takes the nearest of each, says so, and what was legal stays as it is", () =>
    Effect.gen(function* () {
      const wanted = changed({ aspectRatio: "4:3", resolution: "4K", duration: 60 })
      const { changes, request: near } = yield* Capabilities.snap(capabilities, wanted)
      assert.deepInclude(near, {
        aspectRatio: "16:9",
        resolution: "720p",
        duration: 10,
        prompt: request.prompt
      })
      assert.deepStrictEqual(changes, [
        "scripted-1 does not support aspect ratio 4:3: 16:9 was taken instead",
        "scripted-1 does not support resolution 4K: 720p was taken instead",
        "scripted-1 does not support duration 60 s: 10 s was taken instead"
      ])
      assert.deepStrictEqual(yield* Capabilities.snap(capabilities, request), { request, changes: [] })
    })
  )

  it.effect("fails where nothing is near", () =>
    Effect.gen(function* () {
      const still = { ...capabilities, audio: "never" as const }
      for (const [can, wanted, option] of [
        [capabilities, changed({ duration: 60, startImage: url }), "start image"],
        [capabilities, changed({ referenceImages: [url] }), "reference images"],
        [still, changed({ audio: true }), "audio"]
      ] as const)
        assert.strictEqual((yield* Effect.flip(Capabilities.snap(can, wanted))).option, option)
    })
  )

  it.effect("whatever it comes to is legal", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          Arbitrary.make(VideoRequest),
          Arbitrary.make(MediaInput),
          async (wanted, image) => {
            const can = able({ referenceImages: 1, startImage: true })
            const many = new VideoRequest({ ...wanted, referenceImages: [image, image] })
            const snapped = await Effect.runPromise(Effect.either(Capabilities.snap(can, many)))
            if (snapped._tag === "Right")
              await Effect.runPromise(Capabilities.check(can, snapped.right.request))
          }
        ),
        { numRuns: 200 }
      )
    )
  )
})

describe("what nobody asked for", () => {
  const unasked = ["aspectRatio", "resolution", "duration"] as const
  const can = able({
    aspectRatios: ["9:16"],
    resolutions: ["1080p", "4K"],
    durations: { _tag: "OneOf", seconds: [4, 6, 10] },
    startImage: true,
    cases: [
      { resolution: "1080p", durations: { _tag: "OneOf", seconds: [4, 10] } },
      { with: "startImage", ignored: ["aspectRatio"] }
    ]
  })

  it.effect("is the nearest that the model can do, without a word", () =>
    Effect.gen(function* () {
      const { request: fitted, ...said } = yield* Capabilities.fit(can, request, { snap: false, unasked })
      assert.deepInclude(fitted, { aspectRatio: "9:16", resolution: "1080p", duration: 4 })
      assert.deepStrictEqual(said, { warnings: [], ignored: [] })
      const legal = changed({ aspectRatio: "9:16", resolution: "4K", duration: 6 })
      assert.deepStrictEqual(yield* Capabilities.fit(can, legal, { snap: true, unasked }), {
        request: legal,
        warnings: [],
        ignored: []
      })
    })
  )

  it.effect("does not settle what somebody did ask for", () =>
    Effect.gen(function* () {
      const fit = (snap: boolean) =>
        Capabilities.fit(can, changed({ duration: 6 }), { snap, unasked: ["aspectRatio", "resolution"] })
      assert.strictEqual((yield* Effect.flip(fit(false))).option, "duration in 1080p")
      const { request: fitted, warnings } = yield* fit(true)
      assert.deepInclude(fitted, { aspectRatio: "9:16", resolution: "1080p", duration: 4 })
      assert.deepStrictEqual(warnings, [
        "scripted-1 does not support duration in 1080p 6 s: 4 s was taken instead"
      ])
    })
  )

  it.effect("is no warning where it is ignored, and is still not said of the video", () =>
    Effect.gen(function* () {
      const only = able({ resolutions: ["1080p"], ignored: ["resolution"] })
      const sized = yield* Capabilities.fit(only, request, { snap: false, unasked })
      assert.strictEqual(sized.request.resolution, "1080p")
      assert.deepStrictEqual([sized.warnings, sized.ignored], [[], []])
      const asked = yield* Capabilities.fit(only, request, { snap: false })
      assert.deepStrictEqual(asked.warnings, ["scripted-1 ignores the resolution (720p)"])
      const shaped = changed({ startImage: url })
      const byImage = yield* Capabilities.fit(can, shaped, { snap: false, unasked })
      assert.deepStrictEqual([byImage.warnings, byImage.ignored], [[], ["aspectRatio"]])
    })
  )

  it.effect("may differ from model to model, and the record knows what was asked for", () =>
    Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const key = Generation.JobKey.make("unasked")
      const made = yield* generator.generate(request, { unasked, key })
      assert.strictEqual(made.request.resolution, "1080p")
      assert.deepStrictEqual(Generation.asked(made), request)
      assert.isUndefined(made.warnings)
      assert.strictEqual((yield* generator.generate(request, { unasked, key })).id, made.id)
      yield* Effect.flip(generator.plan(request))
    }).pipe(Effect.provide(layer({ capabilities: can })))
  )
})

describe("a model that ends", () => {
  const can = able({ retiredOn: "1970-01-03", replacement: "s2" })

  it.effect("is refused from its day on, with that day and what to ask for instead", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("47 hours")
      yield* Capabilities.check(can, request)
      yield* TestClock.adjust("1 hours")
      const error = yield* refusal(can, request)
      assert.deepInclude(error, { option: "model", retiredOn: "1970-01-03", nearest: "s2" })
      assert.strictEqual(error.message, "scripted/s1 was retired on 1970-01-03; ask for s2 instead")
      assert.strictEqual((yield* Effect.flip(Capabilities.snap(can, request)))._tag, "UnsupportedOption")
    })
  )

  it.effect("leaves no record behind, and nothing is sent", () => {
    const ledger: Array<"submit" | "poll" | "cancel" | "download"> = []
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const error = yield* Effect.flip(generator.generate(request))
      assert.deepInclude(error, { _tag: "UnsupportedOption", retiredOn: "1970-01-01" })
      assert.isEmpty(yield* Effect.flatMap(GenerationStore, ({ list }) => list({})))
      assert.isEmpty(ledger)
    }).pipe(Effect.provide(layer({ capabilities: { retiredOn: "1970-01-01" } }, ledger)))
  })
})

describe("the record", () => {
  const ignoring = layer({ capabilities: { ignored: ["seed"] } })

  it.effect("says what is ignored and what was changed, and knows what was asked for", () =>
    Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const wanted = changed({ seed: 3, duration: 60 })
      const key = Generation.JobKey.make("one")
      const made = yield* generator.generate(wanted, { snap: true, key })
      const warnings = [
        "scripted-1 does not support duration 60 s: 10 s was taken instead",
        "scripted-1 ignores the seed (3)"
      ]
      assert.strictEqual(made.request.duration, 10)
      assert.deepStrictEqual(Generation.summary(made).warnings, warnings)
      assert.deepStrictEqual(made.ignored, ["seed"])
      assert.deepStrictEqual(Generation.asked(made), wanted)
      const again = yield* generator.generate(wanted, { snap: true, key })
      assert.strictEqual(again.id, made.id)
    }).pipe(Effect.provide(ignoring))
  )

  it.effect("has nothing to say where all is well", () =>
    Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const plan = yield* generator.plan(request, { snap: true })
      assert.isUndefined(plan.warnings)
      assert.isUndefined(plan.ignored)
      assert.isUndefined(plan.asked)
    }).pipe(Effect.provide(Layer.fresh(ignoring)))
  )
})
