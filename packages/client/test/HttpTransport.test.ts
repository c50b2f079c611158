import { createServer } from "node:https"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as HttpTransport from "../src/HttpTransport.ts"
import { toLine } from "../src/internal/clientLine.ts"
import { Connection } from "../src/internal/connection.ts"
import { Elider } from "../src/internal/elision.ts"
import type { Call, Line, Patience } from "../src/internal/line.ts"
import { selfSigned } from "./certificate.ts"
import { intent, options, withVeo } from "./fixtures.ts"
import { answer, json, serve } from "./scripted.ts"

const withClient = <A, E>(use: (client: HttpClient.HttpClient) => Effect.Effect<A, E>) =>
  Effect.flatMap(HttpClient.HttpClient, use).pipe(Effect.provide(HttpTransport.layer))

const get = (origin: string, path = "/"): Call => ({
  method: "GET",
  origin,
  path,
  headers: {},
  connection: "Pooled"
})

const forever = { silence: Duration.infinity, whole: Duration.infinity }

describe("connections", () => {
  it.scopedLive("100 polls at once share at most 64", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => setTimeout(() => socket.write(json(200, {})), 20))
      yield* withClient((client) =>
        Effect.all(
          Array.from({ length: 300 }, () =>
            Effect.flatMap(client.get(server.base), (response) => response.json)
          ),
          { concurrency: 100 }
        )
      )
      assert.strictEqual(server.requests.length, 300)
      assert.isAtMost(server.connections().most, 64)
      assert.isAtMost(server.connections().made, 64)
    })
  )

  it.scopedLive("a fresh one is never shared, nor taken from the pool", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(json(200, {})))
      yield* withClient((client) => {
        const get = Effect.flatMap(client.get(server.base), (response) => response.text)
        const fresh = Effect.provideService(get, Connection, "Fresh")
        return Effect.all([get, fresh, fresh, get])
      })
      assert.deepStrictEqual(
        server.requests.map(({ connection }) => connection),
        [1, 2, 3, 1]
      )
    })
  )

  it.scopedLive("N12 what was interrupted is closed, and what waited for it is never sent", () =>
    Effect.gen(function* () {
      let closed = 0
      const server = yield* serve((_, socket) => socket.on("close", () => closed++))
      const transport = HttpTransport.make({ connections: 1 })
      yield* Effect.gen(function* () {
        const client = yield* transport
        const first = yield* Effect.fork(client.get(`${server.base}/first`))
        const second = yield* Effect.fork(client.get(`${server.base}/second`))
        yield* Effect.sleep("100 millis")
        yield* Fiber.interrupt(second)
        yield* Fiber.interrupt(first)
        yield* Effect.sleep("100 millis")
      }).pipe(Effect.scoped)
      assert.deepStrictEqual(
        server.requests.map(({ path }) => path),
        ["/first"]
      )
      assert.strictEqual(closed, 1)
    })
  )
})

