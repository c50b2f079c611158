/**
 * What a batch should be known to come out otherwise than it was asked for, before anything is sent.
 */
import * as Generation from "@mutoscope/core/Generation"

/** Each warning about what is still to be made, once, with the first line of the file that it is about. */
export const warningsOf = (
  name: string,
  lines: ReadonlyArray<{ readonly number: number; readonly generation: Generation.Generation }>
): ReadonlyArray<string> => {
  const numbers = new Map<string, Array<number>>()
  for (const { generation, number } of lines) {
    if (!Generation.isIn("Queued")(generation)) continue
    for (const warning of generation.warnings ?? []) {
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
