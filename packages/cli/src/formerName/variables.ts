/**
 * Environment variables, under their names or their former ones.
 */
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Notices } from "./Notices.ts"
import { formerVariable } from "./names.ts"

/** A variable that is set: the name that it was found under, and its value, which is not empty. */
export interface Found {
  readonly name: string
  readonly value: string
}

/** Those of some variables that are set, by their present names. A former name counts where the present one is not set. */
export const variables = (
  names: ReadonlyArray<string>
): Effect.Effect<ReadonlyMap<string, Found>, ConfigError> =>
  Effect.gen(function* () {
    const found = (yield* Effect.forEach(names, lookUp)).flatMap(Option.toArray)
    const former = found.filter(([name, { name: under }]) => name !== under)
    const renamed = new Map(former.map(([name, { name: under }]) => [under, name]))
    const { reading } = yield* Notices
    yield* reading([...renamed.keys()], (fresh) => {
      const present = fresh.map((under) => renamed.get(under))
      return `${fresh.join(", ")}: ${fresh.length === 1 ? "an old name that is" : "old names that are"} still read; use ${present.join(", ")} instead.`
    })
    return new Map(found)
  })

const lookUp = (name: string): Effect.Effect<Option.Option<readonly [string, Found]>, ConfigError> =>
  Effect.gen(function* () {
    const former = formerVariable(name)
    const present = yield* valueOf(name)
    const found =
      Option.isSome(present) || former === undefined
        ? Option.map(present, (value) => ({ name, value }))
        : Option.map(yield* valueOf(former), (value) => ({ name: former, value }))
    return Option.map(found, (one) => [name, one] as const)
  })

/** An empty variable is one that is not set. */
const valueOf = (name: string) =>
  Effect.map(
    Config.option(Config.string(name)),
    Option.filter((value) => value !== "")
  )
