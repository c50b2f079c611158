/**
 * Where a prompt comes from: the argument, a file, stdin, or the person at the terminal.
 */
import * as Prompt from "@effect/cli/Prompt"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { stdin } from "./commandLine.ts"
import { decodeText } from "./decodeText.ts"
import { Quit, UsageError } from "./Outcome.ts"
import { Output } from "./Output.ts"

/** What the command was told about the prompt. */
export interface PromptFlags {
  readonly prompt: Option.Option<string>
  readonly promptFile: Option.Option<string>
  readonly noInput: boolean
}

/** The prompt. Only the line break that ends a file is taken off. */
export const promptOf = ({
  prompt,
  promptFile,
  noInput
}: PromptFlags): Effect.Effect<
  string,
  Quit | UsageError,
  FileSystem.FileSystem | Output | Prompt.Prompt.Environment
> => {
  if (Option.isSome(prompt) && Option.isSome(promptFile))
    return new UsageError({ reason: "There is a prompt and a prompt file: give one of them" })
  if (Option.isSome(promptFile)) return fromFile(promptFile.value)
  if (Option.isNone(prompt)) return ask(noInput)
  return prompt.value === stdin ? fromInput : Effect.succeed(prompt.value)
}

const fromFile = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.readFile(path)).pipe(
    Effect.mapError(
      ({ message }) => new UsageError({ reason: `The prompt file cannot be read: ${message}` })
    ),
    Effect.flatMap((bytes) => decoded(bytes, path))
  )

/** The prompt in bytes; what comes after the first `enough` of them is not read. */
const decoded = (bytes: Uint8Array, name: string) =>
  decodeText(bytes.subarray(0, enough), { isCut: bytes.length > enough }).pipe(
    Either.mapBoth({
      onLeft: (reason) => new UsageError({ reason: `${name}: ${reason}` }),
      onRight: trimEnd
    })
  )

const trimEnd = (text: string) => text.replace(/^\uFEFF/, "").replace(/\r?\n$/, "")

/** Longer than any prompt may be, in bytes; what comes after is not read. */
const enough = 65_536

const fromInput = Effect.tryPromise({
  try: async () => {
    const chunks: Array<Buffer> = []
    let length = 0
    for await (const chunk of process.stdin) {
      chunks.push(Buffer.from(chunk))
      length += chunk.length
      if (length > enough) break
    }
    return Buffer.concat(chunks)
  },
  catch: (cause) => new UsageError({ reason: `The prompt cannot be read from stdin: ${String(cause)}` })
}).pipe(Effect.flatMap((bytes) => decoded(bytes, "stdin")))

const ask = (
  noInput: boolean
): Effect.Effect<string, Quit | UsageError, Output | Prompt.Prompt.Environment> =>
  Effect.flatMap(Output, ({ interactive }) =>
    Effect.if(interactive && !noInput, { onTrue: () => question, onFalse: () => missing })
  )

const question = Prompt.run(Prompt.text({ message: "What shall the video show?" })).pipe(
  Effect.catchTag("QuitException", () => new Quit())
)

const missing = new UsageError({
  reason: "There is no prompt",
  hint: 'For example: mutoscope generate "A serene mountain landscape at sunset"'
})
