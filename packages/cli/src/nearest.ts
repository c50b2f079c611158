/**
 * The word that somebody who mistyped most likely meant.
 */

/** The candidate that takes the fewest insertions, deletions and replacements of letters. */
export const nearest = (word: string, candidates: ReadonlyArray<string>): string | undefined =>
  [...candidates].sort((a, b) => distance(word, a) - distance(word, b))[0]

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (const letter of a.toLowerCase()) {
    let [diagonal = 0] = row
    row = row.reduce<Array<number>>((next, above, column) => {
      const left = next[column - 1]
      const same = b[column - 1]?.toLowerCase() === letter
      next.push(left === undefined ? above + 1 : Math.min(left + 1, above + 1, diagonal + (same ? 0 : 1)))
      diagonal = above
      return next
    }, [])
  }
  return row[b.length] ?? 0
}
