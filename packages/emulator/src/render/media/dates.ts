/**
 * Sets the dates in an MP4's index to zero: the muxer writes the present time, and one seed shall give one file.
 */
import type { FileHandle } from "node:fs/promises"

const CONTAINERS = new Set(["moov", "trak", "mdia"])
const DATED = new Set(["mvhd", "tkhd", "mdhd"])

export const eraseDates = async (file: FileHandle): Promise<void> => {
  const { size } = await file.stat()
  await eraseIn(file, 0, size)
}

const eraseIn = async (file: FileHandle, from: number, until: number): Promise<void> => {
  const header = Buffer.alloc(16)
  let position = from
  while (position + 8 <= until) {
    await file.read(header, 0, 16, position)
    const short = header.readUInt32BE(0)
    const type = header.toString("latin1", 4, 8)
    const length = short === 1 ? Number(header.readBigUInt64BE(8)) : short
    if (length < 8) return
    if (CONTAINERS.has(type)) await eraseIn(file, position + 8, position + length)
    // A version 1 box has dates of eight bytes, version 0 of four; both begin after version and flags.
    else if (DATED.has(type)) {
      const dates = Buffer.alloc(header[8] === 1 ? 16 : 8)
      await file.write(dates, 0, dates.length, position + 12)
    }
    if (type === "moov") return
    position += length
  }
}
