import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import type { OperationStatus } from "@mutoscope/core/Operation"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Veo from "../src/Veo.ts"
import { canary, fromTheStart, intent, operation, options, withVeo } from "./fixtures.ts"
import { answer, json, type Script, serve } from "./scripted.ts"

const status = (value: unknown) =>
  Effect.scoped(
    Effect.flatMap(
      serve((_, socket) => socket.write(json(200, value))),
      (server) => withVeo(options(server.base))((veo) => veo.poll(operation))
    )
  )

const ended = (status: OperationStatus) => (status._tag === "Failed" ? status.error._tag : status._tag)

describe("how a job ends", () => {
  const ends = [
    ["an error", { done: true, error: { code: 13, message: "internal" } }, "GenerationFailed"],
    ["P09 an error beside a response", { done: true, error: { code: 13 }, response: {} }, "GenerationFailed"],
    ["code 8", { done: true, error: { code: 8, message: "quota" } }, "QuotaExceeded"],
    ["code 1", { done: true, error: { code: 1, message: "cancelled" } }, "Cancelled"],
    [
      "a refused prompt",
      { done: true, error: { code: 3, message: "violates usage guidelines" } },
      "ContentBlocked"
    ],
    ["P07 nothing", { done: true, response: {} }, "EmptyResult"],
    [
      "P07 a filter",
      {
        done: true,
        response: { generateVideoResponse: { raiMediaFilteredCount: 1, raiMediaFilteredReasons: ["x"] } }
      },
      "ContentBlocked"
    ],
    [
      "P10 one of two that is broken",
      {
        done: true,
        response: {
          generateVideoResponse: { generatedSamples: [{ video: {} }, { video: { uri: "https://x/2" } }] }
        }
      },
      "Succeeded"
    ],
    ["an address", { done: true, response: { videos: [{ gcsUri: "gs://b/o" }] } }, "Succeeded"],
    ["bytes", { done: true, response: { videos: [{ bytesBase64Encoded: "AAAA" }] } }, "Succeeded"],
    ["nulls", { done: null, error: null, response: null, metadata: null }, "Running"]
  ] as const
  for (const [name, value, tag] of ends) {
    it.scopedLive(`${name}: ${tag}`, () =>
      Effect.gen(function* () {
        assert.strictEqual(ended(yield* status(value)), tag)
      })
    )
  }
})

describe("what cannot be understood keeps the job", () => {
  const answers: ReadonlyArray<readonly [string, Script, string]> = [
    ["P02 a page", (_, s) => s.write(answer(200, "<html>")), "UnexpectedAnswer"],
    [
      "P03 an error without an end",
      (_, s) => s.write(json(200, { error: { code: 14 } })),
      "ProviderUnavailable"
    ],
    ["P06 done, and nothing else", (_, s) => s.write(json(200, { done: true })), "UnexpectedAnswer"],
    ["N05 no answer", (_, s) => s.end(), "ProviderUnavailable"],
    [
      "P16 403 of a job that may not exist",
      (_, s) => s.write(json(403, { error: { message: "or it may not exist" } })),
      "OperationNotFound"
    ],
    ["P16 any other 403", (_, s) => s.write(json(403, {})), "UnexpectedAnswer"],
    ["404", (_, s) => s.write(json(404, {})), "OperationNotFound"],
    ["401", (_, s) => s.write(json(401, {})), "AuthenticationFailed"],
    ["500", (_, s) => s.write(json(500, {})), "ProviderUnavailable"],
    ["a redirect", (_, s) => s.write(answer(302, "", { location: "/x" })), "UnexpectedAnswer"]
  ]
  for (const [name, script, tag] of answers) {
    it.scopedLive(`${name} is ${tag}`, () =>
      Effect.gen(function* () {
        const server = yield* serve(script)
        const error = yield* withVeo(options(server.base))((veo) => Effect.flip(veo.poll(operation)))
        assert.strictEqual(error._tag, tag)
        assert.strictEqual(server.requests.length, 1)
      })
    )
  }

  it.scopedLive("P04 a record with another's name reaches no server", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => s.end())
      for (const id of [
        "../x",
        "models/a/operations/../../b",
        "http://x/operations/1",
        "models/a/operations/b?x"
      ]) {
        const error = yield* withVeo(options(server.base))((veo) =>
          Effect.flip(veo.poll({ ...operation, id }))
        )
        assert.strictEqual(error._tag, "UnexpectedAnswer")
      }
      assert.strictEqual(server.requests.length, 0)
    })
  )
})

