/**
 * Glowing jellyfish that pulse upwards.
 */
import { hsl, mix, WHITE } from "../color.ts"
import { clamp, length, modulo, sin, TAU } from "../numeric.ts"
import { fill, glow, limbDistance } from "../picture/brush.ts"
import type { Actor } from "../scene.ts"

const TENTACLES = 5

export const jellyfish: Actor = {
  habitat: "deep",
  make: (stage, place) => {
    const random = stage.random("jellyfish")
    const height = stage.bottom - stage.top + 0.5
    const swarm = Array.from({ length: 7 }, (_, i) => ({
      x: (((i + 0.2 + 0.6 * random()) / 7) * 2 - 1) * stage.halfWidth,
      y: (((i * 3) % 7) / 7 + 0.1 * random()) * height,
      size: (0.04 + 0.05 * random()) * place.size,
      phase: random() * TAU,
      color: hsl(stage.plan.hue ?? 0.72 + 0.25 * random(), 0.75, 0.7)
    }))
    return (frame, { camera, time }) => {
      const unit = camera.scale
      for (const one of swarm) {
        const beat = sin(time * 2.2 + one.phase)
        const r = one.size * unit
        const x = camera.centerX + (one.x + 0.02 * sin(time * 0.5 + one.phase) - camera.x * 0.2) * unit
        const y = (modulo(one.y - time * 0.03, height) - 0.2) * unit
        const wide = r * (1 + 0.12 * beat)
        const tall = r * (0.85 - 0.1 * beat)
        glow(frame, x, y, r * 2.4, one.color, 0.22, 3)
        for (let k = 0; k < TENTACLES; k++) {
          const root = ((k + 0.5) / TENTACLES - 0.5) * 1.5 * wide
          const sway = r * 0.35 * sin(time * 1.6 + one.phase + k)
          fill(
            frame,
            { left: x + root - r * 0.8, right: x + root + r * 0.8, top: y, bottom: y + r * 2.7 },
            (px, py) =>
              limbDistance(
                [x + root, y, r * 0.05, x + root * 0.7 + sway, y + r * (1.9 + 0.12 * k), r * 0.012],
                px - 0.25 * sway * sin(((py - y) / r) * 3),
                py
              ),
            () => one.color,
            0.5
          )
        }
        fill(
          frame,
          { left: x - wide, right: x + wide, top: y - tall, bottom: y + r * 0.3 },
          (px, py) => {
            const v = (py - y) / tall
            const dome = (length((px - x) / wide, Math.min(0, v)) - 1) * r
            const hem = py - y - r * 0.14 * (1 + 0.4 * sin(((px - x) / r) * 14))
            return Math.max(dome, hem)
          },
          (px, py) =>
            mix(one.color, WHITE, clamp(0.2 + 0.5 * (-(py - y) / tall) - 0.2 * Math.abs((px - x) / wide))),
          0.62
        )
      }
    }
  }
}
