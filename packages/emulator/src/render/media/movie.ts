/**
 * Writes the MP4: room for the index first, then sound and pictures as they come, and the index at the end.
 */
import type { FileHandle } from "node:fs/promises"
import {
  EncodedAudioPacketSource,
  EncodedPacket,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
  StreamTarget,
  type StreamTargetChunk
} from "mediabunny"
import { NOTICE } from "../caption.ts"
import type { SoundPacket, SoundTrack } from "./aac.ts"
import { eraseDates } from "./dates.ts"
import type { EncodedGroup } from "./h264.ts"
import { SAMPLE_RATE } from "./sound.ts"

export interface MovieOptions {
  readonly file: FileHandle
  readonly width: number
  readonly height: number
  readonly fps: number
  readonly frames: number
  readonly prompt: string
  readonly seed: number
  readonly sound: SoundTrack | null
}

export interface Movie {
  /** Adds the next group of pictures and the sound that goes with it. Groups come in order. */
  readonly add: (group: EncodedGroup) => Promise<void>
  /** Completes the file; gives its size in bytes and its length in seconds. */
  readonly finish: () => Promise<{ readonly bytes: number; readonly seconds: number }>
}

export const openMovie = async (options: MovieOptions): Promise<Movie> => {
  const { file, fps, frames, height, sound, width } = options
  const seconds = frames / fps
  let bytes = 0
  const target = new StreamTarget(
    new WritableStream<StreamTargetChunk>({
      write: async ({ data, position }) => {
        await writeAll(file, data, position)
        bytes = Math.max(bytes, position + data.length)
      }
    })
  )
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: "reserve" }), target })
  const video = new EncodedVideoPacketSource("avc")
  output.addVideoTrack(video, { frameRate: fps, maximumPacketCount: frames })
  const soundPackets = sound === null ? [] : trimmed(sound.packets, seconds)
  const audio = new EncodedAudioPacketSource("aac")
  if (sound !== null) output.addAudioTrack(audio, { maximumPacketCount: soundPackets.length })
  output.setMetadataTags({
    title: options.prompt.slice(0, 200),
    comment: `${NOTICE}. Drawn by a program from the words of the prompt; seed ${options.seed}.`
  })
  await output.start()

  let frame = 0
  let nextSound = 0
  const addSound = async (until: number) => {
    for (; nextSound < soundPackets.length; nextSound++) {
      const packet = soundPackets[nextSound]
      if (packet === undefined || packet.timestamp >= until) return
      await audio.add(
        new EncodedPacket(packet.data, "key", packet.timestamp, packet.duration),
        nextSound === 0 ? soundConfig(sound) : undefined
      )
    }
  }
  return {
    add: async (group) => {
      const config = videoConfig(group, width, height)
      for (const [i, data] of group.packets.entries()) {
        // The order of the packets decides the bytes of the file: each picture follows the sound before its end.
        await addSound((frame + 1) / fps)
        await video.add(
          new EncodedPacket(data, i === 0 ? "key" : "delta", frame / fps, 1 / fps),
          frame === 0 ? config : undefined
        )
        frame++
      }
    },
    finish: async () => {
      await addSound(Number.POSITIVE_INFINITY)
      await output.finalize()
      await eraseDates(file)
      return { bytes, seconds }
    }
  }
}

const writeAll = async (file: FileHandle, data: Uint8Array, position: number): Promise<void> => {
  let done = 0
  while (done < data.length) {
    const { bytesWritten } = await file.write(data, done, data.length - done, position + done)
    done += bytesWritten
  }
}

/** AAC comes in packets of 1024 samples; the last is cut so that the sound ends with the pictures. */
const trimmed = (packets: ReadonlyArray<SoundPacket>, seconds: number): ReadonlyArray<SoundPacket> =>
  packets
    .filter((packet) => packet.timestamp < seconds)
    .map((packet) => ({ ...packet, duration: Math.min(packet.duration, seconds - packet.timestamp) }))

const videoConfig = (group: EncodedGroup, width: number, height: number) => ({
  decoderConfig: {
    codec: `avc1.${Buffer.from(group.description.subarray(1, 4)).toString("hex")}`,
    codedWidth: width,
    codedHeight: height,
    description: group.description,
    colorSpace: { primaries: "bt709", transfer: "bt709", matrix: "bt709", fullRange: false } as const
  }
})

const soundConfig = (sound: SoundTrack | null) => ({
  decoderConfig: {
    codec: "mp4a.40.2",
    numberOfChannels: 2,
    sampleRate: SAMPLE_RATE,
    ...(sound === null ? {} : { description: sound.description })
  }
})
