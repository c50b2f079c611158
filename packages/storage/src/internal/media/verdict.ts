/**
 * What the structure of a file says: a whole video, or what it is instead.
 */
import type { Container } from "@mutoscope/core/Media"

/** What is known of the pictures without a demuxer. */
export interface Outline {
  readonly codec?: string | undefined
  readonly width: number
  readonly height: number
  readonly frameRate?: number | undefined
  readonly durationSeconds?: number | undefined
}

/** A whole video. */
export interface Whole {
  readonly whole: true
  readonly container: Container
  readonly outline: Outline
  /** What is odd about it, though it plays. */
  readonly warnings: ReadonlyArray<string>
}

/**
 * `found` says, for a person, what the file is instead of a whole video; `foreign` that it begins as no video does, so that
 * more of it would be none either.
 */
export interface Refused {
  readonly whole: false
  readonly found: string
  readonly foreign: boolean
}

export type Verdict = Whole | Refused

/** A verdict against a file. */
export const refused = (found: string, foreign = false): Refused => ({ whole: false, found, foreign })
