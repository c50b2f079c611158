/**
 * Four-legged animals: one gait, and a build that makes it a dog, a cat, a fox, a horse or a deer.
 */
import { type Color, hex, mix, scale } from "../color.ts"
import { clamp, cos, length, sin, smooth, TAU } from "../numeric.ts"
import { type Box, bodyDistance, fill, type Limb } from "../picture/brush.ts"
import { screenY, unitAt } from "../picture/camera.ts"
import type { Frame } from "../picture/frame.ts"
import type { Actor, Place } from "../scene.ts"
import type { Moment, Stage } from "../stage.ts"
import { coatOf } from "./coat.ts"

export interface Build {
  /** World units; half the length of the animal. */
  readonly size: number
  readonly coat: string
  /** In units of the size, as all that follows. */
  readonly legs: number
  readonly chest: number
  readonly belly: number
  /** Where the head is, forward of the middle and above the shoulder. */
  readonly head: readonly [x: number, y: number, radius: number]
  readonly muzzle: readonly [length: number, radius: number]
  readonly ears: "floppy" | "pointed"
  /** Up from the rump, its thickness, and how bushy its end is. */
  readonly tail: readonly [length: number, lift: number, thickness: number, bush: number]
  readonly antlers?: boolean
  readonly mane?: boolean
}

/** How fast the legs swing when the animal goes at its own pace, in radians a second. */
const PACE = 8.2

/** World units a second for each radian a second of the legs' swing. */
const strideOf = (build: Build): number => build.size * build.legs * 0.37

export const quadruped = (build: Build): Actor => ({
  habitat: "ground",
  walk: strideOf(build) * PACE,
  make: (stage, place) => {
    const coat = coatOf(stage.plan, build.coat)
    const dim = 0.45 + 0.55 * stage.palette.lit
    const color = mix(scale(coat, dim), stage.palette.haze, stage.plan.weather === "fog" ? 0.3 : 0.05)
    const pace = stage.walk / (strideOf(build) * place.size)
    return (frame, moment) => drawAnimal(frame, moment, { stage, place, build, color, pace })
  }
})

interface Animal {
  readonly stage: Stage
  readonly place: Place
  readonly build: Build
  readonly color: Color
  readonly pace: number
}

interface Pose {
  readonly farLegs: ReadonlyArray<Limb>
  readonly body: ReadonlyArray<Limb>
  readonly ears: ReadonlyArray<Limb>
  readonly eye: readonly [x: number, y: number]
  readonly nose: readonly [x: number, y: number]
}

const drawAnimal = (frame: Frame, moment: Moment, animal: Animal): void => {
  const { build, color, pace, place, stage } = animal
  const { camera, time } = moment
  const { heading, palette, tile } = stage
  const unit = unitAt(camera, place.nearness) * place.size * build.size
  const foot = screenY(camera, place.y, place.nearness)
  const sway = 0.05 * sin(time * 0.5) * heading
  const middle = frame.width / 2 + ((place.x ?? 0) - 0.06 * heading + sway) * unitAt(camera, 0)
  const pose = poseAt(build, time * pace, time)
  const toX = (px: number) => ((px - middle) / unit) * heading
  const toY = (py: number) => (py - foot) / unit
  const box = (left: number, top: number, right: number, bottom: number): Box => ({
    left: middle + (heading > 0 ? left : -right) * unit,
    right: middle + (heading > 0 ? right : -left) * unit,
    top: foot + top * unit,
    bottom: foot + bottom * unit
  })
  const shadow = (px: number, py: number) => (length(toX(px), (toY(py) - 0.01) * 9) - 0.75) * unit * 0.12
  fill(frame, box(-1, -0.07, 0.95, 0.11), shadow, () => scale(palette.dark, 0.8), 0.4)
  const draw = (
    limbs: ReadonlyArray<Limb>,
    softness: number,
    within: Box,
    shade: (px: number, py: number, d: number) => Color
  ) => fill(frame, within, (px, py) => bodyDistance(limbs, softness, toX(px), toY(py)) * unit, shade)
  const fur =
    (dark: number) =>
    (px: number, py: number, d: number): Color => {
      const x = toX(px)
      const y = toY(py)
      const grain = (tile.at(x * 110 + 128, y * 60 + 128) - 0.5) * 0.2
      const up = clamp(-(y + build.legs * 0.4) * 1.1)
      const rim = smooth(-0.09 * unit, -0.005 * unit, d) * clamp(-(y + build.legs) * 2.2)
      return mix(
        scale(color, (0.42 + grain) * dark),
        mix(color, palette.glow, 0.4 * rim),
        clamp(up * 0.85 + 0.2 + grain) * dark
      )
    }
  const top = -build.legs - build.chest - build.head[1] - (build.antlers === true ? 0.75 : 0.3)
  const front = build.head[0] + build.head[2] + build.muzzle[0] + 0.1
  draw(pose.farLegs, 0.06, box(-0.9, -build.legs - 0.1, 0.9, 0.12), fur(0.55))
  draw(pose.body, 0.085, box(-1.4, top, front, 0.12), fur(1))
  draw(pose.ears, 0.02, box(build.head[0] - 0.45, top, front, -build.legs - 0.1), () => scale(color, 0.55))
  const dot = (x: number, y: number, radius: number, tone: Color) =>
    fill(
      frame,
      box(x - radius * 2, y - radius * 2, x + radius * 2, y + radius * 2),
      (px, py) => (length(toX(px) - x, toY(py) - y) - radius) * unit,
      () => tone
    )
  dot(pose.nose[0], pose.nose[1], build.muzzle[1] * 0.62, hex("#1c1512"))
  dot(pose.eye[0], pose.eye[1], 0.024, hex("#140e0b"))
}

