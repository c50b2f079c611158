/**
 * `mutoscope resume` and `mutoscope watch`: goes on with a generation, or looks on while another process has it.
 */
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import { placeKind } from "@mutoscope/core/Media"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { destinationOf } from "../destination.ts"
import { follow } from "../Following.ts"
import { UsageError } from "../Outcome.ts"
import { Output } from "../Output.ts"
import { announce, previewName } from "../Preview.ts"
import * as Spending from "../spending.ts"
import * as UserPolicy from "../UserPolicy.ts"
import * as Waiting from "../Waiting.ts"
import { oneLine } from "../wording.ts"
import { resumeAll } from "./resumeAll.ts"

export interface Flags extends Spending.Flags {
  readonly reference: string
  readonly all: boolean
  /** Where the video goes instead of the place that the record names: a folder, or a file ending in .mp4 or .webm. */
  readonly output: Option.Option<string>
  readonly json: boolean
  readonly quiet: boolean
}

export const resume = ({ all, ...flags }: Flags) =>
  Effect.gen(function* () {
    const output = yield* placeOf(flags.output, all)
    return yield* all ? resumeAll(flags, output) : resumeOne(flags, { place: output, spending: flags })
  }).pipe(Waiting.tellingErrors(flags))

export const watch = (flags: One) => resumeOne(flags, {}).pipe(Waiting.tellingErrors(flags))

/** Many videos need a folder. */
const placeOf = (output: Option.Option<string>, all: boolean) =>
  Option.match(output, {
    onNone: () => Effect.succeed(undefined),
    onSome: (wanted) =>
      all && placeKind(wanted) === "file"
        ? new UsageError({ reason: `--output with --all must be a folder, got the file ${wanted}` })
        : destinationOf(wanted)
  })

type One = Pick<Flags, "reference" | "json" | "quiet">

/** Resumes a generation. What was not sent yet, and would be now, keeps to the limits of `spending`. */
const resumeOne = (
  { reference, ...wish }: One,
  { place, spending }: { readonly place?: string | undefined; readonly spending?: Spending.Flags }
) =>
  Effect.gen(function* () {
    const generation = yield* Effect.flatMap(GenerationStore, (records) => records.find(reference))
    const { id, provider, state, request } = generation
    const output = yield* Output
    if (!wish.quiet && !wish.json && state._tag !== "Completed") {
      yield* output.note(`${output.paint("bold", id)}  ${oneLine(request.prompt)}`)
      if (provider === previewName) yield* announce
    }
    const own = yield* UserPolicy.forProvider(provider)
    const policy = spending === undefined ? own : yield* Spending.limited(own, spending)
    if (spending !== undefined && state._tag === "Queued") yield* Spending.confirmed(generation, spending)
    yield* Waiting.await_(id, policy, wish, (onProgress) => follow(id, onProgress, place), { output: place })
  })
