/**
 * All scenes, one line each.
 */
import type { SceneKind } from "../scene.ts"
import type { Biome } from "../vocabulary.ts"
import { ocean } from "./ocean.ts"

export const scenes: Readonly<Record<Biome, SceneKind>> = {
  ocean,
  mountains: ocean,
  city: ocean,
  forest: ocean,
  meadow: ocean,
  desert: ocean,
  space: ocean,
  underwater: ocean,
  abstract: ocean
}
