import { assert, describe, it } from "@effect/vitest"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { answerOf, bytesOf, call, ended, json, path, poll, post, submission, submit } from "./support/api.ts"

const vertex = "/v1/projects/p1/locations/us-central1/publishers/google/models/veo-3.1-generate-001"

const violations = (body: unknown) =>
  Effect.gen(function* () {
    const response = yield* post(`${path}:predictLongRunning`, body)
    const { error } = yield* answerOf(response)
    assert.strictEqual(response.status, 400)
    assert.deepInclude(error, { code: 400, status: "INVALID_ARGUMENT" })
    assert.strictEqual(error?.details?.[0]?.["@type"], "type.googleapis.com/google.rpc.BadRequest")
    return (error?.details?.[0]?.["fieldViolations"] ?? []) as ReadonlyArray<{ field: string }>
  })

describe("the API-key form", () => {
  it.scopedLive("says neither done nor false while a job waits", () =>
    Effect.gen(function* () {
      const name = yield* submit("a cat", { emulatorScenario: "stuck", seed: 5 })
      assert.match(name, /^models\/veo-3\.1-generate-preview\/operations\/[0-9a-f]{32}$/)
      const body = yield* Effect.flatMap(call(`/v1beta/${name}`), json)
      assert.hasAllKeys(body, ["name", "metadata"])
      const { metadata = {} } = yield* poll(name)
      assert.deepInclude(metadata, { state: "QUEUED", progressPercent: 0, seed: 5 })
      assert.match(String(metadata["notice"]), /not the work of an AI model/)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each([
    ["16:9", "480p", 854, 480],
    ["9:16", "720p", 720, 1280],
    ["1:1", "1080p", 1080, 1080],
    ["4:3", "4k", 2880, 2160]
  ] as const)("renders %s at %s", ([aspectRatio, resolution, width, height]) =>
    Effect.gen(function* () {
      const answer = yield* Effect.flatMap(
        submit("a cat", { aspectRatio, resolution, durationSeconds: 2 }),
        ended
      )
      assert.deepInclude(answer.metadata, {
        state: "SUCCEEDED",
        progressPercent: 100,
        width,
        height,
        durationSeconds: 2
      })
      assert.strictEqual(
        answer.response?.["@type"],
        "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"
      )
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each([
    ["no instance", { instances: [] }, "instances"],
    ["two instances", { instances: [{ prompt: "a" }, { prompt: "b" }] }, "instances"],
    ["no prompt", { instances: [{}] }, "instances[0].prompt"],
    ["an empty prompt", submission("  "), "instances[0].prompt"],
    ["half a character", submission("\ud800"), "instances[0].prompt"],
    ["a prompt that is no text", submission(5), "instances[0].prompt"],
    ["a bad ratio", submission("a", { aspectRatio: "3:2" }), "parameters.aspectRatio"],
    ["one second", submission("a", { durationSeconds: 1 }), "parameters.durationSeconds"],
    ["61 seconds", submission("a", { durationSeconds: 61 }), "parameters.durationSeconds"],
    ["seconds as text", submission("a", { durationSeconds: "8" }), "parameters.durationSeconds"],
    ["a bad resolution", submission("a", { resolution: "8k" }), "parameters.resolution"],
    ["two videos", submission("a", { sampleCount: 2 }), "parameters.sampleCount"],
    ["a negative seed", submission("a", { seed: -1 }), "parameters.seed"],
    ["a seed of 33 bits", submission("a", { seed: 2 ** 32 }), "parameters.seed"],
    ["sound that is text", submission("a", { generateAudio: "yes" }), "parameters.generateAudio"],
    ["a bucket elsewhere", submission("a", { storageUri: "https://example.com" }), "parameters.storageUri"],
    ["an unknown scenario", submission("a", { emulatorScenario: "flood" }), "parameters.emulatorScenario"],
    [
      "an image that is none",
      { instances: [{ prompt: "a", image: { bytesBase64Encoded: "?" } }] },
      "instances[0].image.bytesBase64Encoded"
    ]
  ] as const)("refuses %s and names the field", ([, body, field]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        (yield* violations(body)).map((violation) => violation.field),
        [field]
      )
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("names every field that is wrong", () =>
    Effect.gen(function* () {
      const found = yield* violations(submission("", { durationSeconds: 0, resolution: "1p" }))
      assert.sameMembers(
        found.map(({ field }) => field),
        ["instances[0].prompt", "parameters.durationSeconds", "parameters.resolution"]
      )
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each([
    ["cut", '{"instances": ['],
    ["empty", ""],
    ["an array", "[]"],
    ["a number", "5"]
  ] as const)("refuses JSON that is %s", ([, body]) =>
    Effect.gen(function* () {
      const response = yield* post(`${path}:predictLongRunning`, body)
      const { error } = yield* answerOf(response)
      assert.strictEqual(response.status, 400)
      assert.strictEqual(error?.status, "INVALID_ARGUMENT")
      assert.match(error?.message ?? "", /Invalid JSON payload/)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("takes null for what is not there", () =>
    Effect.gen(function* () {
      const response = yield* post(`${path}:predictLongRunning`, {
        instances: [{ prompt: "a", image: null }],
        parameters: { seed: null, durationSeconds: null, negativePrompt: null }
      })
      assert.strictEqual(response.status, 200)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("says that it does not look at images", () =>
    Effect.gen(function* () {
      const image = { bytesBase64Encoded: Buffer.from("picture").toString("base64"), mimeType: "image/png" }
      const response = yield* post(`${path}:predictLongRunning`, {
        instances: [{ prompt: "a", image, referenceImages: [{ image, referenceType: "asset" }] }]
      })
      const { metadata } = yield* Effect.flatMap(answerOf(response), ({ name = "" }) => poll(name))
      assert.deepStrictEqual(metadata?.["ignoredInputs"], [
        { field: "image", mimeType: "image/png", bytes: 7 },
        { field: "referenceImages[0]", mimeType: "image/png", bytes: 7 }
      ])
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("is silent about operations that are not there", () =>
    Effect.gen(function* () {
      const known = yield* submit("a cat")
      const id = known.slice(-32)
      for (const name of [
        "models/veo-3.1-generate-preview/operations/s8fo9020n2iw",
        `models/veo-3.1-generate-preview/operations/${"0".repeat(32)}`,
        `models/veo-2.0/operations/${id}`,
        "models/veo-2.0/operations/..%2f..%2fsecret"
      ]) {
        const response = yield* call(`/v1beta/${name}`)
        const { error } = yield* answerOf(response)
        assert.strictEqual(response.status, 403)
        assert.strictEqual(error?.status, "PERMISSION_DENIED")
        assert.match(error?.message ?? "", /or it may not exist/)
      }
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("knows no other models, methods or addresses", () =>
    Effect.gen(function* () {
      for (const address of [
        "/v1beta/models/gpt:predictLongRunning",
        `${path}:generateContent`,
        "/",
        "/etc/passwd"
      ]) {
        const response = yield* post(address, submission("a"))
        assert.strictEqual(response.status, 404)
        assert.strictEqual((yield* answerOf(response)).error?.status, "NOT_FOUND")
      }
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("lists models, and operations by the page", () =>
    Effect.gen(function* () {
      const Models = Schema.Struct({ models: Schema.Array(Schema.Struct({ name: Schema.String })) })
      const models = yield* Effect.flatMap(
        Effect.flatMap(call("/v1beta/models"), json),
        Schema.decodeUnknown(Models)
      )
      assert.include(
        models.models.map(({ name }) => name),
        "models/veo-3.0-fast-generate-001"
      )
      const names = yield* Effect.replicateEffect(Effect.delay(submit("a cat"), "2 millis"), 3)
      const Page = Schema.Struct({
        operations: Schema.Array(Schema.Struct({ name: Schema.String })),
        nextPageToken: Schema.optional(Schema.String)
      })
      const page = (query: string) =>
        Effect.flatMap(Effect.flatMap(call(`${path}/operations${query}`), json), Schema.decodeUnknown(Page))
      const first = yield* page("?pageSize=2")
      const second = yield* page(`?pageSize=2&pageToken=${first.nextPageToken}`)
      assert.deepStrictEqual(
        [...first.operations, ...second.operations].map(({ name }) => name),
        names
      )
      assert.isUndefined(second.nextPageToken)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("cancels what waits, and leaves what has ended", () =>
    Effect.gen(function* () {
      const stuck = yield* submit("a cat", { emulatorScenario: "stuck" })
      const cancelled = yield* post(`/v1beta/${stuck}:cancel`, {})
      assert.deepStrictEqual(yield* json(cancelled), {})
      assert.deepInclude(yield* poll(stuck), { done: true })
      assert.strictEqual((yield* poll(stuck)).error?.code, 1)
      const name = yield* submit("a cat")
      yield* ended(name)
      assert.strictEqual((yield* post(`/v1beta/${name}:cancel`, {})).status, 200)
      assert.isDefined((yield* poll(name)).response)
      assert.strictEqual((yield* post(`${path}/operations/${"0".repeat(32)}:cancel`, {})).status, 403)
    }).pipe(Effect.provide(layerTest()))
  )
})

describe("the Vertex form", () => {
  const Videos = Schema.Struct({
    videos: Schema.Tuple(
      Schema.Struct({
        mimeType: Schema.Literal("video/mp4"),
        gcsUri: Schema.optional(Schema.String),
        bytesBase64Encoded: Schema.optional(Schema.String)
      })
    )
  })

  const fetched = (operationName: string): Effect.Effect<typeof Videos.Type, unknown, Emulator> =>
    Effect.flatMap(
      Effect.flatMap(post(`${vertex}:fetchPredictOperation`, { operationName }), answerOf),
      (answer) =>
        answer.done === true
          ? Schema.decodeUnknown(Videos)(answer.response)
          : Effect.delay(fetched(operationName), "5 millis")
    )

  const start = (parameters: Record<string, unknown>) =>
    post(`${vertex}:predictLongRunning`, submission("a dog", parameters)).pipe(
      Effect.flatMap(answerOf),
      Effect.map(({ name = "" }) => name)
    )

  it.scopedLive("answers with the bytes, whole and with their length", () =>
    Effect.gen(function* () {
      const name = yield* start({ seed: 1 })
      assert.match(
        name,
        /^projects\/p1\/locations\/us-central1\/publishers\/google\/models\/veo-3\.1-generate-001\/operations\//
      )
      const { videos } = yield* fetched(name)
      const bytes = Buffer.from(videos[0].bytesBase64Encoded ?? "", "base64")
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      assert.include(bytes.toString("latin1"), "free1 a dog")
      const response = yield* post(`${vertex}:fetchPredictOperation`, { operationName: name })
      assert.strictEqual(Number(response.headers.get("content-length")), (yield* bytesOf(response)).length)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("puts the video into a bucket when asked", () =>
    Effect.gen(function* () {
      const name = yield* start({ storageUri: "gs://bucket/some/folder/", seed: 1 })
      const { videos } = yield* fetched(name)
      const uri = videos[0].gcsUri ?? ""
      assert.match(uri, /^gs:\/\/bucket\/some\/folder\/[0-9a-f]{32}\/sample_0\.mp4$/)
      const object = uri.slice("gs://bucket/".length)
      const download = (bucket: string, key: string) =>
        call(`/download/storage/v1/b/${bucket}/o/${encodeURIComponent(key)}?alt=media`)
      const response = yield* download("bucket", object)
      assert.include((yield* bytesOf(response)).toString("latin1"), "free1 a dog")
      assert.strictEqual((yield* download("other", object)).status, 404)
      assert.strictEqual((yield* download("bucket", object.replace("some", "any"))).status, 404)
      assert.strictEqual((yield* call(`/v1beta/files/${name.slice(-32)}:download?alt=media`)).status, 404)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("refuses names that do not belong to the model", () =>
    Effect.gen(function* () {
      const foreign = yield* post(`${vertex}:fetchPredictOperation`, {
        operationName: "models/veo-2.0/operations/1"
      })
      assert.strictEqual(foreign.status, 400)
      const unknown = yield* post(`${vertex}:fetchPredictOperation`, {
        operationName: `${vertex.slice(4)}/operations/${"0".repeat(32)}`
      })
      assert.strictEqual(unknown.status, 403)
      assert.strictEqual((yield* post(`${vertex}:fetchPredictOperation`, {})).status, 400)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("cancels", () =>
    Effect.gen(function* () {
      const name = yield* start({ emulatorScenario: "stuck" })
      assert.strictEqual((yield* post(`/v1beta1/${name}:cancel`, {})).status, 200)
      const { error } = yield* Effect.flatMap(
        post(`${vertex}:fetchPredictOperation`, { operationName: name }),
        answerOf
      )
      assert.strictEqual(error?.code, 1)
    }).pipe(Effect.provide(layerTest()))
  )
})
