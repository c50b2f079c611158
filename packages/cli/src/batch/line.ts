/**
 * One line of a batch file: the fields of a clip, or why it cannot be used.
 */
import { nearest } from "@mutoscope/core/Nearest"
import * as Either from "effect/Either"

/** The fields of one clip as they stand in the file. */
export interface Line {
  readonly number: number
  readonly fields: Readonly<Record<string, unknown>>
}

/** A line that cannot be used, and why. */
export interface BadLine {
  readonly number: number
  readonly reason: string
}

/** What a line may say: a request's fields, and three that are about the job. */
export const fieldNames: ReadonlyArray<string> = [
  "prompt",
  "model",
  "aspectRatio",
  "duration",
  "resolution",
  "negativePrompt",
  "seed",
  "audio",
  "startImage",
  "lastFrame",
  "referenceImages",
  "extend",
  "providerOptions",
  "key",
  "output",
  "priority"
]

/** The longest line, in characters: more than any request needs. */
export const maximumLineLength = 1_000_000

/** Why a longer one is bad. */
export const tooLong = `The line is longer than ${maximumLineLength} characters`

/** A line that cannot be used, and why. */
export const bad = (number: number, reason: string): Either.Either<never, BadLine> =>
  Either.left({ number, reason })

/** Why a field or column that no request has is bad. */
export const stranger = (kind: "field" | "column", name: string): string =>
  `There is no ${kind} ${JSON.stringify(name)}; did you mean ${nearest(name, fieldNames)}?`
