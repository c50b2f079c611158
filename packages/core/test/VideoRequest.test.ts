import { assert, describe, it } from "@effect/vitest"
import * as Capabilities from "@mutoscope/core/Capabilities"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { capabilities, request } from "./scripted.ts"

const legal = { prompt: "A dog", model: "veo-3.1", aspectRatio: "16:9", duration: 5, resolution: "720p" }

const refusal = (input: unknown) => Effect.flip(VideoRequest.decode(input))

const refused = (
  name: string,
  change: object,
  expected: { message: string; field?: string; nearest?: unknown }
) =>
  it.effect(name, () =>
    Effect.gen(function* () {
      const error = yield* refusal({ ...legal, ...change })
      assert.strictEqual(error.message, expected.message)
      if (expected.field !== undefined) assert.strictEqual(error.field, expected.field)
      assert.strictEqual(error.nearest, expected.nearest)
    })
  )

const range = "Duration must be between 2 and 60 seconds"

describe("validation", () => {
  refused("I01 an empty prompt", { prompt: "" }, { message: "Prompt cannot be empty", field: "prompt" })
  refused("I01 a blank prompt", { prompt: " \n\t" }, { message: "Prompt cannot be empty" })
  refused("I01 no prompt", { prompt: undefined }, { message: "Prompt cannot be empty" })
  refused(
    "I01 2,001 characters",
    { prompt: "a".repeat(2001) },
    { message: "Prompt too long (max 2000 characters)" }
  )
  refused(
    "I01 2,001 emoji",
    { prompt: "😀".repeat(2001) },
    { message: "Prompt too long (max 2000 characters)" }
  )
  refused("a blank model", { model: " " }, { message: "Model is required", field: "model" })
  refused("no model", { model: undefined }, { message: "Model is required", field: "model" })
  refused("no duration", { duration: undefined }, { message: "Missing required setting: duration" })
  refused("no aspect ratio", { aspectRatio: undefined }, { message: "Missing required setting: aspectRatio" })
  refused("no resolution", { resolution: undefined }, { message: "Missing required setting: resolution" })
  refused("1 second", { duration: 1 }, { message: range, field: "duration", nearest: 2 })
  refused("61 seconds", { duration: 61 }, { message: range, nearest: 60 })
  refused("I03 NaN", { duration: Number.NaN }, { message: range })
  refused("I03 Infinity", { duration: Number.POSITIVE_INFINITY }, { message: range, nearest: 60 })
  refused("I03 -0", { duration: -0 }, { message: range, nearest: 2 })
  refused("I03 4.5", { duration: 4.5 }, { message: "Duration must be a whole number of seconds", nearest: 5 })
  refused("I03 a text", { duration: "8" }, { message: "Duration must be a number of seconds", nearest: 8 })
  refused("I03 null", { duration: null }, { message: "Duration must be a number of seconds" })
  refused(
    "I04 a negative seed",
    { seed: -1 },
    { message: "Seed must be a whole number between 0 and 4294967295" }
  )
  refused("I04 2^32", { seed: 2 ** 32 }, { message: "Seed must be a whole number between 0 and 4294967295" })
  refused(
    "I04 2^53+1",
    { seed: 2 ** 53 + 1 },
    { message: "Seed must be a whole number between 0 and 4294967295" }
  )
  refused(
    "another ratio",
    { aspectRatio: "3:2" },
    { message: "Aspect ratio must be one of 16:9, 9:16, 1:1, 4:3", field: "aspectRatio", nearest: "4:3" }
  )
  refused(
    "another resolution",
    { resolution: "1440p" },
    { message: "Resolution must be one of 480p, 720p, 1080p, 4K", nearest: "1080p" }
  )
  refused(
    "the same resolution, spelled otherwise",
    { resolution: "4k" },
    { message: "Resolution must be one of 480p, 720p, 1080p, 4K", nearest: "4K" }
  )

  it.effect("I02 half a character is refused, and the error itself is well-formed", () =>
    Effect.gen(function* () {
      const error = yield* refusal({ ...legal, prompt: "a \ud800 dog" })
      assert.strictEqual(error.field, "prompt")
      assert.include(error.message, "lone surrogate")
      assert.notMatch(error.value, /\p{Surrogate}/u)
    })
  )

  it.effect("I05 keys that touch prototypes are refused wherever they stand", () =>
    Effect.gen(function* () {
      for (const text of [
        `{"providerOptions":{"__proto__":{"polluted":true}}}`,
        `{"providerOptions":{"a":[{"constructor":{"prototype":{}}}]}}`,
        `{"__proto__":{"polluted":true}}`
      ]) {
        const error = yield* refusal({
          ...legal,
          ...Object.assign({}, JSON.parse(text)),
          extra: JSON.parse(text)
        })
        assert.match(error.message, /is not allowed/)
      }
      assert.isUndefined(Reflect.get({}, "polluted"))
    })
  )

  it.effect("I05 endless nesting is refused and not followed", () =>
    Effect.gen(function* () {
      let nested: unknown = "end"
      for (let depth = 0; depth < 100_000; depth++) nested = [nested]
      const error = yield* refusal({ ...legal, providerOptions: { nested } })
      assert.include(error.message, "64 levels")
    })
  )

  it.effect("an unknown setting is refused and named", () =>
    Effect.gen(function* () {
      const error = yield* refusal({ ...legal, quality: "high" })
      assert.strictEqual(error.field, "quality")
    })
  )

  it.effect("I01 2,000 emoji are 2,000 characters", () =>
    Effect.gen(function* () {
      const { prompt } = yield* VideoRequest.decode({ ...legal, prompt: "😀".repeat(2000) })
      assert.strictEqual(prompt.length, 4000)
    })
  )

  it.effect("I10 nothing from outside is a defect", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.anything({ withBigInt: true, withNullPrototype: true }),
          async (input) => {
            const exit = await Effect.runPromiseExit(Effect.either(VideoRequest.decode(input)))
            assert.strictEqual(exit._tag, "Success")
          }
        ),
        { numRuns: 1000 }
      )
    )
  )

  it("I10 what is encoded as JSON is decoded to the same request", () => {
    const json = Schema.parseJson(VideoRequest.VideoRequest)
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(VideoRequest.VideoRequest), (original) => {
        const text = Schema.encodeSync(json)(original)
        assert.strictEqual(Schema.encodeSync(json)(Schema.decodeSync(json)(text)), text)
      }),
      { numRuns: 200 }
    )
  })
})

