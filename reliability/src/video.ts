/**
 * The video of an operation: a whole MP4, and no two operations have the same, so that a clip that came to the wrong job
 * is seen.
 */
import { createHash } from "node:crypto"
import { beginning, box } from "./tinyMp4.ts"

/** The bytes of an operation's video, always the same ones: 100 more than its size. */
export const videoOf = (operation: string, size: number): Buffer => {
  const length = size + 100 - beginning(0).length
  return Buffer.concat([beginning(length), Buffer.alloc(length, patternOf(operation))])
}

/** What the former version took for the video of an operation: as long, and with an index of zeros. */
export const formerVideoOf = (operation: string, size: number): Buffer =>
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
