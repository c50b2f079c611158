/**
 * Where a batch comes from: a file or stdin, its lines, and the name under which it can be run again.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { stdin } from "../commandLine.ts"
import { decodeText } from "../decodeText.ts"
import { UsageError } from "../Outcome.ts"
import { formatOfName, formatOfText } from "./detectFormat.ts"
import type { Format } from "./formats.ts"
import { batchOfContent } from "./keys.ts"
import { linesOf, maximumLines } from "./lines.ts"

/** The largest file, in bytes. */
const maximumSize = 64 * 1024 * 1024

export interface SourceFlags {
  readonly file: string
  readonly format: Option.Option<Format>
  readonly batch: Option.Option<string>
}

/**
 * The lines of a file and the name of its batch: the name given, or the file's absolute path, or for stdin its content. Fails
 * where it is not a text of prompts: nothing of it is queued.
 */
export const read = (flags: SourceFlags) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const piped = flags.file === stdin
    const name = piped ? "-" : flags.file
    const orRefused = Either.mapLeft((reason: string) => new UsageError({ reason: `${name}: ${reason}` }))
    // By its name first: that it is a spreadsheet says more than where its first strange byte is.
    const named = Option.isSome(flags.format) || piped ? Either.right(undefined) : formatOfName(name)
    const byName = Option.getOrElse(flags.format, () => undefined) ?? (yield* orRefused(named))
    const content = yield* orRefused(decodeText(yield* piped ? fromInput : fromFile(name)))
    const lines = linesOf(content, yield* orRefused(formatOfText(content, byName)))
    if (lines.length > maximumLines)
      return yield* new UsageError({ reason: `${name} has more than ${maximumLines} lines: split it` })
    const batch = Option.getOrElse(flags.batch, () => (piped ? batchOfContent(content) : path.resolve(name)))
    return { name, batch, lines }
  })

const tooLarge = (name: string) =>
  new UsageError({ reason: `${name} is larger than ${maximumSize / 1024 / 1024} MB: split it` })

const fromFile = (name: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if ((yield* fs.stat(name)).size > maximumSize) return yield* tooLarge(name)
    return yield* fs.readFile(name)
  }).pipe(
    Effect.mapError((error) =>
      error._tag === "UsageError"
        ? error
        : new UsageError({ reason: `The batch file ${name} cannot be read: ${inWords(error)}` })
    )
  )

const inWords = (error: PlatformError) =>
  error._tag === "SystemError" && error.reason === "NotFound" ? "there is no such file" : error.message

const fromInput = Effect.tryPromise({
  try: async () => {
    const chunks: Array<Buffer> = []
    let length = 0
    for await (const chunk of process.stdin) {
      chunks.push(Buffer.from(chunk))
      length += chunk.length
      if (length > maximumSize) return undefined
    }
    return Buffer.concat(chunks)
  },
  catch: (cause) => new UsageError({ reason: `The batch cannot be read from stdin: ${String(cause)}` })
}).pipe(
  Effect.filterOrFail(
    (content) => content !== undefined,
    () => tooLarge("stdin")
  )
)
