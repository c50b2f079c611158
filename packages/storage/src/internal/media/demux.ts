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
  MATROSKA,
  MP4,
  MPEG_TS,
  QTFF,
  WEBM
} from "mediabunny"
import type { Bytes } from "./bytes.ts"
import type { Outline, Whole } from "./verdict.ts"

/** Describes a whole video. */
export const mediaOf = async (bytes: Bytes, { container, outline }: Whole): Promise<Media> => {
  const read = demuxed.has(container) ? await demux(bytes).catch(() => undefined) : undefined
  const duration = rounded(outline.durationSeconds ?? read?.durationSeconds, 1000)
  return {
    container,
    mediaType: containers[container].mediaType,
    ...(duration === undefined ? {} : { durationSeconds: duration }),
    picture: pictureOf(outline, read?.picture),
    ...(read?.sound === undefined ? {} : { sound: read.sound })
  }
}

// Privates ---------------------------------------------------------------------------------------------------------

const demuxed = new Set<Whole["container"]>(["mp4", "mov", "webm", "matroska", "mpeg-ts"])

/** Bytes that the demuxer may read, for what it is told in a damaged or hostile file. */
const mostBytes = 64 * 1024 * 1024

interface Read {
  readonly picture: Partial<Picture>
  readonly sound: Sound | undefined
  readonly durationSeconds: number | undefined
}

const demux = async (bytes: Bytes): Promise<Read> => {
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
      picture: video === null ? {} : await pictureRead(video),
      sound: audio === undefined ? undefined : await soundRead(audio),
      durationSeconds: (await input.getDurationFromMetadata()) ?? undefined
    }
  } finally {
    input.dispose()
  }
}

const pictureRead = async (video: InputVideoTrack) => {
  const codec = await video.getCodec()
  return {
    ...(codec === null ? {} : { codec }),
    width: Math.round(await video.getDisplayWidth()),
    height: Math.round(await video.getDisplayHeight())
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
  const frameRate = rounded(outline.frameRate, 1000)
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
