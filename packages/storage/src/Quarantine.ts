/**
 * Files that were served whole, are no videos, and are kept beside the videos for a while: what is there, and how to
 * remove it. `FileVideoStore` fills the quarantine, and keeps it within its limits.
 *
 * @since 0.1.0
 */
import type { Generation } from "@mutoscope/core/Generation"
import type { StorageError } from "@mutoscope/core/GenerationError"
import * as Effect from "effect/Effect"
import { judge } from "./internal/media.ts"
import { atOnceOr, flags, withFile } from "./internal/nodeFile.ts"
import * as PartFile from "./internal/partFile.ts"
import * as Place from "./internal/place.ts"
import * as Internal from "./internal/quarantine.ts"

/** A file in a quarantine. */
export interface Kept {
  /** Its absolute path. */
  readonly path: string
  /** The id of its generation, or a hash of an id that cannot stand in a file name. */
  readonly owner: string
  /** The first 12 hexadecimal digits of its SHA-256. */
  readonly hash: string
  /** Its length in bytes. */
  readonly bytes: number
  /** When it was put there, in milliseconds since 1970. */
  readonly keptAt: number
  /** What it looks like, in words. */
  readonly found: string
}

/** The quarantine beside the video of a generation, for a store over a directory. */
export const ofGeneration = (directory: string, generation: Generation): string =>
  Internal.at(Place.placeOf(directory, generation).folder)

/** The quarantine beside videos that go to a place: a folder, or a file ending in `.mp4`. */
export const ofOutput = (output: string): string => Internal.at(Place.folderOf(output))

/** Whether a file is that of a generation. */
export const isOf = ({ owner }: Kept, { id }: Pick<Generation, "id">): boolean =>
  owner === PartFile.safeName(id)

/** What is in a quarantine, the oldest first; nothing where there is none. */
export const list = (quarantine: string): Effect.Effect<ReadonlyArray<Kept>, StorageError> =>
  Effect.flatMap(Internal.list(quarantine), (kept) =>
    Effect.forEach(kept, (one) => Effect.map(found(one), (found) => ({ ...one, found })))
  )

/** Removes a file from its quarantine. */
export const remove = (kept: Kept): Effect.Effect<void, StorageError> => Internal.discard(kept)

// Privates ---------------------------------------------------------------------------------------------------------

const found = ({ bytes, path }: Internal.Kept) =>
  Effect.map(
    atOnceOr(
      `read ${path}`,
      () => withFile(path, flags.read, (file) => judge(file, bytes, true)),
      ["ENOENT", "ELOOP"],
      undefined
    ),
    (verdict) =>
      verdict === undefined
        ? "a file that is gone"
        : verdict.whole
          ? "a whole video with another hash than announced"
          : verdict.found
  )
