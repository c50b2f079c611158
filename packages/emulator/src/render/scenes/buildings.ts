/**
 * Rows of buildings: their outlines, windows, aerials and signs.
 */
import { type Color, hex, hsl, mix, scale, WHITE } from "../color.ts"
import { clamp, length, pow, TAU } from "../numeric.ts"
import type { Canvas } from "../picture/canvas.ts"
import { pick, type Random } from "../random.ts"
import type { Stage } from "../stage.ts"
import type { Layers } from "./layers.ts"

/** A red light on a mast. */
export interface Beacon {
  readonly x: number
  readonly y: number
  readonly nearness: number
  /** World units after which it comes again. */
  readonly ring: number
  readonly phase: number
}

interface Row {
  readonly nearness: number
  readonly height: number
  /** 0..1, how much air lies before it. */
  readonly haze: number
  /** Width of a window in world units. */
  readonly window: number
  /** How much the air dims its windows. */
  readonly dim: number
}

const ROWS: ReadonlyArray<Row> = [
  { nearness: 0.12, height: 0.42, haze: 0.62, window: 0.0085, dim: 0.5 },
  { nearness: 0.28, height: 0.5, haze: 0.36, window: 0.0105, dim: 0.3 },
  { nearness: 0.55, height: 0.55, haze: 0.14, window: 0.013, dim: 0.1 },
  { nearness: 0.95, height: 0.44, haze: 0, window: 0.018, dim: 0 }
]

const NEONS: readonly [Color, ...ReadonlyArray<Color>] = [
  hex("#ff2fa0"),
  hex("#27e4ff"),
  hex("#8b5cff"),
  hex("#ff7a2f"),
  hex("#3dff9c")
]

/** 0..1, how far the lamps are lit. */
export const lampLight = (stage: Stage): number =>
  stage.plan.light === "night"
    ? 1
    : stage.plan.light === "sunset" || stage.plan.light === "dawn"
      ? 0.55
      : 0.12

interface Site {
  readonly stage: Stage
  readonly canvas: Canvas
  readonly row: Row
  readonly random: Random
  readonly wall: Color
  readonly lamps: number
}

interface Building {
  readonly x: number
  readonly top: number
  readonly width: number
  readonly height: number
  readonly color: Color
  /** The narrower part on top, as a share of the height; 0 for none. */
  readonly tower: number
}

/** Builds one row, 0 the farthest, and gives the lights on its masts. */
export const raiseBuildings = (stage: Stage, layers: Layers, index: number): ReadonlyArray<Beacon> => {
  const row = ROWS[index]
  if (row === undefined) return []
  const { palette } = stage
  const canvas = stage.ring({ nearness: row.nearness, top: -row.height - 0.12, bottom: 0.1 })
  const wall = mix(mix(palette.dark, hex("#1a1c36"), 0.6), palette.haze, row.haze)
  const site: Site = {
    stage,
    canvas,
    row,
    random: stage.random(`buildings ${index}`),
    wall,
    lamps: lampLight(stage)
  }
  const { random } = site
  const beacons: Array<Beacon> = []
  const end = canvas.x + canvas.span
  for (let x = canvas.x; x < end - 0.03; ) {
    const width = Math.min(end - x, (0.045 + 0.075 * random()) * (0.7 + 0.25 * index))
    const isGap = index === 3 && random() < 0.3
    if (!isGap) {
      const height = row.height * (0.22 + 0.78 * pow(random(), index === 3 ? 1.5 : 1.1))
      const color = scale(wall, 0.8 + 0.4 * random())
      const building = { x, top: -height, width, height, color, tower: random() < 0.3 ? 0.26 : 0 }
      beacons.push(...build(site, building))
    }
    x += width + (random() < 0.3 ? 0.012 : 0.002) * (index + 1)
  }
  layers.add(canvas, row.nearness)
  return beacons
}

const build = (site: Site, building: Building): ReadonlyArray<Beacon> => {
  const { canvas, lamps, random, row, stage } = site
  const { color, height, top, tower, width, x } = building
  const { haze, glow } = stage.palette
  const shade = (across: number, down: number): Color => {
    const side = clamp(0.75 + 0.5 * stage.lightFrom * (across - 0.5))
    return mix(scale(color, side), haze, 0.35 * down * down * (0.4 + row.haze))
  }
  if (tower > 0) canvas.rectangle(x + width * 0.18, top, width * 0.64, height * tower, shade)
  canvas.rectangle(x, top + height * tower, width, height * (1 - tower) + 0.1, shade)
  canvas.rectangle(x, top + height * tower, width, 0.003, () => mix(color, glow, 0.4))
  lightWindows(site, building)
  if (lamps > 0.5 && row.nearness > 0.2 && random() < (stage.plan.neon ? 0.75 : 0.35))
    hangSign(site, building)
  if (random() > 0.4) return []
  const mast = x + width * (0.3 + 0.4 * random())
  const tip = top - 0.03 - 0.06 * random()
  canvas.capsule(mast, top, 0.0015, mast, tip, 0.0008, () => color)
  return lamps < 0.3
    ? []
    : [{ x: mast, y: tip, nearness: row.nearness, ring: canvas.span, phase: random() * TAU }]
}

