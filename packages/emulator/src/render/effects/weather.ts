/**
 * Rain, snow and fog.
 */
import { mix, rgb, WHITE } from "../color.ts"
import { modulo, sin, smooth, TAU } from "../numeric.ts"
import { glow } from "../picture/brush.ts"
import { Field } from "../picture/field.ts"
import type { Frame } from "../picture/frame.ts"
import type { Draw } from "../scene.ts"
import type { Stage } from "../stage.ts"

export const rain = (stage: Stage): Draw => {
  const random = stage.random("rain")
  const drops = Array.from({ length: 480 }, () => ({
    x: random() * 1.05,
    y: random(),
    near: random(),
    pace: 1.5 + 0.5 * random()
  }))
  const light = stage.plan.light === "night" ? 18 : 26
  return (frame, { time }) => {
    for (const drop of drops) {
      const z = 0.5 + drop.near
      const long = stage.scale * 0.05 * z
      const y = modulo(drop.y + time * drop.pace * z, 1.15) * frame.height - long
      const x = modulo(drop.x + time * 0.1, 1.05) * frame.width
      drawDrop(frame, x, y, long, drop.near > 0.75 && stage.scale > 600 ? 2 : 1, light)
    }
  }
}

const drawDrop = (frame: Frame, x: number, y: number, long: number, width: number, light: number): void => {
  for (let s = 0; s < long; s++) {
    const row = Math.floor(y + s)
    const column = Math.floor(x - s * 0.14)
    if (row < 0 || row >= frame.height || column < 0 || column + width >= frame.width) continue
    for (let i = 0; i < width; i++) {
      const o = row * frame.width + column + i
      const value = (frame.luma[o] as number) + light * (s / long)
      frame.luma[o] = Math.min(value, 235)
    }
  }
}

export const snow = (stage: Stage): Draw => {
  const random = stage.random("snow")
  const flakes = Array.from({ length: 300 }, () => ({
    x: random() * 1.05,
    y: random() * 1.1,
    near: random(),
    phase: random() * TAU
  }))
  const color = rgb(0.95, 0.97, 1)
  return (frame, { camera, time }) => {
    for (const flake of flakes) {
      const z = 0.35 + flake.near
      const y = (modulo(flake.y + time * 0.09 * z, 1.1) - 0.05) * frame.height
      const drift =
        0.03 * sin(time * 0.8 + flake.phase) * z - (camera.x * z * 0.6) / (stage.halfWidth * 2) + time * 0.02
      const x = (modulo(flake.x + drift, 1.05) - 0.025) * frame.width
      const size = stage.scale * (0.0024 + 0.006 * flake.near * flake.near * flake.near)
      glow(frame, x, y, Math.max(1.1, size), color, 0.75 - 0.35 * flake.near)
    }
  }
}

/** Mist that drifts low over the ground. */
export const fog = (stage: Stage): Draw => {
  const field = new Field(64, 40)
  const color = mix(stage.palette.haze, WHITE, 0.15)
  return (frame, { camera, time }) => {
    for (let j = 0; j < field.rows; j++) {
      const y = stage.top + (j / (field.rows - 1)) * (stage.bottom - stage.top)
      const low = smooth(stage.top * 0.8, 0.08, y) * (1 - 0.6 * smooth(0.1, stage.bottom, y))
      for (let i = 0; i < field.columns; i++) {
        const x = (i / (field.columns - 1) - 0.5) * 2 * stage.halfWidth + camera.x * 0.4
        const cloud =
          stage.tile.at(x * 26 + time * 1.6, y * 60 + 20) * 0.7 + stage.tile.at(x * 60 - time, y * 110) * 0.3
        field.setLight(j * field.columns + i, color, 0.34 * low * (0.35 + 0.65 * cloud))
      }
    }
    field.shine(frame)
  }
}
