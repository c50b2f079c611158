/**
 * What follows the end of a video in its file: servers and tools leave zeros, line breaks, tags and messages there.
 */
import { type Bytes, isZeros } from "./bytes.ts"

/** What a remainder is, for a person; `undefined` where it may as well be a part of a video. */
export const nameOf = (bytes: Bytes, offset: number): string | undefined => {
  const beginning = bytes.at(offset, 4096)
  if (isZeros(beginning)) return beginning.length < 8 ? undefined : "zeros"
  const text = beginning.toString("latin1")
  if (/^[\t\n\r ]+$/.test(text)) return "blank text"
  if (/^(ID3|TAG|APETAGEX)/.test(text)) return "a tag of an audio file"
  if (/^\s*[[{]/.test(text) && /^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(text)) return "JSON"
  return undefined
}

/** The warning about a remainder. */
export const warning = (bytes: Bytes, offset: number): string => {
  const name = nameOf(bytes, offset)
  const length = bytes.size - offset
  const count = `${length} ${length === 1 ? "byte" : "bytes"}`
  return `The video is followed by ${count} that do not belong to it${name === undefined ? "" : ` (${name})`}.`
}
