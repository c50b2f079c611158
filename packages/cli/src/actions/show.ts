/**
 * `mutoscope show`: all that is on record of one generation.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Generation from "@mutoscope/core/Generation"
import { type GenerationEvent, GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { addressOf } from "../address.ts"
import * as ErrorEvent from "../ErrorEvent.ts"
import { Output } from "../Output.ts"
import { table } from "../table.ts"
import { inOneLine } from "../terminalText.ts"
import * as Undecided from "../Undecided.ts"
import { contents, form, megabytes, seconds } from "../wording.ts"

export interface Flags {
  readonly reference: string
  readonly json: boolean
}

export const show = ({ reference, json }: Flags) =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const { data } = yield* Output
    const generation = yield* records.find(reference)
    const events = yield* records.events(generation.id)
    const isKept = yield* refusedIsKept(generation)
    const lines = json
      ? [toJson(generation, events)]
      : [...facts(generation, isKept), "", ...decision(generation), ...history(events)]
    yield* Effect.forEach(lines, data, { discard: true })
  }).pipe(ErrorEvent.telling({ json }))

const encodeGeneration = Schema.encodeSync(Generation.Generation)

const toJson = (generation: Generation.Generation, events: ReadonlyArray<GenerationEvent>) =>
  JSON.stringify({
    ...encodeGeneration(generation),
    summary: Generation.summary(generation),
    events: events.map(({ generationId: _, at, ...event }) => ({ ...event, at: DateTime.formatIso(at) }))
  })

const decision = (generation: Generation.Generation) =>
  Generation.isIn("SubmitUnknown")(generation)
    ? [...Undecided.screen(generation), ""]
    : Generation.isIn("Unreachable")(generation)
      ? [...Undecided.unreachableScreen(generation), ""]
      : []

const facts = (generation: Generation.Generation, isKept: boolean): ReadonlyArray<string> => {
  const { request } = generation
  const summary = Generation.summary(generation)
  return aligned([
    ["id", generation.id],
    ["state", `${summary.status} (${generation.state._tag})`],
    ["prompt", request.prompt],
    ["negative", request.negativePrompt],
    ["model", `${generation.provider}/${request.model.replace(`${generation.provider}/`, "")}`],
    ...(generation.tried ?? []).map(
      ({ error, model, provider }) => ["tried", `${provider}/${model}: ${error.message}`] as const
    ),
    ["next", Generation.isFinal(generation) ? undefined : generation.fallback?.models.join(", ")],
    ["video", form(request, generation.ignored)],
    ["seed", request.seed?.toString()],
    ["cost", costOf(generation)],
    ["quoted", quoteOf(generation)],
    ["key", generation.key],
    ["operation", summary.operationId],
    ["file", Generation.isCompleted(generation) ? generation.state.video.path : undefined],
    ["holds", holds(generation)],
    ["size", Generation.isCompleted(generation) ? megabytes(generation.state.video.bytes) : undefined],
    ["sha256", Generation.isCompleted(generation) ? generation.state.video.sha256 : undefined],
    ["address", addressOf(generation)],
    ["refused", refusedFile(generation, isKept)],
    ["error", summary.error],
    ...(generation.warnings ?? []).map((warning) => ["warning", warning] as const),
    ["created", DateTime.formatIso(generation.createdAt)],
    ["took", seconds(summary.seconds)],
    ["cancel", Option.getOrUndefined(cancelled(generation))]
  ])
}

/** What is in the file, beside what was asked for. */
const holds = ({ state }: Generation.Generation): string | undefined => {
  if (state._tag !== "Completed" || state.video.media === undefined) return undefined
  const { container, picture, sound } = state.video.media
  const rate =
    picture.frameRate === undefined ? "" : ` at ${Math.round(picture.frameRate * 100) / 100} a second`
  return [
    contents(state.video.media),
    `${picture.codec ?? "pictures"}${rate}`,
    sound === undefined ? "no sound" : (sound.codec ?? "sound of an unknown kind"),
    container
  ].join(", ")
}

const refusedOf = ({ state }: Generation.Generation) =>
  state._tag === "Downloading" ? state.refused : undefined

/** Whether the bytes of the last file that was no video are still in the quarantine. */
const refusedIsKept = (generation: Generation.Generation) => {
  const path = refusedOf(generation)?.file?.path
  return path === undefined
    ? Effect.succeed(false)
    : Effect.flatMap(FileSystem.FileSystem, (files) => Effect.orElseSucceed(files.exists(path), () => false))
}

/** The last file that was no video, and where its bytes are kept. */
const refusedFile = (generation: Generation.Generation, isKept: boolean) => {
  const refused = refusedOf(generation)
  if (refused === undefined) return undefined
  const path = refused.file?.path
  if (path === undefined) return refused.found
  return `${refused.found}; ${isKept ? `kept as ${path}` : "not kept any more"}`
}

const costOf = ({ cost, estimate, quoted }: Generation.Generation) => {
  const own = quoted?.ownPrice === undefined ? "" : ", by a price of your own"
  if (cost !== undefined)
    return `${Money.format(cost.amount)} (${cost.source}${cost.source === "estimated" ? own : ""})`
  return estimate === undefined ? "unknown" : `${Money.format(estimate)} (expected${own})`
}

/** What it was expected to cost, where that is not what it did cost. */
const quoteOf = ({ cost, estimate, quoted }: Generation.Generation) => {
  if (estimate === undefined || (cost === undefined && quoted?.amount === estimate)) return undefined
  const wider =
    quoted === undefined || quoted.amount === estimate ? "" : `, widened from ${Money.format(quoted.amount)}`
  return cost?.amount === estimate && wider === "" ? undefined : `${Money.format(estimate)}${wider}`
}

const cancelled = ({ cancelConfirmedAt, cancelRequestedAt }: Generation.Generation) =>
  Option.map(
    Option.fromNullable(cancelRequestedAt),
    (at) =>
      `asked for at ${DateTime.formatIso(at)}${cancelConfirmedAt === undefined ? "" : `, confirmed at ${DateTime.formatIso(cancelConfirmedAt)}`}`
  )

const aligned = (facts: ReadonlyArray<readonly [string, string | undefined]>) =>
  facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(10)} ${inOneLine(value)}`]))

const history = (events: ReadonlyArray<GenerationEvent>) =>
  table(
    [{ heading: "TIME" }, { heading: "STATE" }, { heading: "BECAUSE" }],
    events.map(({ at, to, cause }) => [DateTime.formatIso(at).slice(11, 23), to, cause]),
    undefined
  )