describe("Veo, the Vertex form", () => {
  const name = "projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/u-1"
  const vertex = (baseUrl: string, tokens: Array<string>): Veo.VertexOptions => ({
    _tag: "Vertex",
    project: "p",
    location: "us-central1",
    baseUrl,
    accessToken: Effect.sync(() => Redacted.make(tokens.shift() ?? "none"))
  })

  it.scopedLive("asks for a token for every request, and posts its questions", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => s.write(json(200, { name })))
      yield* withVeo(vertex(server.base, ["t1", "t2"]))((veo) =>
        Effect.gen(function* () {
          const accepted = yield* veo.submit(intent({ seed: 7, audio: true, resolution: "4K", duration: 8 }))
          assert.deepStrictEqual(yield* veo.poll(accepted), { _tag: "Running" })
        })
      )
      const [submit, poll] = server.requests
      const model = "/v1/projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001"
      assert.strictEqual(submit?.path, `${model}:predictLongRunning`)
      assert.deepInclude(JSON.parse(submit?.body ?? "").parameters, {
        seed: 7,
        generateAudio: true,
        resolution: "4k"
      })
      assert.strictEqual(submit?.headers["authorization"], "Bearer t1")
      assert.strictEqual(poll?.path, `${model}:fetchPredictOperation`)
      assert.deepStrictEqual(JSON.parse(poll?.body ?? ""), { operationName: name })
      assert.strictEqual(poll?.headers["authorization"], "Bearer t2")
    })
  )

  it.scopedLive(
    "puts videos into the bucket of the settings, or that of the request, and fetches them from there",
    () =>
      Effect.gen(function* () {
        const gcsUri = "gs://bucket/out/1/sample_0.mp4"
        const done = { name, done: true, response: { videos: [{ gcsUri, mimeType: "video/mp4" }] } }
        const server = yield* serve((request, s) =>
          s.write(
            request.path.startsWith("/download")
              ? answer(200, "video", { "content-type": "video/mp4" })
              : json(200, request.path.endsWith(":predictLongRunning") ? { name } : done)
          )
        )
        const into = { storageUri: "gs://bucket/out", storageUrl: server.base }
        const fetched = yield* withVeo({ ...vertex(server.base, ["t1", "t2", "t3", "t4"]), ...into })((veo) =>
          Effect.gen(function* () {
            yield* veo.submit(intent({ providerOptions: { storageUri: "gs://other/" } }))
            const accepted = yield* veo.submit(intent())
            const status = yield* veo.poll(accepted)
            if (status._tag !== "Succeeded") return status._tag
            return yield* Effect.scoped(
              Effect.flatMap(veo.download(accepted, status.videos[0], fromTheStart), ({ bytes }) =>
                Stream.mkString(Stream.decodeText(bytes))
              )
            )
          })
        )
        assert.strictEqual(fetched, "video")
        const [other, own, , download] = server.requests
        assert.strictEqual(JSON.parse(other?.body ?? "").parameters.storageUri, "gs://other/")
        assert.strictEqual(JSON.parse(own?.body ?? "").parameters.storageUri, "gs://bucket/out")
        assert.strictEqual(
          download?.path,
          `/download/storage/v1/b/bucket/o/${encodeURIComponent("out/1/sample_0.mp4")}?alt=media`
        )
        assert.strictEqual(download?.headers["authorization"], "Bearer t4")
      })
  )

  it.scopedLive("takes images, references and videos to go on with, each in its place", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => s.write(json(200, { name })))
      const media = (file: string) => ({ _tag: "Url", url: `gs://bucket/${file}` }) as const
      const sent = (fields: Parameters<typeof intent>[0]) =>
        Effect.map(
          withVeo(vertex(server.base, ["t"]))((veo) => veo.submit(intent(fields))),
          () => JSON.parse(server.requests.at(-1)?.body ?? "").instances[0]
        )
      const prompt = "a lighthouse"
      const png = (file: string) => ({ gcsUri: `gs://bucket/${file}`, mimeType: "image/png" })
      assert.deepStrictEqual(yield* sent({ startImage: media("a.png"), lastFrame: media("b.png") }), {
        prompt,
        image: png("a.png"),
        lastFrame: png("b.png")
      })
      assert.deepStrictEqual(
        yield* sent({ referenceImages: [media("a.png"), media("b.png")], duration: 8 }),
        {
          prompt,
          referenceImages: ["a.png", "b.png"].map((file) => ({ image: png(file), referenceType: "asset" }))
        }
      )
      assert.deepStrictEqual(yield* sent({ extend: media("a.mp4") }), {
        prompt,
        video: { gcsUri: "gs://bucket/a.mp4", mimeType: "video/mp4" }
      })
      const before = server.requests.length
      for (const fields of [
        { startImage: media("a.png"), referenceImages: [media("b.png")], duration: 8 },
        { extend: media("a.mp4"), lastFrame: media("b.png") },
        { extend: media("a.mp4"), model: "veo-3.0" },
        { lastFrame: media("a.png"), model: "veo-3.0-fast" }
      ])
        assert.strictEqual((yield* Effect.flip(sent(fields)))._tag, "UnsupportedOption")
      assert.strictEqual(server.requests.length, before)
    })
  )

  it.scopedLive("refuses the names that the API-key form had, with the day and with the way on", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => s.end())
      for (const [model, nearest] of [
        ["veo-3.1-generate-preview", "veo-3.1"],
        ["veo/veo-3.1-lite-generate-preview", "veo-3.1-fast"]
      ] as const) {
        const submit = withVeo(vertex(server.base, ["t"]))((veo) => veo.submit(intent({ model })))
        assert.deepInclude(yield* Effect.flip(submit), {
          _tag: "UnsupportedOption",
          retiredOn: "2026-10-22",
          nearest
        })
      }
      assert.strictEqual(server.requests.length, 0)
      // Nobody tells what Lite is called there.
      const names = (form: "ApiKey" | "Vertex") =>
        Veo.models({ _tag: form }).flatMap(({ aliases, model, retiredOn }) =>
          retiredOn ? [] : [model, ...aliases]
        )
      assert.isFalse(names("Vertex").some((name) => name.includes("lite")))
      assert.include(names("ApiKey"), "veo-3.1-lite")
    })
  )

  it.scopedLive("N10 fetches a video out of an answer of megabytes, which no poll keeps", () =>
    Effect.gen(function* () {
      const bytes = Buffer.from(Array.from({ length: 5_000_000 }, (_, i) => (i * 7) % 256))
      const videos = ["AAAA", bytes.toString("base64")].map((b) => ({
        bytesBase64Encoded: b,
        mimeType: "video/mp4"
      }))
      const server = yield* serve((_, s) => s.write(json(200, { name, done: true, response: { videos } })))
      const fetched = yield* withVeo(vertex(server.base, []))((veo) =>
        Effect.gen(function* () {
          const operation = { provider: "veo", id: name, model: "veo-3.1-generate-001" }
          const status = yield* veo.poll(operation)
          const output = { _tag: "Inline", index: 1, mimeType: "video/mp4" } as const
          assert.deepStrictEqual(status, { _tag: "Succeeded", videos: [{ ...output, index: 0 }, output] })
          return yield* Effect.scoped(
            Effect.flatMap(veo.download(operation, output, fromTheStart), (download) =>
              Stream.runCollect(download.bytes)
            )
          )
        })
      )
      assert.isTrue(Buffer.concat(Chunk.toReadonlyArray(fetched)).equals(bytes))
    })
  )
})

