import { mkdtemp, open, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import { OpenRouter } from "@openrouter/sdk"
import * as Errors from "@openrouter/sdk/models/errors"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { type Generation, generate, generationOf, get, openrouter } from "./drivers/openrouter.ts"
import { bytesOf, call, json } from "./support/api.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "mutoscope-openrouter-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const polled = (id: string) => Effect.flatMap(openrouter.poll(id), generationOf)

const ended = (id: string, headers = {}): Effect.Effect<Generation, unknown, Emulator> =>
  Effect.flatMap(Effect.flatMap(openrouter.poll(id, headers), generationOf), (generation) =>
    generation.status === "pending" || generation.status === "in_progress"
      ? Effect.delay(ended(id, headers), "5 millis")
      : Effect.succeed(generation)
  )

const generated = (body: object) => Effect.flatMap(generate(body), generationOf)

const messageOf = (response: Response) =>
  Effect.map(
    Effect.flatMap(
      json(response),
      Schema.decodeUnknown(Schema.Struct({ error: Schema.Struct({ message: Schema.String }) }))
    ),
    ({ error }) => error.message
  )

const client = (apiKey = "secret") =>
  Effect.map(
    Emulator,
    ({ urlOf }) =>
      new OpenRouter({ apiKey, serverURL: urlOf("openrouter"), retryConfig: { strategy: "none" } })
  )

const failing = (run: () => Promise<unknown>) =>
  Effect.flip(Effect.tryPromise({ try: run, catch: (cause) => cause }))

const untilDone = async ({ videoGeneration }: OpenRouter, jobId: string) => {
  let generation = await videoGeneration.getGeneration({ jobId })
  while (generation.status === "pending" || generation.status === "in_progress") {
    await new Promise((resolve) => setTimeout(resolve, 20))
    generation = await videoGeneration.getGeneration({ jobId })
  }
  return generation
}

describe("OpenRouter's own client", () => {
  const secret = layerTest({ apiKey: Redacted.make("secret") })

  it.scopedLive("generates, waits and saves", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "video.mp4")
      const openRouter = yield* client()
      const submitted = yield* Effect.promise(() =>
        openRouter.videoGeneration.generate({
          videoGenerationRequest: {
            model: "google/veo-3.1",
            prompt: "a cat",
            duration: 8,
            resolution: "1080p",
            aspectRatio: "9:16",
            generateAudio: false
          }
        })
      )
      assert.strictEqual(submitted.status, "pending")
      const generation = yield* Effect.promise(() => untilDone(openRouter, submitted.id))
      assert.strictEqual(generation.status, "completed")
      assert.deepStrictEqual(generation.usage, { cost: 3.2, isByok: false })
      yield* Effect.promise(async () => {
        const file = await open(path, "w")
        const content = await openRouter.videoGeneration.getVideoContent({ jobId: submitted.id, index: 0 })
        for await (const chunk of content) await file.write(chunk)
        await file.close()
      })
      const bytes = yield* Effect.promise(() => readFile(path))
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      assert.match(bytes.subarray(bytes.lastIndexOf("free")).toString(), /^free\d+ a cat$/)
      assert.deepStrictEqual(
        (yield* (yield* Emulator).accepted).map(({ dialect, operation }) => [dialect, operation]),
        [["openrouter", submitted.id]]
      )
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("reads the catalogue, in which not everything is known", () =>
    Effect.gen(function* () {
      const openRouter = yield* client()
      const { data } = yield* Effect.promise(() => openRouter.videoGeneration.listVideosModels())
      const durations = new Map(data.map(({ id, supportedDurations }) => [id, supportedDurations]))
      assert.deepStrictEqual(durations.get("google/veo-3.1"), [4, 6, 8])
      assert.isNull(durations.get("x-ai/grok-imagine-video"))
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("chooses a scenario in the body", () =>
    Effect.gen(function* () {
      const openRouter = yield* client()
      const { id } = yield* Effect.promise(() =>
        openRouter.videoGeneration.generate({
          videoGenerationRequest: {
            model: "mutoscope/emulator",
            prompt: "a cat",
            provider: { options: { fakeProvider: { emulator_scenario: "failure" } } }
          }
        })
      )
      const { error, status } = yield* Effect.promise(() => untilDone(openRouter, id))
      assert.strictEqual(status, "failed")
      assert.match(error ?? "", /emulated model failed/)
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("hears no in the words that it knows", () =>
    Effect.gen(function* () {
      const openRouter = yield* client()
      const ask = (as: OpenRouter, prompt: string, headers = {}) =>
        failing(() =>
          as.videoGeneration.generate(
            { videoGenerationRequest: { model: "mutoscope/emulator", prompt } },
            { headers }
          )
        )
      const refusal = (scenario: string) => ask(openRouter, "a cat", { "x-emulator-scenario": scenario })
      assert.instanceOf(yield* refusal("quota"), Errors.PaymentRequiredResponseError)
      assert.instanceOf(yield* refusal("rate-limit"), Errors.TooManyRequestsResponseError)
      assert.instanceOf(yield* refusal("retired-model"), Errors.NotFoundResponseError)
      assert.instanceOf(yield* ask(openRouter, " "), Errors.BadRequestResponseError)
      assert.instanceOf(yield* ask(yield* client("guess"), "a"), Errors.UnauthorizedResponseError)
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("hears whether a video is not there yet, or not any more", () =>
    Effect.gen(function* () {
      const { videoGeneration } = yield* client()
      const content = (scenario: string) =>
        Effect.gen(function* () {
          const provider = { options: { "fake-provider": { emulator_scenario: scenario } } }
          const { id } = yield* Effect.flatMap(
            generate({ prompt: "a cat", provider }, openrouter.keyed("secret")),
            generationOf
          )
          if (scenario !== "stuck") yield* ended(id, openrouter.keyed("secret"))
          return yield* failing(() => videoGeneration.getVideoContent({ jobId: id }))
        })
      assert.instanceOf(yield* content("stuck"), Errors.ConflictResponseError)
      assert.instanceOf(yield* content("expired-file"), Errors.GoneResponseError)
      assert.instanceOf(yield* content("content-block"), Errors.NotFoundResponseError)
    }).pipe(Effect.provide(secret))
  )
})

describe("the OpenRouter wire", () => {
  it.scopedLive("answers with where to ask, as a path, and with an address that wants the key", () =>
    Effect.gen(function* () {
      const key = openrouter.keyed("s3cret")
      const { url } = yield* Emulator
      const { id, polling_url, ...rest } = yield* Effect.flatMap(
        generate({ prompt: "a cat" }, key),
        generationOf
      )
      assert.strictEqual(polling_url, `/openrouter/api/v1/videos/${id}`)
      assert.deepStrictEqual(rest, { status: "pending" })
      yield* Effect.repeat(Effect.flatMap(call(`${url}${polling_url}`, { headers: key }), generationOf), {
        until: ({ status }) => status === "completed"
      })
      const { unsigned_urls } = yield* Effect.flatMap(openrouter.poll(id, key), generationOf)
      const address = unsigned_urls?.[0] ?? ""
      assert.strictEqual((yield* call(address)).status, 401)
      const response = yield* call(address, { headers: key })
      assert.strictEqual((yield* bytesOf(response)).subarray(4, 8).toString(), "ftyp")
      assert.strictEqual((yield* call(address.replace("index=0", "index=1"), { headers: key })).status, 404)
      // The catalogue is for everybody.
      assert.strictEqual((yield* get("/videos/models")).status, 200)
    }).pipe(Effect.provide(layerTest({ apiKey: Redacted.make("s3cret") })))
  )

  it.scopedLive("names the address that a proxy has", () =>
    Effect.gen(function* () {
      const { id, polling_url } = yield* generated({ prompt: "a cat" })
      assert.strictEqual(polling_url, `/emulator/openrouter/api/v1/videos/${id}`)
      assert.deepStrictEqual((yield* ended(id)).unsigned_urls, [
        `https://videos.example/emulator/openrouter/api/v1/videos/${id}/content?index=0`
      ])
    }).pipe(Effect.provide(layerTest({ publicUrl: "https://videos.example/emulator" })))
  )

  it.scopedLive("tells what it did not look at, and goes on only with what is done", () =>
    Effect.gen(function* () {
      const image_url = { url: "data:image/png;base64,AA==" }
      const first = yield* generated({
        prompt: "a cat",
        seed: 7,
        frame_images: [{ type: "image_url", image_url, frame_type: "first_frame" }],
        input_references: [{ type: "image_url", image_url }],
        callback_url: "https://example.com/hook"
      })
      const { metadata } = yield* ended(first.id)
      assert.strictEqual(metadata?.seed, 7)
      assert.match(metadata?.notice ?? "", /not the work of an AI model/)
      assert.deepStrictEqual(
        metadata?.ignored_inputs?.map(({ field }) => field),
        ["frame_images[0]", "input_references[0]"]
      )
      const again = yield* generate({ prompt: "more", previous_job_id: first.id })
      assert.strictEqual(again.status, 202)
      const other = { model: "google/veo-3.1", prompt: "more", previous_job_id: first.id }
      assert.strictEqual((yield* generate(other)).status, 400)
      const stuck = yield* Effect.flatMap(openrouter.submit("a", { scenario: "stuck" }), generationOf)
      assert.strictEqual((yield* generate({ prompt: "more", previous_job_id: stuck.id })).status, 409)
      assert.strictEqual(
        (yield* generate({ prompt: "more", previous_job_id: openrouter.unknownJob })).status,
        404
      )
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each([
    ["no prompt", {}, /prompt/],
    ["an unknown model", { prompt: "a", model: "google/veo-9" }, /google\/veo-9 is not a valid model ID/],
    ["a bad resolution", { prompt: "a", resolution: "8K" }, /resolution/],
    ["an odd size", { prompt: "a", size: "15x15" }, /size/],
    ["a plain callback", { prompt: "a", callback_url: "http://example.com" }, /callback_url/],
    ["seconds that a model cannot", { prompt: "a", model: "google/veo-3.1", duration: 5 }, /4, 6, 8/],
    ["a ratio that it cannot", { prompt: "a", model: "google/veo-3.1", aspect_ratio: "1:1" }, /aspect_ratio/]
  ] as const)("refuses %s", ([, body, message]) =>
    Effect.gen(function* () {
      const response = yield* generate(body)
      assert.strictEqual(response.status, 400)
      assert.match(yield* messageOf(response), message)
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("takes anything of a model of which nothing is known", () =>
    Effect.gen(function* () {
      const model = "x-ai/grok-imagine-video"
      const odd = yield* generated({
        prompt: "a",
        model,
        duration: 7,
        aspect_ratio: "21:9",
        resolution: "360p"
      })
      assert.deepStrictEqual((yield* ended(odd.id)).usage, { cost: 0.49, is_byok: false })
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("cannot cancel", () =>
    Effect.gen(function* () {
      const { id } = yield* Effect.flatMap(openrouter.submit("a", { scenario: "stuck" }), generationOf)
      const url = `${(yield* Emulator).urlOf("openrouter")}/videos/${id}`
      assert.strictEqual((yield* call(url, { method: "DELETE" })).status, 404)
      assert.strictEqual((yield* polled(id)).status, "pending")
    }).pipe(Effect.provide(layerTest()))
  )
})
