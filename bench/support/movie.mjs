// Files that are MP4s as far as their boxes go: ftyp, a moov without tracks, and one mdat of any size.
const box = (type, contents) => {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + contents.length, 0)
  head.write(type, 4, "latin1")
  return Buffer.concat([head, contents])
}

/** Everything before the pictures; the size of the last box is written in 64 bits. */
const beginning = (bytes) => {
  const boxes = Buffer.concat([
    box("ftyp", Buffer.from("isom\0\0\0\0isommp42")),
    box("moov", box("mvhd", Buffer.alloc(100)))
  ])
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
