/**
 * What to render, from what was asked for: the size of the picture, and a seed where none was given.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { VideoDescription } from "../OperationRecord.ts"
import { type Frame, largestSeed } from "./fields.ts"

/** The picture of a ratio like `16:9` whose shorter side is so many pixels; encoders want even numbers. */
export const frameOf = (ratio: `${number}:${number}`, short: number): Frame => {
  const [across, down] = ratio.split(":").map(Number)
  const wideness = (across ?? 1) / (down ?? 1)
  const long = 2 * Math.round((short * Math.max(wideness, 1 / wideness)) / 2)
  return wideness >= 1 ? { width: long, height: short } : { width: short, height: long }
}

/** What a request says of its video; undefined is what it does not say. `duration` is in seconds. */
export interface Wanted {
  readonly prompt: string
  readonly negativePrompt?: string | undefined
  readonly seed?: number | undefined
  readonly frame: Frame
  readonly duration: number
  readonly audio: boolean
}

/** The video that was asked for, whose seed is drawn unless it was given. */
export const describe = ({
  frame,
  negativePrompt,
  seed,
  ...wanted
}: Wanted): Effect.Effect<VideoDescription> =>
  Effect.map(
    seed === undefined ? Random.nextIntBetween(0, largestSeed) : Effect.succeed(seed),
    (drawn): VideoDescription => ({
      ...wanted,
      ...frame,
      ...(negativePrompt === undefined ? {} : { negativePrompt }),
      seed: drawn
    })
  )

/** What the emulator says about itself wherever it answers. */
export const notice = "This is a procedural preview rendered on this machine, not the work of an AI model."

/** What it says where images or videos came with a request. */
export const ignoredInputsNotice = "The renderer does not look at images."
