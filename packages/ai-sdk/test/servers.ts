/** Servers on free ports of this machine, each gone with its scope. */
import { createServer, type IncomingHttpHeaders } from "node:http"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A request as it arrived. */
export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** An answer. */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A running server. */
export interface Server {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string
  readonly received: ReadonlyArray<Received>
}

/** Starts a server that answers each request as it is told, and notes all of them. */
export const serving = (reply: (request: Received) => Reply): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Server & { readonly close: () => void }>((resume) => {
      const received: Array<Received> = []
      const server = createServer((request, response) => {
        const one = { path: request.url ?? "", headers: request.headers }
        received.push(one)
        const { body = "", headers = {}, status } = reply(one)
        response.writeHead(status, headers).end(body)
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ origin: `http://127.0.0.1:${port}`, received, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )
