/**
 * Columns that line up, cut to the width of the terminal.
 */
import { inOneLine } from "./terminalText.ts"

/** A column: its heading, and whether it gives way where there is not enough room. */
export interface Column {
  readonly heading: string
  readonly flexible?: boolean
}

const gap = "  "

/** The lines of a table, none of them longer than `width` where one is given. */
export const table = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  width: number | undefined
): ReadonlyArray<string> => {
  const all = [columns.map(({ heading }) => heading), ...rows.map((row) => row.map(inOneLine))]
  const natural = columns.map((_, index) => Math.max(...all.map((row) => cells(row[index] ?? ""))))
  const widths = width === undefined ? natural : shrink(columns, natural, width)
  return all.map((row) =>
    fit(
      row
        .map((cell, index) => pad(fit(cell, widths[index] ?? 0), widths[index] ?? 0))
        .join(gap)
        .trimEnd(),
      width ?? Number.POSITIVE_INFINITY
    )
  )
}

/** Takes from the widest of the columns that give way, until all fit or none has anything left to give. */
const shrink = (columns: ReadonlyArray<Column>, natural: ReadonlyArray<number>, width: number) => {
  const widths = [...natural]
  const excess = () => widths.reduce((sum, one) => sum + one + gap.length, -gap.length) - width
  for (let left = excess(); left > 0; left--) {
    const flexible = widths.map((one, index) => (columns[index]?.flexible === true ? one : 0))
    const widest = Math.max(...flexible)
    if (widest <= 8) break
    widths[flexible.lastIndexOf(widest)] = widest - 1
  }
  return widths
}

// East Asian characters and emoji take two cells of a terminal.
const wide = /[\p{Extended_Pictographic}\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFF00-\uFF60]/u

const cells = (text: string): number =>
  Array.from(text).reduce(
    (sum, letter) => sum + (/[\p{M}\u200C\u200D]/u.test(letter) ? 0 : wide.test(letter) ? 2 : 1),
    0
  )

const pad = (text: string, width: number) => text + " ".repeat(Math.max(0, width - cells(text)))

const fit = (text: string, width: number): string => {
  if (cells(text) <= width) return text
  let kept = ""
  for (const letter of text) {
    if (cells(kept + letter) > width - 1) break
    kept += letter
  }
  return `${kept}…`
}
