import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { layerTest } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import { parseRange } from "../src/internal/media.ts"
import { bytesOf, call, rendered } from "./support/api.ts"

const range = (uri: string, value: string, headers: Record<string, string> = {}) =>
  call(uri, { headers: { range: value, ...headers } })

describe("downloads", () => {
  it.scopedLive("send the whole video with its length and a strong tag", () =>
    Effect.gen(function* () {
      const uri = yield* rendered("a", { seed: 9 })
      const response = yield* call(uri)
      const bytes = yield* bytesOf(response)
      assert.strictEqual(response.status, 200)
      assert.strictEqual(response.headers.get("content-type"), "video/mp4")
      assert.strictEqual(response.headers.get("content-length"), String(bytes.length))
      assert.strictEqual(response.headers.get("accept-ranges"), "bytes")
      assert.strictEqual(
        response.headers.get("etag"),
        `"${createHash("sha256").update(bytes).digest("hex")}"`
      )
      assert.include(bytes.toString("latin1"), "free9 a")
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("X09 send one range, exactly", () =>
    Effect.gen(function* () {
      const uri = yield* rendered("a")
      const whole = yield* Effect.flatMap(call(uri), bytesOf)
      const size = whole.length
      const cases: ReadonlyArray<readonly [string, number, number]> = [
        ["bytes=0-", 0, size - 1],
        ["bytes=0-0", 0, 0],
        ["bytes=10-109", 10, 109],
        ["bytes=-5", size - 5, size - 1],
        [`bytes=-${10 ** 9}`, 0, size - 1],
        [`bytes=${size - 1}-`, size - 1, size - 1],
        [`bytes=7-${"9".repeat(20)}`, 7, size - 1]
      ]
      for (const [value, start, end] of cases) {
        const response = yield* range(uri, value)
        const bytes = yield* bytesOf(response)
        assert.strictEqual(response.status, 206, value)
        assert.strictEqual(response.headers.get("content-range"), `bytes ${start}-${end}/${size}`)
        assert.strictEqual(response.headers.get("content-length"), String(end - start + 1))
        assert.isTrue(bytes.equals(whole.subarray(start, end + 1)), value)
      }
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("X09 have nothing to send behind the end", () =>
    Effect.gen(function* () {
      const uri = yield* rendered("a")
      for (const value of [`bytes=${"9".repeat(20)}-`, "bytes=-0", "bytes=999999-"]) {
        const response = yield* range(uri, value)
        assert.strictEqual(response.status, 416, value)
        assert.match(response.headers.get("content-range") ?? "", /^bytes \*\/\d+$/)
        assert.strictEqual((yield* bytesOf(response)).length, 0)
      }
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("X09 send all where a range makes no sense, or is several", () =>
    Effect.gen(function* () {
      const uri = yield* rendered("a")
      const many = Array.from({ length: 1000 }, (_, index) => `${index}-${index}`).join(",")
      for (const value of [
        "bytes=5-2",
        "bytes=-",
        "bytes=a-b",
        "lines=0-1",
        "bytes=0-1,5-6",
        `bytes=${many}`
      ]) {
        const response = yield* range(uri, value)
        assert.strictEqual(response.status, 200, value)
        assert.strictEqual(String((yield* bytesOf(response)).length), response.headers.get("content-length"))
      }
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("send all where the tag is another's", () =>
    Effect.gen(function* () {
      const uri = yield* rendered("a")
      const etag = (yield* call(uri)).headers.get("etag") ?? ""
      assert.strictEqual((yield* range(uri, "bytes=1-", { "if-range": etag })).status, 206)
      assert.strictEqual((yield* range(uri, "bytes=1-", { "if-range": '"other"' })).status, 200)
      assert.strictEqual((yield* range(uri, "bytes=1-", { "if-range": `W/${etag}` })).status, 200)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("X08 come by id and by nothing else", () =>
    Effect.gen(function* () {
      const uri = yield* rendered("a")
      const base = uri.slice(0, uri.indexOf("files/") + "files/".length)
      const id = /files\/([0-9a-f]{32})/.exec(uri)?.[1] ?? ""
      for (const path of [
        "..%2foperations%2f",
        `..%2fvideos%2f${id}.mp4`,
        `%2e%2e/${id}`,
        `${id}%00:download`,
        `..\\${id}.mp4:download`,
        "%2fproc%2fself%2fenviron:download",
        `${"0".repeat(32)}:download`,
        `${id}`,
        `${id.toUpperCase()}:delete`
      ]) {
        assert.strictEqual((yield* call(`${base}${path}`)).status, 404, path)
      }
    }).pipe(Effect.provide(layerTest()))
  )
})

describe("a range", () => {
  it("lies within the video, whatever a client writes", () => {
    const part = FastCheck.oneof(
      FastCheck.constant(""),
      FastCheck.bigInt({ min: 0n, max: 10n ** 21n }).map(String)
    )
    FastCheck.assert(
      FastCheck.property(part, part, FastCheck.integer({ min: 1, max: 10_000 }), (from, to, size) => {
        const parsed = parseRange(`bytes=${from}-${to}`, size)
        if (parsed === undefined || parsed === "unsatisfiable") return true
        return parsed.start >= 0 && parsed.start <= parsed.end && parsed.end < size
      })
    )
  })

  it("is none in any other text", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string().filter((text) => !/^\s*bytes=\d*-\d*\s*$/.test(text)),
        (text) => parseRange(text, 100) === undefined
      )
    )
  })
})
