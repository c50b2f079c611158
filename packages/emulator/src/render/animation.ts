/**
 * The clip as a function from the number of a frame to its picture. It keeps nothing from one frame to the next, so
 * that any worker may draw any frame.
 */
import { actors } from "./actors/registry.ts"
import { Caption } from "./caption.ts"
import { effectsOf } from "./effects/registry.ts"
import { clamp, sin } from "./numeric.ts"
import { fade, vignette } from "./picture/brush.ts"
import type { Camera } from "./picture/camera.ts"
import type { Frame } from "./picture/frame.ts"
import type { Plan } from "./plan.ts"
import type { Draw } from "./scene.ts"
import { scenes } from "./scenes/registry.ts"
import { type Moment, makeStage, type Stage } from "./stage.ts"

export interface AnimationOptions {
  readonly plan: Plan
  /** Of the picture that is drawn, in pixels. */
  readonly width: number
  readonly height: number
  /** Seconds. */
  readonly duration: number
  readonly fps: number
  readonly frames: number
}

export type DrawFrame = (frame: Frame, index: number) => void

export const makeAnimation = (options: AnimationOptions): DrawFrame => {
  const { duration, fps, frames, height, plan, width } = options
  const kind = scenes[plan.biome]
  const cast = plan.actors
    .map((name) => actors[name])
    .filter((actor) => kind.habitats.includes(actor.habitat))
  const walk = cast.reduce(
    (slowest, actor) => Math.min(slowest, actor.walk ?? slowest),
    Number.POSITIVE_INFINITY
  )
  const stage = makeStage({
    plan,
    width,
    height,
    duration,
    horizon: kind.horizon(plan),
    walk: Number.isFinite(walk) ? walk : 0
  })
  const scene = kind.make(stage)
  const performers = cast.flatMap((actor): ReadonlyArray<Draw> => {
    const place = scene.places[actor.habitat]
    if (place === undefined) return []
    const company = cast.filter((other) => other.habitat === actor.habitat)
    const room = Math.min(0.5, stage.halfWidth * 0.62)
    return [actor.make(stage, { ...place, x: (company.indexOf(actor) - (company.length - 1) / 2) * room })]
  })
  const effects = effectsOf(stage)
  const caption = new Caption(plan, width, height)
  return (frame, index) => {
    const seconds = index / fps
    const moment = momentAt(stage, seconds, frames > 1 ? index / (frames - 1) : 0)
    scene.back(frame, moment)
    for (const draw of performers) draw(frame, moment)
    scene.front?.(frame, moment)
    for (const draw of effects) draw(frame, moment)
    vignette(frame, 0.2)
    if (plan.monochrome) {
      frame.blue.fill(128)
      frame.red.fill(128)
    }
    // It begins at full brightness, since the first frame is what a gallery shows of it.
    fade(frame, clamp((frames - index) / (fps * 0.25)))
    caption.draw(frame)
  }
}

const momentAt = (stage: Stage, seconds: number, progress: number): Moment => {
  const { plan } = stage
  const time = seconds * plan.camera.tempo
  const eased = 0.5 * progress + 0.5 * progress * progress * (3 - 2 * progress)
  const camera: Camera = {
    x: stage.speed * seconds,
    y: 0.004 * sin(seconds * 0.7),
    zoom: 1 + plan.camera.zoom * eased,
    scale: stage.scale,
    centerX: stage.width / 2,
    centerY: -stage.top * stage.scale
  }
  return { time, progress, camera }
}
