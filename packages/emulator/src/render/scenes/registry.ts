/**
 * All scenes, one line each.
 */
import type { SceneKind } from "../scene.ts"
import type { Biome } from "../vocabulary.ts"
import { abstract } from "./abstract.ts"
import { city } from "./city.ts"
import { desert } from "./desert.ts"
import { forest } from "./forest.ts"
import { meadow } from "./meadow.ts"
import { mountains } from "./mountains.ts"
import { ocean } from "./ocean.ts"
import { space } from "./space.ts"
import { underwater } from "./underwater.ts"

export const scenes: Readonly<Record<Biome, SceneKind>> = {
  ocean,
  mountains,
  city,
  forest,
  meadow,
  desert,
  space,
  underwater,
  abstract
}
