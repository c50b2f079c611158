/**
 * Flowing colour, for prompts that name no place.
 */
import { type Color, hsl, rgb } from "../color.ts"
import { clamp, cos, fraction, length, lerp, pow, sin, smooth, TAU } from "../numeric.ts"
import { glow } from "../picture/brush.ts"
import { Field } from "../picture/field.ts"
import type { Frame } from "../picture/frame.ts"
import type { SceneKind } from "../scene.ts"
import type { Moment, Stage } from "../stage.ts"

export const abstract: SceneKind = {
  horizon: () => 0.5,
  habitats: ["space"],
  make: (stage) => {
    const flow = makeFlow(stage)
    const sparks = makeSparks(stage)
    return {
      places: { space: { y: 0, size: 1, nearness: 1 } },
      back: (frame, moment) => {
        flow(frame, moment)
        sparks(frame, moment)
      }
    }
  }
}

interface Ink {
  readonly ground: Color
  readonly base: Color
  readonly light: Color
  readonly accent: Color
}

const makeFlow = (stage: Stage) => {
  const random = stage.random("colours")
  const hue = stage.plan.hue ?? random()
  const ink: Ink = {
    ground: hsl(hue + 0.92, 0.8, 0.1),
    base: hsl(hue, 0.68, 0.4),
    light: hsl(hue + 0.08 + 0.06 * random(), 0.75, 0.58),
    accent: hsl(hue + 0.86 + 0.08 * random(), 0.7, 0.46)
  }
  const columns = Math.max(96, Math.min(360, Math.round(stage.width / 3.6)))
  const rows = Math.max(64, Math.min(360, Math.round((columns * stage.height) / stage.width)))
  const field = new Field(columns, rows)
  return (frame: Frame, { camera, time }: Moment): void => {
    const zoom = 40 / camera.zoom
    for (let j = 0; j < rows; j++) {
      const y = (j / (rows - 1) - 0.5) * zoom * (stage.height / stage.scale)
      for (let i = 0; i < columns; i++) {
        const x = ((i / (columns - 1) - 0.5) * 2 * stage.halfWidth + camera.x * 0.4) * zoom
        flowCell(stage, field, j * columns + i, x, y, time * 0.55, ink)
      }
    }
    field.paint(frame)
  }
}

/** Noise that is bent by noise that is bent by noise. */
const flowCell = (
  stage: Stage,
  field: Field,
  index: number,
  x: number,
  y: number,
  time: number,
  ink: Ink
): void => {
  const { tile } = stage
  const qx = tile.at(x + time * 2, y + 17) - 0.5
  const qy = tile.at(x + 91, y - time * 1.6) - 0.5
  const rx = tile.at(x + qx * 52 + time * 1.3, y + qy * 52 + 40) - 0.5
  const ry = tile.at(x + qx * 44 + 140, y + qy * 44 - time) - 0.5
  const level = clamp((tile.at(x + rx * 60 + 20, y + ry * 60) - 0.2) * 1.6)
  const edge = smooth(0.08, 0.42, length(qx, qy))
  const body = smooth(0.15, 0.85, level)
  const accent = smooth(0.1, 0.38, rx + 0.1) * 0.8
  const fold = 1 - Math.abs(2 * level - 1)
  const crest = fold * fold * fold * fold * fold * fold * 0.28
  const blend = (channel: 0 | 1 | 2) =>
    lerp(
      lerp(lerp(ink.ground[channel], ink.base[channel], body), ink.light[channel], edge * body),
      ink.accent[channel],
      accent
    )
  field.luma[index] = 16 + 219 * clamp(blend(0) + crest)
  field.blue[index] = 128 + 224 * blend(1)
  field.red[index] = 128 + 224 * blend(2)
}

/** Points of light that drift along the flow, live for a while and come again. */
const makeSparks = (stage: Stage) => {
  const random = stage.random("sparks")
  const sparks = Array.from({ length: 110 }, () => ({
    x: random(),
    y: random(),
    phase: random(),
    pace: 0.12 + 0.1 * random(),
    angle: random() * TAU,
    turn: random() - 0.5
  }))
  const color = rgb(1, 0.95, 0.9)
  return (frame: Frame, { time }: Moment): void => {
    for (const spark of sparks) {
      const life = fraction(time * spark.pace + spark.phase)
      const strength = pow(sin((TAU / 2) * life), 1.5)
      for (let step = 0; step < 6; step++) {
        const age = Math.max(0, life - step * 0.012)
        const angle = spark.angle + spark.turn * age * 6
        const x = (spark.x + cos(angle) * age * 0.12) * frame.width
        const y = (spark.y + sin(angle) * age * 0.12) * frame.height
        glow(frame, x, y, stage.scale * (0.0055 - step * 0.0006), color, strength * 0.4 * (1 - step / 6))
      }
    }
  }
}
