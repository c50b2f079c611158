/**
 * A rocket on its way past the planet.
 */
import { hex, mix, WHITE } from "../color.ts"
import { clamp, sin } from "../numeric.ts"
import { fill, glow } from "../picture/brush.ts"
import type { Actor } from "../scene.ts"

/** The way it points: up and to the right, as sine and cosine. */
const UP = 0.6
const AHEAD = 0.8

export const rocket: Actor = {
  habitat: "space",
  make: (stage, place) => {
    const { heading, height, scale, width } = stage
    return (frame, { progress, time }) => {
      const unit = scale * place.size
      const x = width / 2 + heading * (progress - 0.5) * 0.55 * width
      const y = height * (0.74 - 0.42 * progress)
      const size = unit * 0.07
      for (let k = 0; k < 7; k++) {
        const back = size * (0.85 + k * 0.34 + 0.05 * sin(time * 40 + k))
        const color = mix(hex("#ffe9b0"), hex("#ff5a1e"), k / 6)
        glow(
          frame,
          x - heading * AHEAD * back,
          y + UP * back,
          size * (0.62 - k * 0.055),
          color,
          0.85 - k * 0.1,
          3
        )
      }
      const toU = (px: number, py: number) => ((px - x) * heading * AHEAD - (py - y) * UP) / size
      const toV = (px: number, py: number) => ((px - x) * heading * UP + (py - y) * AHEAD) / size
      fill(
        frame,
        { left: x - size * 1.3, right: x + size * 1.3, top: y - size * 1.3, bottom: y + size * 1.3 },
        (px, py) => {
          const u = toU(px, py)
          const v = toV(px, py)
          const hull = Math.max(Math.abs(v) - 0.2 * Math.sqrt(clamp((1 - u) * 1.2)), -u - 0.75)
          const fins = Math.max(Math.abs(v) - 0.42 + clamp((u + 0.85) * 0.9), -u - 0.9, u + 0.3)
          return Math.min(hull, fins) * size * 0.9
        },
        (px, py) => {
          const u = toU(px, py)
          const v = toV(px, py)
          if ((u - 0.35) * (u - 0.35) + v * v < 0.012) return hex("#2c6fb0")
          if (u > 0.66 || Math.abs(v) > 0.21 || u < -0.55)
            return mix(hex("#c2352b"), hex("#ff7a5c"), clamp(0.5 - v * 2))
          return mix(hex("#8a93a5"), WHITE, clamp(0.6 - v * 2.6))
        }
      )
    }
  }
}
