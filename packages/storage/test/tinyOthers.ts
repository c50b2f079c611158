/**
 * The smallest files of the other formats: nothing in them can be shown, and all of their structure is there.
 */

// Matroska ---------------------------------------------------------------------------------------------------------

/** An element by the hexadecimal digits of its id; its size is written in four bytes, or is unknown. */
export const element = (id: string, contents: Uint8Array, isOpen = false): Buffer => {
  const size = Buffer.alloc(4)
  size.writeUInt32BE(isOpen ? 0x1fffffff : 0x10000000 + contents.length)
  return Buffer.concat([Buffer.from(id, "hex"), size, contents])
}

/** How a tiny Matroska file is made. */
export interface Matroska {
  readonly docType?: "webm" | "matroska"
  /** 1 stands for pictures, 2 for sound, 17 for subtitles. */
  readonly trackType?: number
  /** Neither the segment nor its cluster has a size. */
  readonly isOpen?: boolean
  readonly isEncrypted?: boolean
  /** Seconds that the file says it lasts; pictures come at 0 s and at 0.5 s. */
  readonly seconds?: number
  readonly picture?: Uint8Array
}

/** A Matroska file with two pictures. */
export const tinyMatroska = ({
  docType = "webm",
  isEncrypted = false,
  isOpen = false,
  picture = Buffer.alloc(40, 7),
  seconds = 1,
  trackType = 1
}: Matroska = {}): Buffer => {
  const head = element("1a45dfa3", element("4282", Buffer.from(docType)))
  const duration = Buffer.alloc(8)
  duration.writeDoubleBE(seconds * 1000)
  const info = element(
    "1549a966",
    Buffer.concat([element("2ad7b1", Buffer.from("0f4240", "hex")), element("4489", duration)])
  )
  const video = element("e0", Buffer.concat([element("b0", Buffer.of(64)), element("ba", Buffer.of(64))]))
  const track = Buffer.concat([
    element("d7", Buffer.of(1)),
    element("73c5", Buffer.of(1)),
    element("83", Buffer.of(trackType)),
    element("86", Buffer.from("V_VP8")),
    element("23e383", Buffer.from("1dcd6500", "hex")),
    ...(isEncrypted ? [element("6d80", element("6240", element("5033", Buffer.of(1))))] : []),
    video
  ])
  const block = (time: number) => {
    const start = Buffer.of(0x81, time >> 8, time & 255, 0x80)
    return element("a3", Buffer.concat([start, picture]))
  }
  const cluster = Buffer.concat([element("e7", Buffer.of(0)), block(0), block(500)])
  const tracks = element("1654ae6b", element("ae", track))
  return Buffer.concat([
    head,
    element("18538067", Buffer.concat([info, tracks, element("1f43b675", cluster, isOpen)]), isOpen)
  ])
}

// Pictures ---------------------------------------------------------------------------------------------------------

/** A GIF of so many frames, a tenth of a second each. */
export const tinyGif = (frames: number): Buffer => {
  const control = "21f904000a000000"
  const frame = Buffer.from(`${control}2c0000000002000200000202845100`, "hex")
  const head = Buffer.concat([Buffer.from("GIF89a"), Buffer.from("02000200800000000000ffffff", "hex")])
  return Buffer.concat([head, ...Array.from({ length: frames }, () => frame), Buffer.of(0x3b)])
}

const chunk = (type: string, contents: Uint8Array) => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(contents.length)
  return Buffer.concat([length, Buffer.from(type), contents, Buffer.alloc(4)])
}

/** A PNG, animated where it has more than one frame. */
export const tinyPng = (frames: number): Buffer => {
  const control = Buffer.alloc(26)
  control.writeUInt16BE(1, 20)
  control.writeUInt16BE(10, 22)
  const animated = frames < 2 ? [] : [chunk("acTL", Buffer.alloc(8))]
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    chunk("IHDR", Buffer.from("00000002000000020800000000", "hex")),
    ...animated,
    ...Array.from({ length: animated.length * frames }, () => chunk("fcTL", control)),
    chunk("IDAT", Buffer.alloc(12, 7)),
    chunk("IEND", Buffer.alloc(0))
  ])
}

/** A WebP, animated where it has more than one frame. */
export const tinyWebp = (frames: number): Buffer => {
  const riff = (type: string, contents: Uint8Array) => {
    const head = Buffer.from(`${type}\0\0\0\0`)
    head.writeUInt32LE(contents.length, 4)
    return Buffer.concat([head, contents])
  }
  const frame = Buffer.alloc(32, 7)
  frame.writeUIntLE(100, 12, 3)
  const body =
    frames < 2
      ? [riff("VP8 ", Buffer.alloc(32, 7))]
      : [
          riff("VP8X", Buffer.from("02000000010000010000", "hex")),
          ...Array.from({ length: frames }, () => riff("ANMF", frame))
        ]
  return riff("RIFF", Buffer.concat([Buffer.from("WEBP"), ...body]))
}
