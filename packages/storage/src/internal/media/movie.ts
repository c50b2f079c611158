/**
 * The index of an MP4 or QuickTime file (`moov`): its tracks, and where their samples are.
 */
import * as Box from "./box.ts"
import { samplesOf } from "./sampleTable.ts"

/** A track. Times are in seconds. */
export interface Track {
  readonly id: number
  /** `vide`, `soun`, ... */
  readonly handler: string
  /** What its samples are, as four letters. */
  readonly format: string
  readonly encrypted: boolean
  /** Pixels of a stored picture. */
  readonly width: number
  readonly height: number
  readonly timescale: number
  /** How long the header says that it is shown; 0 where it says nothing. */
  readonly announced: number
  /** How long the samples of the index last. */
  readonly lasting: number
  readonly samples: number
  /** The end of the last byte of any sample. */
  readonly furthest: number
  readonly first: { readonly offset: number; readonly size: number } | undefined
}

/** What a fragment need not say of its samples. */
export interface Defaults {
  readonly duration: number
  readonly size: number
}

/** An index. */
export interface Movie {
  readonly tracks: ReadonlyArray<Track>
  /** How long the movie is with its fragments, in seconds; 0 where the index does not say. */
  readonly announced: number
  /** By the number of a track, where there are fragments. */
  readonly fragments: ReadonlyMap<number, Defaults> | undefined
}

/** Reads an index; nothing where it is none. */
export const read = (buffer: Buffer): Movie | undefined => {
  try {
    return movieOf(buffer)
  } catch (error) {
    // A field that would be behind the end of its box.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

// Privates ---------------------------------------------------------------------------------------------------------

/** No video has more tracks. */
const mostTracks = 64

const movieOf = (buffer: Buffer): Movie | undefined => {
  const moov = { type: "moov", start: 0, end: buffer.length }
  const children = Box.within(buffer, 0, buffer.length)
  const mvhd = children.find(({ type }) => type === "mvhd")
  if (mvhd === undefined) return undefined
  const movie = timed(buffer, mvhd, 12)
  const mvex = Box.find(buffer, moov, "mvex")
  const mehd = mvex && Box.find(buffer, mvex, "mehd")
  const longest =
    mehd && (buffer[mehd.start] === 1 ? long(buffer, mehd.start + 4) : buffer.readUInt32BE(mehd.start + 4))
  const tracks = children
    .filter(({ type }) => type === "trak")
    .slice(0, mostTracks)
    .flatMap((trak) => trackOf(buffer, trak, movie.timescale) ?? [])
  return {
    tracks,
    announced: Math.max(movie.seconds, movie.timescale === 0 ? 0 : (longest ?? 0) / movie.timescale),
    fragments: mvex && new Map(Box.within(buffer, mvex.start, mvex.end).flatMap(trexOf(buffer)))
  }
}

const trexOf =
  (buffer: Buffer) =>
  ({ start, type }: Box.Box): ReadonlyArray<readonly [number, Defaults]> =>
    type === "trex"
      ? [
          [
            buffer.readUInt32BE(start + 4),
            { duration: buffer.readUInt32BE(start + 12), size: buffer.readUInt32BE(start + 16) }
          ]
        ]
      : []

const trackOf = (buffer: Buffer, trak: Box.Box, movieTimescale: number): Track | undefined => {
  const tkhd = Box.find(buffer, trak, "tkhd")
  const mdhd = Box.find(buffer, trak, "mdia", "mdhd")
  const hdlr = Box.find(buffer, trak, "mdia", "hdlr")
  const stbl = Box.find(buffer, trak, "mdia", "minf", "stbl")
  const stsd = stbl && Box.find(buffer, stbl, "stsd")
  if (!tkhd || !mdhd || !hdlr || !stbl || !stsd) return undefined
  const wide = buffer[tkhd.start] === 1
  const announced = wide ? long(buffer, tkhd.start + 28) : unlessUnknown(buffer.readUInt32BE(tkhd.start + 20))
  const { timescale } = timed(buffer, mdhd, 12)
  const { ticks, ...samples } = samplesOf(buffer, stbl)
  return {
    id: buffer.readUInt32BE(tkhd.start + (wide ? 20 : 12)),
    handler: buffer.toString("latin1", hdlr.start + 8, hdlr.start + 12),
    timescale,
    announced: movieTimescale === 0 ? 0 : announced / movieTimescale,
    lasting: timescale === 0 ? 0 : ticks / timescale,
    ...entryOf(buffer, stsd),
    ...samples
  }
}

/** Bytes of a picture's entry before the boxes in it. */
const pictureEntry = 78

const entryOf = (buffer: Buffer, stsd: Box.Box) => {
  const entries = Box.within(buffer, stsd.start + 8, stsd.end)
  const entry = entries[0]
  if (entry === undefined) return { format: "", encrypted: false, width: 0, height: 0 }
  const isPicture = entry.end - entry.start >= pictureEntry
  const encrypted = entries.some(
    ({ end, start, type }) =>
      /^enc[vats]$/.test(type) ||
      Box.within(buffer, start + pictureEntry, end).some(({ type }) => type === "sinf")
  )
  return {
    format: entry.type.trim(),
    encrypted,
    width: isPicture ? buffer.readUInt16BE(entry.start + 24) : 0,
    height: isPicture ? buffer.readUInt16BE(entry.start + 26) : 0
  }
}

// A time scale and a duration in it, behind two dates.
const timed = (buffer: Buffer, { start }: Box.Box, at: number) => {
  const wide = buffer[start] === 1
  const timescale = buffer.readUInt32BE(start + (wide ? 20 : at))
  const duration = wide ? long(buffer, start + 24) : unlessUnknown(buffer.readUInt32BE(start + at + 4))
  return { timescale, seconds: timescale === 0 ? 0 : duration / timescale }
}

// All ones stand for "not known".
const unlessUnknown = (value: number) => (value === 0xffffffff ? 0 : value)

const long = (buffer: Buffer, at: number) => {
  const value = buffer.readBigUInt64BE(at)
  return value === 0xffffffffffffffffn ? 0 : Number(value)
}
