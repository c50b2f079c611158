/**
 * The boxes that MP4 and QuickTime files are made of.
 */

/** A box: where its contents begin, and where it ends. */
export interface Box {
  readonly type: string
  readonly start: number
  readonly end: number
}

/** Bytes of a header whose size needs 64 bits. */
export const longestHeader = 16

/** A header: a size of 0 stands for all that is left. */
export interface Header {
  readonly type: string
  readonly size: number
  readonly length: number
}

/** The header that these bytes begin with; nothing where they are none. A box is never smaller than its own header. */
export const header = (bytes: Buffer): Header | undefined => {
  if (bytes.length < 8) return undefined
  const type = bytes.toString("latin1", 4, 8)
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return undefined
  const short = bytes.readUInt32BE(0)
  if (short !== 1) return short === 0 || short >= 8 ? { type, size: short, length: 8 } : undefined
  const long = bytes.length < longestHeader ? 0n : bytes.readBigUInt64BE(8)
  return long >= 16n ? { type, size: Number(long), length: longestHeader } : undefined
}

/** The boxes within a stretch of a buffer, up to the first that does not fit into it. */
export const within = (buffer: Buffer, start: number, end: number): ReadonlyArray<Box> => {
  const boxes: Array<Box> = []
  let offset = start
  while (offset + 8 <= end) {
    const found = header(buffer.subarray(offset, Math.min(end, offset + longestHeader)))
    if (found === undefined || found.size === 0 || offset + found.size > end) break
    boxes.push({ type: found.type, start: offset + found.length, end: offset + found.size })
    offset += found.size
  }
  return boxes
}

/** The first box of a type at the end of a path of types. */
export const find = (buffer: Buffer, from: Box, ...path: ReadonlyArray<string>): Box | undefined =>
  path.reduce<Box | undefined>(
    (parent, type) => parent && within(buffer, parent.start, parent.end).find((child) => child.type === type),
    from
  )