const poseAt = (build: Build, phase: number, time: number): Pose => {
  const { belly, chest, legs } = build
  const bob = sin(phase * 2) * 0.03
  const pitch = sin(phase * 2 + 0.7) * 0.025
  const hip = -legs - 0.02 + bob + pitch
  const shoulder = -legs - 0.04 + bob - pitch
  const swing = (offset: number) => sin(phase + offset) * 0.62
  const bend = (offset: number) => 0.25 + 0.6 * Math.max(0, cos(phase + offset))
  const thick = 0.6 + 0.4 * (legs / 0.6)
  const leg = (x: number, y: number, angle: number, knee: number): ReadonlyArray<Limb> => {
    const half = legs / 2
    const kx = x + sin(angle) * half
    const ky = y + cos(angle) * half
    const fx = kx + sin(angle - knee) * half
    const fy = ky + cos(angle - knee) * half
    return [
      [x, y, 0.11, kx, ky, 0.062 * thick],
      [kx, ky, 0.058 * thick, fx, fy, 0.044],
      [fx, fy, 0.044, fx + 0.055, fy + 0.01, 0.038]
    ]
  }
  const [headX, headUp, headRadius] = build.head
  const headY = shoulder - headUp + bob * 0.4
  const [muzzleLength, muzzleRadius] = build.muzzle
  const noseX = headX + headRadius * 0.5 + muzzleLength
  const noseY =
    headY + headRadius * 0.4 + muzzleLength * (build.ears === "pointed" && muzzleLength > 0.3 ? 0.75 : 0.2)
  const [tailLength, tailLift, tailThick, bush] = build.tail
  const wag = sin(time * 9) * 0.06
  const tailX = -0.56 - tailLength * 0.55
  const tailY = hip - 0.06 - tailLift * 0.5 + wag * 0.4
  const tipX = -0.56 - tailLength
  const tipY = hip - 0.06 - tailLift + wag
  return {
    farLegs: [
      ...leg(0.33, shoulder + 0.05, swing(TAU / 2) - 0.05, -bend(TAU / 2) * 0.5),
      ...leg(-0.42, hip + 0.05, swing(0) - 0.02, bend(0))
    ],
    body: [
      [-0.42, hip, belly, 0.34, shoulder, chest],
      [
        0.4,
        shoulder - 0.06,
        chest * (0.95 - headUp * 0.4),
        headX - headRadius * 0.4,
        headY + headRadius * 0.4,
        headRadius * 0.85
      ],
      ...(build.mane === true
        ? ([[0.3, shoulder - 0.2, 0.08, headX - headRadius, headY - headRadius * 0.3, 0.09]] as const)
        : []),
      [headX, headY, headRadius, headX + 0.05, headY + 0.01, headRadius * 0.94],
      [headX + headRadius * 0.4, headY + headRadius * 0.25, muzzleRadius * 1.6, noseX, noseY, muzzleRadius],
      [-0.54, hip - 0.04, tailThick, tailX, tailY, tailThick * (1 + bush)],
      [tailX, tailY, tailThick * (1 + bush), tipX, tipY, tailThick * 0.45],
      ...leg(0.37, shoulder + 0.08, swing(0), -bend(0) * 0.5),
      ...leg(-0.4, hip + 0.06, swing(TAU / 2), bend(TAU / 2))
    ],
    ears: earsOf(build, headX, headY, sin(phase * 2 + 1.2) * 0.05),
    eye: [headX + headRadius * 0.42, headY - headRadius * 0.18],
    nose: [noseX + muzzleRadius * 0.35, noseY - muzzleRadius * 0.2]
  }
}

const earsOf = (build: Build, x: number, y: number, flap: number): ReadonlyArray<Limb> => {
  const r = build.head[2]
  if (build.ears === "floppy")
    return [[x - 0.4 * r, y - 0.55 * r, 0.06, x - r - flap * 0.5, y + 0.75 * r - flap, 0.075]]
  const ears: ReadonlyArray<Limb> = [
    [x - 0.45 * r, y - 0.7 * r, 0.055, x - 0.6 * r, y - 1.65 * r + flap * 0.3, 0.014],
    [x + 0.05 * r, y - 0.8 * r, 0.05, x + 0.1 * r, y - 1.65 * r + flap * 0.3, 0.012]
  ]
  if (build.antlers !== true) return ears
  const base = y - 0.8 * r
  return [
    ...ears,
    [x - 0.1 * r, base, 0.028, x - 0.32, base - 0.28, 0.022],
    [x - 0.32, base - 0.28, 0.022, x - 0.24, base - 0.56, 0.01],
    [x - 0.22, base - 0.17, 0.02, x - 0.02, base - 0.32, 0.01],
    [x - 0.32, base - 0.28, 0.02, x - 0.46, base - 0.46, 0.01]
  ]
}
