/**
 * A server on a free port of the loopback that answers as it is told, breaks connections where it is told, and remembers
 * everything that it was asked.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A request as it arrived. */
export interface Received {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: string
}

/** An answer, or what is done instead: the connection is reset, or closed without a word. */
export type Reply =
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string | Uint8Array
    }
  | "reset"
  | "hang up"

/** An answer in JSON. */
export const json = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {}
): Reply => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value)
})

/** A running server. */
export interface Liar {
  /** `http://127.0.0.1:PORT` */
  readonly base: string
  readonly received: ReadonlyArray<Received>
}

/** Starts one. It is gone with the scope. */
export const make = (reply: (request: Received) => Reply): Effect.Effect<Liar, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.async<{ readonly server: Server; readonly received: Array<Received> }>((resume) => {
        const received: Array<Received> = []
        const server = createServer((request, response) => {
          collect(request, (body) => {
            const asked = {
              method: request.method ?? "",
              path: request.url ?? "",
              headers: request.headers,
              body
            }
            received.push(asked)
            respond(response, reply(asked))
          })
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, received })))
      }),
      ({ server }) =>
        Effect.async<void>((resume) => {
          server.closeAllConnections()
          server.close(() => resume(Effect.void))
        })
    ),
    ({ server, received }) => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return { base: `http://127.0.0.1:${port}`, received }
    }
  )

const collect = (request: IncomingMessage, then: (body: string) => void) => {
  const chunks: Array<Uint8Array> = []
  request.on("data", (chunk: Uint8Array) => chunks.push(chunk))
  request.on("end", () => then(Buffer.concat(chunks).toString("latin1")))
}

const respond = (response: ServerResponse, reply: Reply) => {
  if (reply === "reset") response.socket?.resetAndDestroy()
  else if (reply === "hang up") response.socket?.end()
  else response.writeHead(reply.status, { ...reply.headers }).end(reply.body)
}
