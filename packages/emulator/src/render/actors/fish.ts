/**
 * Fish of many sizes, most of them going the same way.
 */
import { hex, hsl, mix, scale, WHITE } from "../color.ts"
import { clamp, length, modulo, sin, TAU } from "../numeric.ts"
import { fill } from "../picture/brush.ts"
import type { Actor } from "../scene.ts"

export const fish: Actor = {
  habitat: "deep",
  make: (stage, place) => {
    const random = stage.random("fish")
    const width = stage.halfWidth * 2 + 0.3
    const water = hex("#1787a8")
    const school = Array.from({ length: 30 }, (_, i) => {
      const near = i / 30
      const chance = random()
      const hue = stage.plan.hue ?? (chance < 0.5 ? 0.08 + 0.06 * chance : 0.55 + 0.2 * chance)
      return {
        x: random() * width,
        y: stage.top * 0.66 + random() * (stage.bottom - stage.top) * 0.62,
        size: (0.012 + 0.012 * random()) * (0.7 + 0.9 * near) * place.size,
        speed: (0.04 + 0.05 * random()) * (0.7 + 0.6 * near) * stage.heading * (i % 6 === 0 ? -1 : 1),
        color: mix(hsl(hue, 0.85, 0.58), water, 0.5 - 0.45 * near),
        phase: random() * TAU
      }
    })
    return (frame, { camera, time }) => {
      const unit = camera.scale
      for (const one of school) {
        const size = one.size * unit
        const x =
          frame.width / 2 + (modulo(one.x + one.speed * time - camera.x * 0.5, width) - width / 2) * unit
        const y = camera.centerY + (one.y + 0.015 * sin(time * 1.1 + one.phase)) * unit
        const way = one.speed < 0 ? -1 : 1
        const beat = sin(time * 9 + one.phase) * 0.06
        const across = (px: number) => ((px - x) / size) * way
        const dark = scale(one.color, 0.55)
        const light = mix(one.color, WHITE, 0.45)
        fill(
          frame,
          { left: x - size * 1.7, right: x + size * 1.7, top: y - size, bottom: y + size },
          (px, py) => {
            const u = across(px)
            const v = (py - y) / size - beat * Math.max(0, -u)
            const body = (length(u / 1.05, v / 0.46) - 1) * 0.45
            const tail = Math.max(Math.abs(v) - 0.5 * clamp((-u - 0.75) / 0.75), -u - 1.45, u + 0.75)
            const fin = Math.max(Math.abs(u + 0.05) - 0.35 - v * 0.4, -v - 0.72, v + 0.3)
            return Math.min(body, tail, fin) * size
          },
          (px, py) => {
            const u = across(px)
            const v = (py - y) / size
            if (length(u - 0.62, v + 0.1) < 0.1) return hex("#101418")
            return mix(light, dark, clamp(0.55 - v * 0.9) * (Math.abs(u - 0.15) < 0.12 ? 0.2 : 1))
          }
        )
      }
    }
  }
}
