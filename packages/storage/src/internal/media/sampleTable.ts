/**
 * The sample tables of a track. How many entries a table claims is never believed: its box holds them, or it is damaged.
 */
import * as Box from "./box.ts"

/** Where the samples are, and how long they last. */
export interface Samples {
  readonly samples: number
  readonly ticks: number
  readonly furthest: number
  readonly first: { readonly offset: number; readonly size: number } | undefined
}

/** Reads the tables within a `stbl`. */
export const samplesOf = (buffer: Buffer, stbl: Box.Box): Samples => {
  const table = (type: string) => Box.find(buffer, stbl, type)
  const sizes = sizesOf(buffer, table("stsz") ?? table("stz2"))
  const offsets = offsetsOf(buffer, table("stco"), table("co64"))
  const runs = runsOf(buffer, table("stsc"))
  let [run, sample, furthest] = [0, 0, 0]
  let first: Samples["first"]
  for (let chunk = 0; chunk < offsets.count && sample < sizes.count; chunk++) {
    while (run + 1 < runs.count && runs.firstChunk(run + 1) <= chunk + 1) run++
    const count = Math.min(sizes.count - sample, runs.count === 0 ? 0 : runs.samples(run))
    const offset = offsets.at(chunk)
    if (count > 0) furthest = Math.max(furthest, offset + sizes.sum(sample, count))
    if (first === undefined && count > 0) first = { offset, size: sizes.sum(0, 1) }
    sample += count
  }
  // Samples that no chunk holds are nowhere.
  return {
    samples: sizes.count,
    ticks: ticksOf(buffer, table("stts")),
    furthest: sample < sizes.count ? Number.POSITIVE_INFINITY : furthest,
    first
  }
}

// Privates ---------------------------------------------------------------------------------------------------------

// A full box begins with its version and flags.
const countOf = (buffer: Buffer, at: number, box: Box.Box, width: number, from: number) => {
  const count = buffer.readUInt32BE(at)
  if (from + count * width > box.end) throw new RangeError("a table is longer than its box")
  return count
}

const sizesOf = (buffer: Buffer, box: Box.Box | undefined) => {
  if (box === undefined) return { count: 0, sum: () => 0 }
  const each = box.type === "stsz" ? buffer.readUInt32BE(box.start + 4) : 0
  const from = box.start + 12
  if (each > 0)
    return { count: buffer.readUInt32BE(box.start + 8), sum: (_: number, count: number) => each * count }
  const bits = box.type === "stsz" ? 32 : (buffer[box.start + 7] ?? 8)
  const at = (index: number) => {
    if (bits === 32) return buffer.readUInt32BE(from + index * 4)
    if (bits === 16) return buffer.readUInt16BE(from + index * 2)
    if (bits === 8) return buffer.readUInt8(from + index)
    return (buffer.readUInt8(from + (index >> 1)) >> (index % 2 === 0 ? 4 : 0)) & 15
  }
  const sum = (index: number, count: number) => {
    let total = 0
    for (let one = index; one < index + count; one++) total += at(one)
    return total
  }
  return { count: countOf(buffer, box.start + 8, box, bits / 8, from), sum }
}

const offsetsOf = (buffer: Buffer, short: Box.Box | undefined, wide: Box.Box | undefined) => {
  const box = short ?? wide
  if (box === undefined) return { count: 0, at: () => 0 }
  const width = box === short ? 4 : 8
  const from = box.start + 8
  return {
    count: countOf(buffer, box.start + 4, box, width, from),
    at: (index: number) =>
      width === 4 ? buffer.readUInt32BE(from + index * 4) : Number(buffer.readBigUInt64BE(from + index * 8))
  }
}

const runsOf = (buffer: Buffer, box: Box.Box | undefined) => {
  if (box === undefined) return { count: 0, firstChunk: () => 0, samples: () => 0 }
  const from = box.start + 8
  return {
    count: countOf(buffer, box.start + 4, box, 12, from),
    firstChunk: (index: number) => buffer.readUInt32BE(from + index * 12),
    samples: (index: number) => buffer.readUInt32BE(from + index * 12 + 4)
  }
}

const ticksOf = (buffer: Buffer, box: Box.Box | undefined) => {
  if (box === undefined) return 0
  const from = box.start + 8
  const count = countOf(buffer, box.start + 4, box, 8, from)
  let ticks = 0
  for (let index = 0; index < count; index++)
    ticks += buffer.readUInt32BE(from + index * 8) * buffer.readUInt32BE(from + index * 8 + 4)
  return ticks
}
