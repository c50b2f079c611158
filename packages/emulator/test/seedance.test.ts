/** Ark has no client of its own for JavaScript; the AI SDK's 1.0.29 runs on Node 20. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createByteDance } from "@ai-sdk/bytedance"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { create, get, Refusal, remove, seedance, type Task, taskOf, text } from "./drivers/seedance.ts"
import { call, json } from "./support/api.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "mutoscope-seedance-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const two = "dreamina-seedance-2-0-260128"

const video = (model = two, apiKey = "secret") =>
  Effect.map(Emulator, ({ urlOf }) => createByteDance({ apiKey, baseURL: urlOf("seedance") }).video(model))

type Call = Parameters<ReturnType<ReturnType<typeof createByteDance>["video"]>["doGenerate"]>[0]

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

/** A generation as `generateVideo` asks for one; `options` are ByteDance's own. */
const asked = (
  fields: Partial<Call> = {},
  options: NonNullable<Call["providerOptions"]>[string] = {}
): Call => ({
  ...nothing,
  prompt: "a cat",
  n: 1,
  duration: 4,
  ...fields,
  providerOptions: { bytedance: { pollIntervalMs: 10, ...options } }
})

const failing = (run: () => PromiseLike<unknown>) =>
  Effect.flip(Effect.tryPromise({ try: async () => run(), catch: (cause) => cause }))

const accepted = (body: object) =>
  Effect.map(Effect.flatMap(create(body), json), (body) => seedance.jobIn(body))

const task = (id: string, headers = {}) => Effect.flatMap(get(`/${id}`, headers), taskOf)

const ended = (id: string): Effect.Effect<Task, unknown, Emulator> =>
  Effect.flatMap(task(id), (found) =>
    found.status === "queued" || found.status === "running"
      ? Effect.delay(ended(id), "5 millis")
      : Effect.succeed(found)
  )

const refusalOf = (response: Response) =>
  Effect.map(Effect.flatMap(json(response), Schema.decodeUnknown(Refusal)), ({ error }) => error)

const secret = layerTest({ apiKey: Redacted.make("secret") })
const url = "https://example.com/a.png"

