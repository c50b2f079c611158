/**
 * A painted canvas made ready for speed: bytes instead of floats, and for each row the runs that are worth drawing.
 */
import { chromaSample, lumaSample } from "../color.ts"
import type { Canvas } from "./canvas.ts"
import { DITHER } from "./frame.ts"

export interface Plane {
  readonly width: number
  readonly height: number
  /** Columns after which a ring begins anew; 0 when the layer is no ring. */
  readonly ring: number
  readonly alpha: Uint8Array
  /** Where the runs of a row begin in `runs`; a run is two numbers, its first column and its end. */
  readonly offsets: Int32Array
  readonly runs: Int32Array
}

export interface Layer {
  readonly x: number
  readonly y: number
  /** Texels a world unit. */
  readonly density: number
  /** The first row from which all that follows is opaque. */
  readonly opaqueFrom: number
  readonly lumaPlane: Plane
  readonly chromaPlane: Plane
  readonly luma: Uint8Array
  readonly blue: Uint8Array
  readonly red: Uint8Array
}

/** Marks the end of a run all of whose texels are opaque. */
export const OPAQUE_RUN = 1 << 30

/** A ring repeats its first two columns at its end, so that interpolation needs no modulo. */
const RING_OVERLAP = 2

export const bake = (canvas: Canvas): Layer => {
  const overlap = canvas.ring ? RING_OVERLAP : 0
  const width = canvas.width + overlap
  const height = canvas.height
  const chromaWidth = width >> 1
  const chromaHeight = height >> 1
  const luma = new Uint8Array(width * height)
  const alpha = new Uint8Array(width * height)
  const blue = new Uint8Array(chromaWidth * chromaHeight)
  const red = new Uint8Array(chromaWidth * chromaHeight)
  const chromaAlpha = new Uint8Array(chromaWidth * chromaHeight)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = y * canvas.width + (x % canvas.width)
      const to = y * width + x
      luma[to] = lumaSample(canvas.luma[from] as number) + (DITHER[(y & 63) * 64 + (x & 63)] as number)
      alpha[to] = (canvas.alpha[from] as number) * 255 + 0.5
    }
  }
  for (let y = 0; y < chromaHeight; y++) {
    for (let x = 0; x < chromaWidth; x++) {
      const column = (x * 2) % canvas.width
      const first = y * 2 * canvas.width + column
      averageChroma(canvas, first, y * chromaWidth + x, blue, red, chromaAlpha)
    }
  }
  spread(luma, alpha, width, height)
  return {
    x: canvas.x,
    y: canvas.y,
    density: canvas.density,
    opaqueFrom: opaqueFrom(alpha, width, height),
    lumaPlane: {
      width,
      height,
      ring: canvas.ring ? canvas.width : 0,
      alpha,
      ...findRuns(alpha, width, height)
    },
    chromaPlane: {
      width: chromaWidth,
      height: chromaHeight,
      ring: canvas.ring ? canvas.width >> 1 : 0,
      alpha: chromaAlpha,
      ...findRuns(chromaAlpha, chromaWidth, chromaHeight)
    },
    luma,
    blue,
    red
  }
}

const averageChroma = (
  canvas: Canvas,
  first: number,
  to: number,
  blue: Uint8Array,
  red: Uint8Array,
  alpha: Uint8Array
): void => {
  let weight = 0
  let blueSum = 0
  let redSum = 0
  for (let k = 0; k < 4; k++) {
    const i = first + (k & 1) + (k >> 1) * canvas.width
    const a = canvas.alpha[i] as number
    weight += a
    blueSum += (canvas.blue[i] as number) * a
    redSum += (canvas.red[i] as number) * a
  }
  alpha[to] = (weight / 4) * 255 + 0.5
  blue[to] = chromaSample(weight > 0 ? blueSum / weight : 0) + 0.5
  red[to] = chromaSample(weight > 0 ? redSum / weight : 0) + 0.5
}

/** Gives transparent texels the luma of the neighbour below, lest interpolation draws a dark rim. */
const spread = (luma: Uint8Array, alpha: Uint8Array, width: number, height: number): void => {
  for (let i = (height - 1) * width - 1; i >= 0; i--) {
    if (alpha[i] === 0) luma[i] = luma[i + width] as number
  }
}

const opaqueFrom = (alpha: Uint8Array, width: number, height: number): number => {
  let i = width * height - 1
  while (i >= 0 && alpha[i] === 255) i--
  return Math.floor(i / width) + 1
}

/** 0 when a texel and its three neighbours are empty, 2 when they are opaque, else 1. */
const kind = (alpha: Uint8Array, here: number, below: number): 0 | 1 | 2 => {
  const a = alpha[here] as number
  const b = alpha[here + 1] as number
  const c = alpha[below] as number
  const d = alpha[below + 1] as number
  return (a | b | c | d) === 0 ? 0 : (a & b & c & d) === 255 ? 2 : 1
}

const findRuns = (alpha: Uint8Array, width: number, height: number) => {
  const offsets = new Int32Array(height + 1)
  const runs: Array<number> = []
  for (let row = 0; row < height; row++) {
    const start = runs.length
    offsets[row] = start
    const here = row * width
    const below = (row < height - 1 ? row + 1 : row) * width
    let x = 0
    while (x < width - 1) {
      const first = kind(alpha, here + x, below + x)
      let end = x + 1
      while (end < width - 1 && kind(alpha, here + end, below + end) === first) end++
      if (first === 2 && end - x >= 6) {
        runs.push(x, end | OPAQUE_RUN)
      } else if (first !== 0) {
        // A short opaque stretch is not worth a run of its own.
        if (runs.length > start && runs[runs.length - 1] === x) runs[runs.length - 1] = end
        else runs.push(x, end)
      }
      x = end
    }
  }
  offsets[height] = runs.length
  return { offsets, runs: Int32Array.from(runs) }
}
