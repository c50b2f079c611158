/**
 * The records in one SQLite file: the default. Any number of processes may use the file at once; what has been
 * acknowledged survives a crash of the process, of the system, and of the power supply.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { StorageError } from "@mutoscope/core/GenerationError"
import type { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqliteFile from "./internal/sqliteFile.ts"
import * as SqlGenerationStore from "./SqlGenerationStore.ts"

/**
 * `path` is the database file; it and its folder are created for their owner's eyes alone. `spoolDirectory` is
 * `spool` beside it where it is not given.
 */
export interface Options {
  readonly path: string
  readonly spoolDirectory?: string | undefined
}

/**
 * The store in a SQLite file. Fails with `StorageError` where the file cannot be opened, is not a sound database, or
 * was written by a newer version; such a file is left as it is.
 */
export const layer = (
  options: Options
): Layer.Layer<GenerationStore, StorageError, FileSystem.FileSystem | Path.Path> =>
  Layer.unwrapEffect(
    Effect.map(Path.Path, (path) =>
      SqlGenerationStore.layer({
        spoolDirectory: options.spoolDirectory ?? path.join(path.dirname(options.path), "spool")
      }).pipe(Layer.provide(SqliteFile.layer(options.path)))
    )
  )

/** The same, from the configuration: `MUTOSCOPE_DATABASE` unless told otherwise. */
export const layerConfig = (
  options: Config.Config.Wrap<Options> = { path: Config.string("MUTOSCOPE_DATABASE") }
): Layer.Layer<GenerationStore, StorageError | ConfigError, FileSystem.FileSystem | Path.Path> =>
  Layer.unwrapEffect(Effect.map(Config.unwrap(options), layer))
