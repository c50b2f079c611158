/**
 * Whether a video is as it was asked for: what its file holds beside what the request said.
 */
import type { Ignorable } from "../Capabilities.ts"
import { containers, type Media, placeKind } from "../Media.ts"
import type { AspectRatio, Resolution, VideoRequest } from "../VideoRequest.ts"

/**
 * A sentence for each difference between a request and the file that came of it; none for what encoders round, for what the
 * provider ignores of the request, and for what follows from an input (the shape of a start image, the length of a video that
 * was extended).
 */
export const differences = (
  request: VideoRequest,
  { durationSeconds, picture, sound }: Media,
  ignored: ReadonlyArray<Ignorable> = []
): ReadonlyArray<string> => {
  const { aspectRatio, audio, duration, extend, lastFrame, resolution, startImage } = request
  const counts = (name: Ignorable) => !ignored.includes(name)
  const followsInput = startImage !== undefined || lastFrame !== undefined || extend !== undefined
  const size = `${picture.width}x${picture.height}`
  return [
    ...(counts("duration") &&
    extend === undefined &&
    durationSeconds !== undefined &&
    !isLong(duration, durationSeconds)
      ? [differs(`${duration} s`, `${rounded(durationSeconds)} s`)]
      : []),
    ...(counts("resolution") && !isOf(resolution, picture) ? [differs(resolution, size)] : []),
    ...(counts("aspectRatio") && !followsInput && !hasShape(aspectRatio, picture)
      ? [differs(aspectRatio, size)]
      : []),
    ...(counts("audio") && audio === true && sound === undefined ? [differs("sound", "none")] : []),
    ...(counts("audio") && audio === false && sound !== undefined
      ? [differs("a video without sound", "one with sound")]
      : [])
  ]
}

/** A sentence where a file that was given a name has the extension of its own format instead. */
export const otherFormat = (
  output: string | undefined,
  path: string,
  { container }: Media
): ReadonlyArray<string> => {
  const { extension, title } = containers[container]
  if (output === undefined || placeKind(output) !== "file" || output.toLowerCase().endsWith(extension))
    return []
  return [`Saved as ${path.split(/[/\\]/).at(-1) ?? path}: the file is ${title}`]
}

// Privates ---------------------------------------------------------------------------------------------------------

const differs = (asked: string, got: string) => `Asked for ${asked}, got ${got}`

const rounded = (seconds: number) => Math.round(seconds * 100) / 100

/** Models render whole groups of frames: 81 of them at 16 a second are 5.06 s. */
const isLong = (asked: number, seconds: number) => Math.abs(seconds - asked) <= Math.max(0.5, asked * 0.05)

const shorterSides: { readonly [Name in Resolution]: number } = {
  "480p": 480,
  "720p": 720,
  "1080p": 1080,
  "4K": 2160
}

/**
 * By the shorter side, which models round to what their blocks divide (704 for 720); or by the number of pixels, which some keep
 * for every shape: Seedance's 720p is 1248x704, 960x960 and 1504x640 (its documentation, 2026).
 */
const isOf = (resolution: Resolution, { height, width }: Media["picture"]) => {
  const side = shorterSides[resolution]
  return isNear(Math.min(width, height), side, 0.1) || isNear(width * height, (side * side * 16) / 9, 0.15)
}

const hasShape = (ratio: AspectRatio, { height, width }: Media["picture"]) => {
  const [across = 1, down = 1] = ratio.split(":").map(Number)
  return isNear(width / height, across / down, 0.05)
}

const isNear = (value: number, wanted: number, share: number) => Math.abs(value - wanted) <= wanted * share
