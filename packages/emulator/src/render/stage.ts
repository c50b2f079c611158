/**
 * What every part of a scene shares: the plan, the size of the world that is seen, the light, and the noise.
 */
import type { Color } from "./color.ts"
import { Noise, Tile } from "./noise.ts"
import { clamp } from "./numeric.ts"
import { makePalette, type Palette } from "./palette.ts"
import type { Camera } from "./picture/camera.ts"
import { Canvas } from "./picture/canvas.ts"
import type { Plan } from "./plan.ts"
import { hashText, makeRandom, type Random } from "./random.ts"

export interface Stage {
  readonly plan: Plan
  readonly palette: Palette
  readonly noise: Noise
  readonly tile: Tile
  /** Of the frame in pixels. */
  readonly width: number
  readonly height: number
  /** Seconds. */
  readonly duration: number
  /** Pixels a world unit. A unit is the height of the frame, or less of it in a portrait. */
  readonly scale: number
  /** World units from the middle to the side, and from the horizon (y = 0) to the borders. */
  readonly halfWidth: number
  readonly top: number
  readonly bottom: number
  /** Where the sun stands, in world units. */
  readonly sunX: number
  readonly sunY: number
  /** 1 when the light comes from the right, else -1. */
  readonly lightFrom: 1 | -1
  /** The way the camera and the actors go: 1 is to the right. */
  readonly heading: 1 | -1
  /** World units a second that the camera moves. */
  readonly speed: number
  /** World units a second that the actors walk, before tempo; part of `speed`. */
  readonly walk: number
  /** Chance of its own for each name, so that one part does not disturb another. */
  readonly random: (name: string) => Random
  /** A ring to paint on, wide enough for the camera's way past things of this nearness. */
  readonly ring: (options: RingOptions) => Canvas
  /** A canvas for one thing. */
  readonly sheet: (x: number, y: number, width: number, height: number, detail?: number) => Canvas
}

export interface RingOptions {
  readonly nearness: number
  readonly top: number
  readonly bottom: number
  /** Texels a pixel; less than 1 for what is soft anyway. */
  readonly detail?: number
}

export interface Moment {
  /** Seconds since the beginning, at the clip's tempo. */
  readonly time: number
  /** 0..1 */
  readonly progress: number
  readonly camera: Camera
}

export interface StageOptions {
  readonly plan: Plan
  readonly width: number
  readonly height: number
  readonly duration: number
  /** Where the horizon is, as a share of the frame's height from its top. */
  readonly horizon: number
  /** World units a second that the actors walk, before tempo. */
  readonly walk: number
}

/** Texture beyond this many texels a unit costs memory and shows nothing. */
const MAX_DENSITY = 810
/** A ring that is this much wider than the view repeats itself so late that nobody sees it. */
const MAX_RING_TRAVEL = 1.5

export const makeStage = (options: StageOptions): Stage => {
  const { duration, height, horizon, plan, width } = options
  const random = (name: string) => makeRandom(plan.seed ^ hashText(name))
  const palette = makePalette(plan, random("palette"))
  const noise = new Noise(plan.seed ^ 0x51ed27)
  const scale = Math.min(height, width * 1.2)
  const halfWidth = width / scale / 2
  const heading = plan.camera.pan < 0 ? -1 : 1
  const speed = plan.camera.pan + heading * options.walk * plan.camera.tempo
  const top = (-horizon * height) / scale
  // The camera leaves what frames the picture behind, so the sun stands where it goes.
  const sunX = heading * (0.18 + 0.5 * random("sun")()) * halfWidth
  return {
    plan,
    palette,
    noise,
    tile: new Tile(noise),
    width,
    height,
    duration,
    scale,
    halfWidth,
    top,
    bottom: ((1 - horizon) * height) / scale,
    sunX,
    sunY: palette.sunHeight * top,
    lightFrom: sunX >= 0 ? 1 : -1,
    heading,
    speed,
    walk: options.walk,
    random,
    ring: ({ bottom, detail = 1, nearness, top: from }) => {
      const travel = clamp(Math.abs(speed) * duration * nearness, 0, MAX_RING_TRAVEL)
      const view = halfWidth * 2 + 0.1 + travel
      return new Canvas({
        x: -view / 2,
        y: from,
        width: view,
        height: bottom - from,
        density: Math.min(scale, MAX_DENSITY) * detail,
        ring: true
      })
    },
    sheet: (x, y, sheetWidth, sheetHeight, detail = 1) =>
      new Canvas({
        x,
        y,
        width: sheetWidth,
        height: sheetHeight,
        density: Math.min(scale, MAX_DENSITY) * detail,
        ring: false
      })
  }
}

/** The colour that far things take on; `towardsSky` from the haze to the sky at the horizon. */
export const distance = (stage: Stage, towardsSky: number): Color => {
  const { haze, sky } = stage.palette
  const horizon = sky[sky.length - 1]?.[1] ?? haze
  return [
    haze[0] + (horizon[0] - haze[0]) * towardsSky,
    haze[1] + (horizon[1] - haze[1]) * towardsSky,
    haze[2] + (horizon[2] - haze[2]) * towardsSky
  ]
}

/** The colour of the sky at the zenith. */
export const zenith = (stage: Stage): Color => stage.palette.sky[0]?.[1] ?? stage.palette.dark
