/**
 * Tells a whole MP4 or QuickTime file by its boxes: they tile the file, `moov` describes a video track, and every sample
 * that it or a fragment lists lies within the file.
 */
import * as Box from "./box.ts"
import { type Bytes, isZeros } from "./bytes.ts"
import * as Fragment from "./fragment.ts"
import * as Movie from "./movie.ts"
import * as Remainder from "./remainder.ts"
import { type Refused, refused, type Verdict } from "./verdict.ts"

/** Whether a file begins as an MP4 or a QuickTime file does. */
export const begins = (bytes: Bytes): boolean => {
  const first = Box.header(bytes.at(0, Box.longestHeader))
  return first !== undefined && beginnings.has(first.type)
}

/** Judges a file that begins like that. */
export const judge = (bytes: Bytes, lengthKnown: boolean): Verdict => {
  const walked = walk(bytes, lengthKnown)
  return "whole" in walked ? walked : judgeBoxes(bytes, walked)
}

// Privates ---------------------------------------------------------------------------------------------------------

const beginnings = new Set(["ftyp", "moov", "mdat", "wide", "free", "skip", "pnot", "styp", "moof", "sidx"])

// What may stand behind the pictures. Of one of these that goes too far something is missing; anything else is no box.
const known = new Set([
  ...beginnings,
  "meta",
  "uuid",
  "udta",
  "mfra",
  "emsg",
  "prft",
  "ssix",
  "imda",
  "PICT",
  "junk"
])

/** No video has more boxes than this; it keeps a hostile file from being walked for hours. */
const mostBoxes = 100_000

/** The longest index that is read, in bytes: of a video of hours. */
const longestIndex = 64 * 1024 * 1024

/** Some writers count the header of `mdat` twice. */
const mostBeyond = 8

interface TopBox extends Box.Box {
  readonly offset: number
}

interface Walked {
  readonly boxes: ReadonlyArray<TopBox>
  readonly warnings: ReadonlyArray<string>
}

const ofInterest = new Set(["ftyp", "moov", "mdat", "moof", "sidx", "mfra"])

const walk = (bytes: Bytes, lengthKnown: boolean): Walked | Refused => {
  const { size } = bytes
  const boxes: Array<TopBox> = []
  let offset = 0
  let count = 0
  while (offset < size) {
    const header = Box.header(bytes.at(offset, Box.longestHeader))
    const end = header === undefined ? Number.NaN : header.size === 0 ? size : offset + header.size
    if (header === undefined || (end > size && !known.has(header.type))) {
      if (offset === 0) return refused("no MP4", size >= Box.longestHeader)
      if (!lengthKnown || !mayEnd(bytes, boxes, offset)) return refused("an MP4 that is cut or damaged")
      return { boxes, warnings: [Remainder.warning(bytes, offset)] }
    }
    const start = offset + header.length
    const box = { type: header.type, offset, start, end: Math.min(end, size) }
    if (end > size) {
      const isLate = header.type === "mdat" && end - size <= mostBeyond && start < size
      if (!isLate || !lengthKnown || !boxes.some(({ type }) => type === "moov"))
        return refused(`a truncated MP4 (${end - size} bytes of its box ${header.type} are missing)`)
      return {
        boxes: [...boxes, box],
        warnings: [`The last box of the file (mdat) says that it is ${end - size} bytes longer than it is.`]
      }
    }
    // Without a size of its own, only an index in front of it can say whether it is all here.
    if (header.size === 0 && !boxes.some(({ type }) => type === "moov") && !lengthKnown)
      return refused("an MP4 whose end cannot be told")
    if (ofInterest.has(header.type)) boxes.push(box)
    if (++count > mostBoxes) return refused("an MP4 with too many boxes")
    offset = end
  }
  return { boxes, warnings: [] }
}

// More fragments may be missing, where what follows is not clearly something else.
const mayEnd = (bytes: Bytes, boxes: ReadonlyArray<TopBox>, offset: number) =>
  !boxes.some(({ type }) => type === "moof") || Remainder.nameOf(bytes, offset) !== undefined

const judgeBoxes = (bytes: Bytes, { boxes, warnings }: Walked): Verdict => {
  const of = (type: string) => boxes.filter((box) => box.type === type)
  const moov = of("moov")[0]
  if (moov === undefined) return refused("an MP4 with no index (moov)")
  if (of("mdat").length === 0) return refused("an MP4 without pictures (mdat)")
  if (moov.end - moov.start > longestIndex) return refused("an MP4 with an index (moov) that is too long")
  const movie = Movie.read(bytes.at(moov.start, moov.end - moov.start))
  if (movie === undefined || movie.tracks.length === 0)
    return refused("an MP4 whose index (moov) is empty or damaged")
  const video = movie.tracks.find(({ handler, width }) => handler === "vide" && width > 0)
  if (video === undefined) return refused(withoutVideo(movie))
  const shown = movie.tracks.filter(({ handler }) => handler === "vide" || handler === "soun")
  if (shown.some(({ encrypted }) => encrypted)) return refused("an MP4 with encrypted pictures or sound")
  const late = shown.find(({ furthest, samples }) => samples > 0 && furthest > bytes.size)
  if (late !== undefined) return refused("an MP4 whose index (moov) points behind its end")
  // What follows a second beginning belongs to another video.
  const more = boxes.findIndex((box) => box.offset > moov.offset && box.type === "moov")
  const own = more === -1 ? boxes : boxes.slice(0, more)
  const runs = movie.fragments === undefined ? [] : fragmentsOf(bytes, own, movie.fragments)
  if ("whole" in runs) return runs
  const ofVideo = runs.filter(({ track }) => track === video.id)
  if (video.samples + sumOf(ofVideo, "samples") === 0) return refused("an MP4 without a single picture")
  const first = video.first ?? ofVideo.find(({ first }) => first !== undefined)?.first
  if (first !== undefined && isEmptied(bytes, first, video.format))
    return refused("an MP4 whose first picture consists of zeros")
  const missing = movie.fragments === undefined ? undefined : missingOf(bytes, own, movie, runs)
  if (missing !== undefined) return refused(`a truncated MP4 (${missing})`)
  return {
    whole: true,
    container: isQuickTime(bytes, of("ftyp")[0]) ? "mov" : "mp4",
    outline: outlineOf(video, ofVideo),
    warnings: [
      ...warnings,
      ...(more === -1
        ? []
        : ["The file holds more than one video, one behind the other; most players show only the first."])
    ]
  }
}

