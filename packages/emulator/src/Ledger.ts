/**
 * What was accepted: the list against which a test counts that nothing was asked for, and paid for, twice.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"

/** One accepted submit: when (milliseconds since 1970), by which dialect, as which job, for what, and what its client calls it. */
export const Accepted = Schema.Struct({
  at: Schema.Number,
  dialect: Schema.String,
  id: Schema.String,
  operation: Schema.String,
  model: Schema.String,
  prompt: Schema.String,
  label: Schema.optional(Schema.String)
})
export type Accepted = typeof Accepted.Type

/** A list that only grows. */
export interface Ledger {
  /** The job is accepted already: a file that cannot be written to is a warning. */
  readonly write: (entry: Accepted) => Effect.Effect<void>
  readonly entries: Effect.Effect<ReadonlyArray<Accepted>>
}

const encode = Schema.encodeSync(Schema.parseJson(Accepted))

/** A ledger in memory, and as lines of JSON in `file` where one is named (an old file is appended to). */
export const make = (file: string | undefined): Effect.Effect<Ledger, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const list = yield* Ref.make<ReadonlyArray<Accepted>>([])
    const append = (entry: Accepted) =>
      file === undefined
        ? Effect.void
        : Effect.catchAll(fs.writeFileString(file, `${encode(entry)}\n`, { flag: "a" }), (error) =>
            Effect.logWarning(`The ledger ${file} cannot be written: ${error.message}`)
          )
    return {
      write: (entry) =>
        Effect.zipRight(
          append(entry),
          Ref.update(list, (entries) => [...entries, entry])
        ),
      entries: Ref.get(list)
    }
  })
