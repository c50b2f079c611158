/**
 * What a terminal may be sent. A provider's error, a model's name or a line of a log may hold control sequences; none of
 * them reaches a terminal, a table, a log or a pipe. The joiners that scripts and emoji are written with stay.
 */
import { randomUUID } from "node:crypto"

/** Styles of this command's own words. */
export type Style = "bold" | "dim" | "red" | "green"

/**
 * The text without sequences of colour and cursor, and with every other control character written out as in JSON
 * (`\u001b`), so that a line of JSON keeps its value. Line feeds and tabs stay.
 */
export const safe = (text: string): string =>
  plain(text).replace(unsafe, (character) =>
    character === "\n" || character === "\t"
      ? character
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`
  )

/** The text in one line: each run of characters in `unsafe`, line breaks among them, becomes a space. */
export const inOneLine = (text: string): string => text.replace(unsafeRuns, " ")

/** Takes the sequences of colour and cursor out of a text. */
export const plain = (text: string): string => text.replace(sequences, "")

/** Marks the command's own styles in a text, and renders a text for a stream. */
export interface Styles {
  /** Marks a text: only `render` of the same styles knows the mark, so no text from outside can hold one. */
  readonly paint: (style: Style, text: string) => string
  /** The text as it may be written: safe, and with the marks as colours, or without them. */
  readonly render: (text: string, colours: boolean) => string
}

/** Styles whose marks nobody outside this process can write. */
export const makeStyles = (): Styles => {
  const secret = randomUUID()
  const mark = (code: number) => `<${secret}:${code}>`
  const marks = new RegExp(`<${secret}:(\\d+)>`, "g")
  return {
    paint: (style, text) => `${mark(codes[style])}${text}${mark(0)}`,
    render: (text, colours) => safe(text).replace(marks, colours ? "\u001b[$1m" : "")
  }
}

// Privates ---------------------------------------------------------------------------------------------------------

const codes = { bold: 1, dim: 2, red: 31, green: 32 } as const satisfies Record<Style, number>

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one.
const sequences = /\u001b\[[0-9;?]*[A-Za-z]/g

// C0, DEL and C1; separators of lines; what turns the direction of writing, and marks that nobody sees. Of the invisible ones
// the joiners (U+200C, U+200D) are no part: Persian, Hindi and emoji are not written without them.
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u206A-\u206F\uFEFF\uFFF9-\uFFFB]/gu

const unsafeRuns = new RegExp(`${unsafe.source}+`, "gu")
