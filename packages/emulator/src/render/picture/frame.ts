/**
 * One picture in planar 4:2:0, laid out as the encoder takes it.
 *
 * Loops over pixels write `plane[i] as number`: the index is in range by construction, and a check per pixel would
 * cost more than the drawing does.
 */
export class Frame {
  readonly width: number
  readonly height: number
  readonly chromaWidth: number
  readonly chromaHeight: number
  readonly bytes: Uint8Array
  readonly luma: Uint8Array
  readonly blue: Uint8Array
  readonly red: Uint8Array

  /** Width and height in pixels, both even. */
  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.chromaWidth = width >> 1
    this.chromaHeight = height >> 1
    const pixels = width * height
    const quarter = this.chromaWidth * this.chromaHeight
    this.bytes = new Uint8Array(pixels + 2 * quarter)
    this.luma = this.bytes.subarray(0, pixels)
    this.blue = this.bytes.subarray(pixels, pixels + quarter)
    this.red = this.bytes.subarray(pixels + quarter)
  }
}

/** Interleaved gradient noise, 64 by 64, 0..1: added before rounding it hides the steps of a smooth sky. */
export const DITHER = new Float32Array(64 * 64)
for (let y = 0; y < 64; y++) {
  for (let x = 0; x < 64; x++) {
    const a = 0.06711056 * x + 0.00583715 * y
    const b = 52.9829189 * (a - Math.floor(a))
    DITHER[y * 64 + x] = b - Math.floor(b)
  }
}

/** The same in 256ths, for loops in fixed point. */
export const DITHER_256 = Uint8Array.from(DITHER, (value) => Math.floor(value * 256))
