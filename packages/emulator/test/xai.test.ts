/** The client of xAI's video API is the AI SDK's: 3.0.138 is the last of those that run on Node 20. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createXai } from "@ai-sdk/xai"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { openai } from "./drivers/openai.ts"
import { Done, generate, get, Pending, xai } from "./drivers/xai.ts"
import { json } from "./support/api.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "mutoscope-xai-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const video = (model = "grok-imagine-video-1.5", apiKey = "secret") =>
  Effect.map(Emulator, ({ urlOf }) => createXai({ apiKey, baseURL: urlOf("xai") }).video(model))

type Call = Parameters<ReturnType<ReturnType<typeof createXai>["video"]>["doGenerate"]>[0]

const nothing = {
  aspectRatio: undefined,
  resolution: undefined,
  fps: undefined,
  seed: undefined,
  image: undefined,
  frameImages: undefined,
  inputReferences: undefined,
  generateAudio: undefined
}

/** A generation as `generateVideo` asks for one; `options` are xAI's own. */
const asked = (
  fields: Partial<Call> = {},
  options: NonNullable<Call["providerOptions"]>[string] = {}
): Call => ({
  ...nothing,
  prompt: "a cat",
  n: 1,
  duration: 2,
  ...fields,
  providerOptions: { xai: { pollIntervalMs: 10, ...options } }
})

const failing = (run: () => PromiseLike<unknown>) =>
  Effect.flip(Effect.tryPromise({ try: async () => run(), catch: (cause) => cause }))

const accepted = (body: object, path?: string) =>
  Effect.map(Effect.flatMap(generate(body, {}, path), json), (body) => xai.jobIn(body))

const done = (id: string): Effect.Effect<typeof Done.Type, unknown, Emulator> =>
  Effect.flatMap(get(`/videos/${id}`), (response) =>
    response.status === 202
      ? Effect.delay(done(id), "5 millis")
      : Effect.flatMap(json(response), Schema.decodeUnknown(Done))
  )

const Envelope = Schema.Struct({ code: Schema.String, error: Schema.String })

const envelopeOf = (response: Response) => Effect.flatMap(json(response), Schema.decodeUnknown(Envelope))

const secret = layerTest({ apiKey: Redacted.make("secret") })

