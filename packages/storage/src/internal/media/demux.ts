/**
 * What is in a whole video, as a demuxer reads it. It believes whatever a file says, so the structure is judged before, and
 * where the demuxer knows less the outline of the structure stands.
 */
import { containers, type Media, type Picture, type Sound } from "@mutoscope/core/Media"
import {
  CustomSource,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  Logging,
  LogLevel,
  MATROSKA,
  MP4,
  MPEG_TS,
  QTFF,
  WEBM
} from "mediabunny"
import type { Bytes } from "./bytes.ts"
import type { Outline, Whole } from "./verdict.ts"

/** Describes a whole video; nothing where not even the size of its pictures can be told. */
export const mediaOf = async (bytes: Bytes, { container, outline }: Whole): Promise<Media | undefined> => {
  const read = demuxed.has(container)
    ? await silently(() => demux(bytes, container === "mpeg-ts")).catch(() => undefined)
    : undefined
  const duration = rounded(outline.durationSeconds ?? read?.durationSeconds, 1000)
  const picture = pictureOf(outline, read?.picture)
  if (!isCount(picture.width) || !isCount(picture.height)) return undefined
  return {
    container,
    mediaType: containers[container].mediaType,
    ...(duration === undefined ? {} : { durationSeconds: duration }),
    picture,
    ...(read?.sound === undefined ? {} : { sound: read.sound })
  }
}

// Privates ---------------------------------------------------------------------------------------------------------

const demuxed = new Set<Whole["container"]>(["mp4", "mov", "webm", "matroska", "mpeg-ts"])

// The demuxer prints what it cannot read to the console of whatever program this is. Its level is shared by all of them.
const loud = { level: Logging.level, readers: 0 }

const silently = async <A>(read: () => Promise<A>): Promise<A> => {
  if (loud.readers++ === 0) loud.level = Logging.level
  Logging.level = LogLevel.Silent
  try {
    return await read()
  } finally {
    if (--loud.readers === 0) Logging.level = loud.level
  }
}

/** Bytes that the demuxer may read, for what it is told in a damaged or hostile file. */
const mostBytes = 64 * 1024 * 1024

interface Read {
  readonly picture: Partial<Picture>
  readonly sound: Sound | undefined
  readonly durationSeconds: number | undefined
}

// A transport stream says nothing of itself: its packets are looked at.
const demux = async (bytes: Bytes, isStream: boolean): Promise<Read> => {
  const source = new CustomSource({
    getSize: () => bytes.size,
    read: (start, end) => {
      if (bytes.cost.bytes > mostBytes) throw new Error("the demuxer has read too much")
      return bytes.at(start, end - start)
    }
  })
  const input = new Input({ formats: [MP4, QTFF, WEBM, MATROSKA, MPEG_TS], source })
  try {
    const video = await input.getPrimaryVideoTrack()
    const audio = (await input.getAudioTracks())[0]
    return {
      picture: video === null ? {} : await pictureRead(video, isStream),
      sound: audio === undefined ? undefined : await soundRead(audio),
      durationSeconds: (isStream ? await lasting(input) : await input.getDurationFromMetadata()) ?? undefined
    }
  } finally {
    input.dispose()
  }
}

const lasting = async (input: Input) => (await input.computeDuration()) - (await input.getFirstTimestamp())

const pictureRead = async (video: InputVideoTrack, isStream: boolean) => {
  const codec = await video.getCodec()
  return {
    ...(codec === null ? {} : { codec }),
    width: Math.round(await video.getDisplayWidth()),
    height: Math.round(await video.getDisplayHeight()),
    ...(isStream ? { frameRate: (await video.computePacketStats(100)).averagePacketRate } : {})
  }
}

const soundRead = async (audio: InputAudioTrack): Promise<Sound> => {
  const codec = await audio.getCodec()
  const [channels, sampleRate] = [await audio.getNumberOfChannels(), await audio.getSampleRate()]
  return {
    ...(codec === null ? {} : { codec }),
    ...(isCount(channels) ? { channels } : {}),
    ...(isCount(sampleRate) ? { sampleRate } : {})
  }
}

const isCount = (value: number | undefined): value is number =>
  Number.isSafeInteger(value) && Number(value) > 0

const pictureOf = (outline: Outline, read: Partial<Picture> = {}): Picture => {
  const codec = read.codec ?? outline.codec
  const frameRate = rounded(outline.frameRate ?? read.frameRate, 1000)
  const isRead = isCount(read.width) && isCount(read.height)
  return {
    ...(codec === undefined || codec === "" ? {} : { codec }),
    width: isRead ? Number(read.width) : outline.width,
    height: isRead ? Number(read.height) : outline.height,
    ...(frameRate === undefined ? {} : { frameRate })
  }
}

// Absent where the file does not say, or says nothing that can be.
const rounded = (value: number | undefined, steps: number) => {
  const near = Math.round((value ?? 0) * steps) / steps
  return Number.isFinite(near) && near > 0 ? near : undefined
}
