/**
 * `mutoscope quarantine`: files that providers served in place of videos, and that are kept for a while.
 */
import { dirname, resolve } from "node:path"
import * as Prompt from "@effect/cli/Prompt"
import * as Generation from "@mutoscope/core/Generation"
import { type Claim, GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Quarantine from "@mutoscope/storage/Quarantine"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { addressOf } from "../address.ts"
import { Configuration } from "../Configuration.ts"
import * as ErrorEvent from "../ErrorEvent.ts"
import { Quit, UsageError } from "../Outcome.ts"
import { Output } from "../Output.ts"
import { table } from "../table.ts"
import { ago, megabytes } from "../wording.ts"

export interface ListFlags {
  readonly json: boolean
}

export const list = ({ json }: ListFlags) =>
  Effect.gen(function* () {
    const { columns, data, note } = yield* Output
    const files = yield* quarantined
    if (json) return yield* Effect.forEach(files, (one) => data(toJson(one)), { discard: true })
    if (files.length === 0) return yield* note("The quarantine is empty.")
    const now = yield* Clock.currentTimeMillis
    const rows = files.map((file) => toRow(file, now))
    yield* Effect.forEach(table(headings, rows, Option.getOrUndefined(columns)), data, { discard: true })
    yield* note(`${sum(files)}. Delete: mutoscope quarantine empty [ID]`)
  }).pipe(ErrorEvent.telling({ json }))

export interface EmptyFlags {
  readonly reference: Option.Option<string>
  readonly yes: boolean
  readonly json: boolean
}

export const empty = (flags: EmptyFlags) =>
  Effect.gen(function* () {
    const { data, note } = yield* Output
    const records = yield* GenerationStore
    const wanted = yield* Effect.transposeMapOption(flags.reference, records.find)
    const files = Option.match(wanted, {
      onNone: () => quarantined,
      onSome: (generation) =>
        Effect.map(quarantined, (all) => all.filter(({ kept }) => Quarantine.isOf(kept, generation)))
    })
    const chosen = yield* files
    if (chosen.length > 0 && !flags.yes) yield* confirmed(chosen)
    yield* Effect.forEach(chosen, ({ kept }) => Quarantine.remove(kept), { discard: true })
    yield* Effect.forEach(
      new Set([...Option.toArray(wanted), ...chosen.flatMap(({ generation }) => generation ?? [])]),
      forget,
      { discard: true }
    )
    if (flags.json)
      return yield* data(JSON.stringify({ event: "emptied", files: chosen.length, bytes: bytesOf(chosen) }))
    yield* note(chosen.length === 0 ? "The quarantine has nothing to delete." : `Deleted ${sum(chosen)}.`)
  }).pipe(ErrorEvent.telling(flags))

// Privates ---------------------------------------------------------------------------------------------------------

/** A file in a quarantine, with its generation where the records have it. */
interface Quarantined {
  readonly kept: Quarantine.Kept
  readonly generation: Generation.Generation | undefined
}

/** A completed generation keeps no refused files. */
const states = [
  "Queued",
  "Submitting",
  "SubmitUnknown",
  "Rendering",
  "Unreachable",
  "Downloading",
  "Failed",
  "Cancelled"
] as const

/** All that is kept where the records or the settings lead, the newest first. */
const quarantined = Effect.gen(function* () {
  const { output } = yield* Configuration
  const records = yield* GenerationStore
  const generations = yield* records.list({ states })
  const places = new Set([
    Quarantine.ofOutput(output),
    ...generations.flatMap((one) => placesOf(one, output))
  ])
  const kept = (yield* Effect.forEach(places, Quarantine.list)).flat()
  return kept
    .sort((one, other) => other.keptAt - one.keptAt)
    .map(
      (one): Quarantined => ({
        kept: one,
        generation: generations.find((generation) => Quarantine.isOf(one, generation))
      })
    )
})

const placesOf = (generation: Generation.Generation, output: string): ReadonlyArray<string> => {
  const path = refusedPath(generation)
  return [
    Quarantine.ofGeneration(output, generation),
    ...(path === undefined ? [] : [dirname(resolve(path))])
  ]
}

const refusedPath = ({ state }: Generation.Generation) =>
  state._tag === "Downloading" ? state.refused?.file?.path : undefined

const confirmed = (files: ReadonlyArray<Quarantined>) =>
  Effect.gen(function* () {
    const { interactive, note } = yield* Output
    if (!interactive)
      return yield* new UsageError({
        reason: `${sum(files)} would be deleted`,
        hint: "If that is wanted, add --yes"
      })
    const question = Prompt.confirm({ message: `Delete ${sum(files)}?`, initial: false })
    const sure = yield* Effect.catchTag(Prompt.run(question), "QuitException", () => new Quit())
    if (sure) return
    yield* note("Nothing was deleted.")
    return yield* new Quit()
  })

/** The next resume downloads the file again, whatever its ETag. A record that another process works on stays as it is. */
const forget = ({ id, state }: Generation.Generation) =>
  state._tag !== "Downloading" || state.refused === undefined
    ? Effect.void
    : Effect.flatMap(GenerationStore, (records) =>
        Effect.flatMap(Generation.makeId, (owner) =>
          Effect.acquireUseRelease(records.claim(id, owner), forgotten, (claim) =>
            Effect.ignoreLogged(records.release(claim))
          )
        )
      ).pipe(
        Effect.catchTag("LeaseLost", ({ message }) =>
          Effect.flatMap(Output, ({ note }) => note(`${message}: its refused file stays on record.`))
        )
      )

const forgotten = (claim: Claim) => {
  const { state } = claim.generation
  if (state._tag !== "Downloading" || state.refused === undefined) return Effect.void
  const { refused: _, ...rest } = state
  return Effect.flatMap(GenerationStore, (records) =>
    records.transition(claim, rest, "what was refused was deleted, and may be downloaded again")
  )
}

const headings = [
  { heading: "ID" },
  { heading: "WHEN" },
  { heading: "SIZE" },
  { heading: "LOOKS LIKE", flexible: true },
  { heading: "SERVED BY", flexible: true },
  { heading: "PATH" }
]

const toRow = ({ generation, kept }: Quarantined, now: number) => [
  kept.owner,
  ago(now - kept.keptAt),
  megabytes(kept.bytes),
  kept.found,
  (generation === undefined ? undefined : addressOf(generation)) ?? "-",
  kept.path
]

const toJson = ({ generation, kept }: Quarantined) =>
  JSON.stringify({
    event: "quarantined",
    recordId: generation?.id ?? kept.owner,
    at: Option.match(DateTime.make(kept.keptAt), { onNone: () => undefined, onSome: DateTime.formatIso }),
    bytes: kept.bytes,
    found: kept.found,
    address: generation === undefined ? undefined : addressOf(generation),
    path: kept.path
  })

const bytesOf = (files: ReadonlyArray<Quarantined>) => files.reduce((sum, { kept }) => sum + kept.bytes, 0)

const sum = (files: ReadonlyArray<Quarantined>) =>
  `${files.length === 1 ? "1 file" : `${files.length} files`} (${megabytes(bytesOf(files))})`
