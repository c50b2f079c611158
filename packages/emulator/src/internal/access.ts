/**
 * Who may ask at all: pages of other sites may not.
 *
 * @internal
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import * as Dialects from "../Dialects.ts"

/**
 * Lets through only what names one of these hosts, with the port, and does not come from a page of another site. A
 * name that an attacker points at this machine (DNS rebinding) is none of them. No answer allows cross-origin reading.
 */
export const onlyFor =
  (hosts: ReadonlyArray<string>) =>
  <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const fault = strangeness(request, hosts)
      return secured(
        fault === undefined
          ? yield* app
          : Dialects.at(request.url).refuse({ why: "forbidden", detail: fault }).response
      )
    })

const strangeness = (request: HttpServerRequest.HttpServerRequest, hosts: ReadonlyArray<string>) => {
  const { host, origin, "sec-fetch-site": site } = request.headers
  if (host === undefined || countOf(request, "host") !== 1 || !hosts.includes(host.toLowerCase())) {
    return "The Host header names another machine."
  }
  if (origin !== undefined && !hosts.some((allowed) => origin === `http://${allowed}`)) {
    return "Requests from pages of other sites are not answered."
  }
  return site !== undefined && site !== "same-origin" && site !== "none"
    ? "Requests from pages of other sites are not answered."
    : undefined
}

/** Node keeps only the first of two Host headers, and an attacker may send two. */
const countOf = (request: HttpServerRequest.HttpServerRequest, name: string): number =>
  NodeHttpServerRequest.toIncomingMessage(request).rawHeaders.filter(
    (text, index) => index % 2 === 0 && text.toLowerCase() === name
  ).length

const secured = HttpServerResponse.setHeaders({
  "content-security-policy": "default-src 'none'; media-src 'self'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
})
