/**
 * The fragments of an MP4 (`moof`), and the indexes of fragments that say how far the file should go (`sidx`, `mfra`).
 */
import * as Box from "./box.ts"
import type { Defaults } from "./movie.ts"

/** What a fragment holds of one track. */
export interface Run {
  readonly track: number
  readonly samples: number
  readonly ticks: number
  readonly furthest: number
  /** Its first sample; nothing where the fragment leaves that open. */
  readonly first: { readonly offset: number; readonly size: number } | undefined
}

/** Reads a fragment that lies at an offset of its file; nothing where it is none. */
export const read = (
  buffer: Buffer,
  offset: number,
  defaults: ReadonlyMap<number, Defaults>
): ReadonlyArray<Run> | undefined => guarded(() => runsOf(buffer, offset, defaults))

/** Where the segments of a `sidx` end, whose own end is given. */
export const indexedEnd = (buffer: Buffer, end: number): number | undefined =>
  guarded(() => {
    const wide = buffer[0] !== 0
    const from = wide ? 28 : 20
    const first = wide ? Number(buffer.readBigUInt64BE(20)) : buffer.readUInt32BE(16)
    const count = buffer.readUInt16BE(from + 2)
    let sum = end + first
    for (let index = 0; index < count; index++) sum += buffer.readUInt32BE(from + 4 + index * 12) & 0x7fffffff
    return sum
  })

/** The fragments that an `mfra` lists, by where they begin. */
export const listed = (buffer: Buffer): ReadonlyArray<number> =>
  Box.within(buffer, 0, buffer.length)
    .filter(({ type }) => type === "tfra")
    .flatMap((tfra) => guarded(() => offsetsOf(buffer, tfra)) ?? [])

// Privates ---------------------------------------------------------------------------------------------------------

const guarded = <A>(step: () => A): A | undefined => {
  try {
    return step()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const offsetsOf = (buffer: Buffer, tfra: Box.Box): ReadonlyArray<number> => {
  const wide = buffer[tfra.start] === 1
  const lengths = buffer.readUInt32BE(tfra.start + 8)
  const tail = [lengths >> 4, lengths >> 2, lengths].reduce((sum, bits) => sum + (bits & 3) + 1, 0)
  const width = (wide ? 16 : 8) + tail
  const count = buffer.readUInt32BE(tfra.start + 12)
  if (tfra.start + 16 + count * width > tfra.end) throw new RangeError("a table is longer than its box")
  return Array.from({ length: count }, (_, index) => {
    const at = tfra.start + 16 + index * width
    return wide ? Number(buffer.readBigUInt64BE(at + 8)) : buffer.readUInt32BE(at + 4)
  })
}

const runsOf = (
  buffer: Buffer,
  offset: number,
  defaults: ReadonlyMap<number, Defaults>
): ReadonlyArray<Run> =>
  Box.within(buffer, 0, buffer.length)
    .filter(({ type }) => type === "traf")
    .flatMap((traf) => {
      const children = Box.within(buffer, traf.start, traf.end)
      const tfhd = children.find(({ type }) => type === "tfhd")
      if (tfhd === undefined) return []
      const header = headerOf(buffer, tfhd, offset, defaults)
      return children.filter(({ type }) => type === "trun").map((trun) => runOf(buffer, trun, header))
    })

const headerOf = (
  buffer: Buffer,
  { start }: Box.Box,
  offset: number,
  defaults: ReadonlyMap<number, Defaults>
) => {
  const flags = buffer.readUInt32BE(start) & 0xffffff
  const track = buffer.readUInt32BE(start + 4)
  let at = start + 8
  const base = flags & 1 ? Number(buffer.readBigUInt64BE(at)) : offset
  at += flags & 1 ? 8 : 0
  at += flags & 2 ? 4 : 0
  const duration = flags & 8 ? buffer.readUInt32BE(at) : (defaults.get(track)?.duration ?? 0)
  at += flags & 8 ? 4 : 0
  const size = flags & 16 ? buffer.readUInt32BE(at) : (defaults.get(track)?.size ?? 0)
  return { track, base, duration, size }
}

const runOf = (buffer: Buffer, { end, start }: Box.Box, header: ReturnType<typeof headerOf>): Run => {
  const flags = buffer.readUInt32BE(start) & 0xffffff
  const samples = buffer.readUInt32BE(start + 4)
  const has = (flag: number) => (flags & flag) !== 0
  const width = [0x100, 0x200, 0x400, 0x800].filter(has).length * 4
  const from = start + 8 + (has(1) ? 4 : 0) + (has(4) ? 4 : 0)
  if (from + samples * width > end) throw new RangeError("a table is longer than its box")
  const offset = has(1) ? header.base + buffer.readInt32BE(start + 8) : undefined
  let bytes = has(0x200) ? 0 : samples * header.size
  let ticks = has(0x100) ? 0 : samples * header.duration
  for (let index = 0; index < samples && width > 0; index++) {
    const at = from + index * width
    if (has(0x100)) ticks += buffer.readUInt32BE(at)
    if (has(0x200)) bytes += buffer.readUInt32BE(at + (has(0x100) ? 4 : 0))
  }
  const size = has(0x200) && samples > 0 ? buffer.readUInt32BE(from + (has(0x100) ? 4 : 0)) : header.size
  return {
    track: header.track,
    samples,
    ticks,
    furthest: offset === undefined ? 0 : offset + bytes,
    first: offset === undefined || samples === 0 ? undefined : { offset, size }
  }
}
