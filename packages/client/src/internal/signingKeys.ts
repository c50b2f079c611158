/**
 * The public keys (Ed25519) that a provider signs its webhooks with, as it publishes them.
 */
import { createPublicKey, type KeyObject, verify } from "node:crypto"
import type { PollError } from "@mutoscope/core/GenerationError"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { pollError } from "./classification.ts"
import * as Http from "./http.ts"
import type { Line } from "./line.ts"
import { mostTried } from "./signatures.ts"

/** Tells whether a signature was made with one of the keys. */
export type Signed = (message: Uint8Array, signature: Uint8Array) => Effect.Effect<boolean, PollError>

/** For how long keys are believed. */
const lifetime = Duration.toMillis("24 hours")

/** How often, at most, unknown signatures make us ask for new keys: anybody can send those. */
const pause = Duration.toMillis("5 minutes")

/** Keys that are fetched when they are first needed, and again when they are old or a signature is of none of them. */
export const make = (line: Line, provider: string, address: URL): Effect.Effect<Signed> =>
  Effect.map(Effect.makeSemaphore(1), (turn) => {
    let keys: ReadonlyArray<KeyObject> = []
    let read = Number.NEGATIVE_INFINITY
    let asked = Number.NEGATIVE_INFINITY
    const fetched = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      asked = now
      return Effect.map(ask(line, provider, address), (fresh) => {
        keys = fresh
        read = now
      })
    })
    return (message, signature) => {
      const fits = () => keys.slice(0, mostTried).some((key) => verify(null, message, key, signature))
      return turn.withPermits(1)(
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          if (now - read >= lifetime) yield* fetched
          if (fits()) return true
          if (now - asked < pause) return false
          yield* fetched
          return fits()
        })
      )
    }
  })

const Key = Schema.Struct({
  kty: Schema.Literal("OKP"),
  crv: Schema.Literal("Ed25519"),
  x: Schema.String.pipe(Schema.pattern(/^[\w-]{43}$/))
})

const decodeSet = Schema.decodeOption(Schema.parseJson(Schema.Struct({ keys: Schema.Array(Schema.Unknown) })))
const decodeKey = Schema.decodeUnknownOption(Key)

const ask = (line: Line, provider: string, address: URL) => {
  const site = { provider, base: address, credential: Effect.succeed(undefined), isKeyed: false }
  const question = { model: "", method: "GET", path: address.pathname + address.search } as const
  return Effect.flatMap(Http.poll(line, site, question), (answer) =>
    Effect.mapError(keysOf(answer.body), () =>
      pollError({ ...answer, fault: "its answer has no keys to verify webhooks with" })
    )
  )
}

/** Keys of other kinds are passed over. */
const keysOf = (body: string): Option.Option<ReadonlyArray<KeyObject>> =>
  decodeSet(body).pipe(
    Option.map(({ keys }) => keys.flatMap((key) => Option.toArray(decodeKey(key)))),
    Option.map((keys) => keys.flatMap((key) => Option.toArray(publicKey(key)))),
    Option.filter((keys) => keys.length > 0)
  )

const publicKey = Option.liftThrowable((key: typeof Key.Type) => createPublicKey({ key, format: "jwk" }))