describe("cancel", () => {
  it.scopedLive("is not supported where the server does not know it", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => s.end())
      const outcome = yield* withVeo(options(server.base))((veo) => veo.cancel(operation))
      assert.strictEqual(outcome, "NotSupported")
      assert.strictEqual(server.requests.length, 0)
    })
  )

  it.scopedLive("tells what became of it", () =>
    Effect.gen(function* () {
      let state: unknown = {}
      const server = yield* serve((request, s) => {
        if (request.path.endsWith(":cancel")) state = { done: true, error: { code: 1 } }
        s.write(json(200, request.path.endsWith(":cancel") ? {} : state))
      })
      const outcomes = yield* withVeo(options(server.base, { cancel: true }))((veo) =>
        Effect.all([veo.cancel(operation), veo.cancel(operation)])
      )
      assert.deepStrictEqual(outcomes, ["Cancelled", "Cancelled"])
      assert.strictEqual(server.posts(), 1)
      assert.include(server.requests[0]?.headers["x-goog-api-key"], canary)
    })
  )
})

it.scopedLive("the server that Google switched off is refused by name, and so is a key in the clear", () =>
  Effect.gen(function* () {
    for (const base of ["https://generativelanguage.googleapis.com/", "http://example.com", "ftp://x", "x"]) {
      const error = yield* withVeo(options(base))(() => Effect.void).pipe(Effect.flip)
      assert.strictEqual(error._op, "InvalidData")
      if (base.includes("google")) assert.include(String(error), "Vertex AI")
    }
  })
)

