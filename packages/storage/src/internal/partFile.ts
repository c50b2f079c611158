/**
 * A video on its way: the bytes so far in a hidden file beside the target, and a note beside it that says what they
 * are. Both survive a crash, so that no byte is fetched twice.
 */
import { createHash, type Hash } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import type { Generation } from "@mutoscope/core/Generation"
import type { StorageError } from "@mutoscope/core/GenerationError"
import type { AnnouncedHash } from "@mutoscope/core/VideoProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { atOnce, atOnceOr, attempt, flags, look, open, read, remove, withFile } from "./nodeFile.ts"

/** The two files of one generation in a folder. */
export interface PartFile {
  readonly folder: string
  readonly path: string
  readonly note: string
}

/**
 * What the note says: the bytes are the beginning of the version that `validator` names, `totalBytes` long, and the whole
 * hashes to what was announced. `synced` of them survive a power failure; the others live as long as the machine runs that
 * was `booted` then, in milliseconds since 1970.
 */
export const Note = Schema.Struct({
  validator: Schema.String,
  totalBytes: Schema.NullOr(Schema.NonNegativeInt),
  announcedHash: Schema.optionalWith(
    Schema.Struct({ algorithm: Schema.Literal("md5", "sha-256"), value: Schema.String }),
    { as: "Option", nullable: true }
  ),
  booted: Schema.Number,
  synced: Schema.NonNegativeInt
})
export type Note = typeof Note.Type

/** Bytes read at a time. */
const block = 1024 * 1024

const NoteJson = Schema.parseJson(Note)
const decodeNote = Schema.decodeUnknownOption(NoteJson)
const encodeNote = Schema.encodeSync(NoteJson)

/** Where the files of a generation are, in a folder. */
export const at = (folder: string, generation: Generation): PartFile => {
  const path = join(folder, `.${safeName(generation.id)}.part`)
  return { folder, path, note: `${path}.json` }
}

/** An id as file names have it: one that was not minted here may hold anything. */
export const safeName = (id: string) =>
  /^[a-z0-9_-]+$/.test(id) ? id : createHash("sha256").update(id).digest("hex").slice(0, 32)

/** The note, if there is a readable one. An unreadable one was torn by a crash, and is worth nothing. */
export const readNote = (part: PartFile): Effect.Effect<Option.Option<Note>, StorageError> =>
  Effect.flatMap(look(part.note), (found) =>
    Option.isNone(found) ? Effect.succeedNone : Effect.map(readText(part.note), decodeNote)
  )

const readText = (path: string) =>
  atOnceOr(
    `read ${path}`,
    () => withFile(path, flags.read, (file) => fs.readFileSync(file, "utf8")),
    ["ENOENT", "ELOOP"],
    ""
  )

/** Writes the note, in place of the one that may be there. */
export const writeNote = (part: PartFile, note: Note): Effect.Effect<void, StorageError> =>
  Effect.zipRight(
    remove(next(part)),
    atOnce(`write ${part.note}`, () => {
      withFile(next(part), flags.create, (file) => fs.writeFileSync(file, encodeNote(note)))
      fs.renameSync(next(part), part.note)
    })
  )

const next = (part: PartFile) => `${part.note}.new`

/** Removes the note, and what may be left of one that was being written. */
export const removeNote = (part: PartFile): Effect.Effect<void, StorageError> =>
  Effect.zipRight(remove(part.note), remove(next(part)))

/** Removes all of it. */
export const discard = (part: PartFile): Effect.Effect<void, StorageError> =>
  Effect.zipRight(remove(part.path), removeNote(part))

/** How many bytes are here; nothing where no ordinary file is. */
export const size = (path: string): Effect.Effect<Option.Option<number>, StorageError> =>
  Effect.map(look(path), (stats) =>
    Option.map(
      Option.filter(stats, (found) => found.isFile()),
      (found) => found.size
    )
  )

/** The hash of a file, or of its first bytes, ready to go on. */
export const hashFile = (
  path: string,
  algorithm: AnnouncedHash["algorithm"],
  length = Number.POSITIVE_INFINITY
): Effect.Effect<Hash, StorageError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const file = yield* open(path, flags.read)
      const hash = createHash(algorithm)
      const buffer = Buffer.allocUnsafe(block)
      for (let offset = 0; ; ) {
        const { bytesRead } = yield* attempt(`read ${path}`, () =>
          read(file, buffer, 0, Math.min(block, length - offset), offset)
        )
        if (bytesRead === 0) return hash
        hash.update(buffer.subarray(0, bytesRead))
        offset += bytesRead
      }
    })
  )
