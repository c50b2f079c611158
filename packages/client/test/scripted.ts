/**
 * A server that is told what to say, byte by byte, and keeps a ledger of everything that it was asked. It speaks raw
 * TCP so that it can lie about lengths, stop in the middle, and hang up.
 */

import * as net from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A request as it arrived. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Counts the server's connections from 1. */
  readonly connection: number
}

/** What to do about a request. */
export type Script = (request: Received, socket: net.Socket) => void

/** The running server. */
export interface Scripted {
  readonly base: string
  readonly port: number
  readonly requests: ReadonlyArray<Received>
  /** How many connections were ever made, and the most at one time. */
  readonly connections: () => { readonly made: number; readonly most: number }
  readonly posts: () => number
}

/** Starts a server on a free port of this machine. */
export const serve = (
  script: Script,
  onConnect?: (socket: net.Socket) => void
): Effect.Effect<Scripted, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<Running>((resume) => {
        const running = start(script, onConnect)
        running.server.listen(0, "127.0.0.1", () => resume(Effect.succeed(running)))
      }),
      ({ server, sockets }) =>
        Effect.async<void>((resume) => {
          for (const socket of sockets) socket.destroy()
          server.close(() => resume(Effect.void))
        })
    ),
    ({ server, requests, counts }) => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return {
        base: `http://127.0.0.1:${port}`,
        port,
        requests,
        connections: () => ({ ...counts }),
        posts: () => requests.filter(({ method }) => method === "POST").length
      }
    }
  )

interface Running {
  readonly server: net.Server
  readonly sockets: Set<net.Socket>
  readonly requests: Array<Received>
  readonly counts: { made: number; most: number }
}

const start = (script: Script, onConnect?: (socket: net.Socket) => void): Running => {
  const sockets = new Set<net.Socket>()
  const requests: Array<Received> = []
  const counts = { made: 0, most: 0 }
  const server = net.createServer((socket) => {
    sockets.add(socket)
    counts.made++
    counts.most = Math.max(counts.most, sockets.size)
    const connection = counts.made
    socket.on("close", () => sockets.delete(socket))
    socket.on("error", () => {})
    onConnect?.(socket)
    let text = ""
    socket.on("data", (data) => {
      text += data.toString("latin1")
      for (let parsed = parse(text, connection); parsed !== undefined; parsed = parse(text, connection)) {
        text = parsed.rest
        requests.push(parsed.request)
        script(parsed.request, socket)
      }
    })
  })
  return { server, sockets, requests, counts }
}

const parse = (text: string, connection: number): { request: Received; rest: string } | undefined => {
  const end = text.indexOf("\r\n\r\n")
  if (end < 0) return undefined
  const [first = "", ...lines] = text.slice(0, end).split("\r\n")
  const [method = "", path = ""] = first.split(" ")
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(":")).toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim()
    ])
  )
  const length = Number(headers["content-length"] ?? 0)
  const rest = text.slice(end + 4)
  if (rest.length < length) return undefined
  return {
    request: { method, path, headers, body: rest.slice(0, length), connection },
    rest: rest.slice(length)
  }
}

/** A whole answer. */
export const answer = (
  status: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string | number>> = {}
): Buffer => {
  const bytes = Buffer.from(body)
  const all = { "content-length": bytes.byteLength, ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\n${lines.join("")}\r\n`), bytes])
}

/** An answer in JSON. */
export const json = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string | number>> = {}
): Buffer => answer(status, JSON.stringify(value), { "content-type": "application/json", ...headers })
