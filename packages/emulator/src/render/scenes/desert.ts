/**
 * Dunes one behind another under a wide sky, with bare rock at the horizon.
 */
import { hex, mix, scale } from "../color.ts"
import { clamp } from "../numeric.ts"
import type { Canvas } from "../picture/canvas.ts"
import { says } from "../plan.ts"
import type { SceneKind } from "../scene.ts"
import { distance, type Stage } from "../stage.ts"
import { Layers } from "./layers.ts"
import { Sky } from "./sky.ts"
import { dune, rock } from "./terrain.ts"

export const desert: SceneKind = {
  horizon: () => 0.58,
  habitats: ["sky", "ground"],
  make: (stage) => {
    const sky = new Sky(stage)
    const dunes = makeDunes(stage)
    return {
      places: {
        sky: { y: stage.top * 0.6, size: 1, nearness: 0.3 },
        ground: { y: stage.bottom - 0.14, size: 0.8, nearness: 1 }
      },
      back: (frame, moment) => {
        sky.draw(frame, moment, dunes.covers(frame, moment))
        dunes.draw(frame, moment)
      }
    }
  }
}

const makeDunes = (stage: Stage): Layers => {
  const { palette, plan } = stage
  const layers = new Layers()
  const isRed = says(plan, "mars", "canyon", "red")
  const far = {
    nearness: 0.1,
    y: 0.02,
    rise: 0.16,
    frequency: 1.5,
    row: 3,
    color: hex("#a5603a"),
    far: distance(stage, 0.2),
    haze: 0.55
  }
  layers.add(rock(stage, { ...far, bottom: 0.15 }).canvas, far.nearness)
  const sand = mix(hex(isRed ? "#b4552f" : "#d99a54"), palette.glow, 0.12)
  for (let k = 0; k < 4; k++) {
    const nearness = 0.2 + k * 0.27
    const land = dune(stage, {
      nearness,
      y: 0.05 + (k / 3) * (stage.bottom - 0.17),
      rise: 0.09 + k * 0.03,
      frequency: 1.15 - k * 0.2,
      row: 20 + k * 3,
      color: sand,
      far: distance(stage, 0.25),
      haze: 0.42 - 0.13 * k,
      headroom: k === 2 ? 0.1 : 0
    })
    if (k === 2 && says(plan, "cactus", "arizona", "mexico", "western"))
      addCacti(stage, land.canvas, land.top)
    layers.add(land.canvas, nearness)
  }
  return layers
}

const addCacti = (stage: Stage, canvas: Canvas, top: (x: number) => number): void => {
  const random = stage.random("cacti")
  const green = mix(hex("#3f6b43"), stage.palette.dark, 0.3)
  const shade = (across: number) => mix(scale(green, 0.5), green, clamp(0.5 + across * 0.5 * stage.lightFrom))
  for (let i = 0; i < 5; i++) {
    const x = canvas.x + ((i + random()) / 5) * canvas.span
    const foot = top(x) + 0.01
    const height = 0.1 + 0.08 * random()
    canvas.capsule(x, foot, 0.012, x, foot - height, 0.011, shade)
    for (const side of [-1, 1]) {
      const y = foot - height * (0.35 + 0.2 * random())
      canvas.capsule(x, y, 0.008, x + side * 0.035, y, 0.008, shade)
      canvas.capsule(x + side * 0.035, y, 0.008, x + side * 0.035, y - height * 0.35, 0.007, shade)
    }
  }
}
