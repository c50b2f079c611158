/**
 * `mutoscope providers`: the kinds that there are, what each wants to be told, and which are configured.
 */
import * as Adapters from "@mutoscope/client/Adapters"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { accounts, faultOf } from "../accounts.ts"
import { accountVariable } from "../Configuration.ts"
import { Output } from "../Output.ts"
import { table } from "../table.ts"

export interface Flags {
  readonly json: boolean
}

export const providers = ({ json }: Flags) =>
  Effect.gen(function* () {
    const { columns: width, data } = yield* Output
    const known = yield* accounts
    const usable = (name: string) =>
      known
        .filter(({ adapter, entry }) => adapter.name === name && Either.isRight(entry))
        .map(({ name }) => name)
    const faults = (kind: string) =>
      known.flatMap(({ adapter, entry, name }) =>
        adapter.name === kind && Either.isLeft(entry) ? [[name, faultOf({ name }, entry.left)] as const] : []
      )
    const lines = json
      ? Adapters.all.map(({ name, settings, title }) =>
          JSON.stringify({
            name,
            title,
            configured: usable(name),
            faults: Object.fromEntries(faults(name)),
            settings: settings.map((setting) => ({
              ...setting,
              variable: accountVariable(name, setting.name)
            }))
          })
        )
      : table(
          columns,
          Adapters.all.flatMap(({ name, settings, title }) => [
            [name, usable(name).length > 0 ? "yes" : faults(name).length > 0 ? "wrong" : "no", title],
            ...faults(name).map(([account, fault]) => ["", "wrong", `${account}: ${fault}`]),
            ...settings.map((setting) => [
              "",
              setting.required ? "needed" : "",
              `${accountVariable(name, setting.name)}  ${setting.about}`
            ])
          ]),
          Option.getOrUndefined(width)
        )
    yield* Effect.forEach(lines, data, { discard: true })
  })

const columns = [{ heading: "PROVIDER" }, { heading: "SET UP" }, { heading: "SETTINGS", flexible: true }]
