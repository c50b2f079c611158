/**
 * Tells a whole MP4 from anything else by its boxes: they must tile the file exactly, the first is `ftyp`, one is
 * `moov`, and at least one is `mdat`. A file that was cut anywhere does not pass.
 */
import { readSync } from "node:fs"
import type { OpenFile } from "./nodeFile.ts"

/**
 * `found` says, for a person, what the file is instead of a whole MP4; `foreign` that it begins as no MP4 does, so that more
 * of it would be none either.
 */
export type Verdict =
  | { readonly whole: true }
  | { readonly whole: false; readonly found: string; readonly foreign: boolean }

interface Box {
  readonly type: string
  readonly size: number
}

/** No video has more boxes than this; it keeps a hostile file from being walked for hours. */
const mostBoxes = 100_000

/**
 * Walks the boxes of an open file that is `size` bytes long. A last box without a length of its own reaches to the end
 * of the file, wherever that is, so it passes only where the length of the file is known to be right.
 */
export const inspect = (file: OpenFile, size: number, sizeIsKnown: boolean): Verdict => {
  if (size === 0) return found("an empty file")
  const seen: Array<string> = []
  let offset = 0
  let boxes = 0
  const header = headers(file, size)
  while (offset < size) {
    const box = readBox(header(offset))
    if (box === undefined)
      return found(
        otherwise(file, offset, offset === 0 ? "no MP4" : "an MP4 that is cut or damaged"),
        offset === 0 && size >= longestHeader
      )
    if (seen.length === 0 && box.type !== "ftyp") return found(otherwise(file, offset, "no MP4"), true)
    if (box.size === 0 && !sizeIsKnown) return found("an MP4 whose end cannot be told")
    const end = box.size === 0 ? size : offset + box.size
    if (end > size) return found(`a truncated MP4 (${end - size} bytes of its box ${box.type} are missing)`)
    if (isOfInterest(box.type)) seen.push(box.type)
    if (++boxes > mostBoxes) return found("an MP4 with too many boxes")
    offset = end
  }
  return judge(seen)
}

const isOfInterest = (type: string) => type === "ftyp" || type === "moov" || type === "mdat"

const judge = (seen: ReadonlyArray<string>): Verdict => {
  const count = (type: string) => seen.filter((other) => other === type).length
  if (count("ftyp") !== 1) return found("an MP4 with more than one beginning")
  if (count("moov") !== 1)
    return found(`an MP4 with ${count("moov") === 0 ? "no index" : "more than one index"} (moov)`)
  if (count("mdat") === 0) return found("an MP4 without pictures (mdat)")
  return { whole: true }
}

const found = (what: string, foreign = false): Verdict => ({ whole: false, found: what, foreign })

/** Bytes of a header whose size needs 64 bits. */
const longestHeader = 16

/** Bytes read at a time: in most files all headers but one are within the first of them. */
const stretch = 4096

// A header is 8 bytes, or 16 where the size needs 64 bits.
const headers = (file: OpenFile, size: number) => {
  const buffer = Buffer.allocUnsafe(stretch)
  let from = 0
  let length = 0
  return (offset: number): Buffer => {
    if (Math.min(offset + 16, size) > from + length) {
      from = offset
      length = readSync(file, buffer, 0, Math.min(stretch, size - offset), offset)
    }
    return buffer.subarray(offset - from, Math.min(offset - from + 16, length))
  }
}

// A box is never smaller than its own header.
const readBox = (header: Buffer): Box | undefined => {
  if (header.length < 8) return undefined
  const type = header.toString("latin1", 4, 8)
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return undefined
  const short = header.readUInt32BE(0)
  if (short !== 1) return short === 0 || short >= 8 ? { type, size: short } : undefined
  const long = header.length < 16 ? 0n : header.readBigUInt64BE(8)
  return long >= 16n ? { type, size: Number(long) } : undefined
}

// What servers send in place of a video, by how it begins: as hexadecimal digits, or as text.
const signatures: ReadonlyArray<readonly [digits: string, name: string]> = [
  ["1a45dfa3", "a WebM or Matroska video, not an MP4"],
  ["1f8b", "gzip data"],
  ["504b0304", "a ZIP archive"],
  ["89504e47", "a PNG picture"],
  ["ffd8ff", "a JPEG picture"],
  ["47494638", "a GIF picture"]
]

const texts: ReadonlyArray<readonly [pattern: RegExp, name: string]> = [
  [/^\s*<(!doctype html|html|head|body)/i, "an HTML page"],
  [/^\s*<(\?xml|[a-z])/i, "an XML document"],
  [/^\s*[[{]/, "a JSON document"],
  [/^[\t\n\r\x20-\x7e]+$/, "a text"]
]

// Only the kind is told, never the contents: an error page may carry what is secret.
const otherwise = (file: OpenFile, offset: number, fallback: string): string => {
  if (offset > 0) return fallback
  const beginning = Buffer.alloc(64)
  const bytesRead = readSync(file, beginning, 0, beginning.length, 0)
  const digits = beginning.toString("hex", 0, bytesRead)
  const text = beginning.toString("utf8", 0, bytesRead).replace("\uFEFF", "")
  const match =
    signatures.find(([signature]) => digits.startsWith(signature)) ??
    texts.find(([pattern]) => pattern.test(text))
  return match?.[1] ?? fallback
}