const withoutVideo = ({ tracks }: Movie.Movie) =>
  tracks.some(({ handler }) => handler === "soun")
    ? "an MP4 with sound and no video track"
    : "an MP4 without a video track"

const sumOf = (runs: ReadonlyArray<Fragment.Run>, field: "samples" | "ticks") =>
  runs.reduce((sum, run) => sum + run[field], 0)

// Pictures that are stored as they are may well be black.
const uncompressed = new Set(["raw", "2vuy", "yuv2", "v210", "v410", "r210", "b64a", "rle"])

const isEmptied = (bytes: Bytes, { offset, size }: { offset: number; size: number }, format: string) =>
  size >= 16 && !uncompressed.has(format) && isZeros(bytes.at(offset, Math.min(size, 4096)))

const isQuickTime = (bytes: Bytes, ftyp: TopBox | undefined) =>
  ftyp === undefined || bytes.at(ftyp.start, 4).toString("latin1") === "qt  "

const outlineOf = (video: Movie.Track, runs: ReadonlyArray<Fragment.Run>) => {
  const frames = video.samples + sumOf(runs, "samples")
  const lasting = video.lasting + (video.timescale === 0 ? 0 : sumOf(runs, "ticks") / video.timescale)
  // An edit list may show less than there is, and never more.
  const isEdited = runs.length === 0 && video.announced > 0 && video.announced < lasting
  return {
    codec: video.format,
    width: video.width,
    height: video.height,
    frameRate: lasting > 0 ? frames / lasting : undefined,
    durationSeconds: isEdited ? video.announced : lasting
  }
}

const fragmentsOf = (
  bytes: Bytes,
  boxes: ReadonlyArray<TopBox>,
  defaults: ReadonlyMap<number, Movie.Defaults>
): ReadonlyArray<Fragment.Run> | Refused => {
  const runs: Array<Fragment.Run> = []
  for (const { end, offset, start, type } of boxes) {
    if (type !== "moof") continue
    const here =
      end - start > longestIndex ? undefined : Fragment.read(bytes.at(start, end - start), offset, defaults)
    if (here === undefined) return refused("an MP4 with a damaged fragment (moof)")
    if (here.some(({ furthest }) => furthest > bytes.size))
      return refused("an MP4 with a fragment (moof) that points behind its end")
    // Where its pictures begin is told as a distance from it, which may be negative.
    if (here.some(({ first }) => first !== undefined && first.offset < 0))
      return refused("an MP4 with a fragment (moof) that points before its beginning")
    runs.push(...here)
  }
  return runs
}

/** Seconds by which what is announced and what is there may differ: the last frames of a track, and rounding. */
const tolerance = 0.25

// What a fragmented file says of fragments that are not there.
const missingOf = (
  bytes: Bytes,
  boxes: ReadonlyArray<TopBox>,
  { announced, tracks }: Movie.Movie,
  runs: ReadonlyArray<Fragment.Run>
): string | undefined => {
  const contents = ({ end, start }: TopBox) => bytes.at(start, Math.min(end - start, longestIndex))
  const fragments = new Set(boxes.filter(({ type }) => type === "moof").map(({ offset }) => offset))
  for (const box of boxes) {
    if (box.type === "sidx" && (Fragment.indexedEnd(contents(box), box.end) ?? 0) > bytes.size)
      return "its index of segments (sidx) goes on behind its end"
    if (box.type === "mfra" && Fragment.listed(contents(box)).some((offset) => !fragments.has(offset)))
      return "its index of fragments (mfra) lists some that are missing"
  }
  const lasting = tracks.map(({ id, lasting, timescale }) =>
    timescale === 0
      ? 0
      : lasting +
        sumOf(
          runs.filter(({ track }) => track === id),
          "ticks"
        ) /
          timescale
  )
  const said = Math.max(announced, ...tracks.map(({ announced }) => announced))
  const there = Math.max(...lasting)
  return said > there + Math.max(tolerance, said * 0.02)
    ? `it should last ${seconds(said)} s, and its fragments end after ${seconds(there)} s`
    : undefined
}

const seconds = (value: number) => String(Math.round(value * 100) / 100)
