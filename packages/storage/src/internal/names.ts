/**
 * The names that this process gives out. A thousand videos of one prompt and one second want the same name: each gets a
 * number of its own at once, instead of trying all those that came before it.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { numbered } from "./fileName.ts"
import type { Place } from "./place.ts"

export interface Names {
  /** The names that are being tried now. */
  readonly tried: Set<string>
  /** The highest number that was tried, by name without a number. */
  readonly highest: Map<string, number>
}

/** More names than this are forgotten, the oldest first; then their numbers are tried from the beginning. */
const mostRemembered = 1000

/** No name has been given out yet. */
export const make = (): Names => ({ tried: new Set(), highest: new Map() })

/** Tries the name, then the name with one number after the other, until one is taken by `attempt`. */
export const tryEach = <A, E, R>(
  names: Names,
  place: Place,
  attempt: (path: string) => Effect.Effect<Option.Option<A>, E, R>
): Effect.Effect<A, E, R> => {
  const path = (number: number) => join(place.folder, numbered(place.base, number, place.extension))
  const next: Effect.Effect<A, E, R> = Effect.suspend(() =>
    exclusively(names, path(nextNumber(names, path(1))), attempt)
  ).pipe(Effect.flatMap(Option.match({ onNone: () => next, onSome: Effect.succeed })))
  // The name itself may be free again, whatever has been given out.
  return Effect.flatMap(
    exclusively(names, path(1), attempt),
    Option.match({ onNone: () => next, onSome: Effect.succeed })
  )
}

// Privates ---------------------------------------------------------------------------------------------------------

const exclusively = <A, E, R>(
  { tried }: Names,
  path: string,
  attempt: (path: string) => Effect.Effect<Option.Option<A>, E, R>
): Effect.Effect<Option.Option<A>, E, R> =>
  Effect.suspend(() => {
    if (tried.has(path)) return Effect.succeedNone
    tried.add(path)
    return Effect.ensuring(
      attempt(path),
      Effect.sync(() => tried.delete(path))
    )
  })

const nextNumber = ({ highest }: Names, name: string): number => {
  const number = (highest.get(name) ?? 1) + 1
  // Written anew, so that the oldest is the first.
  highest.delete(name)
  highest.set(name, number)
  if (highest.size > mostRemembered)
    for (const oldest of highest.keys()) return forget(highest, oldest, number)
  return number
}

const forget = (highest: Map<string, number>, oldest: string, number: number): number => {
  highest.delete(oldest)
  return number
}
