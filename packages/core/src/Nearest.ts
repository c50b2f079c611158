/**
 * The word that somebody who mistyped most likely meant.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Order from "effect/Order"
import type { Capabilities } from "./Capabilities.ts"

/** The candidate that takes the fewest insertions, deletions and replacements of letters. */
export const nearest = (word: string, candidates: ReadonlyArray<string>): string | undefined =>
  Arr.sortWith(candidates, (candidate) => distance(word, candidate), Order.number)[0]

/** The names, `provider/model`, of up to so many models that are nearest to a name, the nearest first. */
export const nearestModels = (
  name: string,
  models: ReadonlyArray<Capabilities>,
  most = 5
): ReadonlyArray<string> => {
  const far = (one: Capabilities) => Math.min(...namesOf(one).map((known) => likeness(name, known)))
  return Arr.dedupe(Arr.sortWith(models, far, Order.number).map(nameOf)).slice(0, most)
}

/** How a model is named to people: `provider/` and its first alias, or its own name. */
export const nameOf = ({ aliases, model, provider }: Capabilities): string =>
  `${provider}/${aliases[0] ?? model}`

const namesOf = ({ aliases, model, provider }: Capabilities) =>
  [model, ...aliases].flatMap((name) => [name, `${provider}/${name}`])

/** Who knows a part of the name is nearer than who mistyped it. */
const likeness = (word: string, name: string): number =>
  name.toLowerCase().includes(word.toLowerCase()) ? name.length / 1_000 : distance(word, name)

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
