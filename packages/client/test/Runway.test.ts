import { assert, describe, it } from "@effect/vitest"
import { estimate } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import * as Runway from "../src/Runway.ts"
import { canary, fromTheStart, intent, request } from "./fixtures.ts"
import { answer, json, type Script, serve } from "./scripted.ts"

const runway = (baseUrl: string) =>
  JobApi.layer(Runway.api("runway", { apiKey: Redacted.make(canary), baseUrl })).pipe(
    Layer.provide(HttpTransport.layer),
    Layer.build,
    Effect.map(Context.get(VideoProvider))
  )

const id = "17f20503-6c24-4c16-946b-35dbbce2af2f"
const operation = { provider: "runway", model: "gen4.5", id }
const task = (fields: object) => json(200, { id, createdAt: "2026-11-22T10:00:00.000Z", ...fields })
const accepted: Script = (_, socket) => socket.write(json(200, { id, estimatedCost: { credits: 60 } }))

const png = new Uint8Array(
  Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64"
  )
)
const image = { _tag: "Bytes", data: png, mimeType: "image/png" } as const
const elsewhere = { _tag: "Url", url: "https://example.com/a.png" } as const
const dataUrl = `data:image/png;base64,${Buffer.from(png).toString("base64")}`

/** Path and body of the only request that a submit sent. */
const sent = (fields: Partial<typeof VideoRequest.Type>) =>
  Effect.gen(function* () {
    const server = yield* serve(accepted)
    const provider = yield* runway(server.base)
    yield* provider.submit(intent({ model: "gen4.5", ...fields }))
    assert.strictEqual(server.requests.length, 1)
    return { path: server.requests[0]?.path, body: JSON.parse(server.requests[0]?.body ?? "") }
  })

/** What a submit is refused with before anything is sent. */
const refused = (fields: Partial<typeof VideoRequest.Type>) =>
  Effect.gen(function* () {
    const server = yield* serve(accepted)
    const error = yield* Effect.flip((yield* runway(server.base)).submit(intent(fields)))
    assert.strictEqual(server.requests.length, 0)
    return error
  })

/** The errors of a submit that is answered like this, and what was sent for it. */
const answered = (bytes: Buffer) =>
  Effect.gen(function* () {
    const server = yield* serve((_, socket) => socket.write(bytes))
    const error = yield* Effect.flip((yield* runway(server.base)).submit(intent({ model: "gen4.5" })))
    assert.strictEqual(server.posts(), 1)
    return error
  })

/** The statuses that answers to polls are. */
const polled = (...answers: ReadonlyArray<Buffer>) =>
  Effect.gen(function* () {
    const left = [...answers]
    const server = yield* serve((_, socket) => socket.write(left.shift() ?? answer(500, "")))
    const provider = yield* runway(server.base)
    return yield* Effect.forEach(answers, () => provider.poll(operation))
  })

