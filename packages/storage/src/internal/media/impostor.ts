/**
 * What servers send in place of a video, by how it begins. Only the kind is named, never the contents: an error page may
 * carry what is secret.
 */
import type { Bytes } from "./bytes.ts"

// By hexadecimal digits, or by text.
const signatures: ReadonlyArray<readonly [digits: string, name: string]> = [
  ["1f8b", "gzip data"],
  ["504b0304", "a ZIP archive"],
  ["ffd8ff", "a JPEG picture"],
  ["4f676753", "an Ogg file"],
  ["494433", "an MP3 file"],
  ["25504446", "a PDF document"]
]

const texts: ReadonlyArray<readonly [pattern: RegExp, name: string]> = [
  [/^RIFF[\s\S]{4}WAVE/, "a WAV file"],
  [/^RIFF[\s\S]{4}AVI /, "an AVI video, which is not supported"],
  [/^\s*<(!doctype html|html|head|body)/i, "an HTML page"],
  [/^\s*<(\?xml|[a-z])/i, "an XML document"],
  [/^\s*[[{]/, "a JSON document"],
  [/^[\t\n\r\x20-\x7e]+$/, "a text"]
]

/** The name of what a file is that begins as no video does. */
export const nameOf = (bytes: Bytes, fallback: string): string => {
  const beginning = bytes.at(0, 64)
  const digits = beginning.toString("hex")
  const text = beginning.toString("utf8").replace("\uFEFF", "")
  const match =
    signatures.find(([signature]) => digits.startsWith(signature)) ??
    texts.find(([pattern]) => pattern.test(text))
  return match?.[1] ?? fallback
}
