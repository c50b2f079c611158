/**
 * Sound as AAC packets, encoded in WebAssembly.
 */
import { registerAacEncoder } from "@mediabunny/aac-encoder"
import { AudioSample, AudioSampleSource, Mp4OutputFormat, NullTarget, Output } from "mediabunny"
import type { Plan } from "../plan.ts"
import { SAMPLE_RATE, soundBlocks } from "./sound.ts"

export interface SoundPacket {
  readonly data: Uint8Array
  /** Seconds. */
  readonly timestamp: number
  readonly duration: number
}

export interface SoundTrack {
  readonly packets: ReadonlyArray<SoundPacket>
  /** The AudioSpecificConfig. */
  readonly description: Uint8Array
}

const BITRATE = 128_000

/** The whole track: about 16 KB a second of clip. */
export const encodeSound = async (plan: Plan, duration: number): Promise<SoundTrack> => {
  registerAacEncoder()
  const packets: Array<SoundPacket> = []
  let description: Uint8Array = new Uint8Array()
  const source = new AudioSampleSource({
    codec: "aac",
    bitrate: BITRATE,
    onEncodedPacket: (packet, meta) => {
      packets.push({ data: packet.data.slice(), timestamp: packet.timestamp, duration: packet.duration })
      const config = meta?.decoderConfig?.description
      if (config instanceof Uint8Array) description = config.slice()
    }
  })
  // The packets are taken from the callback; what the muxer makes of them is thrown away.
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart: "fragmented" }),
    target: new NullTarget()
  })
  output.addAudioTrack(source)
  await output.start()
  let position = 0
  for (const [left, right] of soundBlocks(plan, duration)) {
    const data = new Float32Array(left.length * 2)
    data.set(left)
    data.set(right, left.length)
    const sample = new AudioSample({
      data,
      format: "f32-planar",
      numberOfChannels: 2,
      sampleRate: SAMPLE_RATE,
      timestamp: position / SAMPLE_RATE
    })
    await source.add(sample)
    sample.close()
    position += left.length
  }
  source.close()
  await output.finalize()
  return { packets, description }
}
