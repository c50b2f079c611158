/**
 * The way to the network: an `HttpClient` on undici's lowest level, with few connections and no surprises.
 *
 * It follows no redirect, repeats nothing, inflates nothing, and goes through the proxies that the environment names. At most
 * 48 connections a host are open for polls and downloads however many wait, and 16 for paid submits, each of which has
 * one of its own. Interrupting a request closes its connection. Timeouts are left to the caller, but for ten seconds to connect,
 * and ten for a proxy to open its tunnel.
 *
 * @since 0.1.0
 */

import { Readable } from "node:stream"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type { HttpClientRequest } from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Dispatcher } from "undici"
import { Connection } from "./internal/connection.ts"
import { dispatcher } from "./internal/dispatchers.ts"
import { Exchange } from "./internal/exchange.ts"
import { withLine } from "./internal/line.ts"
import { TransportResponse } from "./internal/transportResponse.ts"
import { undiciLine } from "./internal/undiciLine.ts"
import * as Proxies from "./Proxies.ts"

/** How the transport connects. */
export interface Options {
  /** The most connections that are open to one host for polls and downloads: 48. */
  readonly connections?: number
  /** Certificates (PEM) to trust instead of the system's, for a server of one's own. */
  readonly ca?: string
  /** The proxies to go through. Default: those that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name. */
  readonly proxies?: Proxies.Proxies
}

/** An `HttpClient` with its own connections, which are closed with the scope. */
export const make = (options: Options = {}): Effect.Effect<HttpClient.HttpClient, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { ca, connections = 48 } = options
    const proxies =
      options.proxies === undefined ? Proxies.fromEnvironment(process.env) : Either.right(options.proxies)
    const dispatchers = {
      Pooled: yield* closing(() => dispatcher({ ca, connections, isKept: true }, proxies)),
      Fresh: yield* closing(() => dispatcher({ ca, connections: submitsAtOnce, isKept: false }, proxies))
    }
    const client = HttpClient.make((request, url, signal, fiber) => {
      const dispatcher = dispatchers[Context.get(fiber.currentContext, Connection)]
      return exchange(dispatcher, request, url, signal)
    })
    return withLine(client, undiciLine(dispatchers))
  })

/** {@link make} as a layer, with its defaults. */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.scoped(HttpClient.HttpClient, make())

/** Connections for submits to one host at any time; with the pool's they make 64. */
const submitsAtOnce = 16

const closing = (make: () => Dispatcher): Effect.Effect<Dispatcher, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.sync(make), (made) => Effect.promise(() => made.destroy()))

const exchange = (
  dispatcher: Dispatcher,
  request: HttpClientRequest,
  url: URL,
  signal: AbortSignal
): Effect.Effect<HttpClientResponse, HttpClientError.RequestError> =>
  Effect.suspend(() => {
    const exchange = new Exchange((handler) => dispatcher.dispatch(dispatchOptions(request, url), handler))
    return Effect.mapBoth(exchange.head, {
      onFailure: (cause) => new HttpClientError.RequestError({ request, reason: "Transport", cause }),
      onSuccess: (head) => {
        // A small body has arrived by now; only a longer one can still be abandoned.
        if (!exchange.isOver) signal.addEventListener("abort", exchange.cancel, { once: true })
        return new TransportResponse(request, head, exchange)
      }
    })
  })

const dispatchOptions = (request: HttpClientRequest, url: URL): Dispatcher.DispatchOptions => ({
  origin: url.origin,
  path: url.pathname + url.search,
  method: request.method,
  headers: { "accept-encoding": "identity", ...request.headers },
  body: body(request)
})

const body = ({ body }: HttpClientRequest): Uint8Array | string | Readable | null => {
  switch (body._tag) {
    case "Empty":
      return null
    case "Uint8Array":
      return body.body
    case "Stream":
      return Readable.from(Stream.toAsyncIterable(body.stream))
    case "Raw":
      if (typeof body.body === "string" || body.body instanceof Uint8Array) return body.body
      throw new TypeError("only text and bytes can be sent as a raw body")
    case "FormData":
      throw new TypeError("forms cannot be sent")
  }
}
