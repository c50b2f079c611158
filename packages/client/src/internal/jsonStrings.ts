/**
 * Tells, byte by byte and over any split into chunks, what in a JSON text is inside of strings and what is outside.
 * It does not check the JSON: what it passes on is decoded, or refused, by those behind it.
 */

const quote = 0x22
const backslash = 0x5c

/** Told of each run of bytes: `bytes[from..to)`. Quotes belong to neither side. */
export interface Listener {
  readonly outside: (bytes: Uint8Array, from: number, to: number) => void
  readonly opened: () => void
  readonly inside: (bytes: Uint8Array, from: number, to: number) => void
  readonly closed: () => void
}

/** A scanner in the middle of a text. */
export class JsonStrings {
  readonly #listener: Listener
  #inString = false
  #escaped = false

  constructor(listener: Listener) {
    this.#listener = listener
  }

  /** Whether the last chunk ended within a string. */
  get inString(): boolean {
    return this.#inString
  }

  /** Reads on. */
  scan(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length) {
      at = this.#inString ? this.#stringFrom(bytes, at) : this.#structureFrom(bytes, at)
    }
  }

  #structureFrom(bytes: Uint8Array, from: number): number {
    const end = bytes.indexOf(quote, from)
    const to = end < 0 ? bytes.length : end
    if (to > from) this.#listener.outside(bytes, from, to)
    if (end < 0) return to
    this.#inString = true
    this.#listener.opened()
    return end + 1
  }

  #stringFrom(bytes: Uint8Array, from: number): number {
    const end = this.#endOfString(bytes, from)
    const to = end < 0 ? bytes.length : end
    if (to > from) this.#listener.inside(bytes, from, to)
    if (end < 0) return to
    this.#inString = false
    this.#listener.closed()
    return end + 1
  }

  #endOfString(bytes: Uint8Array, from: number): number {
    let start = from
    if (this.#escaped) {
      this.#escaped = false
      start++
    }
    let escape = bytes.indexOf(backslash, start)
    for (let end = bytes.indexOf(quote, start); ; end = bytes.indexOf(quote, start)) {
      if (escape < 0 || (end >= 0 && end < escape)) return end
      // The character after a backslash is never the end.
      start = escape + 2
      if (start > bytes.length) this.#escaped = true
      if (start >= bytes.length) return -1
      escape = bytes.indexOf(backslash, start)
    }
  }
}
