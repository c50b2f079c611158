/**
 * The way through a proxy, over real sockets: what it is shown, what goes past it, and that a tunnel which fails is a submit
 * that was certainly not sent.
 */
import { createServer, type IncomingMessage } from "node:http"
import * as https from "node:https"
import * as net from "node:net"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import { GenerationId } from "@mutoscope/core/Generation"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as HttpTransport from "../src/HttpTransport.ts"
import { toLine } from "../src/internal/clientLine.ts"
import { Elider } from "../src/internal/elision.ts"
import * as Proxies from "../src/Proxies.ts"
import * as Veo from "../src/Veo.ts"
import { ofName } from "./certificate.ts"
import { canary, intent, operation, operationName, options } from "./fixtures.ts"
import { json, type Script, serve } from "./scripted.ts"

const host = "videos.internal"

/** A proxy that leads every tunnel to one port, or does with one what it is told. */
interface Proxy {
  readonly address: URL
  /** The heads of what it was asked for. */
  readonly asked: ReadonlyArray<Pick<IncomingMessage, "method" | "url" | "headers">>
  /** What it read in its tunnels. */
  readonly overheard: () => string
  /** How many connections were made to it. */
  readonly connections: () => number
}

type Refusal = (socket: net.Socket) => void

const proxy = (port: number, refuse?: Refusal): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.gen(function* () {
    const asked: Array<Pick<IncomingMessage, "method" | "url" | "headers">> = []
    const sockets = new Set<net.Socket>()
    const texts: Array<string> = []
    let connections = 0
    const server = createServer((request, response) => {
      asked.push(request)
      response.writeHead(501).end()
    })
    server.on("connection", (socket) => {
      connections++
      sockets.add(socket)
      socket.on("error", () => {})
    })
    server.on("connect", (request, client: net.Socket) => {
      asked.push(request)
      if (refuse !== undefined) return refuse(client)
      const target = net.connect(port, "127.0.0.1", () => client.write("HTTP/1.1 200 OK\r\n\r\n"))
      sockets.add(target)
      client.on("data", (bytes) => texts.push(bytes.toString("latin1"))).pipe(target)
      target
        .on("error", () => client.destroy())
        .on("close", () => client.destroy())
        .pipe(client)
      client.on("close", () => target.destroy())
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
      () =>
        Effect.async<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        })
    )
    return {
      address: new URL(`http://user:pass%40word@127.0.0.1:${portOf(server)}`),
      asked,
      overheard: () => texts.join(""),
      connections: () => connections
    }
  })

const portOf = (server: net.Server): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

const through = ({ address }: Pick<Proxy, "address">, except = ""): Proxies.Proxies => ({
  http: address,
  https: address,
  except
})

const veo = (base: string, transport: HttpTransport.Options) =>
  Veo.layerConfig(Config.succeed(options(base))).pipe(
    Layer.provide(Layer.scoped(HttpClient.HttpClient, HttpTransport.make(transport)))
  )

const submit = (number = 0) =>
  Effect.flatMap(VideoProvider, (provider) =>
    provider.submit({ ...intent(), id: GenerationId.make(`0123456789abcde${number}`) })
  )

const accepts: Script = ({ method }, socket) =>
  socket.write(json(200, method === "POST" ? { name: operationName } : { name: operationName, done: false }))

