import type * as net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import type { SubmitError } from "@mutoscope/core/GenerationError"
import * as Policy from "@mutoscope/core/Policy"
import * as Effect from "effect/Effect"
import { canary, intent, operationName, options, withVeo } from "./fixtures.ts"
import { answer, json, type Script, serve } from "./scripted.ts"

const reset = (socket: net.Socket) => socket.resetAndDestroy()

/** What a server does with a submit, and what it must be called. */
const cases: ReadonlyArray<readonly [name: string, tag: SubmitError["_tag"], script: Script]> = [
  ["N04 reset after the whole request", "SubmitUnknown", (_, socket) => reset(socket)],
  ["N05 closed after the request, no byte answered", "SubmitUnknown", (_, socket) => socket.end()],
  ["N06 cut within the status line", "SubmitUnknown", (_, socket) => socket.end("HTTP/1.1 2")],
  ["N07 no headers", "SubmitUnknown", () => {}],
  ["N08 a status line, then silence", "SubmitUnknown", (_, socket) => socket.write("HTTP/1.1 200 OK\r\n")],
  ["N10 an answer without end", "SubmitUnknown", (_, socket) => endless(socket)],
  ["N11 headers of 100 KiB", "SubmitUnknown", (_, s) => s.write(json(200, {}, { x: "y".repeat(100_000) }))],
  ["P01 malformed JSON", "SubmitUnknown", (_, s) => s.write(answer(200, `{"name": "models/`))],
  ["P02 HTML", "SubmitUnknown", (_, s) => s.write(answer(200, "<html>", { "content-type": "text/html" }))],
  [
    "P03 an error in a 200",
    "InvalidRequest",
    (_, s) => s.write(json(200, { error: { code: 3, message: "no" } }))
  ],
  [
    "P03 an unknown error in a 200",
    "SubmitUnknown",
    (_, s) => s.write(json(200, { error: { code: "odd" } }))
  ],
  ["P04 no name", "SubmitUnknown", (_, s) => s.write(json(200, {}))],
  ["P04 an empty name", "SubmitUnknown", (_, s) => s.write(json(200, { name: "" }))],
  ["P04 a number for a name", "SubmitUnknown", (_, s) => s.write(json(200, { name: 7 }))],
  [
    "P04 a name that climbs",
    "SubmitUnknown",
    (_, s) => s.write(json(200, { name: "models/../operations/x" }))
  ],
  [
    "P04 a name with a line break",
    "SubmitUnknown",
    (_, s) => s.write(json(200, { name: `${operationName}\r\nx` }))
  ],
  [
    "P04 a name of 10 KiB",
    "SubmitUnknown",
    (_, s) => s.write(json(200, { name: operationName + "x".repeat(10_240) }))
  ],
  [
    "P21 an encoding that nobody asked for",
    "SubmitUnknown",
    (_, s) => s.write(json(200, {}, { "content-encoding": "gzip" }))
  ],
  ["P25 a 204", "SubmitUnknown", (_, s) => s.write("HTTP/1.1 204 X\r\n\r\n")],
  ["a body cut short", "SubmitUnknown", (_, s) => s.end(json(200, {}, { "content-length": 500 }))],
  ...[408, 409, 499, 500, 502, 503, 504].map((status) => refusal(status, "SubmitUnknown")),
  ...[400, 405, 413, 415, 422, 501].map((status) => refusal(status, "InvalidRequest")),
  ...[401, 403].map((status) => refusal(status, "AuthenticationFailed")),
  refusal(404, "UnsupportedOption"),
  refusal(425, "ProviderUnavailable"),
  refusal(429, "RateLimited")
]

function refusal(status: number, tag: SubmitError["_tag"]): readonly [string, SubmitError["_tag"], Script] {
  return [
    `an answer of ${status}`,
    tag,
    (_, socket) => socket.write(json(status, { error: { code: status, message: "no" } }))
  ]
}

function endless(socket: net.Socket) {
  socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
  const piece = `4000\r\n${",".repeat(0x4000)}\r\n`
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  }
  socket.on("drain", more)
  more()
}

const impatient = Effect.provideService(Policy.Policy, Policy.make({ submitTimeout: "1 second" }))