describe("Runway", () => {
  it.scopedLive("submits once, with the version and the key", () =>
    Effect.gen(function* () {
      const server = yield* serve(accepted)
      const provider = yield* runway(server.base)
      assert.deepStrictEqual(
        yield* provider.submit(intent({ model: "runway/gen-4.5", aspectRatio: "9:16", seed: 7 })),
        operation
      )
      const [received] = server.requests
      assert.strictEqual(received?.path, "/v1/text_to_video")
      assert.strictEqual(received?.headers["authorization"], `Bearer ${canary}`)
      assert.strictEqual(received?.headers["x-runway-version"], "2024-11-06")
      assert.deepStrictEqual(JSON.parse(received?.body ?? ""), {
        model: "gen4.5",
        promptText: "a lighthouse",
        duration: 4,
        ratio: "720:1280",
        seed: 7
      })
    })
  )

  it.scopedLive("says all that a model takes, and what else its user wants", () =>
    Effect.gen(function* () {
      const full = yield* sent({
        model: "veo3.1",
        resolution: "1080p",
        duration: 8,
        seed: 1,
        audio: false,
        negativePrompt: "fog",
        startImage: image,
        lastFrame: elsewhere,
        providerOptions: { contentModeration: { publicFigureThreshold: "low" } }
      })
      assert.strictEqual(full.path, "/v1/image_to_video")
      assert.deepStrictEqual(full.body, {
        model: "veo3.1",
        promptText: "a lighthouse",
        duration: 8,
        ratio: "1920:1080",
        seed: 1,
        negativePrompt: "fog",
        audio: false,
        promptImage: [
          { uri: dataUrl, position: "first" },
          { uri: elsewhere.url, position: "last" }
        ],
        contentModeration: { publicFigureThreshold: "low" }
      })
      const referring = yield* sent({ model: "seedance-2.0", referenceImages: [elsewhere, image] })
      assert.strictEqual(referring.path, "/v1/text_to_video")
      assert.deepStrictEqual(referring.body.references, [{ uri: elsewhere.url }, { uri: dataUrl }])
    })
  )

  it.scopedLive("says each size as the model wants it", () =>
    Effect.gen(function* () {
      const size = (fields: Partial<typeof VideoRequest.Type>) =>
        Effect.map(sent({ duration: 5, ...fields }), ({ body: { ratio, resolution } }) => [ratio, resolution])
      const from = { startImage: elsewhere }
      assert.deepStrictEqual(yield* size({ ...from, aspectRatio: "4:3" }), ["1104:832", undefined])
      assert.deepStrictEqual(yield* size({ model: "seedance2_5", resolution: "480p" }), [
        "854:480",
        undefined
      ])
      assert.deepStrictEqual(yield* size({ model: "seedance2", resolution: "4K" }), ["3840:2160", undefined])
      assert.deepStrictEqual(yield* size({ model: "wan3", aspectRatio: "1:1" }), ["960:960", undefined])
      assert.deepStrictEqual(yield* size({ ...from, model: "wan3" }), ["auto_720p", undefined])
      assert.deepStrictEqual(yield* size({ model: "grok_imagine_1_5" }), ["16:9", "720p"])
      assert.deepStrictEqual(yield* size({ ...from, model: "grok_imagine_1_5" }), [undefined, "720p"])
      assert.deepStrictEqual(yield* size({ model: "hailuo3" }), ["16:9", "768p"])
      assert.deepStrictEqual(yield* size({ model: "h3_max", resolution: "480p" }), [undefined, "480p"])
      assert.deepStrictEqual(yield* size({ ...from, model: "happyhorse_1_0" }), [undefined, "720p"])
    })
  )

  it.scopedLive("has a way to say every size that it offers", () =>
    Effect.gen(function* () {
      const { models } = Runway.api("runway", { apiKey: Redacted.make(canary) })
      for (const { aspectRatios, durations, model, resolutions, retiredOn } of models)
        for (const resolution of retiredOn === undefined ? resolutions : [])
          for (const aspectRatio of aspectRatios) {
            const duration = durations._tag === "Range" ? Math.max(2, durations.minimum) : 8
            const { body } = yield* sent({ model, resolution, aspectRatio, duration, startImage: elsewhere })
            assert.isDefined(body.ratio ?? body.resolution, `${model} ${resolution} ${aspectRatio}`)
          }
    })
  )

  it.scopedLive.each<[string, Partial<typeof VideoRequest.Type>, RegExp]>([
    ["a text for what begins with an image", { model: "gen4_turbo" }, /without a start image/],
    ["a shape that only images have", { model: "gen4.5", aspectRatio: "1:1" }, /1:1/],
    ["an end without a beginning", { model: "veo3.1", lastFrame: elsewhere }, /last frame/],
    [
      "1080p with references to Grok",
      { model: "grok_imagine_1_5", resolution: "1080p", referenceImages: [elsewhere] },
      /720p/
    ],
    [
      "frames along with references",
      { model: "seedance2", startImage: elsewhere, referenceImages: [elsewhere] },
      /reference images/
    ],
    // 501 emoji are 1002 UTF-16 units, which is how the API counts.
    ["a prompt of 1002 units", { model: "gen4.5", prompt: "\u{1F408}".repeat(501) }, /1000 UTF-16 units/],
    ["3 s of Veo", { model: "veo3.1", duration: 3 }, /duration/],
    ["a model of nobody", { model: "runway/gen9" }, /gen-4\.5/]
  ])("refuses %s and sends nothing", ([, fields, words]) =>
    Effect.gen(function* () {
      const error = yield* refused(fields)
      assert.strictEqual(error._tag, "UnsupportedOption")
      assert.match(error.message, words)
    })
  )

  it.scopedLive("refuses an image whose data: address the API would not take", () =>
    Effect.gen(function* () {
      const data = new Uint8Array(3_300_001)
      data.set(png)
      const error = yield* refused({ model: "gen4.5", startImage: { ...image, data } })
      assert.strictEqual(error._tag, "UnsupportedOption")
    })
  )

  it.scopedLive("tells the states apart", () =>
    Effect.gen(function* () {
      const estimatedCost = { credits: 60 }
      assert.deepStrictEqual(
        yield* polled(
          task({ status: "PENDING", estimatedCost }),
          task({ status: "THROTTLED", estimatedCost }),
          task({ status: "RUNNING", estimatedCost, progress: 0.25 }),
          task({ status: "RUNNING", progress: null }),
          task({ status: "UPSCALING", progress: "99%" }),
          task({ status: "CANCELLED", cost: { credits: 0 } })
        ),
        [
          { _tag: "Pending" },
          { _tag: "Pending" },
          { _tag: "Running", progress: 25 },
          { _tag: "Running" },
          { _tag: "Running", word: "UPSCALING" },
          { _tag: "Cancelled", cost: Money.zero }
        ]
      )
    })
  )

  it.scopedLive("tells what was charged, also for nothing", () =>
    Effect.gen(function* () {
      const output = ["https://cdn.example/a.mp4?_jwt=x"]
      const cost = { credits: 60 }
      const failed = { status: "FAILED", failure: "Held back.", cost }
      const [done, free, empty, input, early, broken] = yield* polled(
        task({ status: "SUCCEEDED", output, cost: { credits: 20.4 } }),
        task({ status: "SUCCEEDED", output, cost: { credits: "none" } }),
        task({ status: "SUCCEEDED", output: [null, ""], cost }),
        task({ ...failed, failureCode: "SAFETY.INPUT.TEXT" }),
        task({ ...failed, failureCode: "INPUT_PREPROCESSING.SAFETY.TEXT" }),
        task({ ...failed, failure: "It broke.", failureCode: "INTERNAL.BAD_OUTPUT.CODE01" })
      )
      const videos = [{ _tag: "Remote", uri: output[0] }]
      assert.deepEqual<unknown>(done, { _tag: "Succeeded", videos, cost: 204_000 })
      assert.deepEqual<unknown>(free, { _tag: "Succeeded", videos })
      for (const [status, tag] of [
        [empty, "EmptyResult"],
        [input, "ContentBlocked"],
        [early, "ContentBlocked"],
        [broken, "GenerationFailed"]
      ] as const) {
        if (status?._tag !== "Failed") return assert.fail(tag)
        assert.strictEqual(status.error._tag, tag)
        assert.strictEqual(status.cost, 600_000)
      }
      assert.propertyVal(broken?._tag === "Failed" && broken.error, "code", "INTERNAL.BAD_OUTPUT.CODE01")
    })
  )

  it.scopedLive("takes no refusal to answer for the end of a job", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(json(404, { error: "Task not found" })))
      const error = yield* Effect.flip((yield* runway(server.base)).poll({ ...operation, id: "../a/b" }))
      assert.include(["OperationNotFound", "UnexpectedAnswer"], error._tag)
      assert.strictEqual(server.requests[0]?.path, "/v1/tasks/..%2Fa%2Fb")
    })
  )

  it.scopedLive("stops what runs, and never destroys what is done", () =>
    Effect.gen(function* () {
      const cancelled = (status: object) =>
        Effect.gen(function* () {
          const server = yield* serve(({ method }, socket) =>
            socket.write(method === "DELETE" ? answer(204, "") : task(status))
          )
          const outcome = yield* (yield* runway(server.base)).cancel(operation)
          return [outcome, server.requests.map(({ method }) => method).join(" ")]
        })
      assert.deepStrictEqual(yield* cancelled({ status: "THROTTLED" }), ["Cancelled", "GET DELETE"])
      assert.deepStrictEqual(yield* cancelled({ status: "RUNNING", progress: 0.9 }), [
        "Cancelled",
        "GET DELETE"
      ])
      assert.deepStrictEqual(yield* cancelled({ status: "SUCCEEDED", output: ["https://a"] }), [
        "AlreadyFinished",
        "GET"
      ])
      assert.deepStrictEqual(yield* cancelled({ status: "FAILED" }), ["AlreadyFinished", "GET"])
      assert.deepStrictEqual(yield* cancelled({ status: "CANCELLED" }), ["Cancelled", "GET"])
    })
  )

  it.scopedLive("understands every way of saying no", () =>
    Effect.gen(function* () {
      const issues = [{ code: "too_big", path: ["duration"], message: "At most 10" }]
      const docUrl = "https://docs.dev.runwayml.com/api"
      const invalid = yield* answered(json(400, { error: "Validation of body failed", issues, docUrl }))
      assert.strictEqual(invalid._tag, "InvalidRequest")
      assert.include(invalid.message, "Validation of body failed (duration: At most 10)")
      const tags = yield* Effect.forEach(
        [
          json(400, { error: "You do not have enough credits to run this task.", docUrl }),
          json(401, { error: "The API key you provided is not valid." }),
          json(429, { error: "You have reached the daily limit of this model." }),
          json(429, { error: "Too many requests" }),
          json(502, { error: "Bad gateway" }),
          json(200, { status: "PENDING" }),
          answer(200, "<html>", { "content-type": "text/html" })
        ],
        (bytes) => Effect.map(answered(bytes), ({ _tag }) => _tag)
      )
      assert.deepStrictEqual(tags, [
        "QuotaExceeded",
        "AuthenticationFailed",
        "QuotaExceeded",
        "RateLimited",
        "SubmitUnknown",
        "SubmitUnknown",
        "SubmitUnknown"
      ])
    })
  )

  it.scopedLive("takes the key to no other machine, and goes to no other network", () =>
    Effect.gen(function* () {
      const cdn = yield* serve((_, socket) =>
        socket.write(answer(200, "video", { "content-type": "video/mp4" }))
      )
      const server = yield* serve(accepted)
      const provider = yield* runway(server.base)
      const download = (uri: string) => provider.download(operation, { _tag: "Remote", uri }, fromTheStart)
      yield* download(`${cdn.base}/a.mp4?_jwt=x`)
      assert.strictEqual(cdn.requests[0]?.path, "/a.mp4?_jwt=x")
      assert.notInclude(JSON.stringify(cdn.requests), canary)
      for (const uri of ["http://169.254.169.254/latest", "file:///etc/passwd", "http://example.com/a.mp4"]) {
        const error = yield* Effect.flip(download(uri))
        assert.include(["UnexpectedAnswer", "OutputRefused"], error._tag)
      }
    })
  )

  it("knows what a second costs", () => {
    const { models } = Runway.api("runway", { apiKey: Redacted.make(canary) })
    const cost = (model: string, fields: Partial<typeof VideoRequest.Type>) => {
      const found = models.find((known) => known.model === model)
      return found && Option.getOrUndefined(estimate(found, request({ duration: 4, ...fields })))
    }
    assert.strictEqual(cost("gen4.5", {}), 480_000)
    assert.strictEqual(cost("veo3.1", {}), 1_600_000)
    assert.strictEqual(cost("veo3.1", { audio: false }), 800_000)
    // 27.2 credits, which may be charged as 28.
    assert.strictEqual(cost("wan3_prime", { resolution: "480p" }), 280_000)
    assert.isUndefined(cost("gemini_omni_flash_1.1", { resolution: "4K" }))
  })

  it("polls no faster than it is asked to", () => {
    const { models } = Runway.api("runway", { apiKey: Redacted.make(canary) })
    assert.isTrue(models.every(({ minimumPollInterval }) => minimumPollInterval >= 5))
  })
})
