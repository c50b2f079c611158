/**
 * `mutoscope resume` and `mutoscope watch`: goes on with a generation, or looks on while another process has it.
 */
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Effect from "effect/Effect"
import { follow } from "../Following.ts"
import { Output } from "../Output.ts"
import { announce, previewName } from "../Preview.ts"
import * as UserPolicy from "../UserPolicy.ts"
import * as Waiting from "../Waiting.ts"
import { oneLine } from "../wording.ts"
import { resumeAll } from "./resumeAll.ts"

export interface Flags {
  readonly reference: string
  readonly all: boolean
  readonly json: boolean
  readonly quiet: boolean
}

export const resume = ({ all, ...flags }: Flags) =>
  Effect.gen(function* () {
    return yield* all ? resumeAll(flags) : goOn(flags)
  }).pipe(Waiting.tellingErrors(flags))

export const watch = (flags: Omit<Flags, "all">) => goOn(flags).pipe(Waiting.tellingErrors(flags))

const goOn = ({ reference, ...wish }: Omit<Flags, "all">) =>
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
    yield* Waiting.await_(id, policy, wish, (onProgress) => follow(id, onProgress))
  })
