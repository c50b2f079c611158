/**
 * Images for tests.
 */

/** The header of an image of so many pixels; the rest of it nobody looks at. */
export const png = (width: number, height: number) => {
  const bytes = Buffer.alloc(49)
  bytes.set(Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1"))
  bytes.writeUInt32BE(width, 16)
  bytes.writeUInt32BE(height, 20)
  bytes.write("IDAT", 37, "latin1")
  return bytes
}