describe("deadlines", () => {
  it.scopedLive.each(["/before", "/within"])(
    "N12 one that passes %s the answer closes the connection, and keeps what has come",
    (path) =>
      Effect.gen(function* () {
        let closed = false
        const server = yield* serve((request, socket) => {
          socket.on("close", () => (closed = true))
          if (request.path === "/within") socket.write(answer(200, "a", { "content-length": 9 }))
        })
        const answered = new Elider(100)
        const cut = yield* withClient((client) =>
          toLine(client)
            .ask(get(server.base, path), answered, { ...forever, whole: Duration.millis(150) })
            .pipe(Effect.flip, Effect.zipLeft(Effect.sleep("50 millis")))
        )
        assert.strictEqual(cut._tag, "TimedOut")
        assert.strictEqual(answered.end(), path === "/within" ? "a" : "")
        assert.isTrue(closed)
      })
  )

  const clients = {
    "our own transport": (client: HttpClient.HttpClient) => client,
    // What is added to a client costs it its own line.
    "any other client": HttpClient.mapRequest((request: HttpClientRequest.HttpClientRequest) => request)
  }
  for (const [name, made] of Object.entries(clients)) {
    const dripping = (path: string, patience: Patience) =>
      Effect.gen(function* () {
        const server = yield* serve((request, socket) => {
          if (request.path === "/mute") return
          socket.write(answer(200, "0", { "content-length": 6 }))
          if (request.path === "/stops") return
          let sent = 0
          const drip = setInterval(() => (++sent > 5 ? clearInterval(drip) : socket.write(`${sent}`)), 100)
          socket.on("close", () => clearInterval(drip))
        })
        const answered = new Elider(100)
        const asked = yield* withClient((client) =>
          Effect.either(toLine(made(client)).ask(get(server.base, path), answered, patience))
        )
        return [Either.isRight(asked) ? "complete" : asked.left._tag, answered.end()]
      })
    const silence = Duration.millis(300)

    it.scopedLive(`N09 ${name} reads on what is slow, and ends what is silent or never over`, () =>
      Effect.gen(function* () {
        const patience = { silence, whole: Duration.infinity }
        assert.deepStrictEqual(yield* dripping("/", patience), ["complete", "012345"])
        assert.deepStrictEqual(yield* dripping("/stops", patience), ["Lost", "0"])
        assert.deepStrictEqual(yield* dripping("/mute", patience), ["TimedOut", ""])
        const [tag, text] = yield* dripping("/", { silence, whole: Duration.millis(250) })
        assert.strictEqual(tag, "TimedOut")
        assert.match(text ?? "", /^01/)
      })
    )
  }

  it.scopedLive("one that does not pass changes nothing", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(json(200, {})))
      const texts: Array<string> = []
      yield* withClient((client) =>
        Effect.suspend(() => {
          const answered = new Elider(100)
          return Effect.map(
            toLine(client).ask(get(server.base), answered, { ...forever, whole: Duration.millis(100) }),
            () => texts.push(answered.end())
          )
        }).pipe(Effect.zip(Effect.sleep("150 millis")), Effect.repeatN(2))
      )
      assert.deepStrictEqual(texts, ["{}", "{}", "{}"])
      assert.strictEqual(server.connections().made, 1)
    })
  )
})

describe("a line", () => {
  const interrupted = (
    path: string,
    use: (line: Line, call: Call) => Effect.Effect<unknown, unknown, Scope.Scope>
  ) =>
    Effect.gen(function* () {
      let closed = 0
      const server = yield* serve((request, socket) => {
        socket.on("close", () => closed++)
        if (request.path === "/within") socket.write(answer(200, "a", { "content-length": 9 }))
      })
      yield* withClient((client) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(Effect.scoped(use(toLine(client), get(server.base, path))))
          yield* Effect.sleep("100 millis")
          yield* Fiber.interrupt(fiber)
          yield* Effect.sleep("50 millis")
          assert.strictEqual(closed, 1)
        })
      )
    })

  it.scopedLive.each(["/before", "/within"])(
    "closes its connection when a question is interrupted %s its answer",
    (path) => interrupted(path, (line, call) => line.ask(call, new Elider(100), forever))
  )

  it.scopedLive.each(["/before", "/within"])(
    "closes its connection when a download is interrupted %s its answer",
    (path) =>
      interrupted(path, (line, call) =>
        Effect.flatMap(line.open(call, Duration.infinity), ({ bytes }) => Stream.runDrain(bytes(identity)))
      )
  )

  it.scopedLive("closes the connection of an answer that is never read, with its scope", () =>
    interrupted("/within", (line, call) => Effect.zipRight(line.open(call, Duration.infinity), Effect.never))
  )

  it.scopedLive("closes the connection of an answer that is longer than wanted, and asks on another", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, socket) =>
        socket.write(answer(200, request.path === "/long" ? "1,".repeat(50_000) : "{}"))
      )
      yield* withClient((client) =>
        Effect.gen(function* () {
          const line = toLine(client)
          const long = yield* line.ask(get(server.base, "/long"), new Elider(1000), forever)
          assert.isFalse(long.complete)
          const short = yield* line.ask(get(server.base), new Elider(1000), forever)
          assert.isTrue(short.complete)
        })
      )
      const by = server.requests.map(({ path, connection }) => [path, connection > 1])
      assert.deepStrictEqual(by, [
        ["/long", false],
        ["/", true]
      ])
    })
  )

  it.scopedLive("is not that of a client that adds something to it", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(json(200, {})))
      yield* withClient((client) => {
        const adding = HttpClient.mapRequest(client, HttpClientRequest.setHeader("x-added", "1"))
        const fresh = { ...get(server.base), connection: "Fresh" } as const
        return toLine(adding).ask(fresh, new Elider(100), forever)
      })
      assert.deepInclude(server.requests[0]?.headers, { "x-added": "1", connection: "close" })
    })
  )
})