describe("an input's bytes", () => {
  const image = <Data>(data: Data) => ({ _tag: "Bytes", data, mimeType: "image/png" }) as const
  const encode = Schema.encodeSync(VideoRequest.VideoRequest)

  it.effect("may be given as they are or in base64, and are in base64 on record", () =>
    Effect.gen(function* () {
      const bytes = Uint8Array.from([0, 1, 2, 253, 254, 255])
      const text = "AAEC/f7/"
      const [given, told] = yield* Effect.all([
        VideoRequest.decode({ ...legal, startImage: image(bytes) }),
        VideoRequest.decode({ ...legal, startImage: image(text) })
      ])
      assert.isTrue(VideoRequest.equivalence(given, told))
      assert.deepStrictEqual(encode(given).startImage, image(text))
      assert.deepStrictEqual(encode(told), encode(given))
    })
  )

  it("are the same after the record, whatever they are and however many", () => {
    // Also as a view that does not begin where its buffer does.
    const some = FastCheck.tuple(FastCheck.nat(3000), FastCheck.nat(255), FastCheck.nat(3))
    FastCheck.assert(
      FastCheck.property(some, ([length, first, offset]) => {
        const buffer = Uint8Array.from({ length: offset + length }, (_, index) => first + index * 7)
        const bytes = buffer.subarray(offset)
        const original = new VideoRequest.VideoRequest({ ...request, startImage: image(bytes) })
        const encoded = encode(original)
        assert.deepStrictEqual(encoded.startImage, image(Buffer.from(bytes).toString("base64")))
        assert.isTrue(VideoRequest.equivalence(Effect.runSync(VideoRequest.decode(encoded)), original))
      }),
      { numRuns: 50 }
    )
  })

  const many = new Uint8Array(20_000_000)
  const nowhereElse = "Bytes are taken as the data of an input, and nowhere else"
  refused(
    "in the place of an input are refused without being shown",
    { startImage: many },
    {
      message: nowhereElse,
      field: "startImage"
    }
  )
  refused("in the place of a text, too", { prompt: many }, { message: nowhereElse, field: "prompt" })
  refused(
    "in a provider's options, too",
    { providerOptions: { image: new Float64Array(many.buffer) } },
    {
      message: nowhereElse,
      field: "providerOptions.image"
    }
  )
  refused(
    "under the name that an input has for them, too",
    { providerOptions: { data: many } },
    {
      message: nowhereElse,
      field: "providerOptions.data"
    }
  )
  refused(
    "beside what is wrong are not shown",
    { startImage: { _tag: "Bytes", data: many } },
    {
      message: "is missing",
      field: "startImage.mimeType"
    }
  )
  refused(
    "of no kind of input are not shown",
    { startImage: { _tag: "bytes", data: many } },
    {
      message: 'Expected "Path" | "Url" | "Bytes", actual "bytes"',
      field: "startImage._tag"
    }
  )
  it.effect("as a text in the place of an input are shown in part", () =>
    Effect.gen(function* () {
      const error = yield* refusal({ ...legal, startImage: "A".repeat(1_000_000) })
      assert.isAtMost(error.message.length, 1003)
    })
  )
  refused(
    "that are no base64 are refused without being shown",
    { startImage: image("?".repeat(20_000_000)) },
    {
      message: "The data of an input must be bytes, or a text in base64",
      field: "startImage.data"
    }
  )
  refused(
    "that are numbers are refused",
    { startImage: image([1, 2, 3]) },
    {
      message: "The data of an input must be bytes, or a text in base64",
      field: "startImage.data"
    }
  )
})

