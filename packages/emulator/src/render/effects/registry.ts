/**
 * What fills the air: weather and particles, one line each.
 */
import type { Draw } from "../scene.ts"
import type { Stage } from "../stage.ts"
import type { Particles, Weather } from "../vocabulary.ts"
import { bubbles, dust, embers, fireflies, petals } from "./particles.ts"
import { fog, rain, snow } from "./weather.ts"

type Effect = (stage: Stage) => Draw

const weathers: Readonly<Record<Exclude<Weather, "clear">, Effect>> = {
  rain,
  storm: rain,
  snow,
  fog
}

const floating: Readonly<Record<Exclude<Particles, "none">, Effect>> = {
  fireflies,
  dust,
  petals,
  embers,
  bubbles
}

/** The effects of a plan, in the order they are drawn. */
export const effectsOf = (stage: Stage): ReadonlyArray<Draw> => {
  const { biome, particles, weather } = stage.plan
  const isOutdoors = biome !== "space" && biome !== "underwater" && biome !== "abstract"
  return [
    ...(weather === "clear" || !isOutdoors ? [] : [weathers[weather](stage)]),
    ...(particles === "none" ? [] : [floating[particles](stage)])
  ]
}
