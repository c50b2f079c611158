/**
 * What a scene and an actor are. To add one, write its module and give it a line in the registry.
 */
import type { Frame } from "./picture/frame.ts"
import type { Plan } from "./plan.ts"
import type { Moment, Stage } from "./stage.ts"

/** Where an actor can live. */
export type Habitat = "sky" | "ground" | "water" | "deep" | "space"

export interface Place {
  /** World height of the middle of the place, or of the ground that is walked on. */
  readonly y: number
  /** 1 is an actor's usual size. */
  readonly size: number
  /** 0 is infinitely far, 1 moves along with the ground before the camera. */
  readonly nearness: number
  /** World units to the right of the middle, when several actors share the place. */
  readonly x?: number
}

export type Draw = (frame: Frame, moment: Moment) => void

export interface Scene {
  /** Paints everything that lies behind the actors. */
  readonly back: Draw
  /** Paints what stands in front of them. */
  readonly front?: Draw
  readonly places: Partial<Readonly<Record<Habitat, Place>>>
}

export interface SceneKind {
  /** Share of the frame's height, from the top, where the horizon is. */
  readonly horizon: (plan: Plan) => number
  readonly habitats: ReadonlyArray<Habitat>
  readonly make: (stage: Stage) => Scene
}

export interface Actor {
  readonly habitat: Habitat
  /** World units a second over the ground at the usual size; those who walk together go at the slowest one's pace. */
  readonly walk?: number
  readonly make: (stage: Stage, place: Place) => Draw
}