describe("a proxy", () => {
  it.scopedLive("opens a tunnel for each submit, and sees neither the key nor the prompt", () =>
    Effect.gen(function* () {
      const seen: Array<string | undefined> = []
      const server = yield* Effect.acquireRelease(
        Effect.async<https.Server>((resume) => {
          const made = https.createServer(ofName, (request, response) => {
            seen.push(request.headers["x-goog-api-key"]?.toString())
            request.resume().on("end", () => response.end(JSON.stringify({ name: operationName })))
          })
          made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
        }),
        (made) =>
          Effect.async<void>((resume) => {
            made.closeAllConnections()
            made.close(() => resume(Effect.void))
          })
      )
      const between = yield* proxy(portOf(server))
      const transport = { ca: ofName.cert, proxies: through(between) }
      yield* Effect.provide(Effect.zip(submit(0), submit(1)), veo(`https://${host}`, transport))
      assert.deepStrictEqual(seen, [canary, canary])
      assert.deepStrictEqual(
        between.asked.map(({ method, url }) => `${method} ${url}`),
        Array.from({ length: 2 }, () => `CONNECT ${host}:443`)
      )
      const authorization = `Basic ${Buffer.from("user:pass@word").toString("base64")}`
      assert.strictEqual(between.asked[0]?.headers["proxy-authorization"], authorization)
      assert.notInclude(between.overheard(), canary)
      assert.notInclude(between.overheard(), "lighthouse")
    })
  )

  it.scopedLive("keeps its tunnels for later polls, and has none for this machine", () =>
    Effect.gen(function* () {
      const server = yield* serve(accepts)
      const between = yield* proxy(server.port)
      const transport = { proxies: through(between) }
      const polls = Effect.flatMap(VideoProvider, ({ poll }) => Effect.repeatN(poll(operation), 9))
      yield* Effect.provide(polls, veo(`http://${host}`, transport))
      assert.strictEqual(server.requests.length, 10)
      // undici may open a second one for a poll that comes before it has put the first away.
      assert.isAtMost(between.asked.length, 2)
      const tunnels = between.asked.length
      assert.notInclude(
        server.requests.flatMap(({ headers }) => Object.keys(headers)),
        "proxy-authorization"
      )
      for (const name of ["127.0.0.1", "localhost"])
        yield* Effect.provide(polls, veo(`http://${name}:${server.port}`, transport))
      assert.deepStrictEqual([server.requests.length, between.asked.length], [30, tunnels])
    })
  )

  it.scopedLive.each([
    ["*", "127.0.0.1"],
    ["example.com, .internal", "127.0.0.1"]
  ])("is passed by for the hosts of NO_PROXY (%s)", ([except]) =>
    Effect.gen(function* () {
      const between = yield* proxy(9)
      const error = yield* Effect.flip(
        Effect.provide(submit(), veo(`http://${host}`, { proxies: through(between, except) }))
      )
      // The name is known to no resolver: it was asked for without the proxy.
      assert.deepInclude(error, { _tag: "ProviderUnavailable" })
      assert.match(error.message, new RegExp(`(ENOTFOUND|EAI_AGAIN) ${host.replace(".", "\\.")}`))
      assert.lengthOf(between.asked, 0)
    })
  )

  const replies = (text: string) => (socket: net.Socket) => void socket.end(text)
  const refusals: ReadonlyArray<readonly [string, Refusal, RegExp]> = [
    ["403", replies("HTTP/1.1 403 Forbidden\r\n\r\n"), /refused to open a tunnel \(HTTP 403\)/],
    ["407", replies("HTTP/1.1 407 X\r\nproxy-authenticate: Basic\r\n\r\n"), /\(HTTP 407\)/],
    ["502", replies("HTTP/1.1 502 Bad Gateway\r\n\r\n"), /\(HTTP 502\)/],
    ["words", replies("go away\r\n\r\n"), /opened no tunnel/],
    ["nothing", (socket) => void socket.end(), /opened no tunnel/],
    ["a reset", (socket) => void socket.resetAndDestroy(), /opened no tunnel/]
  ]
  it.scopedLive.each(refusals)("that answers with %s leaves a submit unsent", ([, refuse, message]) =>
    Effect.gen(function* () {
      const server = yield* serve(accepts)
      const between = yield* proxy(server.port, refuse)
      const error = yield* Effect.flip(
        Effect.provide(submit(), veo(`https://${host}`, { proxies: through(between) }))
      )
      assert.deepInclude(error, { _tag: "ProviderUnavailable" })
      assert.match(error.message, message)
      assert.match(error.message, /the proxy http:\/\/127\.0\.0\.1:\d+ /)
      assert.notInclude(error.message, "pass")
      assert.strictEqual(between.connections(), 1)
      assert.lengthOf(server.requests, 0)
    })
  )

  it.scopedLive("that cannot be reached, or says nothing, leaves a submit unsent", () =>
    Effect.gen(function* () {
      const gone = yield* Effect.scoped(proxy(9))
      const error = yield* Effect.flip(
        Effect.provide(submit(), veo(`https://${host}`, { proxies: through(gone) }))
      )
      assert.deepInclude(error, { _tag: "ProviderUnavailable" })
      const silent = yield* proxy(9, () => {})
      const client = yield* HttpTransport.make({ proxies: through(silent) })
      const patience = { silence: Duration.millis(300), whole: Duration.infinity }
      const call = {
        method: "POST",
        origin: `https://${host}`,
        path: "/",
        headers: {},
        body: "{}",
        connection: "Fresh"
      } as const
      const cut = yield* Effect.flip(toLine(client).ask(call, new Elider(1024), patience))
      assert.strictEqual(cut._tag, "NeverSent")
    })
  )

  it.scopedLive("that loses a request which it passed on leaves a submit unknown, and sent once", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => void socket.destroy())
      const between = yield* proxy(server.port)
      const error = yield* Effect.flip(
        Effect.provide(submit(), veo(`http://${host}`, { proxies: through(between) }))
      )
      assert.strictEqual(error._tag, "SubmitUnknown")
      assert.strictEqual(server.posts(), 1)
    })
  )

  it.scopedLive("N16 of the environment is used by default, and a wrong one sends nothing", () =>
    Effect.gen(function* () {
      const server = yield* serve(accepts)
      const between = yield* proxy(server.port)
      const within = (environment: Readonly<Record<string, string>>) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            const before = Object.fromEntries(names.map((name) => [name, process.env[name]]))
            for (const name of names) delete process.env[name]
            Object.assign(process.env, environment)
            return before
          }),
          (before) =>
            Effect.sync(() => {
              for (const name of names) {
                const value = before[name]
                if (value === undefined) delete process.env[name]
                else process.env[name] = value
              }
            })
        )
      const sent = Effect.provide(submit(), veo(`http://${host}`, {}))
      yield* Effect.scoped(Effect.zipRight(within({ HTTP_PROXY: between.address.href }), sent))
      assert.strictEqual(server.posts(), 1)
      const wrong = within({ HTTPS_PROXY: "http://user:secret@:nowhere" })
      const error = yield* Effect.scoped(Effect.zipRight(wrong, Effect.flip(sent)))
      assert.deepInclude(error, { _tag: "ProviderUnavailable" })
      assert.match(error.message, /HTTPS_PROXY is not an address\. Expected http:\/\/HOST:PORT/)
      assert.notInclude(error.message, "secret")
      assert.strictEqual(server.posts(), 1)
    })
  )
})

