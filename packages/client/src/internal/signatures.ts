/**
 * Signatures of webhooks: over the bytes as they came, in time that does not depend on how wrong they are, and few of them.
 */
import { createHmac, timingSafeEqual } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** How far a webhook's clock may be from ours, in seconds: what is older is a replay. */
const tolerance = 300

/** The most signatures, or keys, that are tried. While a secret is changed there are two. */
export const mostTried = 8

/** Whether a time in whole seconds is near ours. `5abc` and `1e9` are no times, although they parse. */
export const isFresh = (seconds: string): Effect.Effect<boolean> =>
  Effect.map(
    Clock.currentTimeMillis,
    (now) => /^\d{1,12}$/.test(seconds) && Math.abs(now / 1000 - Number(seconds)) <= tolerance
  )

/** Whether one of the signatures was made with one of the secrets. All are tried, whichever fits. */
export const isSigned = (
  message: ReadonlyArray<string | Uint8Array>,
  secrets: ReadonlyArray<Uint8Array>,
  signatures: ReadonlyArray<Uint8Array>
): boolean => {
  const expected = secrets.slice(0, mostTried).map((secret) => hmac(secret, message))
  const tried = signatures.slice(0, mostTried)
  return expected
    .flatMap((right) => tried.map((given) => given.length === right.length && timingSafeEqual(given, right)))
    .reduce((before, equal) => equal || before, false)
}

const hmac = (secret: Uint8Array, message: ReadonlyArray<string | Uint8Array>): Uint8Array => {
  const digest = createHmac("sha256", secret)
  for (const part of message) digest.update(part)
  return digest.digest()
}
