/**
 * Below the surface: rays from above, reefs with corals, and the light of the waves.
 */
import { add, along, type Color, hex, mix, type Ramp, rgb, scale } from "../color.ts"
import { clamp, cos, exp, sin, smooth, TAU } from "../numeric.ts"
import { tinted } from "../palette.ts"
import { Field } from "../picture/field.ts"
import type { Frame } from "../picture/frame.ts"
import { pick } from "../random.ts"
import type { SceneKind } from "../scene.ts"
import type { Moment, Stage } from "../stage.ts"
import { Layers } from "./layers.ts"
import { rock } from "./terrain.ts"

interface WaterColors {
  readonly surface: Color
  readonly middle: Color
  readonly depth: Color
}

export const underwater: SceneKind = {
  horizon: () => 0.5,
  habitats: ["deep"],
  make: (stage) => {
    const { plan } = stage
    const dim = plan.light === "night" ? 0.35 : 1
    const colors = {
      surface: scale(tinted(hex("#7fe0e6"), plan.hue), dim),
      middle: scale(tinted(hex("#1787a8"), plan.hue), dim),
      depth: scale(tinted(hex("#05263f"), plan.hue), dim)
    }
    const backdrop = makeBackdrop(stage, colors)
    const rays = makeRays(stage)
    const far = new Layers()
    const near = new Layers()
    for (let row = 0; row < 3; row++) makeReef(stage, colors, row, row < 2 ? far : near)
    return {
      places: { deep: { y: stage.top * 0.12, size: 1, nearness: 0.6 } },
      back: (frame, moment) => {
        backdrop(frame, moment)
        far.draw(frame, moment)
        rays(frame, moment)
      },
      front: (frame, moment) => near.draw(frame, moment)
    }
  }
}

const CORALS: readonly [Color, ...ReadonlyArray<Color>] = [
  hex("#ff6f7d"),
  hex("#ffb24a"),
  hex("#c46bff"),
  hex("#f5e663"),
  hex("#ff8fd0")
]

const makeReef = (stage: Stage, colors: WaterColors, row: number, layers: Layers): void => {
  const nearness = 0.2 + 0.4 * row
  const { canvas, top } = rock(stage, {
    nearness,
    y: stage.bottom - 0.2 + 0.06 * row,
    rise: 0.28 - 0.06 * row,
    frequency: 1.6,
    row: 60 + row * 4,
    color: mix(hex("#1d4a50"), colors.depth, 0.4),
    far: colors.middle,
    haze: 0.6 - 0.25 * row,
    headroom: 0.08
  })
  const random = stage.random(`reef ${row}`)
  for (let i = 0; i < canvas.span * (10 + 5 * row); i++) {
    const x = canvas.x + random() * canvas.span
    const y = top(x) + 0.02 + random() * 0.08
    const color = mix(pick(random, CORALS), colors.middle, 0.62 - 0.22 * row)
    const shade = (across: number, down: number) =>
      mix(scale(color, 0.5), color, clamp(0.6 - down * 0.4 + across * 0.1))
    const arms = 5 + Math.floor(random() * 6)
    for (let arm = 0; arm < arms; arm++) {
      const angle = -TAU / 4 + (arm - arms / 2) * 0.28
      const long = (0.02 + 0.05 * random()) * (0.6 + 0.35 * row)
      const tip = 0.008 * (0.6 + 0.35 * row) * random() + 0.002
      canvas.capsule(
        x,
        y,
        0.005 * (0.6 + 0.3 * row),
        x + cos(angle) * long,
        y + sin(angle) * long,
        tip,
        shade
      )
    }
  }
  layers.add(canvas, nearness)
}

const makeBackdrop = (stage: Stage, colors: WaterColors) => {
  const { sunX, tile } = stage
  const columns = Math.max(48, Math.min(200, Math.round(stage.width * 0.16)))
  const field = new Field(
    columns,
    Math.max(48, Math.min(200, Math.round((columns * stage.height) / stage.width)))
  )
  const ramp: Ramp = [
    [0, colors.surface],
    [0.28, colors.middle],
    [1, colors.depth]
  ]
  const light = mix(rgb(0.8, 1, 1), colors.surface, 0.3)
  return (frame: Frame, { time }: Moment): void => {
    for (let j = 0; j < field.rows; j++) {
      const v = j / (field.rows - 1)
      const base = along(ramp, v)
      const shallow = Math.max(0, 1 - v * 5)
      for (let i = 0; i < columns; i++) {
        const x = (i / (columns - 1) - 0.5) * 2 * stage.halfWidth
        const wave =
          shallow > 0 ? (1 - Math.abs(2 * tile.at(x * 60 + time * 6, v * 240 + time * 9) - 1)) * shallow : 0
        const sun = 0.18 * exp(-(x - sunX) * (x - sunX) * 4 - v * 2.2)
        field.set(j * columns + i, add(base, light, wave * wave * 0.5 + sun))
      }
    }
    field.paint(frame)
  }
}

const makeRays = (stage: Stage) => {
  const { sunX, tile } = stage
  const columns = Math.max(32, Math.min(180, stage.width >> 3))
  const field = new Field(columns, Math.max(32, Math.min(120, stage.height >> 3)))
  const light = rgb(0.85, 1, 1)
  const strength = stage.plan.light === "night" ? 0.12 : 0.32
  return (frame: Frame, { camera, time }: Moment): void => {
    for (let j = 0; j < field.rows; j++) {
      const y = j / (field.rows - 1)
      for (let i = 0; i < columns; i++) {
        const x = (i / (columns - 1) - 0.5) * 2 * stage.halfWidth - sunX + camera.x * 0.1
        const slant = x / (y + 0.55)
        const beam =
          tile.at(slant * 60 + time * 2.2 + 30, 20 + time * 3) * 0.6 +
          tile.at(slant * 140 - time * 3, 70) * 0.4
        const amount = smooth(0.5, 0.85, beam) * exp(-y * 2 - slant * slant * 0.7)
        field.setLight(j * columns + i, light, amount * strength)
      }
    }
    field.shine(frame)
  }
}