const names = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"]

describe("the environment", () => {
  const read = (environment: Proxies.Environment) =>
    Either.map(Proxies.fromEnvironment(environment), ({ except, http, https }) => [
      https?.href,
      http?.href,
      except
    ])

  it("names proxies in upper case or lower case, the latter wins, and one for http serves https too", () => {
    assert.deepStrictEqual(read({}), Either.right([undefined, undefined, ""]))
    assert.deepStrictEqual(
      read({ HTTPS_PROXY: "http://a:1", https_proxy: "https://b:2", NO_PROXY: "x.com" }),
      Either.right(["https://b:2/", undefined, "x.com"])
    )
    assert.deepStrictEqual(
      read({ HTTP_PROXY: "proxy:3128", no_proxy: "*" }),
      Either.right(["http://proxy:3128/", "http://proxy:3128/", "*"])
    )
  })

  it("is empty where a variable is, as shells unset one", () => {
    assert.deepStrictEqual(
      read({ HTTPS_PROXY: " ", http_proxy: "" }),
      Either.right([undefined, undefined, ""])
    )
  })

  it("is refused where an address is none, or of another kind, without its words", () => {
    for (const value of ["http://", "socks5://user:secret@h:1", "user:secret@h:port"]) {
      const refused = Either.flip(read({ https_proxy: value }))
      const said = Either.getOrElse(refused, () => "")
      assert.match(said, /^https_proxy .*Expected http:\/\/HOST:PORT or https:\/\/HOST:PORT$/)
      assert.notInclude(said, "secret")
    }
  })
})

describe("an answer after `100 Continue`", () => {
  const early = "HTTP/1.1 100 Continue\r\n\r\n"
  const ways: ReadonlyArray<readonly [string, (socket: net.Socket, whole: Buffer) => void]> = [
    ["at once", (socket, whole) => void socket.write(Buffer.concat([Buffer.from(early), whole]))],
    [
      "apart",
      (socket, whole) => {
        socket.write(early)
        setImmediate(() => socket.write(whole))
      }
    ],
    [
      "in pieces",
      (socket, whole) => {
        const pieces = Buffer.concat([Buffer.from("HTTP/1.1 100 Continue\r\nserver: x\r\n\r\n"), whole])
        socket.setNoDelay(true)
        const next = (at: number): void => {
          if (at >= pieces.length) return
          socket.write(pieces.subarray(at, at + 5), () => setImmediate(next, at + 5))
        }
        next(0)
      }
    ],
    ["twice", (socket, whole) => void socket.write(Buffer.concat([Buffer.from(early + early), whole]))]
  ]
  it.scopedLive.each(ways)("arrives (%s), for submits and polls", ([, write]) =>
    Effect.gen(function* () {
      const server = yield* serve(({ method }, socket) =>
        write(
          socket,
          json(200, method === "POST" ? { name: operationName } : { name: operationName, done: false })
        )
      )
      const sent = yield* Effect.provide(submit(), veo(server.base, {}))
      assert.strictEqual(sent.id, operationName)
      const polled = Effect.flatMap(VideoProvider, ({ poll }) => Effect.zip(poll(operation), poll(operation)))
      const [first, second] = yield* Effect.provide(polled, veo(server.base, {}))
      assert.deepStrictEqual([first._tag, second._tag], ["Running", "Running"])
      assert.strictEqual(server.posts(), 1)
    })
  )

  it.scopedLive("is not mistaken for one within a body", () =>
    Effect.gen(function* () {
      const body = Buffer.concat([Buffer.alloc(70_000, 32), Buffer.from(early), Buffer.alloc(10, 32)])
      const server = yield* serve((_, socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`)
        socket.write(body.subarray(0, 70_000), () => setImmediate(() => socket.write(body.subarray(70_000))))
      })
      const client = yield* HttpTransport.make()
      const text = yield* Effect.flatMap(client.get(server.base), (response) => response.text)
      assert.strictEqual(text, body.toString())
    })
  )
})
