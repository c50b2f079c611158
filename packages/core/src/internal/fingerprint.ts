/**
 * Whether two requests ask for the same clip.
 */
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Capabilities } from "../Capabilities.ts"
import { VideoRequest } from "../VideoRequest.ts"

/**
 * The SHA-256, in hex, of provider, model and request, with the model under its own name. None for a request without a
 * seed, which asks for another clip each time, and none where an image is a file, since that may change under its name.
 */
export const fingerprint = (
  { model, provider }: Capabilities,
  request: VideoRequest
): Effect.Effect<Option.Option<string>> => {
  if (request.seed === undefined || hasFiles(request)) return Effect.succeedNone
  return encode(request).pipe(
    Effect.map((request) => JSON.stringify(sorted([provider, { ...request, model }]))),
    Effect.flatMap((canonical) =>
      Effect.promise(() => globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonical)))
    ),
    Effect.map((digest) => Option.some(Encoding.encodeHex(new Uint8Array(digest)))),
    // A request is valid, or it would not be one.
    Effect.orDie
  )
}

const encode = Schema.encode(VideoRequest)

const hasFiles = ({ extend, lastFrame, referenceImages = [], startImage }: VideoRequest) =>
  [startImage, lastFrame, extend, ...referenceImages].some((input) => input?._tag === "Path")

/** The same value with the keys of all its objects in order. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}
