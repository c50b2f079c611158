/**
 * Plants, painted on a canvas: palms, conifers, broad-leaved trees and grass.
 */
import { type Color, hex, mix, scale } from "../color.ts"
import { clamp, cos, pow, sin, TAU } from "../numeric.ts"
import type { Canvas } from "../picture/canvas.ts"
import { pick, type Random } from "../random.ts"
import type { Stage } from "../stage.ts"

export interface Plant {
  /** World position of its foot. */
  readonly x: number
  readonly y: number
  readonly height: number
  readonly random: Random
}

export const palm = (stage: Stage, canvas: Canvas, plant: Plant & { readonly lean: number }): void => {
  const { palette } = stage
  const { height, lean, random, x, y } = plant
  const side = lean > 0 ? -1 : 1
  const dark = scale(palette.dark, 0.8)
  const bark = mix(hex("#5a4030"), palette.glow, 0.15)
  const leaf = mix(scale(dark, 0.8), mix(hex("#20402c"), palette.glow, 0.1), palette.lit * 0.6)
  let px = x
  let py = y
  for (let s = 1; s <= 16; s++) {
    const q = s / 16
    const nx = x + lean * q * q
    const ny = y - height * q
    const ring = s % 2 === 0 ? 1 : 0.8
    canvas.capsule(px, py, 0.016 - 0.007 * q, nx, ny, 0.0155 - 0.007 * q, (across) =>
      mix(dark, bark, clamp(0.25 - across * 0.4 * side) * ring)
    )
    px = nx
    py = ny
  }
  for (let i = 0; i < 11; i++) {
    const angle = -TAU / 4 + (i - 5) * 0.5 + (random() - 0.5) * 0.2
    frond(canvas, px, py, angle, (0.24 + 0.06 * random()) * (height / 0.62), dark, leaf)
  }
}

/** A rib that bends down, with leaflets on both sides. */
const frond = (
  canvas: Canvas,
  x: number,
  y: number,
  angle: number,
  length: number,
  rib: Color,
  leaf: Color
): void => {
  let px = x
  let py = y
  let a = angle
  const step = length / 14
  for (let s = 0; s < 14; s++) {
    const dx = cos(a)
    const dy = sin(a)
    const nx = px + dx * step
    const ny = py + dy * step
    const leaflet = length * 0.22 * sin((TAU / 2) * Math.min(1, (s + 1.5) / 15))
    canvas.capsule(px, py, 0.0026, nx, ny, 0.0022, () => rib)
    for (const side of [-1, 1]) {
      const tipX = nx - dy * leaflet * side * 0.75 + dx * leaflet * 0.5
      const tipY = ny + dx * leaflet * side * 0.75 + leaflet * 0.55 + dy * leaflet * 0.3
      canvas.capsule(nx, ny, 0.0024, tipX, tipY, 0.0008, () => leaf)
    }
    px = nx
    py = ny
    a += (dx >= 0 ? 1 : -1) * 0.115
  }
}

/** A fir: tiers of branches that grow wider downwards. */
export const conifer = (stage: Stage, canvas: Canvas, plant: Plant & { readonly color: Color }): void => {
  const { lightFrom, noise, palette } = stage
  const { color, random } = plant
  const height = plant.height * canvas.density
  const centre = (plant.x - canvas.x) * canvas.density
  const foot = (plant.y - canvas.y) * canvas.density
  const tiers = 6 + Math.floor(random() * 5)
  const width = height * (0.17 + 0.07 * random())
  const row = Math.floor(random() * 200)
  const lean = (random() - 0.5) * 0.04
  const dark = scale(color, 0.72)
  const light = mix(color, palette.glow, 0.16 * palette.lit)
  for (let y = Math.max(0, Math.floor(foot - height)); y <= Math.min(canvas.height - 1, foot); y++) {
    const t = (y - (foot - height)) / height
    if (t < 0) continue
    const tier = t * tiers - Math.floor(t * tiers)
    const reach = (noiseRow: number) =>
      t > 0.94
        ? height * 0.012
        : width * pow(t, 0.85) * (0.52 + 0.48 * tier) * (0.72 + 0.55 * noise.line(t, 40, noiseRow)) + 0.4
    const left = reach(row)
    const right = reach(row + 50)
    const middle = centre + lean * (foot - y)
    for (let x = Math.floor(middle - left - 1); x <= middle + right + 1; x++) {
      const coverage = clamp((x < middle ? left - (middle - x) : right - (x - middle)) + 0.5)
      const index = coverage > 0 ? canvas.index(x, y) : -1
      if (index < 0) continue
      const side = (x - middle) / (x < middle ? left : right)
      canvas.over(
        index,
        mix(dark, light, clamp(0.5 + 0.5 * side * lightFrom + 0.25 * (0.5 - tier))),
        coverage
      )
    }
  }
}

