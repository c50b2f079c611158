/**
 * The video of an operation: a whole MP4 by its boxes, and no two operations have the same, so that a clip that came to
 * the wrong job is seen.
 */
import { createHash } from "node:crypto"

/** The bytes of an operation's video, always the same ones. */
export const videoOf = (operation: string, size: number): Buffer =>
  Buffer.concat([
    box("ftyp", Buffer.from("isom\0\0\0\0isom")),
    box("moov", Buffer.alloc(64)),
    box("mdat", Buffer.alloc(size, patternOf(operation)))
  ])

// Of an odd length, so that nothing that lies about an offset by a round number fits.
const patternOf = (operation: string): Buffer =>
  Buffer.concat(
    Array.from({ length: 32 }, (_, part) => createHash("sha256").update(`${operation} ${part}`).digest())
  ).subarray(0, 1019)

/** SHA-256 in hexadecimal digits. */
export const hashOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex")

const box = (type: string, contents: Buffer): Buffer => {
  const header = Buffer.alloc(8)
  header.writeUInt32BE(header.length + contents.length, 0)
  header.write(type, 4, "latin1")
  return Buffer.concat([header, contents])
}
