/**
 * Takes one video out of a JSON answer while it arrives: finds its base64 and decodes it piece by piece.
 */
import { JsonStrings } from "./jsonStrings.ts"

/** The names under which APIs hand out a video's bytes, and those of the lists that hold the videos. */
const bytesKeys = new Set(["bytesBase64Encoded", "encodedVideo"])
const listKeys = new Set(["videos", "generatedSamples"])

/** Longer keys are none of these. */
const longestKey = 64

/** What a string stands in, from the outside: objects with the key that is being told of, arrays with an index. */
type Level =
  | { readonly _tag: "Object"; key: string; expectsKey: boolean }
  | { readonly _tag: "Array"; index: number }

/** Whether the string that begins is the wanted video; asked of each value that is a string, in their order. */
export type Place = (levels: ReadonlyArray<Level>) => boolean

/** `videos[index].bytesBase64Encoded`, at any depth and with any object in between. */
export const inVideos = (index: number): Place => {
  return (levels) => {
    const level = levels.at(-1)
    if (level?._tag !== "Object" || !bytesKeys.has(level.key)) return false
    const list = levels.findIndex((level) => level._tag === "Object" && listKeys.has(level.key))
    const element = levels[list + 1]
    return list >= 0 && element?._tag === "Array" && element.index === index
  }
}

/** The `data` of `steps[].content[]`, counted over all of the steps. */
export const inSteps = (index: number): Place => {
  let before = 0
  return (levels) => {
    const path = levels.slice(-5).map((level) => (level._tag === "Object" ? level.key : "[]"))
    return path.join(".") === "steps.[].content.[].data" && before++ === index
  }
}

/** The base64 was none. */
export class NotBase64 extends Error {
  override readonly name = "NotBase64"
}

/** Finds the video at a place of an answer, and hands out its bytes. */
export class InlineVideo {
  readonly #place: Place
  readonly #scanner: JsonStrings
  readonly #levels: Array<Level> = []
  #role: "Key" | "Video" | "Other" = "Other"
  #key = ""
  #found = false
  #done = false
  #empty = true
  #base64 = new Base64()
  #out: Array<Uint8Array> = []

  constructor(place: Place) {
    this.#place = place
    this.#scanner = new JsonStrings({
      outside: (bytes, from, to) => {
        for (let at = from; at < to; at++) this.#structure(bytes[at])
      },
      opened: () => this.#open(),
      inside: (bytes, from, to) => this.#text(bytes, from, to),
      closed: () => this.#close()
    })
  }

  /** Whether the video was found. */
  get isFound(): boolean {
    return this.#found
  }

  /** Whether the video was found and is complete. */
  get isComplete(): boolean {
    return this.#done
  }

  /** Whether no byte of it has come. */
  get isEmpty(): boolean {
    return this.#empty
  }

  /** The bytes of the video that the next bytes of the answer hold. Throws `NotBase64`. */
  write(bytes: Uint8Array): Array<Uint8Array> {
    this.#out = []
    if (!this.#done) this.#scanner.scan(bytes)
    return this.#out
  }

  #structure(byte: number | undefined): void {
    const level = this.#levels.at(-1)
    switch (byte) {
      case 0x7b: // {
        this.#levels.push({ _tag: "Object", key: "", expectsKey: true })
        break
      case 0x5b: // [
        this.#levels.push({ _tag: "Array", index: 0 })
        break
      case 0x7d: // }
      case 0x5d: // ]
        this.#levels.pop()
        break
      case 0x2c: // ,
        if (level?._tag === "Array") level.index++
        else if (level !== undefined) level.expectsKey = true
        break
      case 0x3a: // :
        if (level?._tag === "Object") level.expectsKey = false
        break
    }
  }

  #open(): void {
    const level = this.#levels.at(-1)
    const isKey = level?._tag === "Object" && level.expectsKey
    this.#role = isKey ? "Key" : !this.#found && this.#place(this.#levels) ? "Video" : "Other"
    this.#key = ""
    if (this.#role === "Video") this.#found = true
  }

  #text(bytes: Uint8Array, from: number, to: number): void {
    if (this.#role === "Key" && this.#key.length < longestKey) this.#key += latin1(bytes, from, to)
    if (this.#role === "Video") this.#emit(this.#base64.decode(latin1(bytes, from, to)))
  }

  #close(): void {
    const level = this.#levels.at(-1)
    if (this.#role === "Key" && level?._tag === "Object") level.key = this.#key
    if (this.#role === "Video") {
      this.#emit(this.#base64.end())
      this.#done = true
    }
    this.#role = "Other"
  }

  #emit(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return
    this.#empty = false
    this.#out.push(bytes)
  }
}

/** Decodes base64 that comes in pieces, with the escapes that JSON may put in it. */
class Base64 {
  #rest = ""
  #padded = false

  decode(piece: string): Uint8Array {
    return this.#decode(this.#rest + piece, false)
  }

  end(): Uint8Array {
    return this.#decode(this.#rest, true)
  }

  #decode(text: string, last: boolean): Uint8Array {
    // An escape, whole or begun, is looked at when all of it is here.
    const open = last ? -1 : incompleteEscape(text)
    const here = open < 0 ? text : text.slice(0, open)
    const clean = here.includes("\\") ? unescaped(here) : here
    const usable = last ? clean.length : clean.length - (clean.length % 4)
    this.#rest = clean.slice(usable) + (open < 0 ? "" : text.slice(open))
    return this.#bytes(clean.slice(0, usable))
  }

  #bytes(text: string): Uint8Array {
    const content = text.replace(/=+$/, "")
    if (content !== "" && this.#padded) throw new NotBase64("there is more after its end")
    if (content.length !== text.length) this.#padded = true
    const bytes = Buffer.from(content, "base64")
    // Node passes over what is no base64; then the lengths differ.
    if (bytes.byteLength !== Math.floor((content.length * 3) / 4))
      throw new NotBase64("it holds other characters")
    return bytes
  }
}

const incompleteEscape = (text: string): number => {
  const match = /\\(u[0-9a-fA-F]{0,3})?$/.exec(text)
  return match === null ? -1 : match.index
}

/** Line breaks in base64 mean nothing; `\/` and `\u003d` are a slash and an equals sign. */
const unescaped = (text: string): string =>
  text.replace(
    /\\(?:u([0-9a-fA-F]{4})|(.))/g,
    (_, code: string | undefined, character: string | undefined) =>
      code !== undefined
        ? String.fromCharCode(Number.parseInt(code, 16))
        : character === "n" || character === "r" || character === "t"
          ? ""
          : (character ?? "")
  )

const latin1 = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString("latin1")
