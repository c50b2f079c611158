/**
 * `mutoscope costs`: what was spent, as far as the records know, and how sure that is.
 */
import * as Costs from "@mutoscope/core/Costs"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { UsageError } from "../Outcome.ts"
import { Output } from "../Output.ts"
import { table } from "../table.ts"
import { perhaps } from "../wording.ts"

export interface Flags {
  readonly since: Option.Option<string>
  readonly by: "day" | "provider" | "model"
  readonly json: boolean
}

export const costs = ({ by, json, since }: Flags) =>
  Effect.gen(function* () {
    const { columns, data, note } = yield* Output
    const from = yield* Effect.transposeMapOption(since, midnight)
    const records = yield* GenerationStore
    const sums = yield* records.costs({ by, since: Option.getOrUndefined(from) })
    const groups = Costs.grouped(sums)
    const total = Costs.total(sums)
    if (json) {
      yield* Effect.forEach(groups, (group) => data(JSON.stringify({ event: "cost", by, ...group })))
      return yield* data(JSON.stringify({ event: "total", ...total }))
    }
    if (groups.length === 0) return yield* note("Nothing was sent.")
    const rows = [...groups.map(row), row({ name: "total", ...total })]
    yield* Effect.forEach(table(headings(by), rows, Option.getOrUndefined(columns)), data, { discard: true })
    if (total.own !== undefined)
      yield* note(
        `Of what is estimated, ${Money.format(total.own.amount)} (${plural(total.own.jobs)}) is by prices of your own.`
      )
    if (total.possible.jobs > 0)
      yield* note("What may have been charged needs a decision: mutoscope list --state unknown")
  })

const midnight = (day: string) =>
  Option.match(
    // There is no thirtieth of February, though a parser may make the second of March of it.
    Option.filter(DateTime.make(`${day}T00:00:00Z`), (at) => DateTime.formatIsoDateUtc(at) === day),
    {
      onNone: () => new UsageError({ reason: `--since takes a day, like 2026-11-01, and not ${day}` }),
      onSome: (at) => Effect.succeed(at)
    }
  )

const headings = (by: Flags["by"]) => [
  { heading: by.toUpperCase(), flexible: true },
  { heading: "JOBS" },
  { heading: "REPORTED" },
  { heading: "ESTIMATED" },
  { heading: "UNKNOWN" },
  { heading: "MAY HAVE BEEN CHARGED" }
]

const row = ({ estimated, jobs, name, possible, reported, unknown }: Costs.Group) => [
  name,
  String(jobs),
  Money.format(reported),
  Money.format(estimated),
  unknown === 0 ? "-" : plural(unknown),
  possible.jobs === 0 ? "-" : `${plural(possible.jobs)}, ${perhaps(possible)}`
]

const plural = (jobs: number) => (jobs === 1 ? "1 job" : `${jobs} jobs`)