describe("the AI SDK's client of ByteDance", () => {
  it.scopedLive("creates, waits and saves", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "video.mp4")
      const dreamina = yield* video()
      const { providerMetadata, videos, warnings } = yield* Effect.promise(async () =>
        dreamina.doGenerate(
          asked(
            { aspectRatio: "16:9", resolution: "864x496", seed: 7 },
            { generateAudio: false, watermark: true, returnLastFrame: false }
          )
        )
      )
      assert.deepStrictEqual(warnings, [])
      const [entry] = yield* (yield* Emulator).accepted
      assert.deepStrictEqual(providerMetadata?.["bytedance"], {
        taskId: entry?.operation,
        usage: { completion_tokens: (864 * 496 * 24 * 4) / 1024 }
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
      assert.deepInclude(entry, { dialect: "seedance", model: two })
      assert.deepInclude(yield* task(entry?.operation ?? "", seedance.keyed("secret")), {
        status: "succeeded",
        model: two,
        seed: 7,
        resolution: "480p",
        ratio: "16:9",
        duration: 4,
        generate_audio: false,
        service_tier: "default"
      })
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("sends frames and references", () =>
    Effect.gen(function* () {
      const dreamina = yield* video()
      const sent = (fields: Partial<Call>, options = {}) =>
        Effect.gen(function* () {
          const made = yield* Effect.promise(async () => dreamina.doGenerate(asked(fields, options)))
          const { taskId } = Schema.decodeUnknownSync(Schema.Struct({ taskId: Schema.String }))(
            made.providerMetadata?.["bytedance"]
          )
          const { metadata } = yield* task(taskId, seedance.keyed("secret"))
          return metadata.ignored_inputs?.map(({ field }) => field)
        })
      const image = { type: "url", url } as const
      assert.deepStrictEqual(yield* sent({ image }), ["content[1].image_url"])
      assert.deepStrictEqual(yield* sent({ image, prompt: undefined }), ["content[0].image_url"])
      assert.deepStrictEqual(yield* sent({ image }, { lastFrameImage: url }), [
        "content[1].image_url",
        "content[2].image_url"
      ])
      assert.deepStrictEqual(
        yield* sent({}, { referenceImages: [url, url], referenceVideos: [url], referenceAudio: [url] }),
        ["content[1].image_url", "content[2].image_url", "content[3].video_url", "content[4].audio_url"]
      )
      const mixed = yield* failing(() => dreamina.doGenerate(asked({ image }, { referenceAudio: [url] })))
      assert.propertyVal(mixed, "statusCode", 400)
      assert.match(String(mixed), /cannot be mixed/)
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("hears how jobs end that come to nothing", () =>
    Effect.gen(function* () {
      const dreamina = yield* video()
      const end = (scenario: string) =>
        failing(() => dreamina.doGenerate({ ...asked(), headers: { "x-emulator-scenario": scenario } }))
      // It does not say why.
      for (const scenario of ["content-block", "failure"]) {
        const failed = yield* end(scenario)
        assert.propertyVal(failed, "name", "BYTEDANCE_VIDEO_GENERATION_FAILED")
        assert.match(String(failed), /"status":"failed"/)
      }
      assert.match(String(yield* end("empty-result")), /No video URL/)
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("hears no in the words that it knows", () =>
    Effect.gen(function* () {
      const dreamina = yield* video()
      const stranger = yield* video(undefined, "guess")
      const refusal = (scenario: string) =>
        failing(() => dreamina.doGenerate({ ...asked(), headers: { "x-emulator-scenario": scenario } }))
      const quota = yield* refusal("quota")
      assert.propertyVal(quota, "statusCode", 429)
      assert.match(String(quota), /The quota for dreamina-seedance-2-0-260128 is used up/)
      assert.propertyVal(yield* refusal("rate-limit"), "isRetryable", true)
      assert.propertyVal(yield* refusal("unavailable"), "statusCode", 503)
      assert.propertyVal(yield* refusal("retired-model"), "statusCode", 404)
      assert.propertyVal(yield* failing(() => stranger.doGenerate(asked())), "statusCode", 401)
      // An option that the client does not know goes into the body as it is.
      const unknown = yield* failing(() => dreamina.doGenerate(asked({}, { loop: true })))
      assert.propertyVal(unknown, "statusCode", 400)
      assert.match(String(unknown), /loop/)
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(secret))
  )
})

const image = (role?: string) => ({
  type: "image_url",
  image_url: { url },
  ...(role === undefined ? {} : { role })
})
const cat = { content: [text("a cat")] }
const content = (...parts: ReadonlyArray<object>) => ({ content: [text("a cat"), ...parts] })
const [five, fast, one] = [
  { model: "dreamina-seedance-2-5-260628" },
  { model: "dreamina-seedance-2-0-fast-260128" },
  { model: "doubao-seedance-1-0-pro-250528" }
]

describe("the Seedance wire", () => {
  it.scopedLive("cancels what waits, deletes what has ended, and leaves alone what runs", () =>
    Effect.gen(function* () {
      const running = yield* accepted(cat)
      const waiting = yield* accepted(cat)
      yield* Effect.repeat(Effect.delay(task(running), "5 millis"), {
        until: ({ status }) => status === "running"
      })
      assert.strictEqual((yield* task(waiting)).status, "queued")
      const tooLate = yield* remove(running)
      assert.strictEqual(tooLate.status, 409)
      assert.strictEqual((yield* refusalOf(tooLate)).code, "InvalidAction.RunningTaskDeletion")
      assert.strictEqual((yield* task(running)).status, "running")
      const cancelled = yield* remove(waiting)
      assert.strictEqual(cancelled.status, 200)
      assert.deepStrictEqual(yield* json(cancelled), {})
      assert.strictEqual((yield* task(waiting)).status, "cancelled")
      assert.strictEqual((yield* remove(waiting)).status, 409)
    }).pipe(Effect.provide(layerTest({ renderTime: "20 seconds" })))
  )

  it.scopedLive("forgets what is deleted, with its video", () =>
    Effect.gen(function* () {
      const { content, id } = yield* Effect.flatMap(accepted(cat), ended)
      assert.strictEqual((yield* call(content?.video_url ?? "")).status, 200)
      assert.strictEqual((yield* remove(id)).status, 200)
      assert.strictEqual((yield* get(`/${id}`)).status, 404)
      assert.strictEqual((yield* remove(id)).status, 404)
      assert.strictEqual((yield* call(content?.video_url ?? "")).status, 404)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("lists tasks a page at a time, the newest first, and those of the other tier apart", () =>
    Effect.gen(function* () {
      const old = yield* accepted(cat)
      yield* ended(old)
      const flex = yield* accepted({ ...cat, ...one, service_tier: "flex" })
      const stuck = yield* accepted({ ...cat, ...fast, emulator_scenario: "stuck" })
      const List = Schema.Struct({
        total: Schema.Int,
        items: Schema.Array(Schema.Struct({ id: Schema.String }))
      })
      const listed = (query: string) =>
        get(query).pipe(
          Effect.flatMap(json),
          Effect.flatMap(Schema.decodeUnknown(List)),
          Effect.map(({ items, total }) => [total, ...items.map(({ id }) => id)])
        )
      assert.deepStrictEqual(yield* listed(""), [2, stuck, old])
      assert.deepStrictEqual(yield* listed("?page_num=2&page_size=1"), [2, old])
      assert.deepStrictEqual(yield* listed("?filter.status=queued"), [1, stuck])
      assert.deepStrictEqual(yield* listed(`?filter.model=${two}`), [1, old])
      assert.deepStrictEqual(yield* listed("?filter.service_tier=flex"), [1, flex])
      assert.strictEqual((yield* get("?page_num=0")).status, 400)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each<[string, object, string]>([
    ["no content", { content: [] }, "content"],
    ["an empty text", { content: [text(" ")] }, "content[0].text"],
    ["a part of no known type", { content: [{ type: "draft_task" }] }, "content[0].type"],
    ["a part without what it is", content({ type: "image_url" }), "content[1].image_url"],
    [
      "a video that is no reference",
      content({ type: "video_url", video_url: { url }, role: "first_frame" }),
      "content[1].role"
    ],
    ["two images without roles", content(image(), image()), "content"],
    ["two first frames", content(image("first_frame"), image("first_frame")), "content"],
    ["a last frame alone", content(image("last_frame")), "content"],
    ["a frame with references", content(image("first_frame"), image("reference_image")), "content"],
    ["a ratio of nobody", { ...cat, ratio: "5:1" }, "ratio"],
    ["2k", { ...cat, resolution: "2k" }, "resolution"],
    ["half seconds", { ...cat, duration: 4.5 }, "duration"],
    ["a seed below -1", { ...cat, seed: -2 }, "seed"],
    ["a field of nobody", { ...cat, loop: true }, "loop"],
    ["an unknown scenario", { ...cat, emulator_scenario: "flood" }, "emulator_scenario"],
    ["sixteen seconds of 2.0", { ...cat, duration: 16 }, "duration"],
    ["1080p of the fast one", { ...cat, ...fast, resolution: "1080P" }, "resolution"],
    ["sound of 1.0", { ...cat, ...one, generate_audio: true }, "generate_audio"],
    ["a length of its own choice of 1.0", { ...cat, ...one, duration: -1 }, "duration"],
    ["references of 1.0", { ...content(image("reference_image")), ...one }, "content"],
    ["the cheap tier of 2.0", { ...cat, service_tier: "flex" }, "service_tier"],
    ["a fixed camera of 2.5", { ...cat, ...five, camera_fixed: false }, "camera_fixed"],
    ["a ratio beside a frame of 2.5", { ...content(image()), ...five, ratio: "16:9" }, "ratio"]
  ])("refuses %s and names the field", ([, body, field]) =>
    Effect.gen(function* () {
      const response = yield* create(body)
      assert.strictEqual(response.status, 400)
      assert.deepInclude(yield* refusalOf(response), {
        code: "InvalidParameter",
        param: field,
        type: "BadRequest"
      })
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each<[string, object, object]>([
    ["all that there is", { ...cat, resolution: "4K", duration: -1, seed: -1 }, { resolution: "4k" }],
    ["an upright picture", { ...cat, ratio: "3:4" }, { ratio: "3:4", duration: 4, generate_audio: true }],
    [
      "a frame that says the shape",
      { ...content(image()), ...five, ratio: "adaptive", duration: 30 },
      { duration: 30 }
    ],
    ["a count of frames", { ...cat, ...one, frames: 49 }, { duration: 2, generate_audio: false }],
    ["an endpoint of one's own", { ...cat, model: "ep-2026-xyz", duration: 2 }, { model: "ep-2026-xyz" }]
  ])("takes %s", ([, body, said]) =>
    Effect.gen(function* () {
      const done = yield* Effect.flatMap(accepted(body), ended)
      assert.deepInclude(done, { status: "succeeded", ...said })
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("counts tokens by the models' own sizes", () =>
    Effect.gen(function* () {
      const tokens = (body: object) =>
        Effect.map(Effect.flatMap(accepted({ ...cat, ...body }), ended), ({ usage }) => usage?.total_tokens)
      assert.strictEqual(yield* tokens({}), 4 * 21_600)
      assert.strictEqual(yield* tokens({ ratio: "9:16", resolution: "480p" }), (496 * 864 * 24 * 4) / 1024)
      assert.strictEqual(yield* tokens({ resolution: "4k" }), (3840 * 2160 * 24 * 4) / 1024)
    }).pipe(Effect.provide(layerTest()))
  )
})
