/**
 * The video of an operation: a whole MP4 by its boxes, and no two operations have the same, so that a clip that came to
 * the wrong job is seen.
 */
import { createHash } from "node:crypto"

/** The bytes of an operation's video, always the same ones. */
export const videoOf = (operation: string, size: number): Buffer => {
  const pictures = Buffer.alloc(size)
  for (let at = 0, block = 0; at < size; at += 32, block++) {
    createHash("sha256").update(`${operation} ${block}`).digest().copy(pictures, at)
  }
  return Buffer.concat([
    box("ftyp", Buffer.from("isom\0\0\0\0isom")),
    box("moov", Buffer.alloc(64)),
    box("mdat", pictures)
  ])
}

/** SHA-256 in hexadecimal digits. */
export const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex")

const box = (type: string, contents: Buffer): Buffer => {
  const header = Buffer.alloc(8)
  header.writeUInt32BE(header.length + contents.length, 0)
  header.write(type, 4, "latin1")
  return Buffer.concat([header, contents])
}
