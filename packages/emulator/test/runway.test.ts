import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import RunwayML, { TaskFailedError } from "@runwayml/sdk"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { create, get, remove, runway, type Task, taskOf } from "./drivers/runway.ts"
import { call, json } from "./support/api.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "mutoscope-runway-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const client = (apiKey = "secret") =>
  Effect.map(Emulator, ({ urlOf }) => new RunwayML({ apiKey, baseURL: urlOf("runway"), maxRetries: 0 }))

const failing = (run: () => Promise<unknown>) =>
  Effect.flip(Effect.tryPromise({ try: run, catch: (cause) => cause }))

/** The loop of Runway's documentation, in a hurry: its own waits six seconds between two looks. */
const untilDone = async (client: RunwayML, id: string) => {
  let task = await client.tasks.retrieve(id)
  while (task.status === "PENDING" || task.status === "RUNNING") {
    await new Promise((resolve) => setTimeout(resolve, 20))
    task = await client.tasks.retrieve(id)
  }
  return task
}

const created = (body: object, path?: string) =>
  create(body, {}, path).pipe(
    Effect.flatMap(json),
    Effect.map((body) => runway.jobIn(body))
  )

const ended = (id: string): Effect.Effect<Task, unknown, Emulator> =>
  Effect.flatMap(Effect.flatMap(runway.poll(id), taskOf), (task) =>
    task.status === "PENDING" || task.status === "RUNNING"
      ? Effect.delay(ended(id), "5 millis")
      : Effect.succeed(task)
  )

const text = { model: "gen4.5", promptText: "a cat", ratio: "1280:720", duration: 2 } as const
const secret = layerTest({ apiKey: Redacted.make("secret") })

