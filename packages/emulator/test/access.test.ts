import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { answerOf, call, path, post, rendered, submission } from "./support/api.ts"

/** What a server says to exactly these bytes, until it closes the connection. */
const raw = (text: string) =>
  Effect.flatMap(Emulator, ({ port }) =>
    Effect.async<string, Error>((resume) => {
      const chunks: Array<Buffer> = []
      const socket = connect(port, "127.0.0.1", () => socket.write(text))
      socket.on("data", (chunk) => chunks.push(chunk))
      socket.on("close", () => resume(Effect.succeed(Buffer.concat(chunks).toString())))
      socket.on("error", (error) => resume(Effect.fail(error)))
      return Effect.sync(() => socket.destroy())
    })
  )

const get = (headers: ReadonlyArray<string>) =>
  raw(["GET /v1beta/models HTTP/1.1", ...headers, "Connection: close", "", ""].join("\r\n"))

describe("who may ask", () => {
  it.scopedLive("X02 answers to its own names with its own port", () =>
    Effect.gen(function* () {
      const { port } = yield* Emulator
      for (const host of ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"]) {
        assert.match(yield* get([`Host: ${host}:${port}`]), /^HTTP\/1\.1 200 /)
      }
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("X01 answers to no other name", () =>
    Effect.gen(function* () {
      const { port } = yield* Emulator
      for (const host of [
        "evil.example",
        `evil.example:${port}`,
        `127.0.0.1.nip.io:${port}`,
        "127.0.0.1",
        `localhost:${port + 1}`,
        `localhost:${port}@evil.example`,
        ""
      ]) {
        assert.match(yield* get([`Host: ${host}`]), /^HTTP\/1\.1 (403|400) /, host)
      }
      assert.match(yield* get([]), /^HTTP\/1\.1 400 /)
      assert.match(yield* get([`Host: localhost:${port}`, "Host: evil.example"]), /^HTTP\/1\.1 4/)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each([
    [{ origin: "https://evil.example" }],
    [{ origin: "null" }],
    [{ origin: "http://localhost:1" }],
    [{ "sec-fetch-site": "cross-site" }],
    [{ "sec-fetch-site": "same-site" }]
  ] as const)("X03 X04 refuses pages of other sites: %o", ([headers]) =>
    Effect.gen(function* () {
      const { url, accepted } = yield* Emulator
      const body = JSON.stringify(submission("a"))
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
      const answer = yield* raw(
        [
          `POST ${path}:predictLongRunning HTTP/1.1`,
          `Host: ${new URL(url).host}`,
          ...lines,
          "Content-Type: application/json",
          `Content-Length: ${body.length}`,
          "Connection: close",
          "",
          body
        ].join("\r\n")
      )
      assert.match(answer, /^HTTP\/1\.1 403 /)
      assert.notMatch(answer, /access-control/i)
      assert.deepStrictEqual(yield* accepted, [])
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("X03 takes no forms and no plain text", () =>
    Effect.gen(function* () {
      for (const type of [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x"
      ]) {
        const response = yield* post(`${path}:predictLongRunning`, submission("a"), { "content-type": type })
        assert.strictEqual(response.status, 400)
      }
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("X11 sends nothing that a page could use", () =>
    Effect.gen(function* () {
      const { headers } = yield* call("/v1beta/models", { headers: { origin: (yield* Emulator).url } })
      assert.strictEqual(headers.get("x-content-type-options"), "nosniff")
      assert.strictEqual(headers.get("cross-origin-resource-policy"), "same-origin")
      assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'/)
      assert.isFalse([...headers.keys()].some((name) => name.startsWith("access-control")))
    }).pipe(Effect.provide(layerTest()))
  )
})

describe("the key", () => {
  const secret = layerTest({ apiKey: Redacted.make("s3cret") })

  it.scopedLive("X06 is asked for wherever there is something to see", () =>
    Effect.gen(function* () {
      for (const address of ["/v1beta/models", `${path}/operations/1`, "/v1beta/files/1:download"]) {
        for (const headers of [{}, { "x-goog-api-key": "guess" }, { authorization: "Bearer guess" }]) {
          const response = yield* call(address, { headers })
          assert.strictEqual(response.status, 401)
          const { error } = yield* answerOf(response)
          assert.strictEqual(error?.status, "UNAUTHENTICATED")
          assert.strictEqual(error?.details?.[0]?.["@type"], "type.googleapis.com/google.rpc.ErrorInfo")
        }
      }
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("is taken from either header or the query", () =>
    Effect.gen(function* () {
      const statuses = [
        yield* call("/v1beta/models", { headers: { "x-goog-api-key": "s3cret" } }),
        yield* call("/v1beta/models", { headers: { authorization: "Bearer s3cret" } }),
        yield* call("/v1beta/models?key=s3cret")
      ].map(({ status }) => status)
      assert.deepStrictEqual(statuses, [200, 200, 200])
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("is not needed where none was set", () =>
    Effect.gen(function* () {
      const uri = yield* rendered("a")
      assert.strictEqual((yield* call(uri)).status, 200)
      assert.strictEqual((yield* call(uri, { headers: { "x-goog-api-key": "any" } })).status, 200)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("X12 is in no span", () =>
    Effect.gen(function* () {
      const native = yield* Effect.tracer
      const spans: Array<Tracer.Span> = []
      const recording = Tracer.make({
        span: (...args) => {
          const span = native.span(...args)
          spans.push(span)
          return span
        },
        context: native.context
      })
      const traced = Layer.provide(
        Layer.effectDiscard(Effect.withSpan(Effect.void, "the recording works")).pipe(
          Layer.provideMerge(secret)
        ),
        Layer.setTracer(recording)
      )
      yield* Effect.provide(
        Effect.all([
          call("/v1beta/models?key=s3cret"),
          call("/v1beta/models", { headers: { "x-goog-api-key": "s3cret" } })
        ]),
        traced
      )
      assert.include(
        spans.map(({ name }) => name),
        "the recording works"
      )
      assert.notInclude(JSON.stringify(spans.map(({ attributes }) => [...attributes])), "s3cret")
    })
  )

  it.scopedLive("X07 is demanded before other machines are let in", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(Emulator, layerTest({ host: "0.0.0.0" })))
      assert.strictEqual(error._tag, "EmulatorFailed")
      assert.match(error.message, /apiKey and allowedHosts/)
    })
  )
})

describe("bodies", () => {
  it.scopedLive("of 20 MiB are taken, with an image inside", () =>
    Effect.gen(function* () {
      const image = { bytesBase64Encoded: "A".repeat(20 * 1024 * 1024), mimeType: "image/png" }
      const response = yield* post(`${path}:predictLongRunning`, { instances: [{ prompt: "a", image }] })
      assert.strictEqual(response.status, 200)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("X10 of more than 32 MiB are refused by their length", () =>
    Effect.gen(function* () {
      const host = new URL((yield* Emulator).url).host
      const answer = yield* raw(
        `POST ${path}:predictLongRunning HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 33554433\r\n\r\n{`
      )
      assert.match(answer, /^HTTP\/1\.1 413 /)
      assert.match(answer, /Request payload size exceeds the limit/)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("X10 without a length are refused when they grow too long", () =>
    Effect.gen(function* () {
      const host = new URL((yield* Emulator).url).host
      const chunk = `10000\r\n${" ".repeat(65_536)}\r\n`
      const answer = yield* raw(
        `POST ${path}:fetch HTTP/1.1\r\nHost: ${host}\r\n`.replace(":fetch", ":predictLongRunning") +
          `Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(513)}`
      )
      assert.match(answer, /^HTTP\/1\.1 413 /)
    }).pipe(Effect.provide(layerTest()))
  )
})

describe("who else is on the machine", () => {
  it.scopedLive("answers an honest client beside 3,000 connections that ask for nothing", () =>
    Effect.gen(function* () {
      const { port } = yield* Emulator
      const sockets: Array<Socket> = []
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          for (const socket of sockets) socket.destroy()
        })
      )
      yield* Effect.forEach(
        Array.from({ length: 3_000 }),
        (_, index) =>
          Effect.async<void>((resume) => {
            const socket = connect(port, "127.0.0.1", () => {
              if (index % 2 === 0) socket.write("GET / HTTP/1.1\r\nHost:")
              resume(Effect.void)
            })
            socket.on("error", () => resume(Effect.void))
            sockets.push(socket)
          }),
        { concurrency: 100, discard: true }
      )
      assert.match(yield* get([`Host: localhost:${port}`]), /^HTTP\/1\.1 200 /)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.skipIf(process.platform === "win32")("keeps its folder for its owner, whoever made it", () =>
    Effect.gen(function* () {
      const directory = mkdtempSync(join(tmpdir(), "mutoscope-modes-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true })))
      const made = join(directory, "made")
      mkdirSync(join(made, "videos"), { recursive: true, mode: 0o755 })
      for (const folder of [made, join(directory, "new")]) {
        yield* Layer.build(layerTest({ directory: folder }))
        const folders = [".", "operations", "videos", "calls", "owners", "claims"]
        assert.deepStrictEqual(
          folders.map((name) => statSync(join(folder, name)).mode & 0o777),
          folders.map(() => 0o700)
        )
      }
    })
  )
})
