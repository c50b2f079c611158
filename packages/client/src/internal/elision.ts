/**
 * Reads a JSON answer without ever holding the video that may be inside of it.
 */
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
  readonly #scanner: JsonStrings
  #whole: string | undefined
  #parts: Array<Uint8Array> = []
  #length = 0
  #string: Array<Uint8Array> = []
  #stringLength = 0

  /** `limit` is the most bytes to keep in all. */
  constructor(limit: number) {
    this.#limit = limit
    this.#scanner = new JsonStrings({
      outside: (bytes, from, to) => this.#keep(bytes.subarray(from, to)),
      opened: () => this.#keep(quote),
      inside: (bytes, from, to) => this.#collect(bytes.subarray(from, to)),
      closed: () => this.#close()
    })
  }

  /** Takes the next bytes; false when there is more than the limit, and reading on is pointless. */
  write(bytes: Uint8Array): boolean {
    this.#scanner.scan(bytes)
    return this.#length <= this.#limit
  }

  /** Takes a short answer as it is. */
  writeWhole(text: string): boolean {
    this.#whole = text
    return text.length <= this.#limit
  }

  /** The answer, as far as it came. */
  end(): string {
    if (this.#whole !== undefined) return this.#whole
    if (this.#scanner.inString) this.#flush()
    return decoder.decode(Buffer.concat(this.#parts))
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
