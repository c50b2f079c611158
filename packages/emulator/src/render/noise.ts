/**
 * Value noise on a lattice that closes on itself: a landscape made with it can be walked round for ever.
 *
 * `u` runs from 0 to 1 once round the ring, `cells` is how many lattice cells the ring has, and each octave doubles
 * them, so the seam never shows.
 */
import { makeRandom } from "./random.ts"

const SIDE = 256

export class Noise {
  private readonly table = new Float32Array(SIDE * SIDE)

  constructor(seed: number) {
    const random = makeRandom(seed)
    for (let i = 0; i < this.table.length; i++) this.table[i] = random()
  }

  /** One octave along a ring of `cells`. */
  line(u: number, cells: number, row: number): number {
    const x = (u - Math.floor(u)) * cells
    const xi = Math.floor(x)
    const f = x - xi
    const t = f * f * (3 - 2 * f)
    const offset = (row & 255) * SIDE
    const a = this.table[offset + (xi & 255)] as number
    const b = this.table[offset + (((xi + 1) % cells) & 255)] as number
    return a + (b - a) * t
  }

  /** One octave over a ring of `cells` across and an endless plane down. */
  plane(u: number, v: number, cells: number, row = 0): number {
    const x = (u - Math.floor(u)) * cells
    const xi = Math.floor(x)
    const yi = Math.floor(v)
    const fx = x - xi
    const fy = v - yi
    const tx = fx * fx * (3 - 2 * fx)
    const ty = fy * fy * (3 - 2 * fy)
    const top = ((yi + row) & 255) * SIDE
    const bottom = ((yi + 1 + row) & 255) * SIDE
    const left = xi & 255
    const right = ((xi + 1) % cells) & 255
    const a = this.table[top + left] as number
    const b = this.table[top + right] as number
    const c = this.table[bottom + left] as number
    const d = this.table[bottom + right] as number
    const p = a + (b - a) * tx
    return p + (c + (d - c) * tx - p) * ty
  }

  /** Rolling hills: octaves of `line`, 0 to 1. */
  hills(u: number, cells: number, octaves: number, row: number): number {
    let sum = 0
    let weight = 0
    for (let i = 0, amplitude = 0.5, n = cells; i < octaves; i++, amplitude *= 0.5, n *= 2) {
      sum += amplitude * this.line(u + i * 0.137, n, row + i * 7)
      weight += amplitude
    }
    return sum / weight
  }

  /** Sharp crests: octaves of folded noise, 0 to 1. */
  ridges(u: number, cells: number, octaves: number, row: number): number {
    let sum = 0
    let weight = 0
    for (let i = 0, amplitude = 0.5, n = cells; i < octaves; i++, amplitude *= 0.48, n *= 2) {
      const fold = 1 - Math.abs(2 * this.line(u + i * 0.137, n, row + i * 7) - 1)
      sum += amplitude * fold * fold
      weight += amplitude
    }
    return sum / weight
  }

  /** Mottled surface: octaves of `plane`, 0 to 1. */
  mottle(u: number, v: number, cells: number, octaves: number, row = 0): number {
    let sum = 0
    let weight = 0
    let y = v
    for (let i = 0, amplitude = 0.5, n = cells; i < octaves; i++, amplitude *= 0.5, n *= 2) {
      sum += amplitude * this.plane(u + i * 0.171, y, n, row + i * 31)
      weight += amplitude
      y *= 2
    }
    return sum / weight
  }

  /** Creased surface such as rock: octaves of folded `plane`, 0 to 1. */
  creases(u: number, v: number, cells: number, octaves: number, row = 0): number {
    let sum = 0
    let weight = 0
    let y = v
    for (let i = 0, amplitude = 0.5, n = cells; i < octaves; i++, amplitude *= 0.5, n *= 2) {
      const fold = 1 - Math.abs(2 * this.plane(u + i * 0.171, y, n, row + i * 31) - 1)
      sum += amplitude * fold * fold
      weight += amplitude
      y *= 2
    }
    return sum / weight
  }
}

/** The side of a `Tile`, a power of two. */
export const TILE_SIDE = 256

/** A square of cloud that repeats in both directions, for lookups in per-frame loops. */
export class Tile {
  readonly values = new Float32Array(TILE_SIDE * TILE_SIDE)

  constructor(noise: Noise) {
    let low = 1
    let high = 0
    for (let y = 0; y < TILE_SIDE; y++) {
      for (let x = 0; x < TILE_SIDE; x++) {
        const value = closedMottle(noise, x / TILE_SIDE, y / TILE_SIDE)
        this.values[y * TILE_SIDE + x] = value
        low = Math.min(low, value)
        high = Math.max(high, value)
      }
    }
    const stretch = 1 / (high - low)
    for (let i = 0; i < this.values.length; i++) {
      this.values[i] = ((this.values[i] as number) - low) * stretch
    }
  }

  /** The value at texel (u, v), interpolated; any coordinates wrap. */
  at(u: number, v: number): number {
    const ui = Math.floor(u)
    const vi = Math.floor(v)
    const fx = u - ui
    const fy = v - vi
    const left = ui & 255
    const right = (ui + 1) & 255
    const top = (vi & 255) << 8
    const bottom = ((vi + 1) & 255) << 8
    const values = this.values
    const a = values[top + left] as number
    const b = values[top + right] as number
    const c = values[bottom + left] as number
    const d = values[bottom + right] as number
    const p = a + (b - a) * fx
    return p + (c + (d - c) * fx - p) * fy
  }
}

const closedMottle = (noise: Noise, u: number, v: number): number => {
  let sum = 0
  for (let i = 0, amplitude = 0.5, cells = 6; i < 5; i++, amplitude *= 0.5, cells *= 2) {
    const y = v * cells
    const yi = Math.floor(y)
    const f = y - yi
    const t = f * f * (3 - 2 * f)
    const above = noise.line(u, cells, yi + i * 37)
    const below = noise.line(u, cells, ((yi + 1) % cells) + i * 37)
    sum += amplitude * (above + (below - above) * t)
  }
  return sum
}
