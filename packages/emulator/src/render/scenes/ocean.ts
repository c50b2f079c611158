/**
 * The sea: far islands, water that mirrors the sky, and a beach with palms when the prompt speaks of one.
 */
import { hex, mix, scale, WHITE } from "../color.ts"
import { cos, pow, sin, smooth, TAU } from "../numeric.ts"
import { blit } from "../picture/blit.ts"
import { screenY } from "../picture/camera.ts"
import { bake, type Layer } from "../picture/layer.ts"
import { Water } from "../picture/water.ts"
import { says } from "../plan.ts"
import type { Draw, SceneKind } from "../scene.ts"
import { distance, type Stage, zenith } from "../stage.ts"
import { palm } from "./flora.ts"
import { Layers } from "./layers.ts"
import { Sky } from "./sky.ts"
import { rock } from "./terrain.ts"

const SHORE_NEARNESS = 1.25

export const ocean: SceneKind = {
  horizon: () => 0.54,
  habitats: ["sky", "water", "ground"],
  make: (stage) => {
    const { palette, plan } = stage
    const sky = new Sky(stage)
    const water = new Water(stage.tile)
    const islands = makeIslands(stage)
    // Whoever walks needs a beach.
    const hasBeach =
      stage.walk > 0 || says(plan, "beach", "tropical", "palm", "island", "lagoon", "shore", "seaside")
    const beach = hasBeach ? makeBeach(stage) : null
    const drawBeach: Draw = (frame, moment) => {
      if (beach === null) return
      const wind = 0.01 * sin(moment.time * 1.4)
      blit(frame, beach, moment.camera, SHORE_NEARNESS, {
        sway: (down) => wind * pow(Math.max(0, 1 - down * 1.25), 2)
      })
    }
    const deep = mix(mix(hex("#0b3a54"), zenith(stage), 0.5), palette.dark, 0.35 - 0.3 * palette.lit)
    const glint = palette.disc === 0 ? 0.15 : plan.light === "night" ? 0.75 : plan.light === "day" ? 0.55 : 1
    return {
      places: {
        sky: { y: stage.top * 0.5, size: 1, nearness: 0.3 },
        water: { y: 0.055, size: 1, nearness: 0.4 },
        ground: { y: stage.bottom - 0.13, size: 0.85, nearness: SHORE_NEARNESS }
      },
      back: (frame, moment) => {
        const shore = Math.round(screenY(moment.camera, 0, 1)) & ~1
        sky.draw(frame, moment, shore + 4)
        islands.draw(frame, moment, shore)
        water.draw(
          frame,
          {
            shore,
            base: deep,
            mirror: 0.9,
            chop: plan.weather === "storm" ? 1.7 : 1,
            sunX: sky.sunColumn(moment),
            glint,
            glintColor: palette.glow
          },
          moment.time
        )
        if (stage.walk > 0) drawBeach(frame, moment)
      },
      ...(stage.walk > 0 ? {} : { front: drawBeach })
    }
  }
}

const makeIslands = (stage: Stage): Layers => {
  const layers = new Layers()
  if (stage.plan.without.includes("islands")) return layers
  const { dark, haze } = stage.palette
  const far = {
    nearness: 0.1,
    y: 0.006,
    rise: 0.09,
    frequency: 2.1,
    row: 2,
    color: mix(dark, haze, 0.35),
    far: distance(stage, 0.2),
    haze: 0.55,
    bottom: 0.03
  }
  layers.add(rock(stage, far).canvas, far.nearness)
  if (stage.random("islands")() < 0.6) {
    const near = {
      ...far,
      nearness: 0.2,
      y: 0.016,
      rise: 0.07,
      frequency: 1.3,
      row: 6,
      color: mix(dark, haze, 0.15),
      haze: 0.3
    }
    layers.add(rock(stage, near).canvas, near.nearness)
  }
  return layers
}

/** Sand along the lower border, and palms on the side away from the sun. */
const makeBeach = (stage: Stage): Layer => {
  const { halfWidth, noise, palette, plan } = stage
  const top = stage.bottom - (stage.walk > 0 ? 0.24 : 0.17)
  const canvas = stage.ring({
    nearness: SHORE_NEARNESS,
    top: top - 0.92,
    bottom: stage.bottom + 0.05,
    detail: 0.9
  })
  const sand = mix(mix(hex("#d9b98a"), palette.glow, 0.2), palette.dark, 0.45 - 0.25 * palette.lit)
  const foam = mix(WHITE, palette.glow, 0.25)
  const cells = Math.round(canvas.span * 7)
  const waves = Math.max(1, Math.round(canvas.span * 0.3))
  canvas.ground(
    (x) => {
      const u = canvas.around(x)
      return top + 0.05 * sin(u * waves * TAU + 1) + 0.012 * noise.hills(u, cells, 3, 5)
    },
    (x, depth) => {
      const grain = noise.mottle(canvas.around(x), depth * 16, cells, 4)
      const dry = mix(scale(sand, 0.45), sand, Math.max(0, Math.min(1, 0.35 + grain * 0.6 - depth * 0.8)))
      return mix(dry, foam, 0.5 * smooth(0.012, 0, depth))
    }
  )
  if (!plan.without.includes("trees")) {
    const random = stage.random("palms")
    const side = -stage.lightFrom
    for (let i = 0; i < 2; i++) {
      const lean = -side * (0.15 + 0.05 * i) * cos(0.2 * random())
      palm(stage, canvas, {
        x: side * (halfWidth - 0.03 - i * 0.14),
        y: top + 0.08,
        height: 0.62 - i * 0.16,
        lean,
        random
      })
    }
  }
  return bake(canvas)
}
