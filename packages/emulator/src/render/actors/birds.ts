/**
 * A loose flock that crosses the sky.
 */
import { mix } from "../color.ts"
import { modulo, sin, TAU } from "../numeric.ts"
import { boxAround, fill, type Limb, limbDistance } from "../picture/brush.ts"
import { screenY } from "../picture/camera.ts"
import type { Actor } from "../scene.ts"

const COUNT = 7

export const birds: Actor = {
  habitat: "sky",
  make: (stage, place) => {
    const random = stage.random("birds")
    const color = mix(stage.palette.dark, stage.palette.haze, 0.25)
    const width = stage.halfWidth * 2 + 0.2
    const flock = Array.from({ length: COUNT }, (_, i) => ({
      x: -Math.abs(i - COUNT / 2) * 0.045 + 0.02 * random(),
      y: (i - COUNT / 2) * 0.026 + 0.02 * random(),
      size: (0.011 + 0.004 * random()) * place.size,
      phase: random() * TAU,
      pace: 6 + 2 * random()
    }))
    const start = (0.36 + 0.2 * random()) * width
    return (frame, { camera, time }) => {
      const unit = camera.scale
      for (const bird of flock) {
        const way = modulo(start + bird.x + time * 0.055, width) - width / 2
        const x = frame.width / 2 + way * stage.heading * unit
        const y = screenY(camera, place.y + bird.y + 0.006 * sin(time * 1.3 + bird.phase), 0.2)
        const s = bird.size * unit
        const flap = sin(time * bird.pace + bird.phase) * 0.75
        const bone = Math.max(0.7, s * 0.11)
        const elbow = s * (0.35 + flap * 0.5)
        const tip = s * (0.1 + flap * 0.75)
        const wing = (side: number): ReadonlyArray<Limb> => [
          [x, y, bone * 1.2, x + side * s * 0.7, y - elbow, bone * 0.9],
          [x + side * s * 0.7, y - elbow, bone * 0.9, x + side * s * 1.4, y - tip, bone * 0.5]
        ]
        const limbs = [
          ...wing(-1),
          ...wing(1),
          [x - s * 0.2, y, bone * 1.2, x + s * 0.3 * stage.heading, y, bone * 1.1] as const
        ]
        fill(
          frame,
          boxAround(x, y, s * 1.7 + 2),
          (px, py) => limbs.reduce((least, limb) => Math.min(least, limbDistance(limb, px, py)), 1e9),
          () => color,
          0.9
        )
      }
    }
  }
}
