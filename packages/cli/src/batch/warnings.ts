/**
 * What of a batch comes out otherwise than it was asked for: what is known of it before anything is sent, and what its files show.
 */
import * as Generation from "@mutoscope/core/Generation"

/** A line of the file and its record. */
interface Line {
  readonly number: number
  readonly generation: Generation.Generation
}

/** Each warning about what is still to be made, once, with the first line of the file that it is about. */
export const warningsOf = (name: string, lines: ReadonlyArray<Line>): ReadonlyArray<string> =>
  grouped(name, lines, (generation) =>
    Generation.isIn("Queued")(generation) ? (generation.warnings ?? []) : []
  )

/** Each warning about the files of a batch, in the same way. */
export const fileWarningsOf = (name: string, lines: ReadonlyArray<Line>): ReadonlyArray<string> =>
  grouped(name, lines, (generation) =>
    Generation.isCompleted(generation) ? Generation.fileWarnings(generation, generation.state.video) : []
  )

const grouped = (
  name: string,
  lines: ReadonlyArray<Line>,
  of: (generation: Generation.Generation) => ReadonlyArray<string>
): ReadonlyArray<string> => {
  const numbers = new Map<string, Array<number>>()
  for (const { generation, number } of lines) {
    for (const warning of of(generation)) {
      const known = numbers.get(warning)
      if (known === undefined) numbers.set(warning, [number])
      else known.push(number)
    }
  }
  return Array.from(numbers, ([warning, [first, ...others]]) => {
    const more = others.length === 0 ? "" : ` (and ${others.length} more)`
    return `${name}:${first}: warning: ${warning}${more}`
  })
}
