/**
 * What a file is, by its own structure: a whole video that plays, or what it is instead. What a server announced decides
 * nothing.
 */
import type { Media } from "@mutoscope/core/Media"
import * as Animation from "./media/animation.ts"
import * as Bytes from "./media/bytes.ts"
import { nameOf } from "./media/impostor.ts"
import * as Isobmff from "./media/isobmff.ts"
import * as Matroska from "./media/matroska.ts"
import * as Transport from "./media/transport.ts"
import { type Refused, refused, type Verdict } from "./media/verdict.ts"
import type { OpenFile } from "./nodeFile.ts"

export type { Refused, Verdict } from "./media/verdict.ts"

/** A whole video, and what is in it. */
export interface Inspected {
  readonly whole: true
  /** What is in it; absent where its structure is whole and does not tell. */
  readonly media?: Media
  readonly warnings: ReadonlyArray<string>
}

/**
 * Judges an open file that is `size` bytes long. Where its length was announced, or has been recorded, what follows the
 * video in its file is not the beginning of something that is missing.
 */
export const judge = (file: OpenFile, size: number, lengthKnown: boolean): Verdict =>
  judgeBytes(Bytes.ofFile(file, size), lengthKnown)

/** Judges an open file, and says what is in it. The demuxer is loaded with the first video. */
export const inspect = async (
  file: OpenFile,
  size: number,
  lengthKnown: boolean,
  cost: (cost: Bytes.Bytes["cost"]) => void = () => {}
): Promise<Inspected | Refused> => {
  const bytes = Bytes.ofFile(file, size)
  const verdict = judgeBytes(bytes, lengthKnown)
  if (!verdict.whole) return verdict
  const { mediaOf } = await import("./media/demux.ts")
  const media = await mediaOf(bytes, verdict)
  cost(bytes.cost)
  return { whole: true, ...(media === undefined ? {} : { media }), warnings: verdict.warnings }
}

// Privates ---------------------------------------------------------------------------------------------------------

/** Every format says what it is within so many bytes. */
const shortest = 16

const judgeBytes = (bytes: Bytes.Bytes, lengthKnown: boolean): Verdict => {
  if (bytes.size === 0) return refused("an empty file")
  const format = formats.find(({ begins }) => begins(bytes))
  if (format !== undefined) return format.judge(bytes, lengthKnown)
  return refused(nameOf(bytes, "no video"), bytes.size >= shortest)
}

const formats = [Isobmff, Matroska, Animation, Transport]
