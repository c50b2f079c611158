/**
 * Somebody who walks.
 */
import { type Color, hex, mix, scale } from "../color.ts"
import { clamp, length, sin, smooth, TAU } from "../numeric.ts"
import { type Box, bodyDistance, fill, type Limb } from "../picture/brush.ts"
import { screenY, unitAt } from "../picture/camera.ts"
import { says } from "../plan.ts"
import type { Actor } from "../scene.ts"
import { coatOf } from "./coat.ts"

const HEIGHT = 0.3
const PACE = 5.2
/** World units a second for each radian a second of the legs' swing. */
const STRIDE = HEIGHT * 0.5 * 0.3

export const person: Actor = {
  habitat: "ground",
  walk: STRIDE * PACE,
  make: (stage, place) => {
    const { heading, palette, plan } = stage
    const isChild = says(plan, "child", "children", "kid", "girl", "boy")
    const lit = 0.45 + 0.55 * palette.lit
    const isAstronaut = says(plan, "astronaut")
    const clothes = scale(isAstronaut ? hex("#e8e8ea") : coatOf(plan, "#a8413c"), lit)
    const trousers = scale(hex(isAstronaut ? "#d4d6dc" : "#2f3a52"), lit)
    const skin = scale(hex(isAstronaut ? "#4a3a22" : "#c98f68"), lit)
    const hair = scale(hex(isAstronaut ? "#f0f0f0" : "#2a1d16"), lit)
    const pace = stage.walk / (STRIDE * place.size)
    return (frame, { camera, time }) => {
      const unit = unitAt(camera, place.nearness) * place.size * HEIGHT * (isChild ? 0.75 : 1)
      const foot = screenY(camera, place.y, place.nearness)
      const middle = frame.width / 2 + ((place.x ?? 0) - 0.05 * heading) * unitAt(camera, 0)
      const toX = (px: number) => ((px - middle) / unit) * heading
      const toY = (py: number) => (py - foot) / unit
      const box: Box = {
        left: middle - unit * 0.45,
        right: middle + unit * 0.45,
        top: foot - unit * 1.08,
        bottom: foot + unit * 0.06
      }
      const phase = time * pace
      const bob = 0.012 * sin(phase * 2)
      const draw = (limbs: ReadonlyArray<Limb>, color: Color) =>
        fill(
          frame,
          box,
          (px, py) => bodyDistance(limbs, 0.03, toX(px), toY(py)) * unit,
          (px, py, d) => {
            const rim = smooth(-0.035 * unit, 0, d) * clamp(0.5 + toX(px) * 4 * heading * stage.lightFrom)
            return mix(scale(color, 0.6 - 0.25 * toY(py) * 0.8), palette.glow, 0.3 * rim)
          }
        )
      const shadow = (px: number, py: number) =>
        (length(toX(px) * 3.4, (toY(py) - 0.005) * 22) - 1) * unit * 0.1
      fill(frame, box, shadow, () => scale(palette.dark, 0.8), 0.4)
      draw(arm(phase, bob), scale(clothes, 0.7))
      draw(leg(phase + TAU / 2, bob), scale(trousers, 0.75))
      draw(leg(phase, bob), trousers)
      draw([[0, -0.56 + bob, 0.075, 0.02, -0.78 + bob, 0.09]], clothes)
      draw(
        [
          [0.02, -0.84 + bob, 0.035, 0.03, -0.9 + bob, 0.05],
          [0.03, -0.93 + bob, 0.062, 0.035, -0.94 + bob, 0.06]
        ],
        skin
      )
      draw([[0.015, -0.985 + bob, 0.05, -0.035, -0.93 + bob, 0.042]], hair)
      draw(arm(phase + TAU / 2, bob), clothes)
    }
  }
}

const leg = (phase: number, bob: number): ReadonlyArray<Limb> => {
  const swing = 0.5 * sin(phase)
  const knee = 0.12 + 0.5 * Math.max(0, sin(phase + TAU / 4 + 0.4))
  const kx = 0.25 * sin(swing)
  const ky = -0.52 + bob + 0.25 * (1 - swing * swing * 0.5)
  const low = swing - knee
  const fx = kx + 0.25 * sin(low)
  const fy = ky + 0.25 * (1 - low * low * 0.45)
  return [
    [0, -0.52 + bob, 0.068, kx, ky, 0.052],
    [kx, ky, 0.05, fx, fy, 0.034],
    [fx, fy, 0.034, fx + 0.065, fy + 0.008, 0.026]
  ]
}

const arm = (phase: number, bob: number): ReadonlyArray<Limb> => {
  const swing = -0.5 * sin(phase)
  const ex = 0.02 + 0.16 * sin(swing)
  const ey = -0.8 + bob + 0.17
  return [
    [0.02, -0.8 + bob, 0.042, ex, ey, 0.034],
    [ex, ey, 0.033, ex + 0.15 * sin(swing + 0.35), ey + 0.15, 0.028]
  ]
}
