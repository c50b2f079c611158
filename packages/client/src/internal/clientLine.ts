/**
 * Any `HttpClient` as a line. It costs more than our own transport's, and it has to be kept from logging what it sends,
 * from following redirects and from telling the provider about our traces.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Connection } from "./connection.ts"
import { type Cut, cutBy, fellSilent, timedOut } from "./cut.ts"
import { collect } from "./elision.ts"
import { type Call, hasLine, type Line, lineOf } from "./line.ts"
import { secretName } from "./secrets.ts"

/** The line of a client: its own, or one that is made of it. */
export const toLine = (client: HttpClient.HttpClient): Line =>
  hasLine(client) ? lineOf(client) : clientLine(guarded(client))

const clientLine = (client: HttpClient.HttpClient): Line => ({
  ask: (call, answer, { silence, whole }) =>
    send(client, call).pipe(
      Effect.timeoutFail({ duration: silence, onTimeout: () => timedOut }),
      Effect.flatMap((response) =>
        Effect.map(collect(heard(response, silence), answer), (complete) => ({
          status: response.status,
          headers: response.headers,
          complete
        }))
      ),
      Effect.timeoutFail({ duration: whole, onTimeout: () => timedOut })
    ),
  open: (call, silence) =>
    send(HttpClient.withScope(client), call).pipe(
      Effect.timeoutFail({ duration: silence, onTimeout: () => timedOut }),
      Effect.map((response) => ({
        status: response.status,
        headers: response.headers,
        bytes: (error) => Stream.mapError(heard(response, silence), error),
        // Opening the body and leaving it closes the connection, unless all of it is here.
        close: Effect.ignore(Effect.scoped(Stream.toPull(response.stream)))
      }))
    )
})

const send = <R>(client: HttpClient.HttpClient.With<HttpClientError, R>, call: Call) =>
  client
    .execute(requestOf(call))
    .pipe(Effect.mapError(cut), Effect.provideService(Connection, call.connection))

const requestOf = ({ method, origin, path, headers, body }: Call): HttpClientRequest.HttpClientRequest => {
  const bare = HttpClientRequest.make(method)(origin + path, { headers })
  if (body === undefined) return bare
  const type = headers["content-type"] ?? "application/json"
  return typeof body === "string"
    ? HttpClientRequest.bodyText(bare, body, type)
    : HttpClientRequest.bodyUint8Array(bare, body, type)
}

/** The stock clients have no stream for an empty body. */
const bytes = (response: HttpClientResponse): Stream.Stream<Uint8Array, Cut> =>
  response.stream.pipe(
    Stream.catchAll((error) => (error.reason === "EmptyBody" ? Stream.empty : Stream.fail(cut(error))))
  )

const heard = (response: HttpClientResponse, silence: Duration.Duration): Stream.Stream<Uint8Array, Cut> =>
  Stream.timeoutFail(bytes(response), () => fellSilent, silence)

const cut = (error: HttpClientError): Cut => {
  if (error._tag === "ResponseError") return cutBy(error.cause, "Within")
  const reached = cutBy(error.cause, "Before")
  return error.reason === "Transport" ? reached : { _tag: "NeverSent", reason: reached.reason }
}

/** The stock spans carry whole addresses, stock trace headers would reach the provider, and `fetch` follows redirects. */
const guarded = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  client.pipe(
    HttpClient.withTracerDisabledWhen(() => true),
    HttpClient.withTracerPropagation(false),
    HttpClient.transformResponse((response) =>
      response.pipe(
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
        Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, secretName])
      )
    )
  )