describe("a submit is sent at most once", () => {
  it.scopedLive.each([...cases])("%s is %s", ([_, tag, script]) =>
    Effect.gen(function* () {
      const server = yield* serve(script)
      const error = yield* withVeo(options(server.base))((veo) => Effect.flip(veo.submit(intent()))).pipe(
        impatient
      )
      assert.strictEqual(error._tag, tag)
      assert.strictEqual(server.posts(), 1)
      assert.notInclude(JSON.stringify(error), canary)
    })
  )

  it.scopedLive("N01 a refused connection is no submit", () =>
    Effect.gen(function* () {
      const error = yield* withVeo(options("http://127.0.0.1:1"))((veo) => Effect.flip(veo.submit(intent())))
      assert.strictEqual(error._tag, "ProviderUnavailable")
    })
  )

  it.scopedLive("N02 a host without an address is no submit", () =>
    Effect.gen(function* () {
      const base = "https://no-such-host.invalid"
      const error = yield* withVeo(options(base))((veo) => Effect.flip(veo.submit(intent())))
      assert.strictEqual(error._tag, "ProviderUnavailable")
    })
  )

  it.scopedLive("N03 a connection reset at once ends in one try", () =>
    Effect.gen(function* () {
      const server = yield* serve(() => {}, reset)
      const error = yield* withVeo(options(server.base))((veo) => Effect.flip(veo.submit(intent()))).pipe(
        impatient
      )
      assert.include(["SubmitUnknown", "ProviderUnavailable"], error._tag)
      assert.strictEqual(server.posts(), 0)
    })
  )

  it.scopedLive("N08 what came of an answer is kept", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) =>
        s.write(`HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"name":"${operationName}"`)
      )
      const error = yield* withVeo(options(server.base))((veo) => Effect.flip(veo.submit(intent()))).pipe(
        impatient
      )
      assert.deepInclude(error, { _tag: "SubmitUnknown", answer: `{"name":"${operationName}"` })
    })
  )

  it.scopedLive("N14 each submit has a connection of its own, even beside an idle one", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(json(200, { name: operationName })))
      yield* withVeo(options(server.base))((veo) =>
        Effect.all([
          veo.poll({ provider: "veo", id: operationName, model: "m" }),
          veo.submit(intent()),
          veo.submit(intent()),
          veo.poll({ provider: "veo", id: operationName, model: "m" })
        ])
      )
      const by = server.requests.map(({ connection }) => connection)
      assert.deepStrictEqual(by, [1, 2, 3, 1])
      assert.deepStrictEqual(
        server.requests.map(({ headers }) => headers["connection"]),
        ["keep-alive", "close", "close", "keep-alive"]
      )
    })
  )

  it.scopedLive("N15 answers of 1xx come before the answer", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) =>
        s.write(
          Buffer.concat([
            Buffer.from("HTTP/1.1 103 Early\r\nlink: x\r\n\r\n"),
            json(200, { name: operationName })
          ])
        )
      )
      const accepted = yield* withVeo(options(server.base))((veo) => veo.submit(intent()))
      assert.strictEqual(accepted.id, operationName)
    })
  )

  it.scopedLive("P05 what is unknown in an answer is passed over", () =>
    Effect.gen(function* () {
      const deep = `${"[".repeat(1000)}${"]".repeat(1000)}`
      const server = yield* serve((_, s) => s.write(answer(200, `{"x":${deep},"name":"${operationName}"}`)))
      const accepted = yield* withVeo(options(server.base))((veo) => veo.submit(intent()))
      assert.strictEqual(accepted.id, operationName)
    })
  )

  /** A server that leads on, and what became of a submit to it. */
  const led = (status: number) =>
    Effect.gen(function* () {
      const trap = yield* serve((_, socket) => socket.write(json(200, { name: operationName })))
      const server = yield* serve((_, s) =>
        s.write(answer(status, "see there", { location: `${trap.base}/jobs/7?k=${canary}` }))
      )
      const error = yield* withVeo(options(server.base))((veo) => Effect.flip(veo.submit(intent())))
      assert.strictEqual(trap.requests.length, 0)
      assert.strictEqual(server.posts(), 1)
      assert.notInclude(JSON.stringify(error), canary)
      return { error, host: `127.0.0.1:${trap.port}` }
    })

  it.scopedLive.each([301, 307, 308])(
    "P19 %d says that the request belongs elsewhere: it is not followed",
    (status) =>
      Effect.map(led(status), ({ error, host }) =>
        assert.deepInclude(error, { _tag: "InvalidRequest", field: "baseUrl", value: host })
      )
  )

  it.scopedLive.each([300, 302, 303])(
    "P19 %d may follow an accepted request: it is not followed, and where it leads is kept",
    (status) =>
      Effect.map(led(status), ({ error, host }) => {
        assert.strictEqual(error._tag, "SubmitUnknown")
        assert.include(error.message, `a redirect to ${host}`)
        if (error._tag === "SubmitUnknown")
          assert.include(error.answer, `Location: http://${host}/jobs/7?<redacted>`)
      })
  )

  it.scopedLive("a field that the server refuses is named", () =>
    Effect.gen(function* () {
      const details = [
        {
          "@type": "type.googleapis.com/google.rpc.BadRequest",
          fieldViolations: [{ field: "parameters.durationSeconds", description: "out of bounds" }]
        }
      ]
      const server = yield* serve((_, s) =>
        s.write(json(400, [{ error: { code: 400, message: "bad", details } }]))
      )
      const error = yield* withVeo(options(server.base))((veo) => Effect.flip(veo.submit(intent())))
      assert.deepInclude(error, {
        _tag: "InvalidRequest",
        field: "parameters.durationSeconds",
        reason: "out of bounds"
      })
    })
  )

  it.scopedLive("what the model cannot do is refused before anything is sent", () =>
    Effect.gen(function* () {
      const server = yield* serve(() => {})
      const errors = yield* withVeo(options(server.base))((veo) =>
        Effect.all([
          Effect.flip(veo.submit(intent({ duration: 5 }))),
          Effect.flip(veo.submit(intent({ seed: 1 }))),
          Effect.flip(veo.submit(intent({ model: "veo-9" }))),
          Effect.flip(veo.submit(intent({ startImage: { _tag: "Path", path: "/x.png" } })))
        ])
      )
      assert.deepStrictEqual(
        errors.map(({ _tag }) => _tag),
        Array(4).fill("UnsupportedOption")
      )
      assert.strictEqual(server.requests.length, 0)
    })
  )

  it.scopedLive("an interrupted submit closes its connection", () =>
    Effect.gen(function* () {
      let closed = false
      const server = yield* serve((_, socket) => socket.on("close", () => (closed = true)))
      yield* withVeo(options(server.base))((veo) => Effect.timeoutOption(veo.submit(intent()), "200 millis"))
      yield* Effect.sleep("50 millis")
      assert.isTrue(closed)
      assert.strictEqual(server.posts(), 1)
    })
  )
})
