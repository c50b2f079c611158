/**
 * Changes of the bytes of an encode.
 */

const typeAt = (file: Buffer, type: string, from = 0) => {
  const at = file.indexOf(type, from, "latin1")
  if (at === -1) throw new Error(`there is no ${type}`)
  return at
}

/** Where the last fragment begins: with its moof, or with the type and the indexes in front of that. */
export const lastFragment = (file: Buffer) => {
  const before = (end: number): number => {
    const starts = ["sidx", "styp"].map((type) => file.lastIndexOf(type, end - 8, "latin1") - 4)
    const start = starts.find((start) => start > 0 && start + file.readUInt32BE(start) === end)
    return start === undefined ? end : before(start)
  }
  return before(file.lastIndexOf("moof", undefined, "latin1") - 4)
}

/** Moves the samples of all tracks, as their index has them. */
export const shifted = (file: Buffer, by: number) => {
  for (let at = file.indexOf("stco", 0, "latin1"); at !== -1; at = file.indexOf("stco", at + 4, "latin1"))
    for (let entry = 0; entry < file.readUInt32BE(at + 8); entry++) {
      const where = at + 12 + entry * 4
      file.writeUInt32BE((file.readUInt32BE(where) + by) >>> 0, where)
    }
  return file
}

/** Gives the first mdat another size. */
export const mdatSize = (file: Buffer, size: (old: number) => number) => {
  const at = typeAt(file, "mdat") - 4
  file.writeUInt32BE(size(file.readUInt32BE(at)), at)
  return file
}

/** Fills the contents of the index. */
export const withIndex = (file: Buffer, fill: (contents: Buffer) => void) => {
  const at = typeAt(file, "moov")
  fill(file.subarray(at + 4, at - 4 + file.readUInt32BE(at - 4)))
  return file
}

/** Puts other letters in the place of the first of some. */
export const renamed = (file: Buffer, from: string, to: string) => {
  file.write(to, typeAt(file, from), "latin1")
  return file
}

/** Turns the pictures by a quarter, as the header of the first track has it. */
export const rotated = (file: Buffer) => {
  const matrix = typeAt(file, "tkhd") + 4 + 40
  for (const [index, value] of [0, 0x10000, 0, -0x10000, 0, 0, 72 << 16, 0, 0x40000000].entries())
    file.writeInt32BE(value, matrix + index * 4)
  return file
}

/** Fills the first mdat with zeros. */
export const zeroed = (file: Buffer) => {
  const at = typeAt(file, "mdat")
  file.fill(0, at + 4, at - 4 + file.readUInt32BE(at - 4))
  return file
}
