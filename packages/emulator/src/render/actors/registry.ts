/**
 * All actors, one line each.
 */
import type { Actor } from "../scene.ts"
import type { ActorKind } from "../vocabulary.ts"
import { cat, deer, dog, fox, horse } from "./animals.ts"
import { balloon } from "./balloon.ts"
import { birds } from "./birds.ts"
import { boat } from "./boat.ts"
import { fish } from "./fish.ts"
import { jellyfish } from "./jellyfish.ts"
import { person } from "./person.ts"
import { rocket } from "./rocket.ts"
import { whale } from "./whale.ts"

export const actors: Readonly<Record<ActorKind, Actor>> = {
  dog,
  cat,
  fox,
  horse,
  deer,
  person,
  birds,
  boat,
  balloon,
  fish,
  whale,
  jellyfish,
  rocket
}
