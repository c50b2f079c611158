/**
 * Tells a whole WebM or Matroska file by its elements: its segment ends where the file does, a track holds pictures, and a
 * stream without sizes lasts as long as it says.
 */
import { type Bytes, isZeros } from "./bytes.ts"
import * as Ebml from "./ebml.ts"
import * as Remainder from "./remainder.ts"
import { type Refused, refused, type Verdict } from "./verdict.ts"

/** Whether a file begins as a WebM or Matroska file does. */
export const begins = (bytes: Bytes): boolean => bytes.at(0, 4).toString("hex") === "1a45dfa3"

/** Judges a file that begins like that. */
export const judge = (bytes: Bytes, lengthKnown: boolean): Verdict => {
  const head = Ebml.at(bytes, 0)
  const segment = head?.end === undefined ? undefined : Ebml.at(bytes, head.end)
  if (head?.end === undefined || segment === undefined || segment.id !== ids.segment)
    return refused("a WebM or Matroska video that is cut or damaged")
  const name = docType(bytes, head.start, head.end) === "webm" ? "WebM" : "Matroska video"
  const missing = (segment.end ?? 0) - bytes.size
  if (missing > 0) return refused(`a truncated ${name} (${missing} bytes are missing)`)
  const parts = partsOf(bytes, segment, name)
  if ("whole" in parts) return parts
  const container = name === "WebM" ? "webm" : "matroska"
  return judgeParts(bytes, parts, name, container, remainderOf(bytes, parts.end, lengthKnown, name))
}

// Privates ---------------------------------------------------------------------------------------------------------

const ids = {
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  track: 0xae,
  trackNumber: 0xd7,
  trackType: 0x83,
  codec: 0x86,
  defaultDuration: 0x23e383,
  video: 0xe0,
  width: 0xb0,
  height: 0xba,
  encodings: 0x6d80,
  encoding: 0x6240,
  encryption: 0x5035,
  encodingType: 0x5033,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  group: 0xa0,
  block: 0xa1
} as const

/** No video has more elements than this; it keeps a hostile file from being walked for hours. */
const mostElements = 1_000_000

interface Track {
  readonly number: number
  readonly isVideo: boolean
  readonly isSound: boolean
  readonly encrypted: boolean
  readonly codec: string
  readonly width: number
  readonly height: number
  readonly frameRate: number | undefined
}

interface Parts {
  readonly tracks: ReadonlyArray<Track>
  /** Seconds that the file says it lasts; 0 where it says nothing. */
  readonly announced: number
  /** When the last picture is shown, where the whole file had to be walked. */
  readonly last: number | undefined
  /** The first picture. */
  readonly first: Stretch | undefined
  readonly end: number
}

const docType = (bytes: Bytes, start: number, end: number) => {
  for (const element of Ebml.within(bytes, start, end))
    if (element.id === ids.docType) return textOf(bytes, element)
  return ""
}

const textOf = (bytes: Bytes, { end, start }: Stretch) =>
  bytes
    .at(start, Math.min(end - start, 64))
    .toString("latin1")
    .replace(/\0.*$/, "")

// A segment with a size of its own was proved to be whole by that, and is read up to its first picture. One without is walked
// to where something else begins. Clusters are walked into, so that it does not matter whether they have sizes.
const partsOf = (bytes: Bytes, segment: Ebml.Element, name: string): Parts | Refused => {
  const isSized = segment.end !== undefined
  const end = segment.end ?? bytes.size
  let tracks: ReadonlyArray<Track> = []
  let info = { scale: 1_000_000, ticks: 0 }
  let first: Parts["first"]
  let [cluster, last, offset] = [0, 0, segment.start]
  for (let count = 0; offset < end && !(isSized && first !== undefined); count++) {
    if (count > mostElements) return refused(`a ${name} with too many elements`)
    const element = Ebml.at(bytes, offset)
    if (!isSized && first !== undefined && isBehind(bytes, element, offset)) break
    const elementEnd = element?.id === ids.cluster ? element.start : element?.end
    if (element === undefined || elementEnd === undefined || (element.end ?? 0) > end)
      return refused(`a truncated or damaged ${name}`)
    const contents = { start: element.start, end: elementEnd }
    if (element.id === ids.info) info = infoOf(bytes, contents)
    if (element.id === ids.tracks) tracks = tracksOf(bytes, contents)
    if (element.id === ids.timestamp) cluster = Ebml.unsigned(bytes, contents)
    const picture = pictureOf(bytes, { id: element.id, ...contents }, tracks)
    if (picture !== undefined) {
      last = Math.max(last, cluster + picture.timestamp)
      first ??= picture
    }
    offset = elementEnd
  }
  return {
    tracks,
    announced: seconds(info.ticks, info),
    last: isSized ? undefined : seconds(last, info),
    first,
    end: isSized ? end : offset
  }
}

const isBehind = (bytes: Bytes, element: Ebml.Element | undefined, offset: number) =>
  element?.id === headId || (element === undefined && Remainder.nameOf(bytes, offset) !== undefined)

const headId = 0x1a45dfa3

const seconds = (ticks: number, { scale }: { readonly scale: number }) => (ticks * scale) / 1e9

interface Stretch {
  readonly start: number
  readonly end: number
}

