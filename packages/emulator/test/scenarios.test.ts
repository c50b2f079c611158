import { assert, describe, it } from "@effect/vitest"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Faults from "@mutoscope/emulator/Faults"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import {
  answerOf,
  bytesOf,
  call,
  ended,
  json,
  path,
  poll,
  post,
  rendered,
  submission,
  submit
} from "./support/api.ts"

const ask = (emulatorScenario: string, prompt = "a cat") =>
  post(`${path}:predictLongRunning`, submission(prompt, { emulatorScenario }))

const acceptedCount = Effect.flatMap(Emulator, ({ accepted }) => Effect.map(accepted, (list) => list.length))

const refused = (scenario: string) =>
  Effect.gen(function* () {
    const response = yield* ask(scenario)
    const { error } = yield* answerOf(response)
    assert.strictEqual(yield* acceptedCount, 0)
    assert.strictEqual(error?.code, response.status)
    return { response, error, details: (error?.details ?? []).map((detail) => detail["@type"]) }
  })

describe("scenarios of a submit", () => {
  it.scopedLive("quota", () =>
    Effect.gen(function* () {
      const { response, error, details } = yield* refused("quota")
      assert.strictEqual(response.status, 429)
      assert.strictEqual(error?.status, "RESOURCE_EXHAUSTED")
      assert.deepStrictEqual(details, ["type.googleapis.com/google.rpc.QuotaFailure"])
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("rate-limit, with when to come back", () =>
    Effect.gen(function* () {
      const { response, error, details } = yield* refused("rate-limit")
      assert.strictEqual(response.status, 429)
      assert.strictEqual(response.headers.get("retry-after"), "1")
      assert.include(details, "type.googleapis.com/google.rpc.RetryInfo")
      assert.strictEqual(error?.details?.[1]?.["retryDelay"], "1s")
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each([
    ["unavailable", 503, "UNAVAILABLE"],
    ["unauthorized", 401, "UNAUTHENTICATED"],
    ["retired-model", 404, "NOT_FOUND"]
  ] as const)("%s", ([scenario, code, status]) =>
    Effect.gen(function* () {
      const { response, error } = yield* refused(scenario)
      assert.strictEqual(response.status, code)
      assert.strictEqual(error?.status, status)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("reset breaks the connection, and accepts nothing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ask("reset"))
      assert.match(String(error.cause), /ECONNRESET|other side closed|socket hang up/)
      assert.strictEqual(yield* acceptedCount, 0)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("a counted one happens so many times for a prompt", () =>
    Effect.gen(function* () {
      const statuses = (prompt: string) =>
        Effect.replicateEffect(
          Effect.map(ask("rate-limit:2", prompt), ({ status }) => status),
          3
        )
      assert.deepStrictEqual(yield* statuses("a cat"), [429, 429, 200])
      assert.deepStrictEqual(yield* statuses("a dog"), [429, 429, 200])
      assert.strictEqual(yield* acceptedCount, 2)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("a header chooses, and the program before it", () =>
    Effect.gen(function* () {
      const withHeader = (prompt: string) =>
        post(`${path}:predictLongRunning`, submission(prompt), { "x-emulator-scenario": "unavailable" })
      assert.strictEqual((yield* withHeader("a cat")).status, 503)
      assert.strictEqual((yield* withHeader("a dog")).status, 401)
      assert.strictEqual((yield* post(`${path}:predictLongRunning`, submission("a cow"))).status, 200)
    }).pipe(
      Effect.provide(layerTest({ faults: ({ prompt }) => (prompt === "a dog" ? "unauthorized" : undefined) }))
    )
  )
})

describe("scenarios of an answer", () => {
  it.scopedLive("lost-response accepts, renders, and hangs up", () =>
    Effect.gen(function* () {
      yield* Effect.flip(ask("lost-response"))
      const [entry] = yield* (yield* Emulator).accepted
      assert.strictEqual(entry?.prompt, "a cat")
      const answer = yield* ended(entry?.operation ?? "")
      assert.isDefined(answer.response)
      assert.strictEqual(yield* acceptedCount, 1)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("malformed-json accepts, and stops in the middle of a name", () =>
    Effect.gen(function* () {
      const response = yield* ask("malformed-json")
      assert.strictEqual(response.status, 200)
      assert.match(response.headers.get("content-type") ?? "", /application\/json/)
      yield* Effect.flip(json(response))
      assert.strictEqual(yield* acceptedCount, 1)
    }).pipe(Effect.provide(layerTest()))
  )
})

describe("scenarios of a job", () => {
  it.scopedLive("failure ends with a number and no status", () =>
    Effect.gen(function* () {
      const { done, error, response } = yield* Effect.flatMap(
        submit("a", { emulatorScenario: "failure" }),
        ended
      )
      assert.isTrue(done)
      assert.isUndefined(response)
      assert.hasAllKeys(error, ["code", "message"])
      assert.strictEqual(error?.code, 13)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("content-block ends with reasons and no samples", () =>
    Effect.gen(function* () {
      const { response } = yield* Effect.flatMap(submit("a", { emulatorScenario: "content-block" }), ended)
      const result = response?.["generateVideoResponse"]
      assert.hasAllKeys(result, ["raiMediaFilteredCount", "raiMediaFilteredReasons"])
      assert.propertyVal(result, "raiMediaFilteredCount", 1)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("empty-result ends with nothing", () =>
    Effect.gen(function* () {
      const { response } = yield* Effect.flatMap(submit("a", { emulatorScenario: "empty-result" }), ended)
      assert.deepStrictEqual(response?.["generateVideoResponse"], {})
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("a stuck job holds up nobody else", () =>
    Effect.gen(function* () {
      const stuck = yield* submit("a", { emulatorScenario: "stuck" })
      yield* rendered("b")
      assert.isUndefined((yield* poll(stuck)).done)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("a slow job waits for so many seconds, and holds up nobody else", () =>
    Effect.gen(function* () {
      const slow = yield* submit("a", { emulatorScenario: "slow:1" })
      yield* rendered("b")
      assert.isUndefined((yield* poll(slow)).done)
      assert.isDefined((yield* ended(slow)).response)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("poll-unavailable answers questions with 503, so many times", () =>
    Effect.gen(function* () {
      const name = yield* submit("a", { emulatorScenario: "poll-unavailable:2" })
      const answers = yield* Effect.replicateEffect(call(`/v1beta/${name}`), 3)
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [503, 503, 200]
      )
    }).pipe(Effect.provide(layerTest()))
  )
})

describe("scenarios of a download", () => {
  it.scopedLive("truncated-download promises all, and sends the first half", () =>
    Effect.gen(function* () {
      const uri = yield* rendered("a", { emulatorScenario: "truncated-download:1" })
      const cut = yield* call(uri)
      const promised = Number(cut.headers.get("content-length"))
      const received: Array<Uint8Array> = []
      yield* Effect.flip(
        Effect.tryPromise(async () => {
          for await (const chunk of cut.body ?? []) received.push(chunk)
        })
      )
      const half = Buffer.concat(received)
      assert.strictEqual(half.length, Math.floor(promised / 2))
      const rest = yield* call(uri, {
        headers: { range: `bytes=${half.length}-`, "if-range": cut.headers.get("etag") ?? "" }
      })
      assert.strictEqual(rest.status, 206)
      const whole = Buffer.concat([half, yield* bytesOf(rest)])
      assert.isTrue(whole.equals(yield* Effect.flatMap(call(uri), bytesOf)))
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("expired-file ends well, and is gone", () =>
    Effect.gen(function* () {
      const response = yield* Effect.flatMap(rendered("a", { emulatorScenario: "expired-file" }), (uri) =>
        call(uri)
      )
      assert.strictEqual(response.status, 404)
      assert.strictEqual((yield* answerOf(response)).error?.status, "NOT_FOUND")
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("both of them where the video is inside the answer", () =>
    Effect.gen(function* () {
      const model = "/v1/projects/p/locations/l/publishers/google/models/veo-3.1"
      const start = (emulatorScenario: string) =>
        post(`${model}:predictLongRunning`, submission("a", { emulatorScenario })).pipe(
          Effect.flatMap(answerOf),
          Effect.map(({ name }) => ({ operationName: name }))
        )
      const fetched = (question: unknown): Effect.Effect<Response, unknown, Emulator> =>
        Effect.flatMap(post(`${model}:fetchPredictOperation`, question), (response) =>
          Number(response.headers.get("content-length")) > 1000 || response.status !== 200
            ? Effect.succeed(response)
            : Effect.delay(fetched(question), "5 millis")
        )
      const cut = yield* Effect.flatMap(start("truncated-download:1"), (question) =>
        Effect.tap(fetched(question), (response) => Effect.flip(bytesOf(response))).pipe(
          Effect.zipRight(Effect.flatMap(fetched(question), answerOf))
        )
      )
      assert.isTrue(cut.done)
      const gone = yield* Effect.flatMap(start("expired-file"), fetched)
      assert.strictEqual(gone.status, 404)
    }).pipe(Effect.provide(layerTest()))
  )
})

describe("the text of a scenario", () => {
  it("is a name, or a name and a number", () => {
    assert.deepStrictEqual(Faults.parse("quota"), Option.some({ name: "quota" }))
    assert.deepStrictEqual(Faults.parse("slow:30"), Option.some({ name: "slow", count: 30 }))
    for (const text of ["", "flood", "quota:", "quota:-1", "quota:1:2", "constructor", "quota:1e3"]) {
      assert.deepStrictEqual(Faults.parse(text), Option.none())
    }
  })
})
