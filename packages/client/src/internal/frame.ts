/**
 * Aspect ratio and resolution as a size in pixels.
 */
import type { AspectRatio, Resolution } from "@mutoscope/core/VideoRequest"

/** Width and height in pixels. */
export interface Frame {
  readonly width: number
  readonly height: number
}

const ratios: { readonly [Ratio in AspectRatio]: number } = {
  "16:9": 16 / 9,
  "9:16": 9 / 16,
  "1:1": 1,
  "4:3": 4 / 3
}

const lines: { readonly [Name in Resolution]: number } = {
  "480p": 480,
  "720p": 720,
  "1080p": 1080,
  "4K": 2160
}

/** The resolution is the shorter side; both sides are even, since encoders want that. */
export const frame = (request: {
  readonly aspectRatio: AspectRatio
  readonly resolution: Resolution
}): Frame => {
  const ratio = ratios[request.aspectRatio]
  const short = lines[request.resolution]
  const long = 2 * Math.round((short * Math.max(ratio, 1 / ratio)) / 2)
  return ratio >= 1 ? { width: long, height: short } : { width: short, height: long }
}