describe("Runway's own client", () => {
  it.scopedLive("creates, waits and saves", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "video.mp4")
      const runwayMl = yield* client()
      const task = yield* Effect.promise(() => runwayMl.textToVideo.create(text))
      assert.strictEqual(task.estimatedCost.credits, 24)
      yield* Effect.promise(() => untilDone(runwayMl, task.id))
      const done = yield* Effect.promise(() => runwayMl.tasks.retrieve(task.id).waitForTaskOutput())
      assert.deepStrictEqual(done.cost, { credits: 24 })
      assert.strictEqual(done.output.length, 1)
      // Outputs are fetched without the key.
      yield* Effect.promise(async () =>
        writeFile(path, Buffer.from(await (await fetch(done.output[0] ?? "")).arrayBuffer()))
      )
      const bytes = yield* Effect.promise(() => readFile(path))
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      assert.match(bytes.subarray(bytes.lastIndexOf("free")).toString(), /^free\d+ a cat$/)
      const [entry] = yield* (yield* Emulator).accepted
      assert.deepInclude(entry, { dialect: "runway", model: "gen4.5", operation: task.id })
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("begins with an image, and ends with another", () =>
    Effect.gen(function* () {
      const runwayMl = yield* client()
      const { id } = yield* Effect.promise(() =>
        runwayMl.imageToVideo.create({
          model: "veo3.1",
          promptText: "a cat",
          promptImage: [
            { uri: "https://example.com/a.png", position: "first" },
            { uri: "data:image/png;base64,AA==", position: "last" }
          ],
          ratio: "1080:1920",
          duration: 4,
          audio: false,
          negativePrompt: "dogs",
          seed: 7
        })
      )
      assert.strictEqual((yield* Effect.promise(() => untilDone(runwayMl, id))).status, "SUCCEEDED")
      const { metadata } = yield* Effect.flatMap(get(`/tasks/${id}`, runway.keyed("secret")), taskOf)
      assert.strictEqual(metadata.seed, 7)
      assert.deepStrictEqual(metadata.ignoredInputs, [
        { field: "promptImage[0]" },
        { field: "promptImage[1]" }
      ])
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("hears of tasks that failed, and why", () =>
    Effect.gen(function* () {
      const runwayMl = yield* client()
      const failure = (scenario: string) =>
        Effect.gen(function* () {
          const { id } = yield* Effect.promise(() =>
            runwayMl.textToVideo.create(text, { headers: { "x-emulator-scenario": scenario } })
          )
          yield* Effect.promise(() => untilDone(runwayMl, id))
          const error = yield* failing(() => runwayMl.tasks.retrieve(id).waitForTaskOutput())
          return error instanceof TaskFailedError ? error.taskDetails : undefined
        })
      assert.deepInclude(yield* failure("content-block"), {
        status: "FAILED",
        failureCode: "SAFETY.OUTPUT.VIDEO",
        cost: { credits: 24 }
      })
      assert.deepInclude(yield* failure("failure"), {
        status: "FAILED",
        failureCode: "INTERNAL.BAD_OUTPUT.CODE01",
        cost: { credits: 0 }
      })
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("deletes what runs and what is done, and then finds neither", () =>
    Effect.gen(function* () {
      const runwayMl = yield* client()
      const running = yield* Effect.promise(() =>
        runwayMl.textToVideo.create(text, { headers: { "x-emulator-scenario": "stuck" } })
      )
      const done = yield* Effect.promise(() => runwayMl.textToVideo.create(text))
      yield* Effect.promise(() => untilDone(runwayMl, done.id))
      for (const { id } of [running, done]) {
        yield* Effect.promise(() => runwayMl.tasks.delete(id))
        assert.instanceOf(yield* failing(() => runwayMl.tasks.retrieve(id)), RunwayML.NotFoundError)
        assert.instanceOf(yield* failing(() => runwayMl.tasks.delete(id)), RunwayML.NotFoundError)
      }
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("hears no in the words that it knows", () =>
    Effect.gen(function* () {
      const runwayMl = yield* client()
      const stranger = yield* client("guess")
      const refusal = (scenario: string) =>
        failing(() => runwayMl.textToVideo.create(text, { headers: { "x-emulator-scenario": scenario } }))
      const quota = yield* refusal("quota")
      assert.instanceOf(quota, RunwayML.BadRequestError)
      assert.match(String(quota), /not have enough credits/)
      assert.instanceOf(yield* refusal("rate-limit"), RunwayML.RateLimitError)
      assert.instanceOf(yield* refusal("unavailable"), RunwayML.InternalServerError)
      assert.instanceOf(yield* refusal("retired-model"), RunwayML.BadRequestError)
      assert.instanceOf(yield* refusal("reset"), RunwayML.APIConnectionError)
      assert.instanceOf(yield* failing(() => stranger.textToVideo.create(text)), RunwayML.AuthenticationError)
      const old = new RunwayML({
        apiKey: "secret",
        baseURL: (yield* Emulator).urlOf("runway"),
        runwayVersion: "2024-09-13",
        maxRetries: 0
      })
      assert.instanceOf(yield* failing(() => old.textToVideo.create(text)), RunwayML.BadRequestError)
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(secret))
  )
})

const Invalid = Schema.Struct({
  error: Schema.Literal("Validation of body failed"),
  issues: Schema.Array(Schema.Struct({ path: Schema.Array(Schema.String), message: Schema.String }))
})

describe("the Runway wire", () => {
  it.scopedLive.each([
    ["no prompt", {}, "promptText"],
    ["1002 UTF-16 units", { promptText: "\u{1F408}".repeat(501) }, "promptText"],
    ["a ratio that is none", { promptText: "a", ratio: "wide" }, "ratio"],
    ["61 seconds", { promptText: "a", duration: 61 }, "duration"],
    ["an image for a text", { promptText: "a", promptImage: "https://example.com/a.png" }, "promptImage"],
    ["a text for an image", { promptText: "a", model: "gen4_turbo" }, "model"],
    ["a ProRes", { promptText: "a", outputFormat: "prores" }, "outputFormat"],
    ["an unknown scenario", { promptText: "a", emulatorScenario: "flood" }, "emulatorScenario"]
  ] as const)("refuses %s and names the field", ([, body, field]) =>
    Effect.gen(function* () {
      const response = yield* create(body)
      assert.strictEqual(response.status, 400)
      const { issues } = yield* Effect.flatMap(json(response), Schema.decodeUnknown(Invalid))
      assert.deepStrictEqual(issues[0]?.path, [field])
      assert.strictEqual((yield* create({ promptText: "a" }, {}, "/image_to_video")).status, 400)
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("wants its version named", () =>
    Effect.gen(function* () {
      const response = yield* create({ promptText: "a" }, { "x-runway-version": "" })
      assert.strictEqual(response.status, 400)
      const { issues } = yield* Effect.flatMap(json(response), Schema.decodeUnknown(Invalid))
      assert.deepStrictEqual(issues[0]?.path, ["X-Runway-Version"])
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("tells how far a task is, as a fraction", () =>
    Effect.gen(function* () {
      const id = yield* created({ promptText: "a" })
      const waiting = yield* created({ promptText: "b" })
      const asked = (id: string) => Effect.flatMap(runway.poll(id), taskOf)
      const running = yield* Effect.repeat(Effect.delay(asked(id), "20 millis"), {
        until: ({ progress = 0 }) => progress > 0
      })
      assert.strictEqual(running.status, "RUNNING")
      assert.isBelow(running.progress ?? 1, 1)
      assert.deepInclude(yield* asked(waiting), { status: "PENDING", estimatedCost: { credits: 24 } })
      assert.strictEqual((yield* remove(waiting)).status, 204)
      assert.strictEqual((yield* remove(id)).status, 204)
    }).pipe(Effect.provide(layerTest({ renderTime: "20 seconds" })))
  )

  it.scopedLive.each([
    ["a pair of pixels", {}, { model: "seedance2", ratio: "1112:834" }],
    ["words", {}, { model: "grok_imagine_1_5", ratio: "1:1", resolution: "480p" }],
    ["a height", { promptImage: "https://e.com/a" }, { model: "happyhorse_1_0", resolution: "1080p" }],
    [
      "what its image is",
      { promptImage: [{ uri: "https://e.com/a" }] },
      { model: "wan3", ratio: "auto_480p" }
    ],
    ["Hailuo's heights", {}, { model: "hailuo3", ratio: "21:9", resolution: "768p" }]
  ] as const)("takes a size told as %s", ([, image, fields]) =>
    Effect.gen(function* () {
      const path = "promptImage" in image ? "/image_to_video" : "/text_to_video"
      const id = yield* created({ promptText: "a", ...image, ...fields }, path)
      assert.strictEqual((yield* ended(id)).status, "SUCCEEDED")
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("has no output before there is one, and says what it cannot do", () =>
    Effect.gen(function* () {
      const id = yield* created({ promptText: "a", emulatorScenario: "stuck" })
      assert.strictEqual((yield* get(`/outputs/${id}/video.mp4`)).status, 404)
      const url = (yield* Emulator).urlOf("runway")
      const headers = { "x-runway-version": "2024-11-06" }
      assert.strictEqual((yield* call(`${url}/v1/video_to_video`, { method: "POST", headers })).status, 404)
    }).pipe(Effect.provide(layerTest()))
  )
})
