/**
 * `mutoscope list`: the newest generations.
 */
import * as Generation from "@mutoscope/core/Generation"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ErrorEvent from "../ErrorEvent.ts"
import { UsageError } from "../Outcome.ts"
import { Output } from "../Output.ts"
import { table } from "../table.ts"
import { ago } from "../wording.ts"

export interface Flags {
  readonly limit: number
  readonly state: Option.Option<Generation.Summary["status"]>
  readonly json: boolean
}

export const list = (flags: Flags) =>
  Effect.gen(function* () {
    if (flags.limit < 1) return yield* new UsageError({ reason: "--limit: one generation is the least" })
    const records = yield* GenerationStore
    const states = Option.map(flags.state, (status) => statesOf[status])
    const found = yield* records.list({ limit: flags.limit, states: Option.getOrUndefined(states) })
    if (flags.json) return yield* Effect.forEach(found, printJson, { discard: true })
    return yield* found.length === 0 ? tellEmpty(flags) : printTable(found)
  }).pipe(ErrorEvent.telling(flags))

const statesOf: { readonly [Status in Generation.Summary["status"]]: ReadonlyArray<Generation.StateTag> } = {
  pending: ["Queued", "Submitting"],
  processing: ["Rendering", "Downloading"],
  unknown: ["SubmitUnknown"],
  unreachable: ["Unreachable"],
  completed: ["Completed"],
  failed: ["Failed"],
  cancelled: ["Cancelled"]
}

const printJson = (generation: Generation.Generation) =>
  Effect.flatMap(Output, ({ data }) =>
    data(
      JSON.stringify({
        ...Generation.summary(generation),
        prompt: generation.request.prompt,
        provider: generation.provider,
        model: generation.request.model,
        createdAt: DateTime.formatIso(generation.createdAt)
      })
    )
  )

const columns = [
  { heading: "ID" },
  { heading: "STATE" },
  { heading: "WHEN" },
  { heading: "MODEL" },
  { heading: "PROMPT", flexible: true },
  { heading: "VIDEO", flexible: true }
]

const printTable = (found: ReadonlyArray<Generation.Generation>) =>
  Effect.gen(function* () {
    const { data, columns: width } = yield* Output
    const now = yield* Clock.currentTimeMillis
    const rows = found.map((one) => [
      one.id.slice(0, 8),
      isUndecided(one) ? "unknown (!)" : Generation.summary(one).status,
      ago(now - one.createdAt.epochMillis),
      `${one.provider}/${one.request.model.replace(`${one.provider}/`, "")}`,
      one.request.prompt.slice(0, 100),
      Generation.isCompleted(one) ? fileName(one.state.video.path) : ""
    ])
    yield* Effect.forEach(table(columns, rows, Option.getOrUndefined(width)), data, { discard: true })
    yield* Effect.forEach(found.filter(isUndecided), tellUndecided, { discard: true })
  })

const isUndecided = Generation.isIn("SubmitUnknown")

const tellUndecided = ({ id }: Generation.Generation) =>
  Effect.flatMap(Output, ({ note }) => note(`(!) needs a decision: mutoscope show ${id}`))

const fileName = (path: string) => path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1)

const tellEmpty = ({ state }: Flags) =>
  Effect.flatMap(Output, ({ note }) =>
    note(
      Option.match(state, {
        onNone: () => 'No videos yet. Make one: mutoscope generate "A serene mountain landscape at sunset"',
        onSome: (status) => `No generation is ${status}. All of them: mutoscope list`
      })
    )
  )
