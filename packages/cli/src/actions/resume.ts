/**
 * `mutoscope resume` and `mutoscope watch`: goes on with a generation, or looks on while another process has it.
 */
import * as Path from "@effect/platform/Path"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { follow } from "../Following.ts"
import { UsageError } from "../Outcome.ts"
import { Output } from "../Output.ts"
import { announce, previewName } from "../Preview.ts"
import * as UserPolicy from "../UserPolicy.ts"
import * as Waiting from "../Waiting.ts"
import { oneLine } from "../wording.ts"
import { resumeAll } from "./resumeAll.ts"

export interface Flags {
  readonly reference: string
  readonly all: boolean
  /** Where the video goes instead of the place that the record names: a folder, or a file ending in .mp4. */
  readonly output: Option.Option<string>
  readonly json: boolean
  readonly quiet: boolean
}

export const resume = ({ all, ...flags }: Flags) =>
  Effect.gen(function* () {
    const output = yield* placeOf(flags.output, all)
    return yield* all ? resumeAll(flags, output) : resumeOne(flags, output)
  }).pipe(Waiting.tellingErrors(flags))

export const watch = (flags: Omit<Flags, "all" | "output">) =>
  resumeOne(flags).pipe(Waiting.tellingErrors(flags))

/** Absolute, since a record may be resumed from any directory. Many videos need a folder. */
const placeOf = (output: Option.Option<string>, all: boolean) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    if (Option.isNone(output)) return undefined
    if (output.value.trim() === "") return yield* new UsageError({ reason: "--output must not be empty" })
    if (all && /\.mp4$/i.test(output.value))
      return yield* new UsageError({
        reason: `--output with --all must be a folder, got the file ${output.value}`
      })
    return path.resolve(output.value)
  })

const resumeOne = ({ reference, ...wish }: Omit<Flags, "all" | "output">, place?: string) =>
  Effect.gen(function* () {
    const { id, provider, state, request } = yield* Effect.flatMap(GenerationStore, (records) =>
      records.find(reference)
    )
    const output = yield* Output
    if (!wish.quiet && !wish.json && state._tag !== "Completed") {
      yield* output.note(`${output.paint("bold", id)}  ${oneLine(request.prompt)}`)
      if (provider === previewName) yield* announce
    }
    const policy = yield* UserPolicy.forProvider(provider)
    yield* Waiting.await_(id, policy, wish, (onProgress) => follow(id, onProgress, place), { output: place })
  })
