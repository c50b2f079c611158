/**
 * Draws a baked layer into the frame: bilinear, in fixed point, run by run.
 */
import { modulo } from "../numeric.ts"
import { type Camera, unitAt } from "./camera.ts"
import type { Frame } from "./frame.ts"
import { type Layer, OPAQUE_RUN, type Plane } from "./layer.ts"

export interface BlitOptions {
  /** Rows from here down are hidden by something else. */
  readonly until?: number
  /** Sideways shift in world units of a row, given as 0 (top) to 1 (bottom) of the layer. */
  readonly sway?: (down: number) => number
  /** Upside down about the layer's world y of 0, as in still water. */
  readonly flipped?: boolean
  /** 0..1, how much of the layer's own opacity is used. */
  readonly opacity?: number
}

/** The first row of the frame from which the layer hides everything behind it. */
export const coveredFrom = (frame: Frame, layer: Layer, camera: Camera, nearness: number): number => {
  if (layer.lumaPlane.ring === 0) return frame.height
  const { step, top } = placement(layer, camera, nearness)
  const lastRow = (layer.lumaPlane.height - 1 - top) / step
  if (lastRow < frame.height) return frame.height
  return Math.max(0, Math.min(frame.height, Math.ceil((layer.opaqueFrom + 1 - top) / step)))
}

/** Draws a layer whose world position is its own. */
export const blit = (
  frame: Frame,
  layer: Layer,
  camera: Camera,
  nearness: number,
  options: BlitOptions = {}
): void => {
  const { left, step, top } = placement(layer, camera, nearness)
  const turn = options.flipped === true ? -1 : 1
  // Upside down, the row of world y = 0 stays where it is.
  const origin = options.flipped === true ? -2 * layer.y * layer.density - top : top
  const firstRow = Math.max(
    0,
    Math.floor(turn > 0 ? -origin / step : (origin - layer.lumaPlane.height) / step)
  )
  const until = Math.min(frame.height, options.until ?? frame.height)
  if (until <= firstRow) return
  const sway = options.sway
  const opacity = Math.round((options.opacity ?? 1) * 256)
  const draw = (target: Uint8Array, width: number, source: Uint8Array, plane: Plane, share: number) =>
    blitPlane(target, width, source, plane, {
      from: firstRow >> (share - 1),
      to: share === 1 ? until : Math.min(frame.chromaHeight, (until + 1) >> 1),
      left: left / share,
      top: origin / share,
      step,
      turn,
      opacity,
      shift: sway === undefined ? noShift : (row) => (sway(row / plane.height) * layer.density) / share
    })
  draw(frame.luma, frame.width, layer.luma, layer.lumaPlane, 1)
  draw(frame.blue, frame.chromaWidth, layer.blue, layer.chromaPlane, 2)
  draw(frame.red, frame.chromaWidth, layer.red, layer.chromaPlane, 2)
}

/** Draws a layer like a stamp: its world origin at a pixel, `size` pixels to its unit. */
export const stamp = (
  frame: Frame,
  layer: Layer,
  x: number,
  y: number,
  size: number,
  options: BlitOptions = {}
): void => {
  blit(frame, layer, { x: 0, y: 0, zoom: 1, scale: size, centerX: x, centerY: y }, 0, options)
}

const noShift = () => 0

const placement = (layer: Layer, camera: Camera, nearness: number) => {
  const unit = unitAt(camera, nearness)
  return {
    step: layer.density / unit,
    left: (camera.x * nearness - layer.x - camera.centerX / unit) * layer.density,
    top: (camera.y * nearness - layer.y - camera.centerY / unit) * layer.density
  }
}

interface PlanePlacement {
  readonly from: number
  readonly to: number
  readonly left: number
  readonly top: number
  readonly step: number
  readonly turn: number
  readonly opacity: number
  readonly shift: (row: number) => number
}

const ONE = 65536

