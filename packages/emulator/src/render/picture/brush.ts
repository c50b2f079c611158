/**
 * What is drawn afresh in every frame: light, and shapes given by their distance function.
 */
import { type Color, chromaSample, lumaSample } from "../color.ts"
import { clamp, length } from "../numeric.ts"
import { DITHER, type Frame } from "./frame.ts"

/** Adds a soft round light; `radius` in pixels, `power` how sharply it falls off. */
export const glow = (
  frame: Frame,
  x: number,
  y: number,
  radius: number,
  color: Color,
  strength: number,
  power: 1 | 2 | 3 = 2
): void => {
  const left = Math.max(0, Math.floor(x - radius))
  const right = Math.min(frame.width - 1, Math.ceil(x + radius))
  const top = Math.max(0, Math.floor(y - radius))
  const bottom = Math.min(frame.height - 1, Math.ceil(y + radius))
  if (right < left || bottom < top || strength <= 0) return
  const inverse = 1 / (radius * radius)
  const light = 219 * color[0] * strength
  for (let j = top; j <= bottom; j++) {
    const dy = (j - y) * (j - y)
    const dither = (j & 63) << 6
    for (let i = left, o = j * frame.width + left; i <= right; i++, o++) {
      const q = 1 - ((i - x) * (i - x) + dy) * inverse
      if (q <= 0) continue
      const fall = power === 1 ? q : power === 2 ? q * q : q * q * q
      const value = (frame.luma[o] as number) + light * fall + (DITHER[dither + (i & 63)] as number)
      frame.luma[o] = Math.min(value, 235)
    }
  }
  const blue = 224 * color[1] * strength
  const red = 224 * color[2] * strength
  const chromaBottom = Math.min(frame.chromaHeight - 1, bottom >> 1)
  const chromaRight = Math.min(frame.chromaWidth - 1, right >> 1)
  for (let j = top >> 1; j <= chromaBottom; j++) {
    const dy = (j * 2 + 0.5 - y) * (j * 2 + 0.5 - y)
    for (let i = left >> 1; i <= chromaRight; i++) {
      const dx = i * 2 + 0.5 - x
      const q = 1 - (dx * dx + dy) * inverse
      if (q <= 0) continue
      const fall = power === 1 ? q : power === 2 ? q * q : q * q * q
      const o = j * frame.chromaWidth + i
      frame.blue[o] = clamp((frame.blue[o] as number) + blue * fall + 0.5, 16, 240)
      frame.red[o] = clamp((frame.red[o] as number) + red * fall + 0.5, 16, 240)
    }
  }
}

export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** The square of half side `reach` about a point. */
export const boxAround = (x: number, y: number, reach: number): Box => ({
  left: x - reach,
  top: y - reach,
  right: x + reach,
  bottom: y + reach
})

/**
 * Fills the shape whose distance function is negative inside, in pixels, within a box. Colour is asked once for each
 * two by two pixels, which is what the chroma planes hold anyway.
 */
export const fill = (
  frame: Frame,
  box: Box,
  distance: (x: number, y: number) => number,
  color: (x: number, y: number, distance: number) => Color,
  opacity = 1
): void => {
  const left = Math.max(0, Math.floor(box.left)) & ~1
  const right = Math.min(frame.width, Math.ceil(box.right) + 1)
  const top = Math.max(0, Math.floor(box.top)) & ~1
  const bottom = Math.min(frame.height, Math.ceil(box.bottom) + 1)
  for (let y = top; y < bottom; y += 2) {
    for (let x = left; x < right; x += 2) {
      const center = distance(x + 0.5, y + 0.5)
      if (center > 2) continue
      const shade = color(x + 0.5, y + 0.5, center)
      const luma = lumaSample(shade[0])
      let coverage = 0
      for (let k = 0; k < 4; k++) {
        const px = x + (k & 1)
        const py = y + (k >> 1)
        const inside = center < -2 ? 1 : clamp(0.5 - distance(px, py))
        if (inside === 0) continue
        const amount = inside * opacity
        coverage += amount
        const o = py * frame.width + px
        const before = frame.luma[o] as number
        frame.luma[o] = before + (luma - before) * amount + (DITHER[((py & 63) << 6) + (px & 63)] as number)
      }
      if (coverage === 0) continue
      const amount = coverage / 4
      const o = (y >> 1) * frame.chromaWidth + (x >> 1)
      const blue = frame.blue[o] as number
      const red = frame.red[o] as number
      frame.blue[o] = blue + (chromaSample(shade[1]) - blue) * amount + 0.5
      frame.red[o] = red + (chromaSample(shade[2]) - red) * amount + 0.5
    }
  }
}

/** A limb: the capsule from one point to another, its radius going from the one to the other. */
export type Limb = readonly [x0: number, y0: number, r0: number, x1: number, y1: number, r1: number]

export const limbDistance = (limb: Limb, x: number, y: number): number => {
  const dx = limb[3] - limb[0]
  const dy = limb[4] - limb[1]
  const px = x - limb[0]
  const py = y - limb[1]
  const t = clamp((px * dx + py * dy) / (dx * dx + dy * dy + 1e-9))
  return length(px - dx * t, py - dy * t) - (limb[2] + (limb[5] - limb[2]) * t)
}

/** The distance to several limbs grown together, `softness` wide at the joints. */
export const bodyDistance = (limbs: ReadonlyArray<Limb>, softness: number, x: number, y: number): number => {
  let result = 1e9
  for (const limb of limbs) {
    const d = limbDistance(limb, x, y)
    const h = Math.max(softness - Math.abs(result - d), 0) / softness
    result = Math.min(result, d) - h * h * softness * 0.25
  }
  return result
}

/** Darkens towards the borders of the picture. */
export const vignette = (frame: Frame, strength: number): void => {
  const across = new Int32Array(frame.width)
  for (let x = 0; x < frame.width; x++) across[x] = fourthPower((x / frame.width) * 2 - 1) * strength * 256
  for (let y = 0; y < frame.height; y++) {
    const down = 256 - ((fourthPower((y / frame.height) * 2 - 1) * strength * 256) | 0)
    for (let x = 0, o = y * frame.width; x < frame.width; x++, o++) {
      frame.luma[o] = 16 + ((((frame.luma[o] as number) - 16) * (down - (across[x] as number)) + 128) >> 8)
    }
  }
}

const fourthPower = (value: number): number => value * value * value * value

/** Fades the whole picture to black; 1 leaves it alone. */
export const fade = (frame: Frame, amount: number): void => {
  const k = Math.round(amount * 256)
  if (k >= 256) return
  const { blue, luma, red } = frame
  for (let i = 0; i < luma.length; i++) luma[i] = 16 + ((((luma[i] as number) - 16) * k) >> 8)
  for (let i = 0; i < blue.length; i++) blue[i] = 128 + ((((blue[i] as number) - 128) * k) >> 8)
  for (let i = 0; i < red.length; i++) red[i] = 128 + ((((red[i] as number) - 128) * k) >> 8)
}