const lightWindows = (site: Site, building: Building): void => {
  const { canvas, lamps, random, row, stage, wall } = site
  const { color, height, top, tower, width, x } = building
  const columns = Math.max(2, Math.floor(width / row.window))
  const storey = row.window * 1.25
  const share = (0.12 + 0.4 * random()) * (0.15 + 0.85 * lamps)
  const warmth = random()
  const lamp = warmth < 0.65 ? hex("#ffcf86") : hex("#bfe3ff")
  const glass = mix(wall, stage.palette.sky[2]?.[1] ?? wall, 0.25)
  for (let floor = 1; floor < Math.floor(height / storey); floor++) {
    const isBusy = random() < 0.08
    for (let i = 0; i < columns; i++) {
      const isLit = random() < share * (isBusy ? 2.2 : 1)
      const chance = random()
      const wx = x + (i + 0.24) * (width / columns)
      const wy = top + (floor + 0.2) * storey
      const isBeside = wy < top + height * tower && (wx < x + width * 0.2 || wx > x + width * 0.76)
      if (isBeside || (!isLit && lamps > 0.8 && chance < 0.6)) continue
      const light = isLit
        ? mix(
            color,
            mix(lamp, warmth > 0.9 ? pick(random, NEONS) : hex("#ff9d5c"), chance * 0.4),
            (0.35 + 0.65 * random()) * (1 - row.dim)
          )
        : mix(color, scale(glass, 0.8 + (1 - lamps) * 0.5), 0.5)
      canvas.rectangle(wx, wy, (width / columns) * 0.52, row.window * 0.7, () => light)
    }
  }
}

/** A sign of light, upright with made-up letters or lying across the front. */
const hangSign = (site: Site, building: Building): void => {
  const { canvas, random, row, stage } = site
  const { height, top, width, x } = building
  const { hue } = stage.plan
  const color = hue !== null && random() < 0.6 ? hsl(hue, 1, 0.6) : pick(random, NEONS)
  const hot = mix(color, WHITE, 0.35)
  const size = 0.012 + 0.02 * row.nearness
  if (random() < 0.55) {
    const sx = x + width * (random() < 0.5 ? 0.05 : 0.75)
    const sy = top + height * (0.1 + 0.2 * random())
    const long = Math.min(height * 0.5, 0.06 + 0.12 * random())
    canvas.rectangle(sx, sy, size, long, () => scale(color, 0.35))
    const letters = Math.max(2, Math.floor(long / size))
    for (let i = 0; i < letters; i++) {
      const y = sy + (i / letters) * long
      canvas.rectangle(sx + size * 0.2, y + size * 0.18, size * 0.6, size * 0.16, () => hot)
      if (random() < 0.7)
        canvas.rectangle(sx + size * 0.2, y + size * 0.5, size * 0.6, size * 0.14, () => hot)
      canvas.rectangle(
        sx + size * (random() < 0.5 ? 0.2 : 0.62),
        y + size * 0.18,
        size * 0.18,
        size * 0.6,
        () => hot
      )
    }
    shineAround(canvas, sx, sy, size, long, color)
  } else {
    const sx = x + width * 0.15
    const sy = top + 0.012
    canvas.rectangle(sx, sy, width * 0.7, size, (across, down) =>
      Math.abs(down - 0.5) > 0.38 || Math.floor(across * 14) % 3 !== 0 ? hot : scale(color, 0.4)
    )
    shineAround(canvas, sx, sy, width * 0.7, size, color)
  }
}

/** The glow of a sign on the walls about it. */
const shineAround = (
  canvas: Canvas,
  x: number,
  y: number,
  width: number,
  height: number,
  color: Color
): void => {
  const p = canvas.density
  const left = (x - canvas.x) * p
  const top = (y - canvas.y) * p
  const right = left + width * p
  const bottom = top + height * p
  const reach = 0.055 * p
  for (let row = Math.max(0, Math.floor(top - reach)); row < Math.min(canvas.height, bottom + reach); row++) {
    for (let column = Math.floor(left - reach); column < right + reach; column++) {
      const away = length(Math.max(left - column, 0, column - right), Math.max(top - row, 0, row - bottom))
      const strength = 1 - away / reach
      const index = strength > 0 ? canvas.index(column, row) : -1
      if (index >= 0 && (canvas.alpha[index] as number) > 0) {
        canvas.lighten(index, color, strength * strength * strength * 0.5)
      }
    }
  }
}
