/**
 * Rolling meadows with trees on them, and grass and flowers close to the camera.
 */
import { type Color, hex, mix, scale } from "../color.ts"
import { sin, TAU } from "../numeric.ts"
import { blit } from "../picture/blit.ts"
import { bake, type Layer } from "../picture/layer.ts"
import { says } from "../plan.ts"
import type { Random } from "../random.ts"
import type { SceneKind } from "../scene.ts"
import { distance, type Stage } from "../stage.ts"
import { broadleaf, grass } from "./flora.ts"
import { Layers } from "./layers.ts"
import { Sky } from "./sky.ts"
import { hill } from "./terrain.ts"

const GRASS_NEARNESS = 1.35

export const meadow: SceneKind = {
  horizon: () => 0.56,
  habitats: ["sky", "ground"],
  make: (stage) => {
    const sky = new Sky(stage)
    const land = makeLand(stage)
    const border = makeBorder(stage)
    return {
      places: {
        sky: { y: stage.top * 0.6, size: 1, nearness: 0.25 },
        ground: { y: stage.bottom - 0.155, size: 1, nearness: 1 }
      },
      back: (frame, moment) => {
        sky.draw(frame, moment, land.covers(frame, moment))
        land.draw(frame, moment)
      },
      front: (frame, moment) => {
        const wind = 0.006 * sin(moment.time * 1.9)
        blit(frame, border, moment.camera, GRASS_NEARNESS, { sway: (down) => wind * Math.max(0, 0.9 - down) })
      }
    }
  }
}

const greenOf = (stage: Stage): Color =>
  mix(
    hex(stage.plan.light === "night" ? "#1c3a2c" : stage.plan.weather === "snow" ? "#c6d2dc" : "#5d9a3a"),
    stage.palette.haze,
    0.08
  )

const leafColor = (stage: Stage, random: Random): Color => {
  const { plan } = stage
  if (says(plan, "autumn", "fall")) return mix(hex("#d9822b"), hex("#c2412d"), random())
  if (says(plan, "cherry", "blossom", "sakura")) return mix(hex("#f2a7c3"), hex("#e77fa8"), random())
  if (plan.weather === "snow") return mix(hex("#d5dfe6"), hex("#9fb3b0"), random())
  return mix(hex("#4f8f33"), hex("#7fae3c"), random())
}

const makeLand = (stage: Stage): Layers => {
  const { palette, plan } = stage
  const layers = new Layers()
  const green = greenOf(stage)
  const blue = {
    nearness: 0.08,
    y: 0.01,
    rise: 0.16,
    frequency: 1.2,
    row: 4,
    color: hex("#5d7f86"),
    far: distance(stage, 0.2),
    haze: 0.55
  }
  layers.add(hill(stage, { ...blue, bottom: 0.15 }).canvas, blue.nearness)
  const depth = stage.bottom - 0.18
  for (let k = 0; k < 3; k++) {
    const nearness = 0.2 + k * 0.22
    const treeHeight = [0.06, 0.13, 0.3][k] ?? 0.1
    const { canvas, top } = hill(stage, {
      nearness,
      y: 0.05 + k * depth * 0.2,
      rise: 0.1,
      frequency: 1.3 - k * 0.2,
      row: 12 + k * 5,
      color: mix(green, hex("#86b04a"), plan.weather === "snow" ? 0 : 0.25 * (2 - k)),
      far: distance(stage, 0.1),
      haze: 0.3 - k * 0.12,
      blades: k > 0,
      headroom: treeHeight * 1.2
    })
    if (!plan.without.includes("trees")) {
      const random = stage.random(`trees ${k}`)
      const lit = 0.2 + 0.8 * palette.lit
      const count = Math.max(1, Math.round(canvas.span * ([14, 7, 2.2][k] ?? 1)))
      for (let i = 0; i < count; i++) {
        const x = canvas.x + ((i + random()) / count) * canvas.span
        const height = treeHeight * (0.75 + 0.5 * random())
        const leaf = mix(scale(leafColor(stage, random), lit), distance(stage, 0), 0.3 - 0.14 * k)
        const bark = mix(scale(hex("#4d3423"), lit), distance(stage, 0), 0.25 - 0.12 * k)
        broadleaf(stage, canvas, { x, y: top(x) + 0.01, height, random, leaf, bark })
      }
    }
    layers.add(canvas, nearness)
  }
  const front = hill(stage, {
    nearness: 1,
    y: stage.bottom - 0.2,
    rise: 0.05,
    frequency: 1.1,
    row: 33,
    color: mix(green, plan.weather === "snow" ? hex("#dfe8ee") : hex("#4c8a2c"), 0.4),
    far: palette.haze,
    haze: 0,
    blades: true
  })
  if (isFlowery(stage)) {
    grass(stage, front.canvas, {
      line: (x) => front.top(x) + 0.02,
      count: Math.round(front.canvas.span * 70),
      height: 0.026,
      color: mix(green, hex("#3f7a24"), 0.5),
      flowers: 0.85,
      depth: stage.bottom * 0.4,
      random: stage.random("flowers")
    })
  }
  layers.add(front.canvas, 1)
  return layers
}

const isFlowery = ({ plan }: Stage): boolean =>
  !plan.without.includes("flowers") &&
  plan.weather !== "snow" &&
  says(plan, "flower", "spring", "meadow", "garden", "butterfly", "wildflower")

/** Grass that reaches into the picture from below. */
const makeBorder = (stage: Stage): Layer => {
  const { palette, plan } = stage
  const canvas = stage.ring({
    nearness: GRASS_NEARNESS,
    top: stage.bottom - 0.16,
    bottom: stage.bottom + 0.05
  })
  const waves = Math.max(1, Math.round(canvas.span * 0.5))
  grass(stage, canvas, {
    line: (x) => stage.bottom + 0.012 * sin(canvas.around(x) * waves * TAU),
    count: Math.round(canvas.span * 300),
    height: 0.085,
    color: mix(hex(plan.weather === "snow" ? "#8fa0a0" : "#3f7a24"), palette.dark, 0.35 - 0.3 * palette.lit),
    flowers: isFlowery(stage) ? 0.16 : 0.02,
    random: stage.random("grass")
  })
  return bake(canvas)
}
