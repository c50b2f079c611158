/**
 * Where the clients of a dialect put their key, and whether it is the right one.
 *
 * @internal
 */
import { createHash, timingSafeEqual } from "node:crypto"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Redacted from "effect/Redacted"

/** A place for a key: what is there in a request, if anything. */
export type Place = (request: HttpServerRequest.HttpServerRequest) => string | undefined

/** A header of its own, like `x-goog-api-key`, in small letters. */
export const header =
  (name: string): Place =>
  (request) =>
    request.headers[name]

/** `Authorization: SCHEME KEY`. */
export const authorization = (scheme: "Bearer" | "Key" | "Token"): Place => {
  const pattern = new RegExp(`^${scheme} +(.+)$`, "i")
  return (request) => pattern.exec(request.headers["authorization"] ?? "")?.[1]
}

/** `?NAME=KEY` in the address. */
export const query =
  (name: string): Place =>
  (request) =>
    new URLSearchParams(request.url.split("?")[1] ?? "").get(name) ?? undefined

/** Whether the first key that is in one of the places is the one expected. Where none is expected, any is, and none. */
export const isGiven = (
  request: HttpServerRequest.HttpServerRequest,
  places: ReadonlyArray<Place>,
  expected: Redacted.Redacted | undefined
): boolean => {
  if (expected === undefined) return true
  const given = places.map((place) => place(request)).find((key) => key !== undefined)
  return given !== undefined && isSame(given, Redacted.value(expected))
}

/** Digests are of one length, and their comparison takes the same time wherever they differ. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))

const digest = (text: string) => createHash("sha256").update(text).digest()
