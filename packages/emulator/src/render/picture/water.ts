/**
 * Water in perspective: it mirrors the rows above its shore, with ripples, and glitters under the sun.
 */
import type { Color } from "../color.ts"
import { TILE_SIDE, type Tile } from "../noise.ts"
import { exp, modulo } from "../numeric.ts"
import type { Frame } from "./frame.ts"

export interface WaterOptions {
  /** The row, even, where the water begins. */
  readonly shore: number
  readonly base: Color
  /** 0..1, how much of the picture above is mirrored. */
  readonly mirror: number
  /** How rough it is; 1 is an open sea. */
  readonly chop: number
  /** Column of the light that glitters on it. */
  readonly sunX: number
  readonly glint: number
  readonly glintColor: Color
  /** How far reflections are drawn out downwards; 1 is true to scale. */
  readonly streak?: number
}

/** exp(-(3x)²) for x from 0 to 1. */
const BELL = new Float32Array(1025)
for (let i = 0; i < 1024; i++) BELL[i] = exp(-((i / 1024) * 3 * ((i / 1024) * 3)))

const ONE = 65536
const WRAP = TILE_SIDE * ONE

export class Water {
  private readonly near = new Int32Array(TILE_SIDE + 1)
  private readonly far = new Int32Array(TILE_SIDE + 1)

  private readonly tile: Tile

  constructor(tile: Tile) {
    this.tile = tile
  }

  draw(frame: Frame, options: WaterOptions, time: number): void {
    if (frame.height - options.shore <= 2) return
    this.drawPlanes(frame, options, time, 1)
    this.drawPlanes(frame, options, time, 2)
  }

  private drawPlanes(frame: Frame, options: WaterOptions, time: number, share: 1 | 2): void {
    const isLuma = share === 1
    const width = isLuma ? frame.width : frame.chromaWidth
    const height = isLuma ? frame.height : frame.chromaHeight
    const shore = options.shore / share
    const depth = height - shore
    const sunX = options.sunX / share
    const baseLuma = 16 + 219 * options.base[0]
    const baseBlue = 128 + 224 * options.base[1]
    const baseRed = 128 + 224 * options.base[2]
    const glintBlue = 224 * options.glintColor[1] * 0.8
    const glintRed = 224 * options.glintColor[2] * 0.8
    const streak = options.streak ?? 1
    const { near, far } = this
    const { blue, luma, red } = frame
    for (let y = shore; y < height; y++) {
      const down = (y - shore + 0.5) / depth
      const distance = 1 / (down * 0.94 + 0.06)
      const rough = options.chop * Math.min(1, down * 3 + 0.15)
      this.fillRow(near, distance * TILE_SIDE * 0.33 + time * TILE_SIDE * 0.035)
      this.fillRow(far, distance * TILE_SIDE * 0.71 + time * TILE_SIDE * 0.08 + 40)
      const stretchA = (TILE_SIDE * 0.09 * distance) / depth
      const stretchB = (TILE_SIDE * 0.11 * distance) / depth
      const stepA = Math.round(stretchA * ONE)
      const stepB = Math.round(stretchB * ONE)
      let a = modulo(Math.round((-(width / 2) * stretchA - time * TILE_SIDE * 0.02) * ONE), WRAP)
      let b = modulo(Math.round((-(width / 2) * stretchB + time * TILE_SIDE * 0.03 + 91) * ONE), WRAP)
      const mirror = options.mirror * (1 - 0.55 * down)
      const k = Math.round(mirror * 256)
      const luma0 = Math.round(baseLuma * (1 - mirror) * 256) + 128
      const blue0 = Math.round(baseBlue * (1 - mirror) * 256) + 128
      const red0 = Math.round(baseRed * (1 - mirror) * 256) + 128
      const waveY = Math.round(rough * depth * 0.42)
      const waveX = Math.round(rough * depth * 0.12)
      const crest = Math.round(26 * (0.4 + down))
      const source = shore - 1 - Math.round((y - shore) * streak * 0.92)
      const pathWidth = depth * (0.05 + 0.3 * down)
      const glint = options.glint * (1 - 0.45 * down)
      const bellStep = 1024 / (3 * pathWidth)
      const pathFrom = glint > 0 ? sunX - 4 * pathWidth : width
      const pathTo = sunX + 4 * pathWidth
      for (let x = 0, o = y * width; x < width; x++, o++) {
        const ia = a >> 16
        const ib = b >> 16
        const p = near[ia] as number
        const q = far[ib] as number
        const waveA = p + ((((near[ia + 1] as number) - p) * ((a >> 6) & 1023)) >> 10)
        const waveB = q + ((((far[ib + 1] as number) - q) * ((b >> 6) & 1023)) >> 10)
        a = (a + stepA) & (WRAP - 1)
        b = (b + stepB) & (WRAP - 1)
        const wave = (waveA * 154 + waveB * 102) >> 8
        let row = source + ((wave * waveY) >> 12)
        let column = x + (((waveA - waveB) * waveX) >> 12)
        row = row < 0 ? 0 : row >= shore ? shore - 1 : row
        column = column < 0 ? 0 : column >= width ? width - 1 : column
        const from = row * width + column
        let sparkle = 0
        if (x > pathFrom && x < pathTo) {
          const off = (Math.abs(x - sunX - waveA * pathWidth * (2 / 4096)) * bellStep) | 0
          if (off < 1024) {
            const bell = BELL[off] as number
            const tilt = (waveB * (1.6 / 4096) + waveA * (0.9 / 4096) + 0.12 + bell * 0.25) * 2.2
            const bright = tilt < 0 ? 0 : Math.min(tilt, 1)
            sparkle = bell * bright * bright * glint
          }
        }
        if (isLuma) {
          const value = (((luma[from] as number) * k + luma0) >> 8) + ((wave * crest) >> 12) + sparkle * 190
          luma[o] = value < 16 ? 16 : Math.min(value, 235)
        } else {
          const u = (((blue[from] as number) * k + blue0) >> 8) + sparkle * glintBlue
          const v = (((red[from] as number) * k + red0) >> 8) + sparkle * glintRed
          blue[o] = u < 16 ? 16 : Math.min(u, 240)
          red[o] = v < 16 ? 16 : Math.min(v, 240)
        }
      }
    }
  }

  /** One row of the tile about 0, in 4096ths, interpolated between its neighbours. */
  private fillRow(row: Int32Array, at: number): void {
    const values = this.tile.values
    const whole = Math.floor(at)
    const f = at - whole
    const above = (whole & (TILE_SIDE - 1)) * TILE_SIDE
    const below = ((whole + 1) & (TILE_SIDE - 1)) * TILE_SIDE
    for (let i = 0; i < TILE_SIDE; i++) {
      const value = values[above + i] as number
      row[i] = (value + ((values[below + i] as number) - value) * f - 0.5) * 4096
    }
    row[TILE_SIDE] = row[0] as number
  }
}
