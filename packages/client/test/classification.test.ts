import * as Headers from "@effect/platform/Headers"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { downloadError, type Failure, pollError, submitError } from "../src/internal/classification.ts"
import { retryAfter } from "../src/internal/retryAfter.ts"

const about = { provider: "veo", model: "veo-3.1", secrets: [Redacted.make("SECRET-KEY")] }

const answered = (
  status: number,
  error: object = {},
  headers: Record<string, string> = {},
  declined = false
): Failure => ({
  ...about,
  _tag: "Answered",
  status,
  headers: Headers.fromInput(headers),
  body: JSON.stringify({ error }),
  now: 0,
  declined
})

const never: Failure = { ...about, _tag: "NeverSent", reason: "x" }
const insecure: Failure = { ...about, _tag: "Insecure", reason: "x" }
const lost: Failure = { ...about, _tag: "Lost", reason: "x", partial: "" }
const timedOut: Failure = { ...about, _tag: "TimedOut", reason: "x", partial: "" }

const quotaFailure = (quotaId: string) => ({
  details: [{ "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [{ quotaId }] }]
})
const retryInfo = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "53s" }

const unavailable = "ProviderUnavailable"
const unexpected = "UnexpectedAnswer"
const refusedFile = "OutputRefused"
const keyless = { host: "files.example", keyOf: "api.example" }

describe("P14 the table", () => {
  const table: ReadonlyArray<readonly [string, Failure, string, string, string]> = [
    ["never sent", never, unavailable, unavailable, unavailable],
    ["untrusted", insecure, unavailable, unavailable, unavailable],
    ["lost", lost, "SubmitUnknown", unavailable, "DownloadFailed"],
    ["timed out", timedOut, "SubmitUnknown", unavailable, "DownloadFailed"],
    ["200", answered(200), "SubmitUnknown", unexpected, refusedFile],
    ["300", answered(300), "SubmitUnknown", unexpected, unexpected],
    ["301", answered(301), "InvalidRequest", unexpected, unexpected],
    ["302", answered(302), "SubmitUnknown", unexpected, unexpected],
    ["303", answered(303), "SubmitUnknown", unexpected, unexpected],
    ["304", answered(304), "SubmitUnknown", unexpected, unexpected],
    ["307", answered(307), "InvalidRequest", unexpected, unexpected],
    ["308", answered(308), "InvalidRequest", unexpected, unexpected],
    ["400", answered(400), "InvalidRequest", unexpected, refusedFile],
    [
      "401, to whom no key was sent",
      { ...answered(401), ...keyless },
      "AuthenticationFailed",
      "AuthenticationFailed",
      refusedFile
    ],
    [
      "403, to whom no key was sent",
      { ...answered(403), ...keyless },
      "AuthenticationFailed",
      "AuthenticationFailed",
      refusedFile
    ],
    [
      "400, safety",
      answered(400, { message: "blocked by Responsible AI" }),
      "ContentBlocked",
      unexpected,
      refusedFile
    ],
    ["400, key", answered(400, { message: "API key not valid" }), ...three("AuthenticationFailed")],
    [
      "400, no credit",
      answered(400, { message: "You do not have enough credits" }),
      "QuotaExceeded",
      "AuthenticationFailed",
      refusedFile
    ],
    ["401", answered(401), ...three("AuthenticationFailed")],
    ["402", answered(402), "QuotaExceeded", "AuthenticationFailed", refusedFile],
    ...[401, 402, 404, 407, 429, 511].map(
      (status) =>
        [
          `${status}, moderation`,
          answered(status, { message: "Your request was blocked by our moderation system." }),
          "ContentBlocked",
          unexpected,
          refusedFile
        ] as const
    ),
    ...["risk control: sensitive words detected", "Prompt depicts a minor"].flatMap((message) =>
      [402, 404].map(
        (status) =>
          [
            `${status}, ${message}`,
            answered(status, { message }),
            "ContentBlocked",
            unexpected,
            refusedFile
          ] as const
      )
    ),
    [
      "404, of a version",
      answered(404, { message: "minor version 2 failed to load" }),
      "UnsupportedOption",
      "OperationNotFound",
      refusedFile
    ],
    ["407", answered(407), ...three(unavailable)],
    ["403", answered(403), "AuthenticationFailed", unexpected, "OutputRefused"],
    ["404", answered(404), "UnsupportedOption", "OperationNotFound", "OutputRefused"],
    [
      "404, still being written",
      answered(404, { message: "Generation is still in-progress" }),
      "UnsupportedOption",
      unexpected,
      unavailable
    ],
    ["405", answered(405), "InvalidRequest", unexpected, refusedFile],
    ["408", answered(408), "SubmitUnknown", unavailable, unavailable],
    ["409", answered(409), "SubmitUnknown", unavailable, unavailable],
    ["409, as declined", answered(409, {}, {}, true), "InvalidRequest", unavailable, unavailable],
    ["410", answered(410), "UnsupportedOption", "OperationNotFound", "OutputRefused"],
    ["413", answered(413), "InvalidRequest", unexpected, refusedFile],
    ["422", answered(422), "InvalidRequest", unexpected, refusedFile],
    ["425", answered(425), unavailable, unavailable, unavailable],
    ["429", answered(429), ...three("RateLimited")],
    ["429, a quota", answered(429, quotaFailure("Requests")), "QuotaExceeded", "RateLimited", "RateLimited"],
    ["429, a day's quota", answered(429, dayly()), "QuotaExceeded", "RateLimited", "RateLimited"],
    ["429, a minute's", answered(429, minutely()), ...three("RateLimited")],
    [
      "429, words",
      answered(429, { message: "check your billing" }),
      "QuotaExceeded",
      "RateLimited",
      "RateLimited"
    ],
    ["424", answered(424), "SubmitUnknown", unavailable, unavailable],
    ["444", answered(444), "SubmitUnknown", unavailable, unavailable],
    ["460", answered(460), "SubmitUnknown", unavailable, unavailable],
    ["499", answered(499), "SubmitUnknown", unavailable, unavailable],
    ["500", answered(500), "SubmitUnknown", unavailable, unavailable],
    ["501", answered(501), "InvalidRequest", unexpected, refusedFile],
    ["502", answered(502), "SubmitUnknown", unavailable, unavailable],
    ["503", answered(503, {}, { "retry-after": "3" }), "SubmitUnknown", unavailable, unavailable],
    ["504", answered(504), "SubmitUnknown", unavailable, unavailable],
    ["511", answered(511), ...three(unavailable)],
    ["700", answered(700), "SubmitUnknown", unexpected, unexpected]
  ]
  it.each([...table])("%s", (_, failure, submit, poll, download) => {
    assert.strictEqual(submitError(failure)._tag, submit)
    assert.strictEqual(pollError(failure)._tag, poll)
    assert.strictEqual(downloadError(failure)._tag, download)
  })

  function three(tag: string): readonly [string, string, string] {
    return [tag, tag, tag]
  }
  function dayly() {
    return { details: [...quotaFailure("RequestsPerDay").details, retryInfo] }
  }
  function minutely() {
    return { message: "check your quota", details: [...quotaFailure("RequestsPerMinute").details, retryInfo] }
  }

  it("a forgotten job is told in the provider's own words, with the server where that is not the vendor's", () => {
    const at = (host: string | undefined, error: object) =>
      pollError({ ...answered(404, error), host }).message
    assert.include(at(undefined, { message: "no such task" }), "any more): no such task (HTTP 404)")
    assert.include(at("gateway.example:8080", {}), "any more): HTTP 404, from gateway.example:8080")
  })

  it("only an untrusted certificate is final", () => {
    assert.deepInclude(submitError(insecure), { permanent: true })
    assert.notDeepInclude(submitError(never), { permanent: true })
  })

  it("keeps the answer of an unknown submit: 4 KiB of it, without keys and without base64", () => {
    const body = `{"k":"SECRET-KEY","u":"https://h.test/p?sig=1","b":"${"QUFB".repeat(500)}"} ${"- ".repeat(9000)}`
    const error = submitError({ ...about, _tag: "Lost", reason: "x", partial: body })
    const kept = error._tag === "SubmitUnknown" ? (error.answer ?? "") : ""
    assert.isTrue(kept.startsWith(`{"k":"<redacted>","u":"https://h.test/p?<redacted>","b":"<base64>"}`))
    assert.strictEqual(kept.length, 4096)
  })
})

describe("P13 Retry-After", () => {
  const now = Date.parse("2026-01-01T00:00:00Z")
  const cases: ReadonlyArray<readonly [string, number | undefined]> = [
    ["3", 3],
    ["1.2", 2],
    ["0", 0],
    ["-1", 0],
    ["abc", undefined],
    ["NaN", undefined],
    ["", undefined],
    ["1000000000", 86_400],
    ["Infinity", 86_400],
    ["Thu, 01 Jan 2026 00:00:05 GMT", 5],
    ["Wed, 31 Dec 2025 23:59:00 GMT", 0],
    ["Thu, 01 Jan 2099 00:00:00 GMT", 86_400]
  ]
  it.each([...cases])("%s is %s", (value, seconds) => {
    const headers = Headers.fromInput({ "retry-after": value })
    const wait = retryAfter({ headers, retryDelay: Option.none(), message: "", now })
    assert.deepStrictEqual(Option.map(wait, Duration.toSeconds), Option.fromNullable(seconds))
  })

  it("comes in milliseconds first, rounded up", () => {
    const seconds = (headers: Record<string, string>) =>
      Option.map(
        retryAfter({ headers: Headers.fromInput(headers), retryDelay: Option.none(), message: "", now }),
        Duration.toSeconds
      )
    assert.deepStrictEqual(seconds({ "retry-after-ms": "1200" }), Option.some(2))
    assert.deepStrictEqual(seconds({ "retry-after-ms": "30000", "retry-after": "1" }), Option.some(30))
    for (const odd of ["", "soon"])
      assert.deepStrictEqual(seconds({ "retry-after-ms": odd, "retry-after": "7" }), Option.some(7))
    assert.deepStrictEqual(seconds({ "retry-after-ms": "-5" }), Option.some(0))
    assert.deepStrictEqual(seconds({ "retry-after-ms": "soon" }), Option.none())
  })

  it("P32 is what it says, whatever day the server believes it is", () => {
    const headers = Headers.fromInput({ "retry-after": "3", date: "Fri, 01 Jan 2027 00:00:00 GMT" })
    const wait = retryAfter({ headers, retryDelay: Option.none(), message: "", now })
    assert.deepStrictEqual(Option.map(wait, Duration.toSeconds), Option.some(3))
  })

  it("comes from RetryInfo, and else from the words, rounded up", () => {
    const seconds = (retryDelay: Option.Option<string>, message: string) =>
      Option.map(retryAfter({ headers: Headers.empty, retryDelay, message, now }), Duration.toSeconds)
    assert.deepStrictEqual(seconds(Option.some("53s"), "Please retry in 99s"), Option.some(53))
    assert.deepStrictEqual(seconds(Option.some("0.2s"), ""), Option.some(1))
    assert.deepStrictEqual(seconds(Option.none(), "Please retry in 53.01s."), Option.some(54))
    assert.deepStrictEqual(seconds(Option.none(), "Your rate limit resets in ~30s."), Option.some(30))
    assert.deepStrictEqual(seconds(Option.none(), "later"), Option.none())
  })
})
