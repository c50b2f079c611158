/**
 * Tells whole animations (GIF, animated PNG and WebP) from still pictures. They play in few video players, so that each
 * comes with a warning.
 */
import type { Container } from "@mutoscope/core/Media"
import type { Bytes } from "./bytes.ts"
import * as Remainder from "./remainder.ts"
import { type Refused, refused, type Verdict } from "./verdict.ts"

/** Whether a file begins as one of these pictures. */
export const begins = (bytes: Bytes): boolean => formatOf(bytes) !== undefined

/** Judges a file that begins like that. */
export const judge = (bytes: Bytes, lengthKnown: boolean): Verdict => {
  const format = formatOf(bytes)
  if (format === undefined) return refused("no animation")
  const read = format.read(bytes)
  if (read === undefined) return refused(`a truncated or damaged ${format.name} picture`)
  if (read.frames < 2) return refused(`a ${format.name} picture, not a video`, true)
  if (read.width === 0 || read.height === 0) return refused(`a damaged ${format.name} picture`)
  const tail = tailOf(bytes, read.end, lengthKnown, format.name)
  if ("whole" in tail) return tail
  const durationSeconds = read.seconds > 0 ? read.seconds : undefined
  return {
    whole: true,
    container: format.container,
    outline: {
      width: read.width,
      height: read.height,
      durationSeconds,
      frameRate: durationSeconds && read.frames / durationSeconds
    },
    warnings: [`The file is an animated ${format.name} picture, which few video players show.`, ...tail]
  }
}

// Privates ---------------------------------------------------------------------------------------------------------

interface Read {
  readonly frames: number
  readonly width: number
  readonly height: number
  readonly seconds: number
  readonly end: number
}

interface Format {
  readonly container: Container
  readonly name: string
  readonly beginning: RegExp
  /** Reads a whole picture; nothing where it is cut. */
  readonly read: (bytes: Bytes) => Read | undefined
}

const formatOf = (bytes: Bytes) => {
  const beginning = bytes.at(0, 16).toString("latin1")
  return formats.find((format) => format.beginning.test(beginning))
}

const tailOf = (
  bytes: Bytes,
  end: number,
  lengthKnown: boolean,
  name: string
): Refused | ReadonlyArray<string> => {
  if (end >= bytes.size) return []
  return lengthKnown
    ? [Remainder.warning(bytes, end)]
    : refused(`a ${name} picture that is followed by something else`)
}

/** No animation has more parts than this; it keeps a hostile file from being walked for hours. */
const mostParts = 1_000_000

const readGif = (bytes: Bytes): Read | undefined => {
  const head = bytes.at(0, 13)
  if (head.length < 13) return undefined
  const size = { width: head.readUInt16LE(6), height: head.readUInt16LE(8) }
  let offset = 13 + tableOf(head[10])
  let [frames, hundredths] = [0, 0]
  for (let part = 0; part < mostParts; part++) {
    const kind = bytes.at(offset, 1)[0]
    if (kind === 0x3b) return { ...size, frames, seconds: hundredths / 100, end: offset + 1 }
    if (kind === 0x2c) {
      frames++
      offset += 11 + tableOf(bytes.at(offset + 9, 1)[0])
    } else if (kind === 0x21) {
      const control = bytes.at(offset, 8)
      if (control[1] === 0xf9 && control.length === 8) hundredths += control.readUInt16LE(4)
      offset += 2
    } else return undefined
    const behind = behindBlocks(bytes, offset)
    if (behind === undefined) return undefined
    offset = behind
  }
  return undefined
}

// A table of colours follows where its bit is set.
const tableOf = (flags = 0) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)

const behindBlocks = (bytes: Bytes, from: number): number | undefined => {
  let offset = from
  while (offset < bytes.size) {
    const length = bytes.at(offset, 1)[0] ?? 0
    offset += 1 + length
    if (length === 0) return offset
  }
  return undefined
}

const readPng = (bytes: Bytes): Read | undefined => {
  const head = bytes.at(0, 24)
  if (head.length < 24) return undefined
  const size = { width: head.readUInt32BE(16), height: head.readUInt32BE(20) }
  let offset = 8
  let [frames, seconds, isAnimated] = [0, 0, false]
  for (let part = 0; part < mostParts; part++) {
    const chunk = bytes.at(offset, 34)
    if (chunk.length < 12) return undefined
    const end = offset + 12 + chunk.readUInt32BE(0)
    if (end > bytes.size) return undefined
    const type = chunk.toString("latin1", 4, 8)
    if (type === "acTL") isAnimated = true
    if (type === "fcTL" && chunk.length === 34) {
      frames++
      seconds += chunk.readUInt16BE(28) / (chunk.readUInt16BE(30) || 100)
    }
    if (type === "IEND") return { ...size, frames: isAnimated ? frames : 1, seconds, end }
    offset = end
  }
  return undefined
}

const readWebp = (bytes: Bytes): Read | undefined => {
  const head = bytes.at(0, 30)
  if (head.length < 30) return undefined
  const end = 8 + head.readUInt32LE(4)
  if (end > bytes.size) return undefined
  // Only the extended form has more than one frame.
  if (head.toString("latin1", 12, 16) !== "VP8X") return { frames: 1, width: 1, height: 1, seconds: 0, end }
  const size = { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 }
  let offset = 12
  let [frames, milliseconds] = [0, 0]
  for (let part = 0; part < mostParts && offset + 8 <= end; part++) {
    const chunk = bytes.at(offset, 24)
    if (chunk.toString("latin1", 0, 4) === "ANMF" && chunk.length === 24) {
      frames++
      milliseconds += chunk.readUIntLE(20, 3)
    }
    const length = chunk.readUInt32LE(4)
    offset += 8 + length + (length % 2)
  }
  return offset > end + 1 ? undefined : { ...size, frames, seconds: milliseconds / 1000, end }
}

const formats: ReadonlyArray<Format> = [
  { container: "gif", name: "GIF", beginning: /^GIF8[79]a/, read: readGif },
  { container: "apng", name: "PNG", beginning: /^\x89PNG\r\n/, read: readPng },
  { container: "webp", name: "WebP", beginning: /^RIFF[\s\S]{4}WEBP/, read: readWebp }
]
