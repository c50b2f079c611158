/**
 * Doubles a picture in both directions with the usual triangle filter; what is above 1080p is drawn at half size.
 */
import type { Frame } from "./frame.ts"

export const enlarge = (from: Frame, to: Frame): void => {
  enlargePlane(from.luma, from.width, from.height, to.luma, to.width, to.height)
  enlargePlane(from.blue, from.chromaWidth, from.chromaHeight, to.blue, to.chromaWidth, to.chromaHeight)
  enlargePlane(from.red, from.chromaWidth, from.chromaHeight, to.red, to.chromaWidth, to.chromaHeight)
}

const enlargePlane = (
  from: Uint8Array,
  width: number,
  height: number,
  to: Uint8Array,
  toWidth: number,
  toHeight: number
): void => {
  const row = new Uint16Array(width)
  for (let y = 0; y < toHeight; y++) {
    const here = Math.min(height - 1, y >> 1)
    const other = Math.max(0, Math.min(height - 1, y & 1 ? here + 1 : here - 1))
    for (let x = 0; x < width; x++) {
      row[x] = (from[here * width + x] as number) * 3 + (from[other * width + x] as number)
    }
    let left = row[0] as number
    let center = left
    for (let x = 0, o = y * toWidth; x < width && x * 2 < toWidth; x++) {
      const right = x < width - 1 ? (row[x + 1] as number) : center
      const three = center * 3 + 8
      to[o++] = (three + left) >> 4
      if (x * 2 + 1 < toWidth) to[o++] = (three + right) >> 4
      left = center
      center = right
    }
  }
}
