/**
 * The accounts at providers that are configured: each is an entry of the registry, under the name that its records carry.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { Adapter } from "@mutoscope/client/Adapter"
import * as Adapters from "@mutoscope/client/Adapters"
import type * as Providers from "@mutoscope/client/Providers"
import { nearest } from "@mutoscope/core/Nearest"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import {
  type Accounts,
  accountVariable,
  Configuration,
  ConfigurationInvalid,
  type Settings
} from "./Configuration.ts"
import { variables } from "./formerName/variables.ts"

/** An account, and the entry that its settings make, or what is wrong with them. */
export interface Account {
  readonly name: string
  readonly adapter: Adapter
  readonly entry: Either.Either<Providers.Entry<ConfigError, HttpClient.HttpClient>, ConfigError>
}

/** What is wrong with the settings of an account, in a sentence that holds none of their values. */
export const faultOf = ({ name }: Pick<Account, "name">, error: ConfigError): string =>
  error._op === "InvalidData" || error._op === "MissingData"
    ? error.message.replace(`${name}: `, "")
    : String(error)

/**
 * Those of whom anything is settled, in the order in which a model's bare name is looked up. Fails where one is of a kind
 * that there is not.
 */
export const accounts: Effect.Effect<
  ReadonlyArray<Account>,
  ConfigurationInvalid,
  Configuration
> = Effect.gen(function* () {
  const { settings } = yield* Configuration
  const declared = declaredBy(settings)
  yield* Effect.forEach(Object.keys(declared), known, { discard: true })
  const found = yield* Effect.forEach(Adapters.all, (adapter) =>
    Effect.forEach(namesOf(adapter, Object.keys(declared)), (name) =>
      Effect.map(settingsOf(adapter, name, declared[name] ?? {}), (given) =>
        Object.keys(given).length === 0 && declared[name] === undefined
          ? []
          : [{ name, adapter, entry: adapter.connect(name, given) }]
      )
    )
  )
  return found.flat(2)
})

/** The accounts of the files. Two of them also have settings of their own, which come second. */
const declaredBy = ({ providers = {}, ...settings }: Partial<Settings>): Accounts => {
  const own = Object.entries(ownSettings(settings)).flatMap(([account, fields]) => {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined)
    return given.length === 0
      ? []
      : [[account, { ...Object.fromEntries(given), ...providers[account] }] as const]
  })
  return { ...providers, ...Object.fromEntries(own) }
}

const ownSettings = (settings: Partial<Settings>): Accounts => ({
  vertex: {
    project: settings.vertexProject,
    location: settings.vertexLocation,
    omniLocation: settings.vertexOmniLocation,
    storageUri: settings.vertexStorageUri,
    token: settings.vertexToken && Redacted.value(settings.vertexToken)
  },
  veo: { baseUrl: settings.veoUrl, apiKey: settings.veoApiKey && Redacted.value(settings.veoApiKey) }
})

const kindOf = (account: string) => account.replace(/@.*/, "")

const known = (account: string) =>
  Adapters.all.some(({ name }) => name === kindOf(account))
    ? Effect.void
    : new ConfigurationInvalid({
        source: "providers",
        reason: `there is no provider ${kindOf(account)}; did you mean ${nearest(
          kindOf(account),
          Adapters.all.map(({ name }) => name)
        )}?`
      })

/** The plain name first, declared or not: its settings may all be in the environment. */
const namesOf = ({ name }: Adapter, declared: ReadonlyArray<string>): ReadonlyArray<string> => [
  name,
  ...declared.filter((account) => account !== name && kindOf(account) === name)
]

/** A variable comes before what the files say. */
const settingsOf = (adapter: Adapter, account: string, given: Readonly<Record<string, unknown>>) =>
  variables(adapter.settings.map(({ name }) => accountVariable(account, name))).pipe(
    Effect.map((found) => ({
      ...given,
      ...Object.fromEntries(
        adapter.settings.flatMap(({ name }) => {
          const one = found.get(accountVariable(account, name))
          return one === undefined ? [] : [[name, one.value] as const]
        })
      )
    })),
    Effect.mapError((error) => new ConfigurationInvalid({ source: "environment", reason: String(error) }))
  )
