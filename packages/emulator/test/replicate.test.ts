import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import Replicate from "replicate"
import { create, get, type Prediction, predictionOf, replicate } from "./drivers/replicate.ts"
import { json } from "./support/api.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "mutoscope-replicate-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const client = (auth = "secret") =>
  Effect.map(Emulator, ({ urlOf }) => new Replicate({ auth, baseUrl: urlOf("replicate") }))

const failing = (run: () => Promise<unknown>) =>
  Effect.flip(
    Effect.tryPromise({
      try: run,
      catch: (cause) => (cause instanceof Error ? cause.message : String(cause))
    })
  )

const model = "google/veo-3.1"
const version = "5c7d5dc6dd8bf75c1acaa8565735e7986bc5b66206b55cca93cb72c9bf15ccaa"
const wait = { mode: "poll", interval: 20 } as const

const ended = (id: string): Effect.Effect<Prediction, unknown, Emulator> =>
  Effect.flatMap(Effect.flatMap(replicate.poll(id), predictionOf), (prediction) =>
    prediction.completed_at === undefined ? Effect.delay(ended(id), "5 millis") : Effect.succeed(prediction)
  )

describe("Replicate's own client", () => {
  const secret = layerTest({ apiKey: Redacted.make("secret") })

  it.scopedLive("runs a model, and saves what it put out", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "video.mp4")
      const client_ = yield* client()
      const seen: Array<string> = []
      const output = yield* Effect.promise(() =>
        client_.run(
          model,
          { input: { prompt: "a cat", duration: 4, resolution: "720p" }, wait },
          ({ status }) => {
            seen.push(status)
          }
        )
      )
      assert.strictEqual(seen[0], "starting")
      assert.strictEqual(seen.at(-1), "succeeded")
      const address = yield* Schema.decodeUnknown(Schema.String)(output)
      const response = yield* Effect.promise(() => fetch(address))
      yield* Effect.promise(async () => writeFile(path, Buffer.from(await response.arrayBuffer())))
      const bytes = yield* Effect.promise(() => readFile(path))
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      assert.match(bytes.subarray(bytes.lastIndexOf("free")).toString(), /^free\d+ a cat$/)
      assert.deepStrictEqual(
        (yield* (yield* Emulator).accepted).map(({ dialect, model }) => [dialect, model]),
        [["replicate", model]]
      )
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("waits by itself, for a version and for a deployment", () =>
    Effect.gen(function* () {
      const client_ = yield* client()
      const byVersion = yield* Effect.promise(() =>
        client_.run(`acme/dreamer:${version}`, { input: { prompt: "a cat", duration: 2 } })
      )
      assert.match(String(byVersion), /\.mp4$/)
      const mine = yield* Effect.promise(async () =>
        client_.wait(
          await client_.deployments.predictions.create("acme", "mine", { input: { prompt: "a dog" } }),
          { interval: 20 }
        )
      )
      assert.strictEqual(mine.status, "succeeded")
      assert.deepStrictEqual(
        (yield* (yield* Emulator).accepted).map(({ model }) => model),
        [version, "deployments/acme/mine"]
      )
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("cancels, lists, and sees progress", () =>
    Effect.gen(function* () {
      const { predictions } = yield* client()
      const first = yield* Effect.promise(() => predictions.create({ model, input: { prompt: "a" } }))
      yield* Effect.sleep("5 millis")
      const second = yield* Effect.promise(() => predictions.create({ model, input: { prompt: "b" } }))
      const running = yield* Effect.repeat(
        Effect.delay(
          Effect.promise(() => predictions.get(first.id)),
          "20 millis"
        ),
        { until: ({ logs }) => /[1-9]\d?%\|#/.test(logs ?? "") }
      )
      assert.strictEqual(running.status, "processing")
      assert.strictEqual((yield* Effect.promise(() => predictions.get(second.id))).status, "starting")
      assert.strictEqual((yield* Effect.promise(() => predictions.cancel(first.id))).status, "canceled")
      assert.strictEqual((yield* Effect.promise(() => predictions.cancel(second.id))).status, "canceled")
      const { results } = yield* Effect.promise(() => predictions.list())
      assert.deepStrictEqual(
        results.map(({ id }) => id),
        [second.id, first.id]
      )
    }).pipe(Effect.provide(layerTest({ renderTime: "20 seconds" })))
  )

  it.scopedLive("hears no in the words that it knows", () =>
    Effect.gen(function* () {
      const client_ = yield* client()
      const stranger = yield* client("guess")
      const run = (emulator_scenario: string) =>
        failing(() => client_.run(model, { input: { prompt: "a cat", emulator_scenario }, wait }))
      assert.match(
        yield* run("content-block"),
        /^Prediction failed: The input or output was flagged as sensitive/
      )
      assert.match(yield* run("failure"), /^Prediction failed: The emulated model failed/)
      assert.match(yield* run("quota"), /status 402 .*insufficient credit/)
      assert.match(yield* run("unavailable"), /status 503/)
      assert.match(yield* run("retired-model"), /status 404/)
      assert.match(yield* failing(() => stranger.predictions.get("x")), /status 401/)
      const bad = yield* failing(() => client_.run(model, { input: { prompt: " " } }))
      assert.match(bad, /status 422 .*input\.prompt: must not be empty/)
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("tries again once it is throttled", () =>
    Effect.gen(function* () {
      const client_ = yield* client()
      const input = { prompt: "a cat", emulator_scenario: "rate-limit:1" }
      assert.match(String(yield* Effect.promise(() => client_.run(model, { input, wait }))), /\.mp4$/)
      assert.strictEqual((yield* (yield* Emulator).accepted).length, 1)
    }).pipe(Effect.provide(layerTest()))
  )
})

describe("Replicate's wire", () => {
  it.scopedLive("repeats the input, says what it did not look at, and where it all is", () =>
    Effect.gen(function* () {
      const { urlOf } = yield* Emulator
      const input = {
        prompt: "a cat",
        duration: 3,
        size: "480*832",
        image: "https://example.com/a.png",
        fps: 24
      }
      const response = yield* create({ input: { ...input, emulator_scenario: "slow:0" }, webhook: null })
      const { id } = yield* predictionOf(response)
      const prediction = yield* ended(id)
      assert.deepStrictEqual(prediction.input, input)
      assert.deepStrictEqual(prediction.ignored_inputs, [{ field: "image" }])
      assert.deepStrictEqual(prediction.urls, {
        get: `${urlOf("replicate")}/predictions/${id}`,
        cancel: `${urlOf("replicate")}/predictions/${id}/cancel`
      })
      assert.match(prediction.notice, /not the work of an AI model/)
      assert.isAtLeast(prediction.metrics.predict_time ?? -1, 0)
      assert.strictEqual((yield* get(`/delivery/${replicate.unknownJob}/output.mp4`)).status, 404)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each([
    ["no input", {}, /input/],
    ["no prompt", { input: {} }, /input\.prompt: must not be empty/],
    ["a length that is none", { input: { prompt: "a", duration: "long" } }, /input\.duration/],
    ["an odd size", { input: { prompt: "a", size: "720p" } }, /input\.size/]
  ] as const)("refuses %s and names the field", ([, body, expected]) =>
    Effect.gen(function* () {
      const response = yield* create(body)
      assert.strictEqual(response.status, 422)
      const { detail } = yield* Effect.flatMap(json(response), Schema.decodeUnknown(replicate.Refusal))
      assert.match(detail, expected)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("wants to know the version of what has no name", () =>
    Effect.gen(function* () {
      const response = yield* create({ input: { prompt: "a" } }, {}, "/predictions")
      assert.strictEqual(response.status, 422)
    }).pipe(Effect.provide(layerTest()))
  )
})
