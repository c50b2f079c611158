/**
 * Land: rocky ranges, rolling hills and dunes, each painted on a ring.
 */
import { type Color, mix, rgb, scale, WHITE } from "../color.ts"
import { clamp, exp, fraction, pow, sin, smooth, TAU } from "../numeric.ts"
import type { Canvas } from "../picture/canvas.ts"
import type { Stage } from "../stage.ts"

export interface Land {
  readonly canvas: Canvas
  /** World height of the ground at a place. */
  readonly top: (worldX: number) => number
}

export interface LandOptions {
  readonly nearness: number
  /** World height of its foot, and how far it rises above that. */
  readonly y: number
  readonly rise: number
  /** Hills a world unit. */
  readonly frequency: number
  /** Which part of the noise it uses. */
  readonly row: number
  readonly color: Color
  readonly far: Color
  /** 0..1, how much of the far colour lies over it. */
  readonly haze: number
  readonly bottom?: number
  /** Room above the land for what grows on it. */
  readonly headroom?: number
}

const ringCells = (canvas: Canvas, frequency: number): number =>
  Math.max(3, Math.round(canvas.span * frequency))

const landCanvas = (stage: Stage, options: LandOptions, detail: number): Canvas =>
  stage.ring({
    nearness: options.nearness,
    top: options.y - options.rise * 1.08 - 0.02 - (options.headroom ?? 0),
    bottom: options.bottom ?? stage.bottom + 0.03,
    detail
  })

/** How strongly a slope faces the light, 0..1. */
const facing = (stage: Stage, top: (worldX: number) => number, worldX: number, step: number): number => {
  const rise = (top(worldX + step) - top(worldX - step)) / (2 * step)
  return clamp(0.5 + rise * stage.lightFrom * 0.35)
}

/** A range of rock; `snow` is the depth of its snow in world units. */
export const rock = (stage: Stage, options: LandOptions & { readonly snow?: number }): Land => {
  const { color, far, haze, rise, row, snow = 0, y } = options
  const { lightFrom, noise, palette } = stage
  const canvas = landCanvas(stage, options, 1)
  const cells = ringCells(canvas, options.frequency)
  const top = (worldX: number) => {
    const u = canvas.around(worldX)
    const crest = 0.12 + 0.88 * noise.ridges(u, cells, 7, row)
    return y - rise * crest * (0.65 + 0.35 * noise.line(u, Math.max(2, cells >> 1), row + 3))
  }
  const texture = Math.max(3, Math.round((canvas.span * 2.2) / rise))
  const snowLit = mix(WHITE, palette.glow, 0.22)
  const snowDark = mix(rgb(0.42, 0.5, 0.66), palette.haze, 0.25)
  const dark = scale(color, 0.42)
  const light = mix(color, palette.glow, 0.25 * palette.lit)
  let columnX = Number.NaN
  let slope = 0.5
  canvas.ground(top, (worldX, depth, height) => {
    if (worldX !== columnX) {
      columnX = worldX
      slope = facing(stage, top, worldX, 0.03)
    }
    const u = canvas.around(worldX)
    const v = ((height + depth) * 2.4) / rise
    const here = noise.creases(u, v, texture, 5, row)
    const beside = noise.creases(u + (0.07 * lightFrom) / texture, v - 0.04, texture, 5, row)
    const lit = clamp(0.45 + (here - beside) * 2.1 + (slope - 0.5) * 0.5)
    let result = mix(dark, light, lit)
    if (snow > 0) {
      const cover = smooth(snow * (0.35 + 0.9 * here), snow * (0.15 + 0.6 * here), depth)
      if (cover > 0) {
        result = mix(result, mix(snowDark, snowLit, clamp(lit * 1.25)), cover * (0.35 + 0.65 * palette.lit))
      }
    }
    return mix(result, far, clamp(haze + 0.42 * smooth(0, rise * 1.1, depth) * (haze > 0.05 ? 1 : 0.2)))
  })
  return { canvas, top }
}