/**
 * A tree with a crown of leaves: many small dabs in clumps, dark below and lit from above, that leave some sky between
 * them at the rim.
 */
export const broadleaf = (
  stage: Stage,
  canvas: Canvas,
  plant: Plant & { readonly leaf: Color; readonly bark: Color }
): void => {
  const { lightFrom, palette } = stage
  const { bark, height, leaf, random, x, y } = plant
  const lit = mix(leaf, palette.glow, 0.3 * palette.lit)
  const dark = scale(leaf, 0.34)
  const crown = y - height * 0.66
  const trunk = (across: number) => mix(scale(bark, 0.6), bark, clamp(0.5 + across * 0.5 * lightFrom))
  canvas.capsule(x, y, height * 0.045, x + height * 0.015, y - height * 0.6, height * 0.022, trunk)
  for (let i = 0; i < 5; i++) {
    const side = i % 2 === 0 ? 1 : -1
    const from = y - height * (0.36 + 0.06 * i)
    canvas.capsule(
      x + height * 0.01,
      from,
      height * 0.018,
      x + side * height * (0.2 - 0.02 * i),
      from - height * 0.2,
      height * 0.006,
      () => scale(bark, 0.7)
    )
  }
  const clumps = Array.from({ length: 13 }, (_, i) => {
    const angle = (i / 13) * TAU * 2 + random()
    const reach = Math.sqrt((i + 0.6) / 13)
    return {
      x: x + cos(angle) * reach * height * 0.25,
      y: crown + sin(angle) * reach * height * 0.2,
      radius: height * (0.1 + 0.05 * random())
    }
  }).sort((a, b) => b.y - a.y)
  for (const clump of clumps) {
    const dabs = Math.max(14, Math.min(60, Math.round(height * canvas.density * 0.3)))
    for (let i = 0; i < dabs; i++) {
      const angle = random() * TAU
      const reach = Math.sqrt(random())
      const dx = cos(angle) * reach
      const dy = sin(angle) * reach
      const up = clamp(0.5 - (clump.y + dy * clump.radius - crown) / (height * 0.55))
      const light = clamp(
        0.05 + 0.4 * up - 0.32 * dy + 0.22 * dx * lightFrom + 0.22 * (random() - 0.5) + 0.12
      )
      const shade = mix(dark, lit, light)
      const size = height * (0.012 + 0.014 * random())
      const px = clump.x + dx * clump.radius
      const py = clump.y + dy * clump.radius * 0.85
      canvas.capsule(
        px - size * 0.5,
        py,
        size * 0.8,
        px + size * 0.5,
        py + size * 0.3,
        size * 0.55,
        () => shade
      )
    }
  }
}

const PETALS: readonly [Color, ...ReadonlyArray<Color>] = [
  hex("#ffd84a"),
  hex("#ff6f91"),
  hex("#ffffff"),
  hex("#c58bff"),
  hex("#ff8a3d")
]

/** Blades of grass along a line; `flowers` is the share of blades that bear one. */
export const grass = (
  stage: Stage,
  canvas: Canvas,
  options: {
    readonly line: (worldX: number) => number
    readonly count: number
    readonly height: number
    readonly color: Color
    readonly flowers: number
    /** How far below the line blades may grow, in world units. */
    readonly depth?: number
    readonly random: Random
  }
): void => {
  const { color, random } = options
  const { glow, lit } = stage.palette
  for (let i = 0; i < options.count; i++) {
    const x = canvas.x + random() * canvas.span
    const y = options.line(x) + random() * (options.depth ?? 0.05)
    const height = options.height * (0.4 + 0.8 * random())
    const bend = (random() - 0.4) * height * 0.6
    const shade = 0.55 + 0.6 * random()
    let px = x
    let py = y
    for (let s = 1; s <= 3; s++) {
      const q = s / 3
      const nx = x + bend * q * q
      const ny = y - height * q
      const tone = mix(scale(color, shade * 0.7), mix(color, glow, 0.25), q * shade * 0.9)
      canvas.capsule(px, py, 0.0024 * (1.1 - q), nx, ny, 0.0022 * (1.1 - q), () => tone)
      px = nx
      py = ny
    }
    if (random() < options.flowers)
      flower(canvas, px, py, scale(pick(random, PETALS), 0.3 + 0.7 * lit), random)
  }
}

const flower = (canvas: Canvas, x: number, y: number, color: Color, random: Random): void => {
  const turn = random()
  for (let i = 0; i < 5; i++) {
    const angle = (i / 5) * TAU + turn
    canvas.disc(x + cos(angle) * 0.005, y + sin(angle) * 0.004, 0.0042, (_, down) =>
      scale(color, 0.9 - 0.15 * down)
    )
  }
  canvas.disc(x, y, 0.003, () => hex("#7a4a12"))
}
