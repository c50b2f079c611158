/**
 * Small things that float: fireflies, petals, embers, dust and bubbles.
 */
import { hex, hsl, mix, rgb } from "../color.ts"
import { cos, length, modulo, sin, TAU } from "../numeric.ts"
import { boxAround, fill, glow } from "../picture/brush.ts"
import type { Draw } from "../scene.ts"
import type { Stage } from "../stage.ts"

interface Mote {
  readonly x: number
  readonly y: number
  readonly near: number
  readonly phase: number
  readonly chance: number
}

const motes = (stage: Stage, name: string, count: number): ReadonlyArray<Mote> => {
  const random = stage.random(name)
  return Array.from({ length: count }, () => ({
    x: random(),
    y: random(),
    near: random(),
    phase: random() * TAU,
    chance: random()
  }))
}

export const fireflies = (stage: Stage): Draw => {
  const swarm = motes(stage, "fireflies", 60)
  const color = stage.plan.hue === null ? hex("#ffe27a") : hsl(stage.plan.hue, 0.9, 0.65)
  return (frame, { time }) => {
    for (const one of swarm) {
      const x = one.x + 0.05 * sin(time * 0.5 + one.phase) + 0.02 * sin(time * 1.3 + one.chance * 9)
      const y = 0.3 + 0.58 * one.y + 0.03 * sin(time * 0.7 + one.phase * 2)
      const pulse = Math.max(0, sin(time * (1 + one.chance) + one.phase))
      glow(
        frame,
        x * frame.width,
        y * frame.height,
        stage.scale * (0.005 + 0.011 * one.near),
        color,
        0.75 * pulse,
        3
      )
    }
  }
}

export const dust = (stage: Stage): Draw => {
  const cloud = motes(stage, "dust", 40)
  return (frame, { time }) => {
    for (const one of cloud) {
      const x = modulo(one.x + time * 0.012 * (0.5 + one.near) + 0.02 * sin(time * 0.4 + one.phase), 1.1)
      const y = 0.42 + 0.5 * one.y + 0.03 * sin(time * 0.5 + one.phase)
      const size = stage.scale * (0.0025 + 0.005 * one.near * one.near)
      glow(
        frame,
        x * frame.width,
        y * frame.height,
        size,
        stage.palette.glow,
        0.15 + 0.15 * sin(time + one.phase)
      )
    }
  }
}

export const petals = (stage: Stage): Draw => {
  const fall = motes(stage, "petals", 60)
  const isAutumn = stage.plan.words.some((word) => word === "autumn" || word === "leaves" || word === "fall")
  const [light, dark] = isAutumn ? [hex("#f0a030"), hex("#b8401f")] : [hex("#ffb7c9"), hex("#ff7fa0")]
  return (frame, { time }) => {
    for (const one of fall) {
      const z = 0.4 + one.near
      const y = (modulo(one.y + time * 0.055 * z, 1.1) - 0.05) * frame.height
      const x =
        (modulo(one.x + 0.05 * sin(time * 0.9 + one.phase) - time * 0.03 * z, 1.1) - 0.05) * frame.width
      const size = stage.scale * (0.004 + 0.006 * one.near)
      const c = cos(time * 1.8 + one.phase)
      const s = sin(time * 1.8 + one.phase)
      const thin = 0.35 + 0.25 * sin(time * 3 + one.chance * 9)
      const color = mix(light, dark, one.chance)
      fill(
        frame,
        boxAround(x, y, size + 1),
        (px, py) =>
          (length(((px - x) * c + (py - y) * s) / size, ((py - y) * c - (px - x) * s) / (size * thin)) -
            0.9) *
          size *
          0.5,
        () => color,
        0.9
      )
    }
  }
}

export const embers = (stage: Stage): Draw => {
  const glowing = motes(stage, "embers", 90)
  const color = hex("#ff8a3a")
  return (frame, { time }) => {
    for (const one of glowing) {
      const y = (1.05 - modulo(one.y + time * 0.09 * (0.5 + one.near), 1.1)) * frame.height
      const x = (one.x + 0.03 * sin(time + one.phase)) * frame.width
      const flicker = 0.5 + 0.5 * sin(time * 5 + one.phase)
      glow(frame, x, y, stage.scale * (0.003 + 0.006 * one.near), color, 0.8 * flicker)
    }
  }
}

export const bubbles = (stage: Stage): Draw => {
  const rising = motes(stage, "bubbles", 55)
  const color = rgb(0.8, 1, 1)
  return (frame, { time }) => {
    for (const one of rising) {
      const y = (1.05 - modulo(one.y + time * 0.06 * (0.5 + one.near), 1.1)) * frame.height
      const x = (one.x + 0.012 * sin(time * 2 + one.phase)) * frame.width
      glow(frame, x, y, stage.scale * (0.003 + 0.006 * one.near), color, 0.28, 1)
    }
  }
}