describe("capabilities", () => {
  const changed = (change: object) => new VideoRequest.VideoRequest({ ...request, ...change })

  it.effect("what a model can do passes", () => Capabilities.check(capabilities, request))

  it.effect("what it cannot is named, with the nearest thing that it can", () =>
    Effect.gen(function* () {
      const square = yield* Effect.flip(Capabilities.check(capabilities, changed({ aspectRatio: "4:3" })))
      assert.strictEqual(square.nearest, "16:9")
      const huge = yield* Effect.flip(Capabilities.check(capabilities, changed({ resolution: "4K" })))
      assert.strictEqual(huge.nearest, "720p")
      const image = { _tag: "Path", path: "a.png" }
      const started = yield* Effect.flip(Capabilities.check(capabilities, changed({ startImage: image })))
      assert.strictEqual(started.option, "start image")
      const silent = { ...capabilities, audio: "never" as const }
      const sound = yield* Effect.flip(Capabilities.check(silent, changed({ audio: true })))
      assert.deepStrictEqual(sound.supported, ["off"])
    })
  )

  it("of two lengths equally near the longer is offered", () => {
    const durations = { _tag: "OneOf", seconds: [4, 6, 8] } as const
    assert.deepStrictEqual(
      [2, 5, 7, 60].map((seconds) => Capabilities.nearestDuration(durations, seconds)),
      [4, 6, 8, 8]
    )
  })

  it("a model answers to its names, with and without its provider", () => {
    assert.isTrue(
      ["s1", "scripted-1", "scripted/s1"].every((name) => Capabilities.isNamed(capabilities, name))
    )
    assert.isFalse(Capabilities.isNamed(capabilities, "other/s1"))
  })
})
