/**
 * Colours as BT.709 luma and chroma, gamma-encoded: mixing here equals mixing RGB, and no frame needs a conversion.
 */
import { clamp, cos, sin } from "./numeric.ts"

/** Luma 0..1 and two chroma offsets around 0. */
export type Color = readonly [luma: number, blue: number, red: number]

export const rgb = (r: number, g: number, b: number): Color => {
  const luma = 0.2126 * r + 0.7152 * g + 0.0722 * b
  return [luma, (b - luma) / 1.8556, (r - luma) / 1.5748]
}

/** From "#rrggbb". */
export const hex = (text: string): Color => {
  const n = Number.parseInt(text.slice(1), 16)
  return rgb(((n >> 16) & 255) / 255, ((n >> 8) & 255) / 255, (n & 255) / 255)
}

export const WHITE: Color = [1, 0, 0]
export const BLACK: Color = [0, 0, 0]

export const mix = (a: Color, b: Color, t: number): Color => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t
]

export const scale = (color: Color, k: number): Color => [color[0] * k, color[1] * k, color[2] * k]

export const add = (a: Color, b: Color, k = 1): Color => [a[0] + b[0] * k, a[1] + b[1] * k, a[2] + b[2] * k]

export const rotateHue = (color: Color, angle: number): Color => {
  const s = sin(angle)
  const c = cos(angle)
  return [color[0], color[1] * c - color[2] * s, color[1] * s + color[2] * c]
}

/** Hue, saturation and lightness, each 0..1. */
export const hsl = (hue: number, saturation: number, lightness: number): Color => {
  const channel = (n: number) => {
    const k = (n + (hue - Math.floor(hue)) * 12) % 12
    return lightness - saturation * Math.min(lightness, 1 - lightness) * clamp(Math.min(k - 3, 9 - k), -1, 1)
  }
  return rgb(channel(0), channel(8), channel(4))
}

export type Ramp = ReadonlyArray<readonly [position: number, color: Color]>

/** The colour of a ramp at `t`, eased between its stops. */
export const along = (ramp: Ramp, t: number): Color => {
  let before = ramp[0]
  for (const stop of ramp) {
    if (before !== undefined && t <= stop[0]) {
      if (stop === before) return stop[1]
      const k = (t - before[0]) / (stop[0] - before[0])
      return mix(before[1], stop[1], k * k * (3 - 2 * k) * 0.5 + k * 0.5)
    }
    before = stop
  }
  return before === undefined ? BLACK : before[1]
}

/** Luma as an unrounded video sample, 16..235. */
export const lumaSample = (luma: number): number => clamp(16 + 219 * luma, 16, 235)

/** Chroma as an unrounded video sample, 16..240. */
export const chromaSample = (chroma: number): number => clamp(128 + 224 * chroma, 16, 240)