describe("answers", () => {
  it.scopedLive("come in chunks of many buffers, whole and in order", () =>
    Effect.gen(function* () {
      const bytes = Buffer.from(Array.from({ length: 20_000_000 }, (_, i) => (i * 31) % 256))
      const server = yield* serve((_, socket) => socket.write(answer(200, bytes)))
      const chunks = yield* withClient((client) =>
        Effect.flatMap(client.get(server.base), (response) =>
          Stream.runCollect(Stream.chunks(response.stream))
        )
      )
      const buffers = Chunk.toReadonlyArray(chunks).flatMap((chunk) => Chunk.toReadonlyArray(chunk))
      assert.isTrue(Buffer.concat(buffers).equals(bytes))
      assert.isAbove(buffers.length, 1.5 * Chunk.size(chunks))
    })
  )

  it.scopedLive("are not inflated, and not followed", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, socket) =>
        socket.write(
          request.path === "/r"
            ? answer(302, "", { location: "/x" })
            : answer(200, "\x1f\x8b", { "content-encoding": "gzip" })
        )
      )
      const [status, text] = yield* withClient((client) =>
        Effect.all([
          Effect.map(client.get(`${server.base}/r`), ({ status }) => status),
          Effect.flatMap(client.get(server.base), (response) => response.arrayBuffer)
        ])
      )
      assert.strictEqual(status, 302)
      assert.strictEqual(text.byteLength, Buffer.byteLength("\x1f\x8b"))
      assert.strictEqual(server.requests[0]?.headers["accept-encoding"], "identity")
    })
  )

  it.scopedLive("P22 two lengths, or a broken off body, are errors", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, socket) =>
        socket.end(
          request.path === "/two"
            ? "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"
            : answer(200, "ab", { "content-length": 9 })
        )
      )
      const errors = yield* withClient((client) =>
        Effect.all(
          ["/two", "/cut"].map((path) =>
            Effect.flip(Effect.flatMap(client.get(server.base + path), (response) => response.text))
          )
        )
      )
      assert.deepStrictEqual(
        errors.map(({ _tag }) => _tag),
        ["RequestError", "ResponseError"]
      )
    })
  )

  it.scopedLive("a body of text, bytes or a stream is sent", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, socket) => socket.write(answer(200, request.body)))
      const echoed = yield* withClient((client) => {
        const post = HttpClientRequest.post(server.base)
        const stream = Stream.make(new Uint8Array([65, 66]), new Uint8Array([67]))
        return Effect.forEach(
          [
            HttpClientRequest.bodyText(post, "text"),
            HttpClientRequest.bodyStream(post, stream, { contentLength: 3 })
          ],
          (request) => Effect.flatMap(client.execute(request), (response) => response.text)
        )
      })
      assert.deepStrictEqual(echoed, ["text", "ABC"])
    })
  )
})

it.scopedLive("N13 a certificate of nobody's ends a submit for good, before the key is sent", () =>
  Effect.gen(function* () {
    const seen: Array<string> = []
    const server = yield* Effect.acquireRelease(
      Effect.async<ReturnType<typeof createServer>>((resume) => {
        const server = createServer(selfSigned, (request, response) => {
          seen.push(request.url ?? "")
          response.end()
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
        })
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const error = yield* withVeo(options(`https://127.0.0.1:${port}`))((veo) =>
      Effect.flip(veo.submit(intent()))
    )
    assert.deepInclude(error, { _tag: "ProviderUnavailable", permanent: true })
    assert.deepStrictEqual(seen, [])
  })
)