describe("the AI SDK's client of xAI", () => {
  it.scopedLive("creates, waits and saves", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "video.mp4")
      const grok = yield* video()
      const { providerMetadata, videos, warnings } = yield* Effect.promise(async () =>
        grok.doGenerate(asked({ aspectRatio: "16:9", resolution: "1280x720" }))
      )
      assert.deepStrictEqual(warnings, [])
      const [entry] = yield* (yield* Emulator).accepted
      assert.deepInclude(providerMetadata?.["xai"], {
        requestId: entry?.operation,
        duration: 2,
        costInUsdTicks: 1_600_000_000,
        progress: 100
      })
      const [only] = videos
      if (only?.type !== "url") return assert.fail("no address")
      // Videos are fetched without the key.
      yield* Effect.promise(async () =>
        writeFile(path, Buffer.from(await (await fetch(only.url)).arrayBuffer()))
      )
      const bytes = yield* Effect.promise(() => readFile(path))
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      assert.match(bytes.subarray(bytes.lastIndexOf("free")).toString(), /^free\d+ a cat$/)
      assert.deepInclude(entry, { dialect: "xai", model: "grok-imagine-video-1.5" })
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("sends pictures, and goes on with videos", () =>
    Effect.gen(function* () {
      const grok = yield* video()
      const sent = (fields: Partial<Call>, options = {}) =>
        Effect.gen(function* () {
          const made = yield* Effect.promise(async () => grok.doGenerate(asked(fields, options)))
          const { requestId } = Schema.decodeUnknownSync(Schema.Struct({ requestId: Schema.String }))(
            made.providerMetadata?.["xai"]
          )
          const response = yield* get(`/videos/${requestId}`, xai.keyed("secret"))
          const { metadata } = yield* Effect.flatMap(json(response), Schema.decodeUnknown(Done))
          return metadata.ignored_inputs?.map(({ field }) => field)
        })
      const url = "https://example.com/a.png"
      assert.deepStrictEqual(yield* sent({ image: { type: "url", url } }), ["image"])
      assert.deepStrictEqual(
        yield* sent({}, { mode: "reference-to-video", referenceImageUrls: [url, url] }),
        ["reference_images[0]", "reference_images[1]"]
      )
      assert.deepStrictEqual(
        yield* sent({}, { mode: "extend-video", videoUrl: "https://example.com/a.mp4" }),
        ["video"]
      )
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("hears how jobs end that come to nothing", () =>
    Effect.gen(function* () {
      const grok = yield* video()
      const end = (scenario: string) =>
        failing(() => grok.doGenerate({ ...asked(), headers: { "x-emulator-scenario": scenario } }))
      const blocked = yield* end("content-block")
      assert.propertyVal(blocked, "statusCode", 400)
      assert.match(String(blocked), /imagine:content-moderated/)
      assert.propertyVal(yield* end("failure"), "name", "XAI_VIDEO_GENERATION_FAILED")
      assert.propertyVal(yield* end("empty-result"), "name", "XAI_VIDEO_GENERATION_ERROR")
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("hears no in the words that it knows", () =>
    Effect.gen(function* () {
      const grok = yield* video()
      const stranger = yield* video(undefined, "guess")
      const refusal = (scenario: string) =>
        failing(() => grok.doGenerate({ ...asked(), headers: { "x-emulator-scenario": scenario } }))
      const quota = yield* refusal("quota")
      assert.propertyVal(quota, "statusCode", 429)
      assert.match(String(quota), /resource-exhausted/)
      assert.propertyVal(yield* refusal("rate-limit"), "isRetryable", true)
      assert.propertyVal(yield* refusal("unavailable"), "statusCode", 503)
      assert.propertyVal(yield* refusal("retired-model"), "statusCode", 404)
      assert.propertyVal(yield* failing(() => stranger.doGenerate(asked())), "statusCode", 401)
      assert.propertyVal(yield* failing(() => grok.doGenerate(asked({ prompt: " " }))), "statusCode", 400)
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(secret))
  )
})

describe("the xAI wire", () => {
  it.scopedLive("answers without a word while a job waits, then with its progress", () =>
    Effect.gen(function* () {
      const id = yield* accepted({ prompt: "a" })
      const waiting = yield* accepted({ prompt: "b" })
      const silent = yield* get(`/videos/${waiting}`)
      assert.strictEqual(silent.status, 202)
      assert.strictEqual(yield* Effect.promise(() => silent.text()), "")
      const told = yield* Effect.repeat(
        Effect.delay(Effect.flatMap(xai.poll(id), json), "20 millis").pipe(
          Effect.flatMap(Schema.decodeUnknown(Pending))
        ),
        { until: ({ progress }) => progress > 0 }
      )
      assert.isBelow(told.progress, 100)
    }).pipe(Effect.provide(layerTest({ renderTime: "20 seconds" })))
  )

  it.scopedLive("knows malformed ids from unknown ones, and from another dialect's", () =>
    Effect.gen(function* () {
      const malformed = yield* get("/videos/job-7")
      assert.strictEqual(malformed.status, 400)
      assert.deepStrictEqual(yield* envelopeOf(malformed), {
        code: "invalid-argument",
        error: "Malformed request ID"
      })
      const other = openai.jobIn(yield* Effect.flatMap(openai.submit("a"), json)).slice(-32)
      const likeOurs = other.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
      assert.strictEqual((yield* get(`/videos/${likeOurs}`)).status, 404)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each([
    ["no prompt", {}, "prompt"],
    ["16 seconds", { prompt: "a", duration: 16 }, "duration"],
    ["half a second", { prompt: "a", duration: 0.5 }, "duration"],
    ["a shape of nobody", { prompt: "a", aspect_ratio: "5:1" }, "aspect_ratio"],
    ["1080p of the first model", { prompt: "a", resolution: "1080p" }, "resolution"],
    [
      "1080p with references",
      { prompt: "a", model: "x", resolution: "1080p", reference_images: [{ url: "https://e.com/a" }] },
      "resolution"
    ],
    ["an unknown scenario", { prompt: "a", emulator_scenario: "flood" }, "emulator_scenario"]
  ] as const)("refuses %s and names the field", ([, body, field]) =>
    Effect.gen(function* () {
      const response = yield* generate(body)
      assert.strictEqual(response.status, 400)
      const { code, error } = yield* envelopeOf(response)
      assert.strictEqual(code, "invalid-argument")
      assert.include(error, `${field}: `)
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("charges for what it held back", () =>
    Effect.gen(function* () {
      const id = yield* accepted({ prompt: "a", emulator_scenario: "content-block" })
      const refusal = yield* Effect.repeat(get(`/videos/${id}`), { until: ({ status }) => status !== 202 })
      assert.strictEqual(refusal.status, 400)
      assert.deepInclude(yield* json(refusal), {
        code: "imagine:content-moderated",
        usage: { cost_in_usd_ticks: 1_600_000_000 }
      })
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("has no video before there is one, and says what it cannot do", () =>
    Effect.gen(function* () {
      const id = yield* accepted({ prompt: "a", emulator_scenario: "stuck" })
      assert.strictEqual((yield* get(`/vidgen/${id}/video.mp4`)).status, 404)
      assert.strictEqual((yield* generate({ prompt: "a" }, {}, "/videos/edits")).status, 404)
      const extended = yield* accepted(
        { prompt: "a", video: { url: "https://e.com/a" } },
        "/videos/extensions"
      )
      assert.deepStrictEqual((yield* done(extended)).metadata.ignored_inputs, [{ field: "video" }])
    }).pipe(Effect.provide(layerTest({ concurrency: 2 })))
  )
})