/** Soft hills; `blades` paints the fine stripes of grass close by. */
export const hill = (stage: Stage, options: LandOptions & { readonly blades?: boolean }): Land => {
  const { blades = false, color, far, haze, rise, row, y } = options
  const { noise, palette } = stage
  const canvas = landCanvas(stage, options, blades ? 1 : 0.75)
  const cells = ringCells(canvas, options.frequency)
  const top = (worldX: number) => y - rise * noise.hills(canvas.around(worldX), cells, blades ? 3 : 4, row)
  const dark = scale(color, 0.4)
  const light = mix(color, palette.glow, 0.22 * palette.lit)
  let columnX = Number.NaN
  let slope = 0.5
  canvas.ground(top, (worldX, depth) => {
    if (worldX !== columnX) {
      columnX = worldX
      slope = facing(stage, top, worldX, 0.03)
    }
    const u = canvas.around(worldX)
    const patches = noise.mottle(u, depth * 9, Math.round(canvas.span * 5), 3, row)
    const grain = noise.plane(u, depth * 60, Math.round(canvas.span * 26), row)
    const fine = blades ? noise.plane(u, depth * 60, Math.round(canvas.span * 190), row) : 0.5
    const lit = clamp(
      0.32 +
        0.5 * (patches - 0.3) +
        0.18 * grain +
        0.3 * (slope - 0.5) +
        0.25 * (fine - 0.5) +
        0.25 * exp(-depth * 14)
    )
    const result = mix(dark, light, lit * (0.55 + 0.6 * palette.lit))
    return mix(result, far, clamp(haze + 0.15 * smooth(0, rise * 1.1, depth) * (haze > 0.05 ? 1 : 0.2)))
  })
  return { canvas, top }
}

/** Dunes with a lit and a shaded side and the ripples of the wind. */
export const dune = (stage: Stage, options: LandOptions): Land => {
  const { color, far, haze, rise, row, y } = options
  const { lightFrom, noise, palette } = stage
  const canvas = landCanvas(stage, options, 0.8)
  const cells = ringCells(canvas, options.frequency)
  const top = (worldX: number) => {
    const u = canvas.around(worldX)
    return (
      y -
      rise *
        duneHeight(u, cells, (i) => noise.line(i / cells, cells, row + 17), noise.hills(u, cells, 2, row))
    )
  }
  const dark = scale(color, 0.36)
  const light = mix(color, palette.glow, 0.35)
  const coarse = Math.round(canvas.span * 5)
  const ripples = Math.round((canvas.span * 60) / TAU)
  canvas.ground(top, (worldX, depth) => {
    const u = canvas.around(worldX)
    const wobble = noise.plane(u, depth * 20, Math.round(canvas.span * 9), row)
    const ripple = 0.5 + 0.5 * sin(u * ripples * TAU + depth * 260 + 14 * wobble)
    const crest = worldX + depth * 0.55 * lightFrom
    const rising = (top(crest + 0.02) - top(crest - 0.02)) / 0.04
    const lit = clamp(0.52 + rising * lightFrom * 1.5 + 0.16 * (noise.plane(u, depth * 8, coarse, row) - 0.5))
    const result = mix(dark, light, clamp(lit * 0.95 + ripple * 0.07 * (1 - haze)))
    return mix(result, far, clamp(haze + 0.15 * smooth(0, rise * 1.1, depth) * (haze > 0.05 ? 1 : 0.2)))
  })
  return { canvas, top }
}

/** A row of dunes: each rises slowly, falls off sharply, and differs in height and in where its crest is. */
const duneHeight = (u: number, cells: number, chance: (index: number) => number, bend: number): number => {
  const x = u * cells + 0.3 * bend
  const index = Math.floor(x) % cells
  const f = fraction(x)
  const crest = 0.3 + 0.4 * chance(index)
  const height = 0.55 + 0.45 * chance((index + 1) % cells)
  const q = f < crest ? f / crest : (1 - f) / (1 - crest)
  const shape = height * (0.15 + 0.85 * pow(q * q * (3 - 2 * q), 0.85))
  const edge = smooth(0, 0.06, Math.min(f, 1 - f))
  return shape * edge + 0.15 * (1 - edge)
}
