/**
 * One large swimmer: a whale, or a dolphin or shark of the same build.
 */
import { hex, mix, scale } from "../color.ts"
import { clamp, sin } from "../numeric.ts"
import { bodyDistance, fill, type Limb } from "../picture/brush.ts"
import { says } from "../plan.ts"
import type { Actor } from "../scene.ts"

/** Half thickness of the body from the snout to the flukes, in tenths of its length. */
const OUTLINE = [0.03, 0.075, 0.1, 0.108, 0.1, 0.085, 0.062, 0.04, 0.022, 0.013]

export const whale: Actor = {
  habitat: "deep",
  make: (stage, place) => {
    const isSmall = says(stage.plan, "dolphin", "shark", "orca")
    const long = (isSmall ? 0.42 : 0.85) * Math.min(1, stage.halfWidth * 1.3) * place.size
    const back = hex(says(stage.plan, "orca") ? "#1a222b" : isSmall ? "#5e8298" : "#28506c")
    const belly = mix(back, hex("#d4e6ea"), 0.65)
    return (frame, { camera, progress, time }) => {
      const unit = camera.scale * long
      const x = frame.width / 2 + (progress - 0.5) * 0.3 * stage.heading * camera.scale
      const y = camera.centerY + (place.y + 0.02 * sin(time * 0.6)) * camera.scale
      const limbs = swimmer(time * (isSmall ? 4 : 1.8), isSmall)
      const toX = (px: number) => ((px - x) / unit) * stage.heading
      const toY = (py: number) => (py - y) / unit
      fill(
        frame,
        { left: x - unit * 0.65, right: x + unit * 0.65, top: y - unit * 0.3, bottom: y + unit * 0.32 },
        (px, py) => bodyDistance(limbs, 0.03, toX(px), toY(py)) * unit,
        (px, py) => {
          const down = clamp((toY(py) + 0.02) * 14)
          const light = clamp(0.75 - toY(py) * 4)
          const groove = down > 0.6 && toX(px) > 0.12 ? 0.94 + 0.06 * sin(toY(py) * 300 + toX(px) * 30) : 1
          return scale(mix(back, belly, down), (0.6 + 0.5 * light) * groove)
        },
        0.96
      )
    }
  }
}

const swimmer = (phase: number, isSmall: boolean): ReadonlyArray<Limb> => {
  const wave = (t: number) => 0.055 * t * t * sin(phase - t * 2.2)
  const limbs: Array<Limb> = []
  OUTLINE.forEach((radius, i) => {
    const next = OUTLINE[i + 1]
    if (next === undefined) return
    const t0 = i / 9
    const t1 = (i + 1) / 9
    limbs.push([0.5 - t0, wave(t0), radius, 0.5 - t1, wave(t1), next])
  })
  const end = wave(1)
  const tilt = 0.06 * sin(phase - 2.6)
  limbs.push(
    [-0.5, end, 0.016, -0.6, end - 0.045 + tilt, 0.008],
    [-0.5, end, 0.016, -0.6, end + 0.03 + tilt, 0.008]
  )
  limbs.push([0.2, 0.06, 0.03, 0.08, 0.17 + 0.03 * sin(phase * 0.6), 0.012])
  if (isSmall) limbs.push([-0.02, -0.09, 0.035, -0.1, -0.17, 0.008])
  return limbs
}
