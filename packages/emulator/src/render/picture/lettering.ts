/**
 * Lines of text as a mask of coverage, and how a mask is laid on the picture.
 */
import { clamp, length } from "../numeric.ts"
import { drawable, strokesOf } from "./font.ts"
import type { Frame } from "./frame.ts"

export interface Mask {
  readonly width: number
  readonly height: number
  readonly coverage: Uint8Array
}

/** How far apart letters and lines are, in units of the letters' height. */
const ADVANCE = 1.02
const LEADING = 1.8

/** How many letters of a given height fit into a width, both in pixels. */
export const lettersIn = (width: number, letterHeight: number): number =>
  Math.max(8, Math.floor(width / (letterHeight * ADVANCE)))

/** Breaks text into at most `count` lines of about equal length; what does not fit ends in dots. */
export const breakLines = (text: string, longest: number, count: number): ReadonlyArray<string> => {
  const plain = drawable(text)
  const needed = Math.min(count, Math.ceil(plain.length / longest))
  const width = needed > 1 ? Math.min(longest, Math.ceil(plain.length / needed) + 6) : longest
  const lines: Array<string> = []
  let line = ""
  for (const word of plain.split(" ")) {
    const rest = word.length > width ? `${word.slice(0, width - 3)}...` : word
    if (line !== "" && line.length + 1 + rest.length > width) {
      lines.push(line)
      line = rest
    } else line = line === "" ? rest : `${line} ${rest}`
  }
  if (line !== "") lines.push(line)
  if (lines.length <= count) return lines
  const last = lines[count - 1] ?? ""
  return [...lines.slice(0, count - 1), `${last.slice(0, Math.max(0, width - 3))}...`]
}

/** Draws lines of text, centred, with letters `letterHeight` pixels high. */
export const letter = (lines: ReadonlyArray<string>, letterHeight: number, weight = 0.13): Mask => {
  const unit = letterHeight / 6
  const advance = letterHeight * ADVANCE
  const leading = letterHeight * LEADING
  const radius = Math.max(0.7, letterHeight * weight * 0.5)
  const pad = Math.ceil(radius + 2)
  const longest = lines.reduce((most, line) => Math.max(most, line.length), 0)
  const width = (Math.ceil(longest * advance) + pad * 2 + 1) & ~1
  const height = (Math.ceil((lines.length - 1) * leading + letterHeight) + pad * 2 + 1) & ~1
  const mask = { width, height, coverage: new Uint8Array(width * height) }
  lines.forEach((line, row) => {
    const indent = pad + ((longest - line.length) * advance) / 2
    ;[...line].forEach((sign, column) => {
      const x = indent + column * advance + unit
      const y = pad + row * leading
      for (const stroke of strokesOf(sign)) {
        stroke.forEach((to, i) => {
          const from = stroke[i - 1]
          if (from !== undefined) {
            drawLine(mask, x + from[0] * unit, y + from[1] * unit, x + to[0] * unit, y + to[1] * unit, radius)
          }
        })
      }
    })
  })
  return mask
}

const drawLine = (mask: Mask, x0: number, y0: number, x1: number, y1: number, radius: number): void => {
  const dx = x1 - x0
  const dy = y1 - y0
  const squared = dx * dx + dy * dy || 1e-6
  const bottom = Math.min(mask.height - 1, Math.ceil(Math.max(y0, y1) + radius + 1))
  const right = Math.min(mask.width - 1, Math.ceil(Math.max(x0, x1) + radius + 1))
  for (let y = Math.max(0, Math.floor(Math.min(y0, y1) - radius - 1)); y <= bottom; y++) {
    for (let x = Math.max(0, Math.floor(Math.min(x0, x1) - radius - 1)); x <= right; x++) {
      const t = clamp(((x - x0) * dx + (y - y0) * dy) / squared)
      const inside = radius - length(x - x0 - dx * t, y - y0 - dy * t) + 0.5
      const o = y * mask.width + x
      if (inside > 0) mask.coverage[o] = Math.max(mask.coverage[o] as number, clamp(inside) * 255)
    }
  }
}

const INK = 232
const SHADOW = 18

/** Lays the mask on the picture as light letters with a dark rim, its left upper corner at (x, y). */
export const print = (frame: Frame, mask: Mask, x: number, y: number, opacity: number): void => {
  const rim = Math.max(1, Math.round(mask.height / 40))
  const left = Math.round(x) & ~1
  const top = Math.round(y) & ~1
  for (const [dx, dy] of [
    [rim, rim],
    [-rim, rim],
    [rim, -rim],
    [-rim, -rim]
  ] as const) {
    printLuma(frame, mask, left + dx, top + dy, SHADOW, opacity * 0.5)
  }
  printLuma(frame, mask, left, top, INK, opacity)
  printGrey(frame, mask, left, top, opacity)
}

const printLuma = (
  frame: Frame,
  mask: Mask,
  left: number,
  top: number,
  value: number,
  opacity: number
): void => {
  const strength = (opacity * 256) | 0
  for (let j = Math.max(0, -top); j < mask.height && j + top < frame.height; j++) {
    for (let i = Math.max(0, -left); i < mask.width && i + left < frame.width; i++) {
      const coverage = mask.coverage[j * mask.width + i] as number
      if (coverage === 0) continue
      const o = (j + top) * frame.width + i + left
      const before = frame.luma[o] as number
      frame.luma[o] = before + (((value - before) * ((coverage * strength) >> 8)) >> 8)
    }
  }
}

const printGrey = (frame: Frame, mask: Mask, left: number, top: number, opacity: number): void => {
  const strength = (opacity * 256) | 0
  for (let j = Math.max(0, -top) & ~1; j < mask.height && j + top < frame.height; j += 2) {
    for (let i = Math.max(0, -left) & ~1; i < mask.width && i + left < frame.width; i += 2) {
      const coverage = mask.coverage[j * mask.width + i] as number
      if (coverage === 0) continue
      const o = ((j + top) >> 1) * frame.chromaWidth + ((i + left) >> 1)
      const k = (coverage * strength) >> 8
      const blue = frame.blue[o] as number
      const red = frame.red[o] as number
      frame.blue[o] = blue + (((128 - blue) * k) >> 8)
      frame.red[o] = red + (((128 - red) * k) >> 8)
    }
  }
}
