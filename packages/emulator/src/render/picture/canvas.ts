/**
 * Where the parts of a scene are painted once, before the clip: shapes in world units, with soft edges.
 *
 * A ring canvas closes on itself: what leaves it on the right comes in again on the left, so that a camera may pass
 * along it for any length of time.
 */
import type { Color } from "../color.ts"
import { clamp, length } from "../numeric.ts"

export interface Extent {
  /** World position of the left upper corner. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  /** Texels a world unit. */
  readonly density: number
  readonly ring: boolean
}

/** The colour at a place of a shape, given from -1 to 1 across and down it. */
export type Shade = (across: number, down: number) => Color

export class Canvas {
  readonly width: number
  readonly height: number
  readonly x: number
  readonly y: number
  readonly density: number
  readonly ring: boolean
  readonly luma: Float32Array
  readonly blue: Float32Array
  readonly red: Float32Array
  readonly alpha: Float32Array

  constructor(extent: Extent) {
    this.x = extent.x
    this.y = extent.y
    this.density = extent.density
    this.ring = extent.ring
    this.width = (Math.ceil(extent.width * extent.density) + 3) & ~1
    this.height = (Math.ceil(extent.height * extent.density) + 3) & ~1
    const texels = this.width * this.height
    this.luma = new Float32Array(texels)
    this.blue = new Float32Array(texels)
    this.red = new Float32Array(texels)
    this.alpha = new Float32Array(texels)
  }

  /** How far it is round the ring, or across, in world units. */
  get span(): number {
    return this.width / this.density
  }

  worldX(column: number): number {
    return this.x + column / this.density
  }

  worldY(row: number): number {
    return this.y + row / this.density
  }

  /** Where a world position lies on the ring, 0..1. */
  around(worldX: number): number {
    const u = (worldX - this.x) / this.span
    return u - Math.floor(u)
  }

  /** Sets a texel, whatever was there. */
  put(index: number, color: Color, alpha: number): void {
    this.luma[index] = color[0]
    this.blue[index] = color[1]
    this.red[index] = color[2]
    this.alpha[index] = alpha
  }

  /** Lays a colour over a texel. */
  over(index: number, color: Color, alpha: number): void {
    if (alpha <= 0) return
    const a = Math.min(alpha, 1)
    const before = this.alpha[index] as number
    const after = before + (1 - before) * a
    const k = a / after
    const luma = this.luma[index] as number
    const blue = this.blue[index] as number
    const red = this.red[index] as number
    this.luma[index] = luma + (color[0] - luma) * k
    this.blue[index] = blue + (color[1] - blue) * k
    this.red[index] = red + (color[2] - red) * k
    this.alpha[index] = after
  }

  /** Adds light to what is already painted. */
  lighten(index: number, color: Color, amount: number): void {
    this.luma[index] = Math.min(1, (this.luma[index] as number) + color[0] * amount)
    this.blue[index] = (this.blue[index] as number) + color[1] * amount
    this.red[index] = (this.red[index] as number) + color[2] * amount
  }

  /** The index of a texel; -1 when it is outside. A ring has no outside to its left and right. */
  index(column: number, row: number): number {
    if (row < 0 || row >= this.height) return -1
    if (column >= 0 && column < this.width) return row * this.width + column
    if (!this.ring) return -1
    return row * this.width + (((column % this.width) + this.width) % this.width)
  }

  /** Fills each column of the canvas from a skyline down; `color` gets the depth below it. */
  ground(
    top: (worldX: number) => number,
    color: (worldX: number, depth: number, height: number) => Color
  ): void {
    for (let column = 0; column < this.width; column++) {
      const worldX = this.worldX(column)
      const height = top(worldX)
      const edge = (height - this.y) * this.density
      for (let row = Math.max(0, Math.floor(edge)); row < this.height; row++) {
        const alpha = clamp(row + 1 - edge)
        this.over(row * this.width + column, color(worldX, (row - edge) / this.density, height), alpha)
      }
    }
  }

