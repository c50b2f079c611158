/**
 * `videogen resume` and `videogen watch`: goes on with a generation, or looks on while another process has it.
 */
import { GenerationStore } from "@videogen/core/GenerationStore"
import * as Effect from "effect/Effect"
import { follow } from "../Following.ts"
import { Output } from "../Output.ts"
import { announce, previewName } from "../Preview.ts"
import * as Waiting from "../Waiting.ts"

export interface Flags {
  readonly reference: string
  readonly json: boolean
  readonly quiet: boolean
}

export const resume = ({ reference, ...wish }: Flags) =>
  Effect.gen(function* () {
    const { id, provider, state, request } = yield* Effect.flatMap(GenerationStore, (records) =>
      records.find(reference)
    )
    const output = yield* Output
    if (!wish.quiet && !wish.json && state._tag !== "Completed") {
      yield* output.note(`${output.paint("bold", id)}  ${oneLine(request.prompt)}`)
      if (provider === previewName) yield* announce
    }
    yield* Waiting.await_(id, provider, wish, (onProgress) => follow(id, onProgress))
  }).pipe(Waiting.tellingErrors(wish))

const oneLine = (prompt: string) => {
  const line = prompt.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
  return line.length > 70 ? `${line.slice(0, 69)}…` : line
}
