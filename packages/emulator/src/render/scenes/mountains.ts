/**
 * Snowy ranges above wooded slopes, with a lake before them or a meadow, framed by firs.
 */
import { hex, mix, scale } from "../color.ts"
import { clamp, smooth } from "../numeric.ts"
import { screenY } from "../picture/camera.ts"
import { Water } from "../picture/water.ts"
import { says } from "../plan.ts"
import type { SceneKind } from "../scene.ts"
import { distance, type Stage, zenith } from "../stage.ts"
import { conifer } from "./flora.ts"
import { Layers } from "./layers.ts"
import { Sky } from "./sky.ts"
import { hill, rock } from "./terrain.ts"

/** How far below the horizon the lake begins, in world units. */
const LAKE_SHORE = 0.07

export const mountains: SceneKind = {
  horizon: (plan) => (plan.lake ? 0.6 : 0.66),
  habitats: ["sky", "water", "ground"],
  make: (stage) => {
    const { palette, plan } = stage
    const sky = new Sky(stage)
    const water = new Water(stage.tile)
    const ranges = makeRanges(stage)
    const foreground = makeForeground(stage)
    const deep = mix(mix(hex("#123c50"), zenith(stage), 0.4), palette.dark, 0.3)
    return {
      places: {
        sky: { y: stage.top * 0.62, size: 0.9, nearness: 0.3 },
        ...(plan.lake ? { water: { y: LAKE_SHORE + 0.06, size: 0.7, nearness: 0.4 } } : {}),
        ground: { y: stage.bottom - 0.15, size: 0.7, nearness: 1.1 }
      },
      back: (frame, moment) => {
        const shore = Math.round(screenY(moment.camera, LAKE_SHORE, 1)) & ~1
        const until = plan.lake ? shore : frame.height
        sky.draw(frame, moment, Math.min(until, ranges.covers(frame, moment)))
        ranges.draw(frame, moment, until)
        if (plan.lake) {
          water.draw(
            frame,
            {
              shore,
              base: deep,
              mirror: 0.92,
              chop: 0.32,
              sunX: sky.sunColumn(moment),
              glint: palette.disc > 0 ? 0.35 : 0,
              glintColor: palette.glow
            },
            moment.time * 0.6
          )
        }
        foreground.draw(frame, moment)
      }
    }
  }
}

const makeRanges = (stage: Stage): Layers => {
  const { palette, plan, random: randomOf } = stage
  const layers = new Layers()
  const isVolcanic = says(plan, "volcano", "lava", "canyon")
  const snow = plan.weather === "snow" || !isVolcanic ? 1 : 0
  const stone = mix(hex(isVolcanic ? "#6b4a44" : "#5a6274"), palette.haze, 0.15)
  const row = Math.floor(randomOf("ranges")() * 40)
  const far = {
    nearness: 0.08,
    y: 0.02,
    rise: 0.56,
    frequency: 0.95,
    row: 2 + row,
    color: stone,
    far: distance(stage, 0.3),
    haze: 0.58
  }
  layers.add(rock(stage, { ...far, snow: 0.24 * snow, bottom: 0.06 }).canvas, far.nearness)
  const near = {
    ...far,
    nearness: 0.16,
    y: 0.03,
    rise: 0.36,
    frequency: 1.4,
    row: 30 + row,
    color: scale(stone, 0.9),
    haze: 0.32
  }
  layers.add(rock(stage, { ...near, snow: 0.12 * snow, bottom: 0.08 }).canvas, near.nearness)
  for (let k = 0; k < 2; k++) makeWoods(stage, layers, k)
  return layers
}

/** A slope covered with firs; `k` is 0 for the farther one. */
const makeWoods = (stage: Stage, layers: Layers, k: number): void => {
  const { palette, plan } = stage
  const random = stage.random(`woods ${k}`)
  const nearness = 0.3 + k * 0.14
  const color = mix(hex(plan.weather === "snow" ? "#5b6d6a" : "#24442f"), palette.haze, 0.1)
  const land = hill(stage, {
    nearness,
    y: 0.05 + k * 0.012,
    rise: 0.17 - k * 0.07,
    frequency: 1.5 + k * 0.8,
    row: 50 + k * 5,
    color,
    far: distance(stage, 0.05),
    haze: 0.28 - k * 0.16,
    headroom: 0.05,
    ...(plan.lake ? { bottom: 0.09 } : {})
  })
  const { canvas, top } = land
  if (!plan.without.includes("trees")) {
    const needles = mix(scale(color, 0.75), distance(stage, 0.05), 0.26 - k * 0.14)
    const places = Array.from(
      { length: Math.round(canvas.span * (plan.lake ? 70 + k * 10 : 70 + k * 70)) },
      () => {
        const x = canvas.x + random() * canvas.span
        // Without a lake the wood comes down to the camera, its trees growing larger.
        const depth =
          plan.lake || k === 0 ? random() * (0.06 - 0.01 * k) : random() * random() * (stage.bottom - 0.12)
        return { x, y: top(x) + depth, size: 1 + 9 * Math.max(0, depth - 0.05) }
      }
    ).sort((a, b) => a.y - b.y)
    for (const { size, x, y } of places) {
      const height = (0.035 + 0.02 * k) * (0.7 + 0.6 * random()) * size
      conifer(stage, canvas, { x, y: y + 0.006, height, random, color: needles })
    }
  }
  layers.add(canvas, nearness)
}

/** The near bank, and tall firs on the side away from the sun. */
const makeForeground = (stage: Stage): Layers => {
  const { halfWidth, lightFrom, noise, palette, plan } = stage
  const layers = new Layers()
  const nearness = 1.15
  const random = stage.random("foreground")
  // Whoever walks needs a path above the caption.
  const bank = stage.bottom - (stage.walk > 0 ? 0.21 : 0.13)
  const canvas = stage.ring({ nearness, top: bank - 0.62, bottom: stage.bottom + 0.04, detail: 0.9 })
  const dark = mix(scale(palette.dark, 0.75), hex("#1b3020"), 0.35 * palette.lit)
  const turf = mix(hex(plan.weather === "snow" ? "#aab6c2" : "#3b5a2e"), palette.glow, 0.2)
  const side = -lightFrom
  if (!plan.without.includes("trees")) {
    for (let k = 0; k < 7; k++) {
      const x = side * (halfWidth + 0.03 - k * 0.05 * halfWidth - random() * 0.03)
      conifer(stage, canvas, {
        x,
        y: bank + 0.09,
        height: (0.58 - k * 0.055) * (0.75 + 0.4 * random()),
        random,
        color: dark
      })
    }
    for (let k = 0; k < 3; k++) {
      const x = -side * (halfWidth - k * 0.05)
      conifer(stage, canvas, {
        x,
        y: bank + 0.09,
        height: (0.26 - 0.04 * k) * (0.8 + 0.4 * random()),
        random,
        color: dark
      })
    }
  }
  const cells = Math.round(canvas.span * 3)
  const fine = Math.round(canvas.span * 20)
  // It rises under the tall firs, and falls again before the ring closes.
  const rising = (x: number) =>
    smooth(halfWidth * 0.3, halfWidth, x) * (1 - smooth(halfWidth * 1.02, canvas.span / 2, x))
  canvas.ground(
    (x) => bank + 0.03 * noise.hills(canvas.around(x), cells, 4, 9) - 0.05 * rising(x * side),
    (x, depth) =>
      mix(
        dark,
        turf,
        clamp((0.15 + 0.7 * noise.mottle(canvas.around(x), depth * 40, fine, 3)) * palette.lit - depth)
      )
  )
  layers.add(canvas, nearness)
  return layers
}
