/**
 * Tells an MPEG transport stream with pictures by its packets. Such a stream has no end of its own: one that was cut between
 * two packets looks whole, which its warning says.
 */
import type { Bytes } from "./bytes.ts"
import { refused, type Verdict } from "./verdict.ts"

/** Whether a file begins as a transport stream does. */
export const begins = (bytes: Bytes): boolean =>
  bytes.size >= packet * 3 && [0, 1, 2].every((index) => isPacket(bytes, index))

/** Judges a file that begins like that. */
export const judge = (bytes: Bytes): Verdict => {
  const count = Math.floor(bytes.size / packet)
  if (bytes.size % packet !== 0 || !isPacket(bytes, count - 1) || !isPacket(bytes, count >> 1))
    return refused("an MPEG transport stream that is cut or damaged")
  const program = programOf(bytes, count)
  if (program === undefined) return refused("an MPEG transport stream without a program")
  if (program.video === undefined) return refused("an MPEG transport stream without a video track")
  const state = stateOf(bytes, count, program.video)
  if (state === "missing") return refused("an MPEG transport stream without a single picture")
  if (state === "scrambled") return refused("an MPEG transport stream with encrypted pictures")
  return {
    whole: true,
    container: "mpeg-ts",
    outline: { width: 0, height: 0 },
    warnings: [
      "The file is an MPEG transport stream, which few video players show, and whose end cannot be checked."
    ]
  }
}

// Privates ---------------------------------------------------------------------------------------------------------

const packet = 188

/** Packets at the beginning that are searched: half a megabyte. */
const searched = 2_800

const isPacket = (bytes: Bytes, index: number) => bytes.at(index * packet, 1)[0] === 0x47

/** Stream types of pictures: MPEG-1, MPEG-2, MPEG-4, H.264, H.265, H.266, AVS, VC-1. */
const pictures = new Set([0x01, 0x02, 0x10, 0x1b, 0x24, 0x33, 0x42, 0xd1, 0xea])

const programOf = (bytes: Bytes, count: number): { readonly video: number | undefined } | undefined => {
  let map: number | undefined
  for (let index = 0; index < Math.min(count, searched); index++) {
    const { pid, section } = read(bytes, index)
    if (section === undefined) continue
    if (pid === 0 && map === undefined) map = firstProgram(section)
    if (map !== undefined && pid === map) return { video: firstPicture(section) }
  }
  return undefined
}

const read = (bytes: Bytes, index: number) => {
  const one = bytes.at(index * packet, packet)
  const head = one.readUInt32BE(0)
  const [pid, begins, adapted] = [(head >> 8) & 0x1fff, (head & 0x400000) !== 0, (head & 0x20) !== 0]
  const payload = 4 + (adapted ? 1 + one.readUInt8(4) : 0)
  const section = begins && payload < packet ? one.subarray(payload + 1 + one.readUInt8(payload)) : undefined
  return { pid, section, scrambled: (head & 0xc0) !== 0 }
}

const firstProgram = (section: Buffer): number | undefined => {
  const end = endOf(section)
  for (let at = 8; at + 4 <= end; at += 4)
    if (section.readUInt16BE(at) !== 0) return section.readUInt16BE(at + 2) & 0x1fff
  return undefined
}

const firstPicture = (section: Buffer): number | undefined => {
  const end = endOf(section)
  if (end < 12) return undefined
  let at = 12 + (section.readUInt16BE(10) & 0xfff)
  while (at + 5 <= end) {
    if (pictures.has(section.readUInt8(at))) return section.readUInt16BE(at + 1) & 0x1fff
    at += 5 + (section.readUInt16BE(at + 3) & 0xfff)
  }
  return undefined
}

// A checksum of four bytes ends a section.
const endOf = (section: Buffer) =>
  section.length < 12 ? 0 : Math.min(section.length, 3 + (section.readUInt16BE(1) & 0xfff) - 4)

const stateOf = (bytes: Bytes, count: number, video: number): "clear" | "scrambled" | "missing" => {
  for (let index = 0; index < Math.min(count, searched); index++) {
    const { pid, scrambled } = read(bytes, index)
    if (pid === video) return scrambled ? "scrambled" : "clear"
  }
  return "missing"
}
