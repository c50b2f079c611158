/**
 * A look at how a body begins, whatever its headers say of it: servers send error pages as `video/mp4`.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Cut } from "./cut.ts"
import type { Opened } from "./line.ts"

/** The beginning of a body, and the response that still has all of it. */
export interface Looked {
  readonly first: Uint8Array
  readonly response: Opened
}

/** So many bytes tell one kind of file from another. */
const enough = 12

/** Waits for the first bytes of a body, and puts them back. A body that ends before has fewer; one that is empty none. */
export const look = (response: Opened): Effect.Effect<Looked, Cut, Scope.Scope> =>
  Effect.gen(function* () {
    const next = yield* Stream.toPull(response.bytes((cut) => cut))
    const chunks = yield* upTo(enough, next)
    return { first: joined(chunks), response: { ...response, bytes: (error) => again(chunks, next, error) } }
  })

type Next = Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<Cut>>

const upTo = (wanted: number, next: Next): Effect.Effect<Chunk.Chunk<Uint8Array>, Cut> =>
  Effect.matchEffect(next, {
    onFailure: Option.match({ onNone: () => Effect.succeed(Chunk.empty()), onSome: Effect.fail }),
    onSuccess: (chunk) => {
      const left = wanted - Chunk.reduce(chunk, 0, (sum, { byteLength }) => sum + byteLength)
      return left <= 0
        ? Effect.succeed(chunk)
        : Effect.map(upTo(left, next), (rest) => Chunk.appendAll(chunk, rest))
    }
  })

const again = <E>(
  first: Chunk.Chunk<Uint8Array>,
  next: Next,
  error: (cut: Cut) => E
): Stream.Stream<Uint8Array, E> => {
  const rest = Effect.mapError(next, Option.map(error))
  let waiting = true
  return Stream.repeatEffectChunkOption(
    Effect.suspend(() => {
      if (!waiting) return rest
      waiting = false
      return Effect.succeed(first)
    })
  )
}

const joined = (chunks: Chunk.Chunk<Uint8Array>): Uint8Array => Buffer.concat(Chunk.toReadonlyArray(chunks))

/**
 * What a file that begins so certainly is, if that is no video. No container of videos begins like any of these. A GIF,
 * PNG or WebP may move, which only all of it says.
 */
export const notVideo = (first: Uint8Array): string | undefined => {
  const bytes = Buffer.from(first).toString("latin1")
  const text = bytes.replace(/^\u00ef\u00bb\u00bf/, "").trimStart()
  return kinds.find(([, begins]) => begins(bytes) || begins(text))?.[0]
}

const withOneOf =
  (...beginnings: ReadonlyArray<string>) =>
  (text: string): boolean =>
    beginnings.some((beginning) => text.startsWith(beginning))

const kinds: ReadonlyArray<readonly [kind: string, begins: (bytes: string) => boolean]> = [
  ["JSON", withOneOf("{", "[")],
  ["HTML or XML", withOneOf("<")],
  ["a picture", withOneOf("\u00ff\u00d8\u00ff")],
  ["an archive", withOneOf("PK\u0003\u0004", "\u001f\u008b")]
]
