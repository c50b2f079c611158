/**
 * What an answer to a submit says of itself where its status does not: an error in a 2xx, and an edge that answers in place of
 * the server behind it.
 */
import * as Headers from "@effect/platform/Headers"
import { assert, describe, it } from "@effect/vitest"
import * as Redacted from "effect/Redacted"
import { type Answered, downloadError, pollError, submitError } from "../src/internal/classification.ts"
import { withoutJob } from "../src/internal/envelope.ts"

const answered = (status: number, body: unknown, headers: Record<string, string> = {}): Answered => ({
  provider: "p",
  model: "m",
  secrets: [Redacted.make("SECRET-KEY")],
  _tag: "Answered",
  status,
  headers: Headers.fromInput(headers),
  body: typeof body === "string" ? body : JSON.stringify(body),
  now: 0
})

const error = (body: unknown, options: { readonly grpc?: boolean } = {}) =>
  submitError(withoutJob(answered(200, body, { "retry-after": "7" }), "a job", options))

const refused: ReadonlyArray<readonly [number | string, string]> = [
  [400, "InvalidRequest"],
  [401, "AuthenticationFailed"],
  [402, "QuotaExceeded"],
  [403, "AuthenticationFailed"],
  [404, "UnsupportedOption"],
  [413, "InvalidRequest"],
  [422, "InvalidRequest"],
  [429, "RateLimited"],
  ["402", "QuotaExceeded"],
  ["INVALID_ARGUMENT", "InvalidRequest"],
  ["FAILED_PRECONDITION", "InvalidRequest"],
  ["OUT_OF_RANGE", "InvalidRequest"],
  ["UNAUTHENTICATED", "AuthenticationFailed"],
  ["PERMISSION_DENIED", "AuthenticationFailed"],
  ["NOT_FOUND", "UnsupportedOption"],
  ["RESOURCE_EXHAUSTED", "RateLimited"]
]

const open: ReadonlyArray<number | string> = [
  ...[200, 201, 405, 406, 408, 409, 410, 415, 425, 499, 500, 501, 502, 503, 504, 520, 521, 1026, 0, -1],
  ...[
    "408",
    "500",
    "504",
    "1301",
    "success",
    "invalid_request",
    "insufficient_quota",
    "moderation_blocked",
    ""
  ],
  ...["ABORTED", "ALREADY_EXISTS", "CANCELLED", "DATA_LOSS", "DEADLINE_EXCEEDED", "INTERNAL", "OK"],
  ...["UNAVAILABLE", "UNIMPLEMENTED", "UNKNOWN"]
]

describe("P03 an error in a 200 that names no job", () => {
  it.each([...refused])("is a refusal with the code %s", (code, tag) => {
    const message = "no"
    for (const body of [
      { error: { code, message } },
      { error: { code: null, status: code, message } },
      { error: { http_code: code, message } },
      [{ error: { code, message } }],
      { code, message },
      { code, error: message, data: null, id: "" },
      { status: code, detail: message }
    ])
      assert.strictEqual(error(body)._tag, tag, JSON.stringify(body))
  })

  it.each([...open])("leaves open what became of it with the code %s", (code) => {
    for (const body of [
      { error: { code, message: "no" } },
      { code, message: "no" },
      { status: code, detail: "no" }
    ])
      assert.strictEqual(error(body)._tag, "SubmitUnknown", JSON.stringify(body))
  })

  it.each([
    ["no code", { error: { message: "Insufficient credits" } }],
    ["a sentence", { error: "Insufficient credits" }],
    ["two codes that disagree", { error: { code: 400, status: "INTERNAL", message: "no" } }],
    ["an id", { id: "job-1", error: { code: 402, message: "no" } }],
    ["an id that is a number", { id: 4711, error: { code: 402, message: "no" } }],
    ["a task", { task_id: "t1", code: 400 }],
    ["data", { code: 400, data: { id: "t1" } }],
    ["an output", { code: 400, output: { task_id: "t1" } }],
    ["the name of an operation", { name: "operations/1", error: { code: 400, message: "no" } }],
    ["two errors", [{ error: { code: 400 } }, { error: { code: 400 } }]],
    ["half of it", '{"error": {"code": 402'],
    ["nothing", ""]
  ])("leaves it open with %s", (_, body) => {
    assert.strictEqual(error(body)._tag, "SubmitUnknown")
  })

  it("is as if its code were the status", () => {
    assert.deepInclude(error({ error: { code: 403, message: "Forbidden" } }), { unclear: true })
    const flagged = { error: { code: 403, message: "no", metadata: { flagged_input: "x" } } }
    assert.strictEqual(error(flagged)._tag, "ContentBlocked")
    assert.strictEqual(error({ error: { code: 429, message: "check your billing" } })._tag, "RateLimited")
  })

  it("says what the error says, without keys, where it leaves it open", () => {
    const told = error({ error: { code: 504, message: "Provider returned error SECRET-KEY" } })
    assert.include(told.message, "its answer does not name a job: Provider returned error <redacted>")
  })

  it("has small numbers for codes only where Google speaks", () => {
    for (const [code, tag] of [
      [3, "InvalidRequest"],
      [5, "UnsupportedOption"],
      [7, "AuthenticationFailed"],
      [8, "RateLimited"],
      [9, "InvalidRequest"],
      [16, "AuthenticationFailed"],
      ...[0, 1, 2, 4, 6, 10, 12, 13, 14, 15, 17].map((code) => [code, "SubmitUnknown"] as const)
    ] as const) {
      assert.strictEqual(error({ error: { code, message: "no" } }, { grpc: true })._tag, tag, String(code))
      assert.strictEqual(error({ error: { code, message: "no" } })._tag, "SubmitUnknown", String(code))
    }
  })
})

const edge = { server: "cloudflare", "cf-ray": "8f1a-FRA" }

const page = (status: number) =>
  `<!DOCTYPE html><html><head><title>api.example.com | ${status}: Web server is down</title></head><body>Error code ${status} Cloudflare Ray ID: 8f1a</body></html>`

describe("an edge that answers in place of the server behind it", () => {
  it.each([521, 523, 525, 526])("%s in its own words means that nothing was sent on", (status) => {
    for (const body of [
      `error code: ${status}`,
      `error code: ${status}\n`,
      page(status),
      { type: "x", title: `Error ${status}`, status, error_code: status, cloudflare_error: true }
    ]) {
      const failure = answered(status, body, edge)
      for (const of of [submitError, pollError, downloadError])
        assert.strictEqual(of(failure)._tag, "ProviderUnavailable")
    }
  })

  it.each([520, 522, 524, 527, 530, 500, 502, 503, 504])("%s leaves it open whoever says it", (status) => {
    for (const body of [`error code: ${status}`, page(status), ""])
      assert.strictEqual(submitError(answered(status, body, edge))._tag, "SubmitUnknown")
  })

  it.each([521, 523, 525, 526])(
    "%s leaves it open in another's words, or with another's headers",
    (status) => {
      const line = `error code: ${status}`
      for (const failure of [
        answered(status, line),
        answered(status, line, { server: "cloudflare" }),
        answered(status, line, { server: "nginx", "cf-ray": "8f1a-FRA" }),
        answered(status, { error: { message: line, code: status } }, edge),
        answered(status, { error_code: status }, edge),
        answered(status, "", edge),
        answered(status, `upstream said: ${line}`, edge),
        answered(status, "error code: 502", edge),
        answered(status, page(502), edge),
        answered(status, `<html>Error ${status}</html>`, edge)
      ])
        assert.strictEqual(submitError(failure)._tag, "SubmitUnknown", failure.body)
    }
  )
})
