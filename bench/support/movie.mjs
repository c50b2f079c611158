// Files that are MP4s by their structure: one track, whose only picture is as long as one mdat of any size.
const box = (type, ...contents) => {
  const inside = Buffer.concat(contents)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + inside.length, 0)
  head.write(type, 4, "latin1")
  return Buffer.concat([head, inside])
}

const words = (...values) => {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4)
  return bytes
}

const matrix = words(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

/** A picture of 64 x 64 in H.264. */
const avc1 = () => {
  const entry = Buffer.alloc(78)
  entry.writeUInt16BE(1, 6)
  entry.writeUInt16BE(64, 24)
  entry.writeUInt16BE(64, 26)
  const avcC = "0142c00affe100166742c00ada109b011000000300100000030140f1226a01000468ce0fc8"
  return box("avc1", entry, box("avcC", Buffer.from(avcC, "hex")))
}

const moov = (offset, size) => {
  const tables = [
    box("stsd", words(0, 1), avc1()),
    box("stts", words(0, 1, 1, 1000)),
    box("stsc", words(0, 1, 1, 1, 1)),
    box("stsz", words(0, 0, 1, size)),
    box("stco", words(0, 1, offset))
  ]
  const minf = box("minf", box("vmhd", words(1, 0, 0)), box("stbl", ...tables))
  const hdlr = box("hdlr", words(0, 0), Buffer.from("vide"), words(0, 0, 0), Buffer.alloc(1))
  const mdia = box("mdia", box("mdhd", words(0, 0, 0, 1000, 1000, 0x55c40000)), hdlr, minf)
  const tkhd = box("tkhd", words(3, 0, 0, 1, 0, 1000, 0, 0, 0, 0), matrix, words(64 << 16, 64 << 16))
  const mvhd = words(0, 0, 0, 1000, 1000, 0x10000, 0x1000000, 0, 0)
  return box("moov", box("mvhd", mvhd, matrix, words(0, 0, 0, 0, 0, 0, 2)), box("trak", tkhd, mdia))
}

/** The largest picture that an index has room for. */
const largest = 2 ** 32 - 1

/** Everything before the pictures; the size of the last box is written in 64 bits. */
const beginning = (bytes) => {
  const ftyp = box("ftyp", Buffer.from("isom\0\0\0\0isommp42"))
  const offset = ftyp.length + moov(0, 0).length + 16
  const boxes = Buffer.concat([ftyp, moov(offset, Math.min(bytes - offset, largest))])
  const mdat = Buffer.alloc(16)
  mdat.writeUInt32BE(1, 0)
  mdat.write("mdat", 4, "latin1")
  mdat.writeBigUInt64BE(BigInt(bytes - boxes.length), 8)
  return Buffer.concat([boxes, mdat])
}

/** A whole file in memory. */
export const movie = (bytes) => {
  const head = beginning(bytes)
  return Buffer.concat([head, Buffer.alloc(bytes - head.length, 0x5a)])
}

const block = Buffer.alloc(1024 * 1024, 0x5a)

/** The same, written as fast as its reader takes it and held nowhere. */
export const writeMovie = (writable, bytes) => {
  const head = beginning(bytes)
  let left = bytes - head.length
  const more = () => {
    while (left > 0) {
      const size = Math.min(left, block.length)
      left -= size
      if (!writable.write(block.subarray(0, size))) return writable.once("drain", more)
    }
    return writable.end()
  }
  writable.write(head)
  more()
}
