/**
 * A coarse field of colour (sky, nebula, rays of light), enlarged smoothly into the frame.
 */
import type { Color } from "../color.ts"
import { DITHER, type Frame } from "./frame.ts"

export class Field {
  readonly luma: Float32Array
  readonly blue: Float32Array
  readonly red: Float32Array
  private readonly row: Float32Array

  readonly columns: number
  readonly rows: number

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
    this.luma = new Float32Array(columns * rows)
    this.blue = new Float32Array(columns * rows)
    this.red = new Float32Array(columns * rows)
    this.row = new Float32Array(columns)
  }

  /** Sets a cell to an absolute colour, for `paint`. */
  set(index: number, color: Color): void {
    this.luma[index] = 16 + 219 * color[0]
    this.blue[index] = 128 + 224 * color[1]
    this.red[index] = 128 + 224 * color[2]
  }

  /** Sets a cell to an amount of light, for `shine`. */
  setLight(index: number, color: Color, amount: number): void {
    this.luma[index] = 219 * color[0] * amount
    this.blue[index] = 224 * color[1] * amount
    this.red[index] = 224 * color[2] * amount
  }

  /** Covers the frame down to `until`, as if the field were stretched over `height` rows of it. */
  paint(frame: Frame, until = frame.height, height = frame.height): void {
    const end = Math.min(frame.height, Math.max(0, until))
    const chromaEnd = Math.min(frame.chromaHeight, (end + 1) >> 1)
    this.stretch(this.luma, frame.luma, frame.width, end, height, 235, false)
    this.stretch(this.blue, frame.blue, frame.chromaWidth, chromaEnd, height / 2, 240, false)
    this.stretch(this.red, frame.red, frame.chromaWidth, chromaEnd, height / 2, 240, false)
  }

  /** Adds the field to the whole frame as light. */
  shine(frame: Frame): void {
    this.stretch(this.luma, frame.luma, frame.width, frame.height, frame.height, 235, true)
    this.stretch(this.blue, frame.blue, frame.chromaWidth, frame.chromaHeight, frame.chromaHeight, 240, true)
    this.stretch(this.red, frame.red, frame.chromaWidth, frame.chromaHeight, frame.chromaHeight, 240, true)
  }

  private stretch(
    source: Float32Array,
    plane: Uint8Array,
    width: number,
    until: number,
    height: number,
    high: number,
    adding: boolean
  ): void {
    const { columns, rows, row } = this
    const stepX = (columns - 1) / width
    const stepY = (rows - 1) / height
    for (let y = 0; y < until; y++) {
      const gy = y * stepY
      const iy = Math.min(rows - 2, gy | 0)
      const fy = gy - iy
      const offset = iy * columns
      let total = 0
      for (let i = 0; i < columns; i++) {
        const a = source[offset + i] as number
        const b = source[offset + columns + i] as number
        const value = a + (b - a) * fy
        row[i] = value
        total += Math.abs(value)
      }
      if (adding && total < 0.5) continue
      const dither = (y & 63) << 6
      let gx = 0
      let o = y * width
      for (let x = 0; x < width; x++, o++, gx += stepX) {
        const ix = gx | 0
        const a = row[ix] as number
        const b = row[ix + 1] as number
        let value = a + (b - a) * (gx - ix) + (DITHER[dither + (x & 63)] as number)
        if (adding) value += plane[o] as number
        plane[o] = value < 16 ? 16 : value > high ? high : value
      }
    }
  }
}
