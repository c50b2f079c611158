/**
 * What all processes have noted in a folder of spools: found again, and cleared away once nobody needs it.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import type { GenerationId } from "@mutoscope/core/Generation"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { SpoolLine } from "./generationRow.ts"

/** One operation that was noted. */
export type Line = typeof SpoolLine.Type

/** What is known of a file as it was at a time, in milliseconds since 1970. */
interface Read {
  readonly changed: number
  readonly lines: ReadonlyArray<Line>
}

/** Milliseconds within which two changes of a file may bear the same time. */
const sameTime = 2_000

/** Milliseconds after which whoever made a file has certainly taken another, or is gone. */
const abandoned = 24 * 3_600_000

/** The files of a folder, of which none has been read. */
export const make = (fs: FileSystem.FileSystem, path: Path.Path, directory: string) => {
  const known = new Map<string, Read>()

  const names = Effect.gen(function* () {
    if (!(yield* fs.exists(directory))) return []
    const all = yield* fs.readDirectory(directory)
    return all.filter((name) => name.endsWith(".jsonl")).map((name) => path.join(directory, name))
  })

  // A file may be removed by its process while we look.
  const read = (name: string) =>
    Effect.gen(function* () {
      const { mtime } = yield* fs.stat(name)
      const changed = Option.match(mtime, { onNone: () => Number.NaN, onSome: (date) => date.getTime() })
      const before = known.get(name)
      if (before?.changed === changed) return before
      const now = yield* Clock.currentTimeMillis
      const found: Read = { changed, lines: linesOf(yield* fs.readFileString(name)) }
      if (now - changed > sameTime) known.set(name, found)
      else known.delete(name)
      return found
    }).pipe(
      Effect.catchIf(
        (error) => error._tag === "SystemError" && error.reason === "NotFound",
        () => Effect.succeed<Read>({ changed: Number.NaN, lines: [] })
      )
    )

  return {
    /** The line noted last for each record. */
    latest: Effect.gen(function* () {
      const files = yield* Effect.forEach(yield* names, read)
      const lines = Arr.sortWith(
        files.flatMap(({ lines }) => lines),
        (line) => line.at,
        DateTime.Order
      )
      return Array.from(new Map(lines.map((line) => [line.generationId, line])).values())
    }),

    /** The operation noted last for a record. */
    find: (id: GenerationId) =>
      Effect.gen(function* () {
        const files = yield* Effect.forEach(yield* names, read)
        const mine = files.flatMap(({ lines }) => lines.filter((line) => line.generationId === id))
        return Option.map(
          Arr.last(Arr.sortWith(mine, (line) => line.at, DateTime.Order)),
          (line) => line.operation
        )
      }),

    /** Removes the files that nobody has used for a day, and that say nothing that is `needed`. */
    sweep: (needed: (ids: ReadonlyArray<GenerationId>) => Effect.Effect<ReadonlyArray<string>, unknown>) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        for (const name of yield* names) {
          const { changed, lines } = yield* read(name)
          if (!(now - changed > abandoned)) continue
          const ids = Arr.dedupe(lines.map(({ generationId }) => generationId))
          if (ids.length > 0 && (yield* needed(ids)).length > 0) continue
          known.delete(name)
          yield* fs.remove(name)
        }
      })
  }
}

const decodeLine = Schema.decodeUnknownOption(SpoolLine)

// What cannot be read was torn while it was written. Nearly all of it are the line feeds that keep its space, and not worth
// a look each.
const linesOf = (text: string) => Arr.filterMap(text.match(/[^\n]+/g) ?? [], (line) => decodeLine(line))
