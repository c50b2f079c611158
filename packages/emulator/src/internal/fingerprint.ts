/**
 * The length and the SHA-256 of bytes that pass by.
 *
 * @internal
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Sink from "effect/Sink"

export interface Fingerprint {
  readonly bytes: number
  readonly sha256: string
}

export const fingerprint: Sink.Sink<Fingerprint, Uint8Array> = Sink.unwrap(
  Effect.sync(() => {
    const hash = createHash("sha256")
    return Sink.foldLeft(0, (bytes: number, chunk: Uint8Array) => {
      hash.update(chunk)
      return bytes + chunk.length
    }).pipe(Sink.map((bytes) => ({ bytes, sha256: hash.digest("hex") })))
  })
)