const infoOf = (bytes: Bytes, { end, start }: Stretch) => {
  let [scale, ticks] = [1_000_000, 0]
  for (const element of Ebml.within(bytes, start, end)) {
    if (element.id === ids.timestampScale) scale = Ebml.unsigned(bytes, element)
    if (element.id === ids.duration) ticks = Ebml.float(bytes, element)
  }
  return { scale, ticks: Number.isFinite(ticks) ? ticks : 0 }
}

/** No video has more tracks. */
const mostTracks = 64

const tracksOf = (bytes: Bytes, { end, start }: Stretch) => {
  const tracks: Array<Track> = []
  for (const element of Ebml.within(bytes, start, end))
    if (element.id === ids.track && tracks.length < mostTracks)
      tracks.push(trackOf(bytes, element.start, element.end))
  return tracks
}

const trackOf = (bytes: Bytes, start: number, end: number): Track => {
  let [number, type, codec, encrypted, width, height, frame] = [0, 0, "", false, 0, 0, 0]
  for (const element of Ebml.within(bytes, start, end)) {
    if (element.id === ids.trackNumber) number = Ebml.unsigned(bytes, element)
    if (element.id === ids.trackType) type = Ebml.unsigned(bytes, element)
    if (element.id === ids.codec) codec = textOf(bytes, element)
    if (element.id === ids.defaultDuration) frame = Ebml.unsigned(bytes, element)
    if (element.id === ids.encodings) encrypted ||= isEncrypted(bytes, element)
    if (element.id !== ids.video) continue
    for (const field of Ebml.within(bytes, element.start, element.end)) {
      if (field.id === ids.width) width = Ebml.unsigned(bytes, field)
      if (field.id === ids.height) height = Ebml.unsigned(bytes, field)
    }
  }
  const isVideo = type === 1 && width > 0 && height > 0
  const frameRate = frame > 0 ? 1e9 / frame : undefined
  return { number, isVideo, isSound: type === 2, encrypted, codec, width, height, frameRate }
}

const isEncrypted = (bytes: Bytes, encodings: Stretch) => {
  for (const encoding of Ebml.within(bytes, encodings.start, encodings.end)) {
    if (encoding.id !== ids.encoding) continue
    for (const field of Ebml.within(bytes, encoding.start, encoding.end))
      if (field.id === ids.encryption || (field.id === ids.encodingType && Ebml.unsigned(bytes, field) === 1))
        return true
  }
  return false
}

// A block begins with the number of its track and its time after that of its cluster.
const pictureOf = (
  bytes: Bytes,
  { end, id, start }: Stretch & { readonly id: number },
  tracks: ReadonlyArray<Track>
) => {
  const block =
    id === ids.group ? [...Ebml.within(bytes, start, end)].find(({ id }) => id === ids.block) : { start, end }
  if (block === undefined || (id !== ids.simpleBlock && id !== ids.group)) return undefined
  const head = bytes.at(block.start, 12)
  const length = Ebml.lengthOf(head[0])
  if (length === 0 || length > 4 || head.length < length + 3) return undefined
  const number = head.readUIntBE(0, length) - 2 ** (7 * length)
  if (!tracks.some((track) => track.isVideo && track.number === number)) return undefined
  return { start: block.start + length + 3, end: block.end, timestamp: head.readInt16BE(length) }
}

type Tail = Refused | ReadonlyArray<string>

const remainderOf = (bytes: Bytes, end: number, lengthKnown: boolean, name: string): Tail => {
  if (end === bytes.size) return []
  if (Ebml.at(bytes, end)?.id === headId)
    return ["The file holds more than one video, one behind the other; most players show only the first."]
  return lengthKnown
    ? [Remainder.warning(bytes, end)]
    : refused(`a ${name} that is followed by something else`)
}

/** Seconds between the last picture and the end: the longest that a last picture is shown. */
const longestPicture = 1

const judgeParts = (
  bytes: Bytes,
  { announced, first, last, tracks }: Parts,
  name: string,
  container: "webm" | "matroska",
  tail: Tail
): Verdict => {
  if (tracks.length === 0) return refused(`a ${name} without tracks`)
  const video = tracks.find(({ isVideo }) => isVideo)
  if (video === undefined)
    return refused(
      tracks.some(({ isSound }) => isSound)
        ? `a ${name} with sound and no video track`
        : `a ${name} without a video track`
    )
  if (tracks.some(({ encrypted }) => encrypted)) return refused(`a ${name} with encrypted pictures or sound`)
  if (first === undefined) return refused(`a ${name} without a single picture`)
  if (isEmptied(bytes, first, video.codec)) return refused(`a ${name} whose first picture consists of zeros`)
  if (last !== undefined && announced > last + Math.max(longestPicture, announced * 0.05))
    return refused(
      `a truncated ${name} (it should last ${rounded(announced)} s, and its last picture comes at ${rounded(last)} s)`
    )
  if ("whole" in tail) return tail
  const { codec, frameRate, height, width } = video
  const lasting = last && last + (frameRate === undefined ? 0 : 1 / frameRate)
  return {
    whole: true,
    container,
    outline: { codec, width, height, frameRate, durationSeconds: announced > 0 ? announced : lasting },
    warnings: tail
  }
}

const isEmptied = (bytes: Bytes, { end, start }: Stretch, codec: string) =>
  end - start >= 16 && codec !== "V_UNCOMPRESSED" && isZeros(bytes.at(start, Math.min(end - start, 4096)))

const rounded = (value: number) => String(Math.round(value * 100) / 100)
