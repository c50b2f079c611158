/**
 * Reads a JSON answer without ever holding the video that may be inside of it.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { JsonStrings } from "./jsonStrings.ts"

/** The longest string that is kept whole, in bytes. Of a longer one only its beginning is left. */
export const longestString = 16 * 1024

/** What is left of a string that was too long to keep. */
const keptOfLong = 32

/** What stands at the end of a string that was cut. */
export const mark = "...(elided)"

/** Collects an answer, with long strings cut. */
export class Elider {
  readonly #limit: number
  readonly #short: number
  #scanner: JsonStrings | undefined
  #parts: Array<Uint8Array> = []
  #length = 0
  #string: Array<Uint8Array> = []
  #stringLength = 0

  /** `limit` is the most bytes to keep in all. */
  constructor(limit: number) {
    this.#limit = limit
    this.#short = Math.min(limit, longestString)
  }

  /** Takes the next bytes; false when there is more than the limit, and reading on is pointless. */
  write(bytes: Uint8Array): boolean {
    // While all of it is no longer than a string may be, no string can be too long.
    if (this.#scanner === undefined && this.#length + bytes.byteLength <= this.#short) this.#keep(bytes)
    else this.#scan(bytes)
    return this.#length <= this.#limit
  }

  /** The answer, as far as it came. */
  end(): string {
    if (this.#scanner?.inString === true) this.#flush()
    return decoder.decode(joined(this.#parts))
  }

  #scan(bytes: Uint8Array): void {
    const before = this.#scanner === undefined ? this.#parts : []
    const scanner = this.#scanner ?? this.#start()
    for (const part of before) scanner.scan(part)
    scanner.scan(bytes)
  }

  #start(): JsonStrings {
    this.#parts = []
    this.#length = 0
    this.#scanner = new JsonStrings({
      outside: (bytes, from, to) => this.#keep(bytes.subarray(from, to)),
      opened: () => this.#keep(quote),
      inside: (bytes, from, to) => this.#collect(bytes.subarray(from, to)),
      closed: () => this.#close()
    })
    return this.#scanner
  }

  #keep(bytes: Uint8Array): void {
    this.#length += bytes.byteLength
    // A copy, since a part of a chunk would keep the whole chunk alive.
    if (this.#length <= this.#limit) this.#parts.push(new Uint8Array(bytes))
  }

  #collect(bytes: Uint8Array): void {
    this.#stringLength += bytes.byteLength
    if (this.#stringLength <= longestString) this.#string.push(new Uint8Array(bytes))
    else if (this.#string.length > 0) this.#string = beginning(this.#string)
    else this.#string = [new Uint8Array(bytes.subarray(0, keptOfLong))]
  }

  #flush(): void {
    if (this.#stringLength > longestString) this.#keep(Buffer.from(plain(this.#string) + mark))
    else for (const part of this.#string) this.#keep(part)
    this.#string = []
    this.#stringLength = 0
  }

  #close(): void {
    this.#flush()
    this.#keep(quote)
  }
}

/** Reads a stream into an elider; false where there is more than it takes. */
export const collect = <E>(bytes: Stream.Stream<Uint8Array, E>, answer: Elider): Effect.Effect<boolean, E> =>
  Effect.scoped(Effect.flatMap(Stream.toPull(bytes), (pull) => readAll(pull, answer)))

const readAll = <E>(
  pull: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<E>>,
  answer: Elider
): Effect.Effect<boolean, E> =>
  Effect.matchEffect(pull, {
    onSuccess: (chunks) =>
      Chunk.every(chunks, (bytes) => answer.write(bytes)) ? readAll(pull, answer) : Effect.succeed(false),
    onFailure: Option.match({ onNone: () => Effect.succeed(true), onSome: Effect.fail })
  })

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array =>
  parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)

// Making one costs more than using it.
const decoder = new TextDecoder()

const quote = new Uint8Array([0x22])

const beginning = (parts: ReadonlyArray<Uint8Array>): Array<Uint8Array> =>
  parts.length === 1 && (parts[0]?.byteLength ?? 0) <= keptOfLong
    ? [...parts]
    : [Buffer.concat(parts).subarray(0, keptOfLong)]

/** As much of it as can stand in a JSON string by itself: up to the first escape or character beyond ASCII. */
const plain = (parts: ReadonlyArray<Uint8Array>): string =>
  /^[\x20-\x5b\x5d-\x7e]*/.exec(Buffer.concat(parts).toString("latin1"))?.[0] ?? ""
