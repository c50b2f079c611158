import { assert, describe, it } from "@effect/vitest"
import * as Capabilities from "@mutoscope/core/Capabilities"
import type { MediaInput, VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as GeminiOmniCatalogue from "../src/catalogue/geminiOmni.ts"
import * as Google from "../src/Google.ts"
import * as Veo from "../src/Veo.ts"
import { request } from "./fixtures.ts"

const omni = GeminiOmniCatalogue.models("gemini")
const vertex = Veo.models({ _tag: "Vertex", provider: "vertex" })
const both = [...vertex, ...omni]

const image: MediaInput = { _tag: "Path", path: "a.png" }
const newest = "gemini/gemini-omni-1.2-flash"
const veo = "vertex/veo-3.1-generate-001"

type Fields = Partial<typeof VideoRequest.Type>

const chosen = (fields: Fields, models: ReadonlyArray<Capabilities.Capabilities>) =>
  Google.choose(request({ model: "google", ...fields }), models)

const needs: ReadonlyArray<readonly [need: string, fields: Fields, model: string, why: RegExp]> = [
  ["nothing special", {}, newest, /can do all/],
  ["3 s", { duration: 3 }, newest, /can do all/],
  ["10 s", { duration: 10 }, newest, /can do all/],
  ["9:16", { aspectRatio: "9:16" }, newest, /can do all/],
  ["4K", { resolution: "4K" }, newest, /can do all/],
  ["sound", { audio: true }, newest, /can do all/],
  ["a start image", { startImage: image }, newest, /can do all/],
  ["references", { referenceImages: [image, image, image] }, newest, /can do all/],
  ["a video to go on with", { extend: { _tag: "Path", path: "a.mp4" } }, newest, /can do all/],
  ["a seed", { seed: 7 }, veo, /does not support seed 7/],
  ["a negative prompt", { negativePrompt: "people" }, veo, /does not support negative prompt/],
  ["a last frame", { startImage: image, lastFrame: image }, veo, /does not support last frame/],
  ["silence", { audio: false }, veo, /does not support audio off/],
  ["a seed and 5 s", { seed: 7, duration: 5 }, "vertex/veo-2.0-generate-001", /seed 7.*3\.1.*duration 5 s/],
  ["a seed and 10 s", { seed: 7, duration: 10 }, "", /seed 7.*duration 10 s/],
  ["a square", { aspectRatio: "1:1" }, "", /1:1.*1:1/],
  ["480p", { resolution: "480p" }, "", /480p.*480p/],
  ["12 s", { duration: 12 }, "", /3-10 s.*4 s/]
]

describe("google", () => {
  it.effect.each(needs)("%s", ([, fields, model, why]) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 25))
      const result = yield* Effect.merge(chosen(fields, both))
      if ("_tag" in result) {
        assert.strictEqual(model, "")
        assert.strictEqual(result._tag, "InvalidRequest")
        assert.match(result.message, why)
      } else {
        assert.strictEqual(result.model, model)
        assert.match(result.why, why)
        // What is chosen can be sent.
        yield* Capabilities.check(result.capabilities, request(fields))
      }
    })
  )

  it.effect("is the one that is configured, whatever is needed", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 25))
      const byKey = yield* chosen({}, omni)
      assert.strictEqual(byKey.model, newest)
      const byProject = yield* chosen({}, vertex)
      assert.strictEqual(byProject.model, veo)
      assert.match(byProject.why, /Omni is not configured/)
      const refused = yield* Effect.flip(chosen({ seed: 7 }, omni))
      assert.deepInclude(refused, { _tag: "UnsupportedOption", option: "seed" })
    })
  )

  it.effect("is nobody else's, and says what to configure", () =>
    Effect.gen(function* () {
      const others = vertex.map((model) => ({ ...model, provider: "fal", model: `fal-ai/${model.model}` }))
      const error = yield* Effect.flip(chosen({}, others))
      assert.deepInclude(error, { _tag: "InvalidRequest", field: "model" })
      assert.match(error.message, /API key.*Vertex AI/)
    })
  )

  it.effect("is not what cannot have it together", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 25))
      const cases = [{ with: "startImage", resolutions: ["720p"] }] as const
      const narrow = omni.map((model) => ({ ...model, cases }))
      const wanted = { startImage: image, resolution: "1080p", duration: 8 } as const
      assert.strictEqual((yield* chosen({ resolution: "1080p" }, [...narrow, ...vertex])).model, newest)
      const other = yield* chosen(wanted, [...narrow, ...vertex])
      assert.strictEqual(other.model, veo)
      assert.match(other.why, /resolution with a start image 1080p/)
    })
  )

  it.effect("is ruled out by nothing that nobody asked for", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 25))
      const wanted = request({ model: "google", seed: 7, duration: 5 })
      const { model } = yield* Google.choose(wanted, both, ["duration"])
      assert.strictEqual(model, veo)
    })
  )

  it.effect("is never what is switched off", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 25))
      const retired = omni.filter(({ retiredOn }) => retiredOn !== undefined)
      assert.isAbove(retired.length, 6)
      assert.strictEqual((yield* Effect.flip(chosen({}, retired)))._tag, "InvalidRequest")
      yield* TestClock.setTime(Date.UTC(2026, 8, 29))
      assert.strictEqual((yield* chosen({}, retired)).model, "gemini/gemini-omni-flash-preview")
    })
  )

  it("is called google, or google/auto", () => {
    assert.deepStrictEqual(["google", "google/auto", "google/veo", "veo"].map(Google.isNamed), [
      true,
      true,
      false,
      false
    ])
  })
})