describe("an answer with a video inside, over a slow line", () => {
  const name = "projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/u-1"
  const settled = Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
  /** What a poll comes to where the next part of its answer is there every 20 seconds. */
  const asked = (parts: Iterable<string>) =>
    Effect.gen(function* () {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
      const body = writable.getWriter()
      const answer = new Response(readable)
      const client = HttpClient.make((request) => Effect.succeed(HttpClientResponse.fromWeb(request, answer)))
      const veo = yield* Veo.make({
        _tag: "Vertex",
        project: "p",
        location: "us-central1",
        accessToken: Effect.succeed(Redacted.make("t"))
      }).pipe(Effect.provideService(HttpClient.HttpClient, client))
      const operation = { provider: "veo", id: name, model: "veo-3.1-generate-001" }
      const poll = yield* Effect.fork(Effect.either(veo.poll(operation)))
      for (const part of parts) {
        yield* settled
        yield* TestClock.adjust("20 seconds")
        if (Option.isSome(yield* Fiber.poll(poll))) break
        void body.write(Buffer.from(part)).catch(() => {})
      }
      void body.close().catch(() => {})
      return yield* Fiber.join(poll)
    })

  const video = ["A".repeat(8), "B".repeat(8), "C".repeat(8)]
  const around = [`{"name":"${name}","done":true,"response":{"videos":[{"bytesBase64Encoded":"`, '"}]}}']

  it.effect("N09 is read to its end, however long that takes", () =>
    Effect.gen(function* () {
      const status = yield* asked([around[0] ?? "", ...video, around[1] ?? ""])
      assert.strictEqual(Either.isRight(status) ? status.right._tag : status.left.message, "Succeeded")
    })
  )

  it.effect("N10 is given up where it never ends", () =>
    Effect.gen(function* () {
      const status = yield* asked([around[0] ?? "", ...Array.from({ length: 100 }, () => "AAAA")])
      assert.isTrue(Either.isLeft(status))
      if (Either.isLeft(status)) assert.strictEqual(status.left._tag, "ProviderUnavailable")
    })
  )
})
