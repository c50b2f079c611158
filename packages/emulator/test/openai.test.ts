import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import OpenAI from "openai"
import { create, createByForm, get, openai, remove, Video } from "./drivers/openai.ts"
import { call, json } from "./support/api.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "mutoscope-openai-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const videoOf = (response: Response) => Effect.flatMap(json(response), Schema.decodeUnknown(Video))

const created = (fields: object) => Effect.flatMap(create(fields), videoOf)

const retrieved = (id: string) => Effect.flatMap(openai.poll(id), videoOf)

const completed = (id: string): Effect.Effect<typeof Video.Type, unknown, Emulator> =>
  Effect.flatMap(retrieved(id), (video) =>
    video.status === "completed" ? Effect.succeed(video) : Effect.delay(completed(id), "5 millis")
  )

const Envelope = Schema.Struct({
  error: Schema.Struct({ message: Schema.String, param: Schema.NullOr(Schema.String) })
})

const errorOf = (response: Response) =>
  Effect.map(Effect.flatMap(json(response), Schema.decodeUnknown(Envelope)), ({ error }) => error)

/** The loop of OpenAI's documentation. */
const untilDone = async (client: OpenAI, first: OpenAI.Video) => {
  let video = first
  while (video.status === "queued" || video.status === "in_progress") {
    await new Promise((resolve) => setTimeout(resolve, 20))
    video = await client.videos.retrieve(video.id)
  }
  return video
}

const client = (apiKey = "secret") =>
  Effect.map(
    Emulator,
    ({ urlOf }) => new OpenAI({ apiKey, baseURL: urlOf("openai"), maxRetries: 0, organization: null })
  )

const failing = (run: () => Promise<unknown>) =>
  Effect.flip(Effect.tryPromise({ try: run, catch: (cause) => cause }))

