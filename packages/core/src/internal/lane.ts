/**
 * A lane: so many may be in it at once, the others wait in line.
 */
import * as MutableQueue from "effect/MutableQueue"

export interface Lane<A> {
  /** Lets something in now, or as soon as there is room. Whoever is let in must leave. */
  readonly enter: (thing: A) => void
  /** Makes room for the next. */
  readonly leave: () => void
}

/** An empty lane. What is let in after it waited is asked first whether it still wants to be. */
export const make = <A>(
  width: number,
  open: { readonly wanted: (thing: A) => boolean; readonly begin: (thing: A) => void }
): Lane<A> => {
  const line = MutableQueue.unbounded<A>()
  let inside = 0

  const nextWanted = (): A | undefined => {
    for (;;) {
      const next = MutableQueue.poll(line, undefined)
      if (next === undefined || open.wanted(next)) return next
    }
  }
  return {
    enter: (thing) => {
      if (inside >= width) return void MutableQueue.offer(line, thing)
      inside++
      open.begin(thing)
    },
    leave: () => {
      const next = nextWanted()
      if (next === undefined) inside--
      else open.begin(next)
    }
  }
}