  /** A thick line whose radius goes from `r0` to `r1`; with both ends the same it is a disc. */
  capsule(
    x0: number,
    y0: number,
    r0: number,
    x1: number,
    y1: number,
    r1: number,
    shade: Shade,
    alpha = 1
  ): void {
    const p = this.density
    const ax = (x0 - this.x) * p
    const ay = (y0 - this.y) * p
    const bx = (x1 - this.x) * p
    const by = (y1 - this.y) * p
    const ra = r0 * p
    const rb = r1 * p
    const reach = Math.max(ra, rb) + 1.5
    const dx = bx - ax
    const dy = by - ay
    const squared = dx * dx + dy * dy || 1e-9
    const bottom = Math.min(this.height - 1, Math.ceil(Math.max(ay, by) + reach))
    const right = Math.ceil(Math.max(ax, bx) + reach)
    for (let y = Math.max(0, Math.floor(Math.min(ay, by) - reach)); y <= bottom; y++) {
      for (let x = Math.floor(Math.min(ax, bx) - reach); x <= right; x++) {
        const px = x - ax
        const py = y - ay
        const t = clamp((px * dx + py * dy) / squared)
        const qx = px - dx * t
        const qy = py - dy * t
        const r = ra + (rb - ra) * t
        const coverage = r - length(qx, qy) + 0.5
        if (coverage <= 0) continue
        const index = this.index(x, y)
        if (index >= 0) {
          this.over(index, shade(qx / (r + 0.01), qy / (r + 0.01)), Math.min(1, coverage) * alpha)
        }
      }
    }
  }

  disc(x: number, y: number, radius: number, shade: Shade, alpha = 1): void {
    this.capsule(x, y, radius, x, y, radius, shade, alpha)
  }

  /** An upright rectangle with hard edges; `shade` runs from 0 to 1 across and down it. */
  rectangle(x: number, y: number, width: number, height: number, shade: Shade, alpha = 1): void {
    const left = Math.round((x - this.x) * this.density)
    const right = Math.max(left + 1, Math.round((x + width - this.x) * this.density))
    const top = Math.round((y - this.y) * this.density)
    const bottom = Math.max(top + 1, Math.round((y + height - this.y) * this.density))
    for (let row = Math.max(0, top); row < Math.min(this.height, bottom); row++) {
      for (let column = left; column < right; column++) {
        const index = this.index(column, row)
        if (index < 0) continue
        this.over(index, shade((column - left) / (right - left), (row - top) / (bottom - top)), alpha)
      }
    }
  }

  /** A filled polygon of world points; four samples down and exact coverage across. */
  polygon(
    points: ReadonlyArray<readonly [x: number, y: number]>,
    color: (worldX: number, worldY: number) => Color,
    alpha = 1
  ): void {
    const corners = points.map(
      ([x, y]) => [(x - this.x) * this.density, (y - this.y) * this.density] as const
    )
    const top = Math.max(0, Math.floor(Math.min(...corners.map((corner) => corner[1]))))
    const bottom = Math.min(this.height - 1, Math.ceil(Math.max(...corners.map((corner) => corner[1]))))
    const left = Math.floor(Math.min(...corners.map((corner) => corner[0])))
    const right = Math.ceil(Math.max(...corners.map((corner) => corner[0]))) + 1
    const coverage = new Float32Array(right - left + 2)
    for (let row = top; row <= bottom; row++) {
      coverage.fill(0)
      for (let sample = 0; sample < 4; sample++) {
        addCrossings(coverage, corners, row + (sample + 0.5) / 4 - 0.5, left)
      }
      for (let column = left; column <= right; column++) {
        const amount = coverage[column - left] as number
        const index = amount > 0 ? this.index(column, row) : -1
        if (index >= 0) this.over(index, color(this.worldX(column), this.worldY(row)), amount * alpha)
      }
    }
  }
}

const addCrossings = (
  coverage: Float32Array,
  corners: ReadonlyArray<readonly [number, number]>,
  y: number,
  left: number
): void => {
  const crossings: Array<number> = []
  let previous = corners[corners.length - 1]
  for (const corner of corners) {
    if (previous !== undefined && previous[1] <= y !== corner[1] <= y) {
      crossings.push(
        previous[0] + ((y - previous[1]) / (corner[1] - previous[1])) * (corner[0] - previous[0])
      )
    }
    previous = corner
  }
  crossings.sort((a, b) => a - b)
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const from = (crossings[i] as number) + 0.5 - left
    const to = (crossings[i + 1] as number) + 0.5 - left
    for (let x = Math.floor(from); x < to; x++) {
      coverage[x] = (coverage[x] as number) + (Math.min(x + 1, to) - Math.max(x, from)) / 4
    }
  }
}
