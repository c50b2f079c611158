import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { ApiError, createFalClient, type FalClient, type QueueStatus, ValidationError } from "@fal-ai/client"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import {
  cancel,
  Enqueued,
  enqueue,
  fal,
  get,
  model,
  Output,
  outputOf,
  Refusal,
  Status
} from "./drivers/fal.ts"
import { json } from "./support/api.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "mutoscope-fal-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** It knows fal's hosts alone; its middleware is where requests are sent elsewhere. */
const client = (credentials = "id:secret"): Effect.Effect<FalClient, never, Emulator> =>
  Effect.map(Emulator, ({ urlOf }) =>
    createFalClient({
      credentials,
      requestMiddleware: (request) =>
        Promise.resolve({ ...request, url: request.url.replace("https://queue.fal.run", urlOf("fal")) })
    })
  )

const failing = (run: () => Promise<unknown>) =>
  Effect.flip(Effect.tryPromise({ try: run, catch: (cause) => cause }))

const pollInterval = 20

const refusalOf = (response: Response) => Effect.flatMap(json(response), Schema.decodeUnknown(Refusal))

describe("fal's own client", () => {
  const secret = layerTest({ apiKey: Redacted.make("id:secret") })

  it.scopedLive("subscribes, waits and saves", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "video.mp4")
      const { queue, subscribe } = yield* client()
      const updates: Array<QueueStatus> = []
      const { data, requestId } = yield* Effect.promise(() =>
        subscribe(model, {
          input: { prompt: "a cat", duration: "4s", resolution: "720p" },
          logs: true,
          pollInterval,
          onQueueUpdate: (update) => {
            updates.push(update)
          }
        })
      )
      assert.strictEqual(data.video.content_type, "video/mp4")
      assert.strictEqual(updates.at(-1)?.status, "COMPLETED")
      assert.strictEqual(updates.at(-1)?.request_id, requestId)
      const response = yield* Effect.promise(() => fetch(data.video.url))
      yield* Effect.promise(async () => writeFile(path, Buffer.from(await response.arrayBuffer())))
      const bytes = yield* Effect.promise(() => readFile(path))
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      assert.strictEqual(bytes.length, data.video.file_size)
      assert.match(bytes.subarray(bytes.lastIndexOf("free")).toString(), /^free\d+ a cat$/)
      assert.deepStrictEqual(
        (yield* (yield* Emulator).accepted).map(({ dialect, model, operation }) => [
          dialect,
          model,
          operation
        ]),
        [["fal", model, requestId]]
      )
      assert.strictEqual(
        (yield* Effect.promise(() => queue.result(model, { requestId }))).requestId,
        requestId
      )
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("sees the queue move, and the log grow", () =>
    Effect.gen(function* () {
      const { queue } = yield* client()
      const submit = (prompt: string) => Effect.promise(() => queue.submit(model, { input: { prompt } }))
      const status = (requestId: string) =>
        Effect.promise(() => queue.status(model, { requestId, logs: true }))
      const first = yield* submit("a")
      yield* Effect.sleep("5 millis")
      const second = yield* submit("b")
      yield* Effect.sleep("5 millis")
      const third = yield* submit("c")
      assert.strictEqual(first.status, "IN_QUEUE")
      const running = yield* Effect.repeat(Effect.delay(status(first.request_id), "20 millis"), {
        until: (status) =>
          status.status === "IN_PROGRESS" && /[1-9]\d?%\|#/.test(status.logs[0]?.message ?? "")
      })
      assert.strictEqual(running.response_url, first.response_url)
      assert.deepInclude(yield* status(second.request_id), { status: "IN_QUEUE", queue_position: 0 })
      assert.deepInclude(yield* status(third.request_id), { status: "IN_QUEUE", queue_position: 1 })
      for (const { request_id: requestId } of [first, second, third])
        yield* Effect.promise(() => queue.cancel(model, { requestId }))
    }).pipe(Effect.provide(layerTest({ renderTime: "20 seconds" })))
  )

  it.scopedLive("hears of each end in the error that it knows", () =>
    Effect.gen(function* () {
      const { queue, subscribe } = yield* client()
      const ended = (scenario: string) =>
        failing(() =>
          subscribe(model, {
            input: { prompt: "a cat" },
            pollInterval,
            headers: { "x-emulator-scenario": scenario }
          })
        )
      const blocked = yield* ended("content-block")
      assert.instanceOf(blocked, ValidationError)
      if (blocked instanceof ValidationError)
        assert.strictEqual(blocked.getFieldErrors("prompt")[0]?.type, "content_policy_violation")
      const failed = yield* ended("failure")
      assert.instanceOf(failed, ApiError)
      assert.deepInclude(failed, { status: 500 })
      assert.propertyVal(yield* ended("quota"), "status", 403)
      assert.propertyVal(yield* ended("retired-model"), "status", 404)
      assert.propertyVal(yield* ended("unauthorized"), "status", 401)

      const { request_id: requestId } = yield* Effect.promise(() =>
        queue.submit(model, { input: { prompt: "a cat" }, headers: { "x-emulator-scenario": "stuck" } })
      )
      const early = yield* failing(() => queue.result(model, { requestId }))
      assert.deepInclude(early, { status: 400, body: { detail: "Request is still in progress" } })
      yield* Effect.promise(() => queue.cancel(model, { requestId }))
      assert.propertyVal(yield* failing(() => queue.result(model, { requestId })), "status", 499)
      assert.propertyVal(yield* failing(() => queue.cancel(model, { requestId })), "status", 400)

      const { queue: strangers } = yield* client("guess")
      assert.propertyVal(
        yield* failing(() => strangers.submit(model, { input: { prompt: "a" } })),
        "status",
        401
      )
      const bad = yield* failing(() => queue.submit(model, { input: { prompt: " " } }))
      assert.instanceOf(bad, ValidationError)
      if (bad instanceof ValidationError) assert.deepStrictEqual(bad.fieldErrors[0]?.loc, ["body", "prompt"])
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("tries again where it is told to, even a submit", () =>
    Effect.gen(function* () {
      const { subscribe } = yield* client()
      const headers = { "x-emulator-scenario": "rate-limit:1" }
      const { data } = yield* Effect.promise(() =>
        subscribe(model, { input: { prompt: "a cat" }, pollInterval, headers })
      )
      assert.match(data.video.url, /\.mp4$/)
      assert.strictEqual((yield* (yield* Emulator).accepted).length, 1)
    }).pipe(Effect.provide(layerTest()))
  )
})

describe("fal's wire", () => {
  const enqueued = (body: object, path?: string) =>
    enqueue(body, {}, path).pipe(Effect.flatMap(json), Effect.flatMap(Schema.decodeUnknown(Enqueued)))

  const completed = (url: string): Effect.Effect<typeof Status.Type, unknown, Emulator> =>
    get(url).pipe(
      Effect.flatMap(json),
      Effect.flatMap(Schema.decodeUnknown(Status)),
      Effect.flatMap((status) =>
        status.status === "COMPLETED" ? Effect.succeed(status) : Effect.delay(completed(url), "5 millis")
      )
    )

  it.scopedLive("takes any model, in whichever fields it has, and keeps its requests under its app", () =>
    Effect.gen(function* () {
      const { urlOf } = yield* Emulator
      const job = yield* enqueued(
        {
          prompt: "a cat",
          duration: "3",
          aspect_ratio: "9:16",
          resolution: "768p",
          start_image_url: "https://example.com/a.png",
          image_urls: ["https://example.com/b.png"],
          generate_audio: false,
          cfg_scale: 0.5,
          negative_prompt: null
        },
        "/acme/dreamer/v9/pro/image-to-video?fal_webhook=https%3A%2F%2Fexample.com"
      )
      const path = `/acme/dreamer/requests/${job.request_id}`
      assert.strictEqual(job.status_url, `${urlOf("fal")}${path}/status`)
      assert.strictEqual(job.response_url, `${urlOf("fal")}${path}`)
      assert.isAtLeast((yield* completed(`${path}/status`)).metrics?.inference_time ?? -1, 0)
      const response = yield* get(path)
      assert.strictEqual(response.headers.get("x-fal-billable-units"), "3")
      const output = yield* Effect.flatMap(json(response), Schema.decodeUnknown(Output))
      assert.deepStrictEqual(output.ignored_inputs, [
        { field: "start_image_url" },
        { field: "image_urls[0]" }
      ])
      const [entry] = yield* (yield* Emulator).accepted
      assert.strictEqual(entry?.model, "acme/dreamer/v9/pro/image-to-video")
      assert.strictEqual((yield* get(`/acme/sleeper/requests/${job.request_id}`)).status, 404)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each([
    ["no prompt", {}, "prompt"],
    ["an endless video", { prompt: "a", duration: "61s" }, "duration"],
    ["a shape that is none", { prompt: "a", aspect_ratio: "wide" }, "aspect_ratio"],
    ["a height that is none", { prompt: "a", resolution: "tall" }, "resolution"],
    ["half a seed", { prompt: "a", seed: 0.5 }, "seed"],
    ["an unknown scenario", { prompt: "a", emulator_scenario: "flood" }, "emulator_scenario"]
  ] as const)("refuses %s and names the field", ([, body, field]) =>
    Effect.gen(function* () {
      const response = yield* enqueue(body)
      assert.strictEqual(response.status, 422)
      const { detail } = yield* refusalOf(response)
      if (typeof detail === "string") return assert.fail(detail)
      assert.deepStrictEqual(detail[0].loc, ["body", field])
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("tells the truth about a cancel that comes too late", () =>
    Effect.gen(function* () {
      const { request_id: id } = yield* enqueued({ prompt: "a cat", duration: 2 })
      yield* completed(`/fal-ai/veo3.1/requests/${id}/status`)
      const response = yield* cancel(id)
      assert.strictEqual(response.status, 400)
      assert.deepStrictEqual(yield* json(response), { status: "ALREADY_COMPLETED" })
      assert.isNotNull((yield* outputOf(id)).video)
      assert.strictEqual((yield* cancel(fal.unknownJob)).status, 404)
    }).pipe(Effect.provide(layerTest()))
  )
})

describe("what an endpoint of the emulated fal takes", () => {
  it.scopedLive("is told to everybody, as fal does", () =>
    Effect.gen(function* () {
      const { urlOf } = yield* Emulator
      const ask = (endpoint: string) =>
        Effect.promise(() =>
          fetch(`${urlOf("fal")}/api/openapi/queue/openapi.json?endpoint_id=${encodeURIComponent(endpoint)}`)
        )
      const document = yield* json(yield* ask("fal-ai/veo3.1"))
      assert.nestedProperty(document, "components.schemas.Input.properties.duration")
      assert.deepNestedInclude(document, { "info.x-fal-metadata.endpointId": "fal-ai/veo3.1" })
      assert.strictEqual((yield* ask("")).status, 404)
    }).pipe(Effect.provide(layerTest({ apiKey: Redacted.make("id:secret") })))
  )
})
