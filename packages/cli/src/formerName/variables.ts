/**
 * Environment variables, under their names or their former ones.
 */
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Notices } from "./Notices.ts"
import { formerPrefix, formerVariable } from "./names.ts"

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
    const former = (yield* hasFormer) ? formerVariable : () => undefined
    const found = (yield* Effect.forEach(names, lookUp(former))).flatMap(Option.toArray)
    const renamed = new Map(
      found.flatMap(([name, { name: under }]) => (name === under ? [] : [[under, name] as const]))
    )
    const { reading } = yield* Notices
    yield* reading([...renamed.keys()], (fresh) => {
      const present = fresh.map((under) => renamed.get(under))
      return `${fresh.join(", ")}: ${fresh.length === 1 ? "an old name that is" : "old names that are"} still read; use ${present.join(", ")} instead.`
    })
    return new Map(found)
  })

/** Whether there is a variable with the former prefix at all: nearly nobody has one, and asking for each of them takes time. */
const hasFormer: Effect.Effect<boolean, ConfigError> = Effect.configProviderWith(({ flattened }) =>
  Effect.map(flattened.enumerateChildren([]), (names) =>
    Array.from(names).some((name) => name.startsWith(formerPrefix))
  )
)

const lookUp =
  (formerOf: typeof formerVariable) =>
  (name: string): Effect.Effect<Option.Option<readonly [string, Found]>, ConfigError> =>
    Effect.gen(function* () {
      const former = formerOf(name)
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