describe("OpenAI's own client", () => {
  const secret = layerTest({ apiKey: Redacted.make("secret") })

  it.scopedLive("creates, waits and saves", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "video.mp4")
      const openAi = yield* client()
      const video = yield* Effect.promise(async () =>
        untilDone(
          openAi,
          await openAi.videos.create({ prompt: "a cat", model: "sora-2", seconds: "8", size: "1280x720" })
        )
      )
      assert.deepInclude(video, {
        object: "video",
        model: "sora-2",
        status: "completed",
        progress: 100,
        seconds: "8",
        size: "1280x720",
        error: null
      })
      yield* Effect.promise(async () =>
        writeFile(path, Buffer.from(await (await openAi.videos.downloadContent(video.id)).arrayBuffer()))
      )
      const bytes = yield* Effect.promise(() => readFile(path))
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      assert.match(bytes.subarray(bytes.lastIndexOf("free")).toString(), /^free\d+ a cat$/)
      assert.deepStrictEqual(
        (yield* (yield* Emulator).accepted).map(({ dialect, model, operation }) => [
          dialect,
          model,
          operation
        ]),
        [["openai", "sora-2", video.id]]
      )
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("sends a picture, which the answer says is not looked at", () =>
    Effect.gen(function* () {
      const openAi = yield* client()
      const file = new File(["picture"], "first.png", { type: "image/png" })
      const withFile = yield* Effect.promise(() =>
        openAi.videos.create({ prompt: "a cat", input_reference: file })
      )
      const withUrl = yield* Effect.promise(() =>
        openAi.videos.create({
          prompt: "a cat",
          input_reference: { image_url: "data:image/png;base64,AA==" }
        })
      )
      assert.deepStrictEqual((yield* answered(withFile.id)).metadata.ignored_inputs, [
        { field: "input_reference", bytes: 7, mimeType: "image/png" }
      ])
      assert.deepStrictEqual((yield* answered(withUrl.id)).metadata.ignored_inputs, [
        { field: "input_reference" }
      ])
    }).pipe(Effect.provide(secret))
  )

  const answered = (id: string) => Effect.flatMap(get(`/videos/${id}`, openai.keyed("secret")), videoOf)

  it.scopedLive("lists by the page, and deletes", () =>
    Effect.gen(function* () {
      const openAi = yield* client()
      const ids: Array<string> = []
      for (const prompt of ["a", "b", "c"]) {
        ids.unshift((yield* Effect.promise(() => openAi.videos.create({ prompt }))).id)
        yield* Effect.sleep("2 millis")
      }
      const all = (order: "asc" | "desc") =>
        Effect.promise(async () => {
          const found: Array<string> = []
          for await (const { id } of openAi.videos.list({ limit: 2, order })) found.push(id)
          return found
        })
      assert.deepStrictEqual(yield* all("desc"), ids)
      assert.deepStrictEqual(yield* all("asc"), ids.toReversed())
      const [newest = "", ...others] = ids
      assert.deepInclude(yield* Effect.promise(() => openAi.videos.delete(newest)), {
        id: newest,
        deleted: true
      })
      assert.deepStrictEqual(yield* all("desc"), others)
      assert.instanceOf(yield* failing(() => openAi.videos.retrieve(newest)), OpenAI.NotFoundError)
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("sees models", () =>
    Effect.gen(function* () {
      const openAi = yield* client()
      const models = yield* Effect.promise(() => openAi.models.list())
      assert.include(
        models.data.map(({ id }) => id),
        "sora-2"
      )
      assert.strictEqual((yield* Effect.promise(() => openAi.models.retrieve("sora-2"))).object, "model")
      assert.instanceOf(yield* failing(() => openAi.models.retrieve("gpt")), OpenAI.NotFoundError)
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("hears no in the words that it knows", () =>
    Effect.gen(function* () {
      const openAi = yield* client()
      const stranger = yield* client("guess")
      const refusal = (scenario: string) =>
        failing(() =>
          openAi.videos.create({ prompt: "a cat" }, { headers: { "x-emulator-scenario": scenario } })
        )
      const quota = yield* refusal("quota")
      assert.instanceOf(quota, OpenAI.RateLimitError)
      assert.propertyVal(quota, "code", "insufficient_quota")
      assert.propertyVal(yield* refusal("rate-limit"), "code", "rate_limit_exceeded")
      assert.instanceOf(yield* refusal("unavailable"), OpenAI.InternalServerError)
      assert.propertyVal(yield* refusal("retired-model"), "code", "model_not_found")
      assert.instanceOf(yield* refusal("reset"), OpenAI.APIConnectionError)
      assert.instanceOf(
        yield* failing(() => stranger.videos.create({ prompt: "a cat" })),
        OpenAI.AuthenticationError
      )
      const bad = yield* failing(() => openAi.videos.create({ prompt: " " }))
      assert.instanceOf(bad, OpenAI.BadRequestError)
      assert.propertyVal(bad, "param", "prompt")
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(secret))
  )
})

describe("the OpenAI wire", () => {
  it.scopedLive("takes the same as JSON and as a form", () =>
    Effect.gen(function* () {
      const fields = { prompt: "a cat", model: "wan", size: "640x360", seconds: "3", seed: 7 }
      const byJson = yield* created({ ...fields, seconds: 3, generate_sound: false, input_reference: null })
      const byForm = yield* Effect.flatMap(
        createByForm({ ...fields, seed: "7", generate_sound: "false", "extra[x]": "y" }),
        videoOf
      )
      for (const { id } of [byJson, byForm]) {
        const video = yield* completed(id)
        assert.deepInclude(video, { model: "wan", size: "640x360", seconds: "3", prompt: "a cat" })
        assert.strictEqual(video.metadata.seed, 7)
        assert.match(video.metadata.notice, /not the work of an AI model/)
        assert.isUndefined(video.metadata.ignored_inputs)
        assert.isAtLeast(video.completed_at ?? 0, video.created_at)
        assert.strictEqual(video.expires_at, (video.completed_at ?? 0) + 48 * 3600)
      }
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each([
    ["no prompt", {}, "prompt"],
    ["seconds that are none", { prompt: "a", seconds: "long" }, "seconds"],
    ["61 seconds", { prompt: "a", seconds: 61 }, "seconds"],
    ["an odd size", { prompt: "a", size: "1281x720" }, "size"],
    ["a size that is none", { prompt: "a", size: "720p" }, "size"],
    ["half a seed", { prompt: "a", seed: 0.5 }, "seed"],
    ["an unknown scenario", { prompt: "a", emulator_scenario: "flood" }, "emulator_scenario"]
  ] as const)("refuses %s and names the field", ([, body, field]) =>
    Effect.gen(function* () {
      const response = yield* create(body)
      assert.strictEqual(response.status, 400)
      assert.strictEqual((yield* errorOf(response)).param, field)
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each([
    ["plain text", "text/plain"],
    ["a form of a page", "application/x-www-form-urlencoded"],
    ["a form without a boundary", "multipart/form-data"],
    ["a form that is none", "multipart/form-data; boundary=x"]
  ] as const)("refuses %s", ([, type]) =>
    Effect.gen(function* () {
      const response = yield* create('{"prompt": "a"}', { "content-type": type })
      assert.strictEqual(response.status, 400)
      assert.match((yield* errorOf(response)).message, /cannot be read/)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("has no content before there is any, and no other variants", () =>
    Effect.gen(function* () {
      const { id } = yield* created({ prompt: "a", emulator_scenario: "stuck" })
      const early = yield* openai.download(id)
      assert.strictEqual(early.status, 404)
      assert.match((yield* errorOf(early)).message, /not ready/)
      const { id: done } = yield* created({ prompt: "a" })
      yield* completed(done)
      assert.strictEqual((yield* get(`/videos/${done}/content?variant=thumbnail`)).status, 400)
      assert.strictEqual((yield* get(`/videos/${done}/content?variant=video`)).status, 200)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("reports progress, and stops and forgets what is deleted", () =>
    Effect.gen(function* () {
      const { id } = yield* created({ prompt: "a" })
      const waiting = yield* created({ prompt: "b" })
      const running = yield* Effect.repeat(Effect.delay(retrieved(id), "20 millis"), {
        until: ({ progress }) => progress >= 10
      })
      assert.strictEqual(running.status, "in_progress")
      assert.isBelow(running.progress, 100)
      assert.strictEqual((yield* retrieved(waiting.id)).status, "queued")
      assert.strictEqual((yield* remove(id)).status, 200)
      assert.strictEqual((yield* remove(id)).status, 404)
      assert.strictEqual((yield* openai.download(id)).status, 404)
      // Its place is free for the next one.
      yield* Effect.repeat(Effect.delay(retrieved(waiting.id), "20 millis"), {
        until: ({ status }) => status === "in_progress"
      })
      yield* remove(waiting.id)
    }).pipe(Effect.provide(layerTest({ renderTime: "20 seconds" })))
  )

  it.scopedLive("says what it cannot do", () =>
    Effect.gen(function* () {
      const url = (yield* Emulator).urlOf("openai")
      for (const path of [
        "/videos/video_1/remix",
        "/videos/edits",
        "/videos/extensions",
        "/videos/characters"
      ]) {
        const response = yield* call(`${url}${path}`, { method: "POST" })
        assert.strictEqual(response.status, 404)
        assert.match((yield* errorOf(response)).message, /nothing that the emulator can do/)
      }
      for (const query of ["limit=0", "limit=many", "order=up"]) {
        assert.strictEqual((yield* get(`/videos?${query}`)).status, 400)
      }
      assert.strictEqual((yield* get("/videos?after=video_1")).status, 404)
    }).pipe(Effect.provide(layerTest()))
  )
})
