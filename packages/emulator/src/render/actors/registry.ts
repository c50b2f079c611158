/**
 * All actors, one line each.
 */
import type { ActorKindOf } from "../scene.ts"
import type { ActorKind } from "../vocabulary.ts"
import { boat } from "./boat.ts"

export const actors: Readonly<Record<ActorKind, ActorKindOf>> = {
  dog: boat,
  cat: boat,
  fox: boat,
  horse: boat,
  deer: boat,
  person: boat,
  birds: boat,
  boat,
  balloon: boat,
  fish: boat,
  whale: boat,
  jellyfish: boat,
  rocket: boat
}
