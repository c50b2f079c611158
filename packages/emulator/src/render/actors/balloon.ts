/**
 * Hot-air balloons that rise slowly.
 */
import { hex, hsl, mix, scale, WHITE } from "../color.ts"
import { asin, clamp, sin, TAU } from "../numeric.ts"
import { stamp } from "../picture/blit.ts"
import { screenX, screenY } from "../picture/camera.ts"
import { bake, type Layer } from "../picture/layer.ts"
import type { Actor } from "../scene.ts"
import type { Stage } from "../stage.ts"

export const balloon: Actor = {
  habitat: "sky",
  make: (stage, place) => {
    const random = stage.random("balloons")
    const balloons = [1.15, 0.8, 0.5].map((size, i) => ({
      layer: makeBalloon(stage, i === 0 && stage.plan.hue !== null ? stage.plan.hue : random()),
      size,
      x: ([-0.1, 0.62, -0.62][i] ?? 0) * stage.halfWidth,
      y: place.y + ([0.06, -0.02, 0.05][i] ?? 0),
      nearness: 0.3 - 0.09 * i,
      phase: random() * TAU
    }))
    return (frame, { camera, time }) => {
      for (const { layer, nearness, phase, size, x, y } of [...balloons].reverse()) {
        stamp(
          frame,
          layer,
          screenX(camera, x + camera.x * nearness * 0.6 + 0.01 * sin(time * 0.3 + phase), nearness),
          screenY(camera, y - Math.min(0.12, time * 0.006) + 0.006 * sin(time * 0.8 + phase), nearness),
          camera.scale * size * place.size
        )
      }
    }
  }
}

const makeBalloon = (stage: Stage, hue: number): Layer => {
  const canvas = stage.sheet(-0.1, -0.13, 0.2, 0.3, 1.15)
  const lit = 0.5 + 0.5 * stage.palette.lit
  const light = stage.lightFrom
  canvas.capsule(0, -0.02, 0.09, 0, 0.015, 0.075, (across, down) => {
    const panel = Math.floor((asin(across) / (TAU / 4) + 1) * 4.5)
    const color = scale(panel % 2 === 0 ? hsl(hue + 0.09, 0.85, 0.68) : hsl(hue, 0.8, 0.55), lit)
    return mix(
      scale(color, 0.5),
      mix(color, WHITE, 0.25 * lit),
      clamp(0.5 - down * 0.3 + across * 0.35 * light)
    )
  })
  const skirt = scale(hsl(hue, 0.8, 0.55), lit)
  canvas.polygon(
    [
      [-0.06, 0.06],
      [0.06, 0.06],
      [0.012, 0.115],
      [-0.012, 0.115]
    ],
    (x) => mix(scale(skirt, 0.6), skirt, clamp(0.5 + x * 9 * light))
  )
  for (const side of [-1, 1]) {
    canvas.capsule(side * 0.011, 0.115, 0.0009, side * 0.009, 0.135, 0.0009, () => hex("#3a2a1c"))
  }
  canvas.polygon(
    [
      [-0.013, 0.134],
      [0.013, 0.134],
      [0.011, 0.156],
      [-0.011, 0.156]
    ],
    () => scale(hex("#7a4d26"), lit)
  )
  return bake(canvas)
}
