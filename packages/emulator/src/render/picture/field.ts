/**
 * A coarse field of colour (sky, nebula, rays of light), enlarged smoothly into the frame.
 */
import type { Color } from "../color.ts"
import { clamp } from "../numeric.ts"
import { DITHER_256, type Frame } from "./frame.ts"

export class Field {
  readonly luma: Float32Array
  readonly blue: Float32Array
  readonly red: Float32Array
  private readonly row: Int32Array

  readonly columns: number
  readonly rows: number

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
    this.luma = new Float32Array(columns * rows)
    this.blue = new Float32Array(columns * rows)
    this.red = new Float32Array(columns * rows)
    this.row = new Int32Array(columns)
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
    this.paintPlane(this.luma, frame.luma, frame.width, end, height, 235)
    this.paintPlane(this.blue, frame.blue, frame.chromaWidth, chromaEnd, height / 2, 240)
    this.paintPlane(this.red, frame.red, frame.chromaWidth, chromaEnd, height / 2, 240)
  }

  /** Adds the field to the whole frame as light. */
  shine(frame: Frame): void {
    this.shinePlane(this.luma, frame.luma, frame.width, frame.height, 235)
    this.shinePlane(this.blue, frame.blue, frame.chromaWidth, frame.chromaHeight, 240)
    this.shinePlane(this.red, frame.red, frame.chromaWidth, frame.chromaHeight, 240)
  }

  private paintPlane(
    source: Float32Array,
    plane: Uint8Array,
    width: number,
    until: number,
    height: number,
    high: number
  ): void {
    const { columns, row, rows } = this
    const step = this.stepAcross(width)
    for (let y = 0; y < until; y++) {
      this.fillRow(source, (y * (rows - 1)) / height)
      // Clamped here, the samples between need no clamping.
      for (let i = 0; i < columns; i++) row[i] = clamp(row[i] as number, 16 * 256, high * 256)
      const dither = (y & 63) << 6
      for (let x = 0, o = y * width, gx = 0; x < width; x++, o++, gx += step) {
        const a = row[gx >> 16] as number
        const b = row[(gx >> 16) + 1] as number
        plane[o] = (a + (((b - a) * ((gx >> 8) & 255)) >> 8) + (DITHER_256[dither + (x & 63)] as number)) >> 8
      }
    }
  }

  private shinePlane(
    source: Float32Array,
    plane: Uint8Array,
    width: number,
    height: number,
    high: number
  ): void {
    const { row, rows } = this
    const step = this.stepAcross(width)
    for (let y = 0; y < height; y++) {
      if (this.fillRow(source, (y * (rows - 1)) / height) < 64) continue
      const dither = (y & 63) << 6
      for (let x = 0, o = y * width, gx = 0; x < width; x++, o++, gx += step) {
        const a = row[gx >> 16] as number
        const b = row[(gx >> 16) + 1] as number
        const light =
          (a + (((b - a) * ((gx >> 8) & 255)) >> 8) + (DITHER_256[dither + (x & 63)] as number)) >> 8
        let value = (plane[o] as number) + light
        if (value > high) value = high
        if (value < 16) value = 16
        plane[o] = value
      }
    }
  }

  /** How far one pixel is across the field, in 65536ths of a cell. */
  private stepAcross(width: number): number {
    return Math.floor(((this.columns - 1) * 65536) / width)
  }

  /** Interpolates the row of the field at `at`, in 256ths; gives its largest magnitude. */
  private fillRow(source: Float32Array, at: number): number {
    const { columns, row, rows } = this
    const above = Math.min(rows - 2, Math.floor(at))
    const f = at - above
    let most = 0
    for (let i = 0, o = above * columns; i < columns; i++, o++) {
      const a = source[o] as number
      const value = Math.floor((a + ((source[o + columns] as number) - a) * f) * 256)
      row[i] = value
      most = Math.max(most, Math.abs(value))
    }
    return most
  }
}
