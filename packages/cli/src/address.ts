/**
 * Addresses of finished videos, as they are shown: a query may be signed, and a user's part a password.
 */
import * as Generation from "@mutoscope/core/Generation"
import * as Either from "effect/Either"

/** Scheme, host and path of the first video of a generation that has an address. */
export const addressOf = (generation: Generation.Generation): string | undefined => {
  const remote = Generation.videos(generation).find((video) => video._tag === "Remote")
  return remote?._tag === "Remote" ? withoutSecrets(remote.uri) : undefined
}

const withoutSecrets = (uri: string): string => {
  const parsed = Either.try(() => new URL(uri))
  if (Either.isLeft(parsed)) return uri.replace(/[?#].*$/s, "").replace(/\/\/[^/@]*@/, "//")
  const { host, pathname, protocol } = parsed.right
  return host === "" ? protocol : `${protocol}//${host}${pathname}`
}
