/**
 * Where videos go, as a person names it in a flag or a setting.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { foreignPlace, placeKind } from "@mutoscope/core/Media"
import * as Effect from "effect/Effect"
import { UsageError } from "./Outcome.ts"

/**
 * The absolute path of a place, since a record may be resumed from any directory. What ends like a media file of another format
 * is refused before anything is sent, unless a folder of that name is there.
 */
export const destinationOf = (
  wanted: string
): Effect.Effect<string, UsageError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (wanted.trim() === "") return yield* new UsageError({ reason: "--output must not be empty" })
    if (placeKind(wanted) !== "foreign") return path.resolve(wanted)
    const isFolder = yield* files.stat(wanted).pipe(
      Effect.map(({ type }) => type === "Directory"),
      Effect.orElseSucceed(() => false)
    )
    return isFolder ? path.resolve(wanted) : yield* new UsageError({ reason: foreignPlace(wanted) })
  })
