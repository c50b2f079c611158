/**
 * The beginning of the smallest MP4 that is one: a single H.264 track with one sample, whose bytes the caller chooses.
 */

/** A box of a type. */
export const box = (type: string, ...contents: ReadonlyArray<Uint8Array>): Buffer => {
  const inside = Buffer.concat(contents)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(head.length + inside.length, 0)
  head.write(type, 4, "latin1")
  return Buffer.concat([head, inside])
}

/** Numbers of 32 bits, one behind the other. */
const words = (...values: ReadonlyArray<number>): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => {
    bytes.writeUInt32BE(value, index * 4)
  })
  return bytes
}

/** The file type of an MP4. */
const ftyp = box("ftyp", Buffer.from("isom\0\0\x02\0isommp42", "latin1"))

const matrix = words(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

// 64x64, baseline profile.
const avcC = box(
  "avcC",
  Buffer.from("0142c00affe100166742c00ada109b011000000300100000030140f1226a01000468ce0fc8", "hex")
)

const avc1 = () => {
  const entry = Buffer.alloc(78)
  entry.writeUInt16BE(1, 6)
  entry.writeUInt16BE(64, 24)
  entry.writeUInt16BE(64, 26)
  entry.writeUInt32BE(0x480000, 28)
  entry.writeUInt32BE(0x480000, 32)
  entry.writeUInt16BE(1, 40)
  entry.writeUInt16BE(24, 74)
  entry.writeUInt16BE(0xffff, 76)
  return box("avc1", entry, avcC)
}

/** What an index may say otherwise. */
interface Index {
  /** Where the only sample begins. */
  readonly offset: number
  /** How long the only sample is. */
  readonly size: number
}

/** The index of a movie of one second, with one picture. */
const moov = ({ offset, size }: Index): Buffer => {
  const stbl = box(
    "stbl",
    box("stsd", words(0, 1), avc1()),
    box("stts", words(0, 1, 1, 1000)),
    box("stsc", words(0, 1, 1, 1, 1)),
    box("stsz", words(0, 0, 1, size)),
    box("stco", words(0, 1, offset))
  )
  const dinf = box("dinf", box("dref", words(0, 1), box("url ", words(1))))
  const minf = box("minf", box("vmhd", words(1, 0, 0)), dinf, stbl)
  const hdlr = box("hdlr", words(0, 0), Buffer.from("vide"), words(0, 0, 0), Buffer.from("\0"))
  const mdia = box("mdia", box("mdhd", words(0, 0, 0, 1000, 1000, 0x55c40000)), hdlr, minf)
  const tkhd = box("tkhd", words(3, 0, 0, 1, 0, 1000, 0, 0, 0, 0), matrix, words(64 << 16, 64 << 16))
  const mvhd = box(
    "mvhd",
    words(0, 0, 0, 1000, 1000, 0x10000, 0x1000000, 0, 0),
    matrix,
    words(0, 0, 0, 0, 0, 0, 2)
  )
  return box("moov", mvhd, box("trak", tkhd, mdia))
}

/** Bytes of an index. */
const moovLength = moov({ offset: 0, size: 0 }).length

/** Everything in front of the pictures of an MP4 whose index comes first. */
export const beginning = (bytes: number): Buffer => {
  const head = Buffer.alloc(16)
  head.writeUInt32BE(1, 0)
  head.write("mdat", 4, "latin1")
  head.writeBigUInt64BE(BigInt(bytes + head.length), 8)
  const offset = ftyp.length + moovLength + head.length
  return Buffer.concat([ftyp, moov({ offset, size: bytes }), head])
}
