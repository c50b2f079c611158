/**
 * What the file of a video is called: when it was asked for, and the beginning of its prompt.
 */
import type { Generation } from "@mutoscope/core/Generation"
import * as DateTime from "effect/DateTime"

/** The longest part of a prompt in a file name, in characters. */
export const maximumSlugLength = 24

/**
 * The prompt, cut at a word, with nothing in it that any file system takes for more than a letter: ASCII letters and
 * digits, joined by `_`. Accents are dropped; a prompt without any Latin letter is `video`.
 */
export const slug = (prompt: string): string => {
  const words =
    prompt
      .normalize("NFKD")
      .replace(/\p{Mark}/gu, "")
      .match(/[A-Za-z0-9]+/g) ?? []
  const [first = "video", ...others] = words
  let name = first.slice(0, maximumSlugLength)
  for (const word of others) {
    if (name.length + 1 + word.length > maximumSlugLength) break
    name = `${name}_${word}`
  }
  return name
}

/** `20250105_143025_A_beautiful_sunset_over`, in UTC. The time stamp keeps it from ever being a device like `CON`. */
export const baseName = (generation: Pick<Generation, "createdAt" | "request">): string => {
  const { day, hours, minutes, month, seconds, year } = DateTime.toPartsUtc(generation.createdAt)
  const date = `${pad(year, 4)}${pad(month)}${pad(day)}`
  return `${date}_${pad(hours)}${pad(minutes)}${pad(seconds)}_${slug(generation.request.prompt)}`
}

/** The name with its number: the first has none, then `_2`, `_3`. */
export const numbered = (base: string, number: number, extension: string): string =>
  number === 1 ? `${base}${extension}` : `${base}_${number}${extension}`

const pad = (value: number, digits = 2) => String(value).padStart(digits, "0")