const blitPlane = (
  target: Uint8Array,
  targetWidth: number,
  source: Uint8Array,
  plane: Plane,
  at: PlanePlacement
): void => {
  const step = Math.max(1, Math.round(at.step * ONE))
  const limit = (plane.ring > 0 ? plane.ring : plane.width - 2) * ONE
  for (let y = at.from; y < at.to; y++) {
    const row = at.turn > 0 ? at.top + y * at.step : at.top - y * at.step
    if (row < 0 || row > plane.height - 1) continue
    const iy = Math.min(plane.height - 2, row | 0)
    const fy = Math.min(255, ((row - iy) * 256) | 0)
    const texels = iy * plane.width
    const line = y * targetWidth
    const begin = at.left + at.shift(row)
    let origin = Math.round((plane.ring > 0 ? modulo(begin, plane.ring) : begin) * ONE)
    const last = origin + targetWidth * step
    const copies = plane.ring > 0 ? Math.ceil(last / limit) : 1
    for (let copy = 0; copy < copies; copy++, origin -= limit) {
      const end = plane.offsets[iy + 1] as number
      for (let k = plane.offsets[iy] as number; k < end; k += 2) {
        const runEnd = plane.runs[k + 1] as number
        const opaque = runEnd >= OPAQUE_RUN && at.opacity === 256
        const texelEnd = Math.min(limit, (runEnd & (OPAQUE_RUN - 1)) * ONE)
        const from = Math.max(0, Math.ceil(((plane.runs[k] as number) * ONE - origin) / step))
        const to = Math.min(targetWidth, Math.ceil((texelEnd - origin) / step))
        if (from >= targetWidth) break
        if (to <= from) continue
        const x = origin + from * step
        if (opaque) copyRun(target, line + from, line + to, source, texels, plane.width, x, step, fy)
        else
          mixRun(
            target,
            line + from,
            line + to,
            source,
            plane.alpha,
            texels,
            plane.width,
            x,
            step,
            fy,
            at.opacity
          )
      }
    }
  }
}

const copyRun = (
  target: Uint8Array,
  from: number,
  to: number,
  source: Uint8Array,
  texels: number,
  width: number,
  start: number,
  step: number,
  fy: number
): void => {
  for (let o = from, x = start; o < to; o++, x += step) {
    const p = texels + (x >> 16)
    const q = p + width
    const fx = (x >> 8) & 255
    const a = source[p] as number
    const c = source[q] as number
    const above = (a << 8) + ((source[p + 1] as number) - a) * fx
    const below = (c << 8) + ((source[q + 1] as number) - c) * fx
    target[o] = ((above << 8) + (below - above) * fy + 32768) >> 16
  }
}

const mixRun = (
  target: Uint8Array,
  from: number,
  to: number,
  source: Uint8Array,
  alpha: Uint8Array,
  texels: number,
  width: number,
  start: number,
  step: number,
  fy: number,
  opacity: number
): void => {
  for (let o = from, x = start; o < to; o++, x += step) {
    const p = texels + (x >> 16)
    const q = p + width
    const fx = (x >> 8) & 255
    const m = alpha[p] as number
    const n = alpha[q] as number
    const alphaAbove = (m << 8) + ((alpha[p + 1] as number) - m) * fx
    const alphaBelow = (n << 8) + ((alpha[q + 1] as number) - n) * fx
    let k = ((alphaAbove << 8) + (alphaBelow - alphaAbove) * fy + 32768) >> 16
    if (k === 0) continue
    k = ((k + (k >> 7)) * opacity) >> 8
    const a = source[p] as number
    const c = source[q] as number
    const above = (a << 8) + ((source[p + 1] as number) - a) * fx
    const below = (c << 8) + ((source[q + 1] as number) - c) * fx
    const color = ((above << 8) + (below - above) * fy + 32768) >> 16
    const d = target[o] as number
    target[o] = d + (((color - d) * k + 128) >> 8)
  }
}
