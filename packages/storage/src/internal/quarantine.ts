/**
 * The folder beside a target that keeps files which were served whole and refused: `<id>-<12 digits of the hash>.bin` each.
 * Nothing here fails a download: what cannot be kept is discarded, and what cannot be removed stays.
 */
import * as fs from "node:fs"
import { basename, dirname, join } from "node:path"
import type { Generation } from "@mutoscope/core/Generation"
import { StorageError } from "@mutoscope/core/GenerationError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { atOnce, atOnceOr, flags, look, type OpenFile, remove, withFile } from "./nodeFile.ts"
import * as PartFile from "./partFile.ts"

/** The name of the folder, beside the videos. */
export const folderName = ".mutoscope-quarantine"

/** How much is kept, and for how long. */
export interface Limits {
  /** Bytes of all files of one quarantine. */
  readonly maximumBytes: number
  /** Days that a file is kept for. */
  readonly days: number
}

/** 1 GiB, for 7 days. */
export const defaults: Limits = { maximumBytes: 1024 ** 3, days: 7 }

/** A file that is kept. */
export interface Kept {
  readonly path: string
  /** The id of its generation as file names have it. */
  readonly owner: string
  /** The first 12 hexadecimal digits of its SHA-256. */
  readonly hash: string
  readonly bytes: number
  /** When it was put here, in milliseconds since 1970. */
  readonly keptAt: number
}

/** The quarantine of a folder with videos. */
export const at = (folder: string): string => join(folder, folderName)

/** Moves a refused part file into the quarantine, and says where it is; nothing where it is not kept. */
export const keep = (
  part: PartFile.PartFile,
  file: OpenFile,
  { bytes, sha256 }: { readonly bytes: number; readonly sha256: string },
  generation: Generation,
  limits: Limits
): Effect.Effect<Option.Option<string>> =>
  Effect.gen(function* () {
    if (bytes > limits.maximumBytes) return Option.none()
    const folder = at(part.folder)
    const path = join(folder, nameOf(generation, sha256))
    yield* makeFolder(folder)
    const there = yield* look(path)
    if (Option.isSome(there))
      return there.value.isFile() && there.value.size === bytes ? Option.some(path) : Option.none()
    yield* sweep(part.folder, limits, bytes)
    // The sweep removes a folder that it has emptied.
    yield* makeFolder(folder)
    const now = (yield* Clock.currentTimeMillis) / 1000
    yield* atOnce(`move ${part.path}`, () => {
      fs.futimesSync(file, now, now)
      moveUnlessTaken(part.path, path)
    })
    return Option.some(path)
  }).pipe(Effect.tapError(notKept(part)), Effect.orElseSucceed(Option.none))

/** Removes what is older than the limits allow, then the oldest, until there is room for so many bytes more. */
export const sweep = (folder: string, limits: Limits, room = 0): Effect.Effect<void, StorageError> =>
  Effect.gen(function* () {
    const kept = yield* list(at(folder))
    if (kept.length === 0) return
    const now = yield* Clock.currentTimeMillis
    const oldest = now - limits.days * day
    let total = kept.reduce((sum, { bytes }) => sum + bytes, room)
    for (const { bytes, keptAt, path } of kept) {
      if (keptAt > oldest && total <= limits.maximumBytes) continue
      yield* remove(path)
      total -= bytes
    }
    yield* removeEmpty(at(folder))
  })

/** Removes what is kept of a generation that has its video. */
export const release = (folder: string, generation: Generation): Effect.Effect<void> => {
  const owner = PartFile.safeName(generation.id)
  const recorded = recordedFolder(generation, owner)
  const folders = new Set([at(folder), ...Option.toArray(recorded)])
  return Effect.forEach(folders, (each) => removeOwn(each, owner), { discard: true }).pipe(
    Effect.catchAll((error) => Effect.logDebug(error.message))
  )
}

/** What is in a quarantine, the oldest first. Nothing where that is a link, or holds only files of other names. */
export const list = (quarantine: string): Effect.Effect<ReadonlyArray<Kept>, StorageError> =>
  Effect.gen(function* () {
    if (!(yield* isFolder(quarantine))) return []
    const names = yield* atOnceOr(`read ${quarantine}`, () => fs.readdirSync(quarantine), ["ENOENT"], [])
    const kept = yield* Effect.forEach(names, (name) => keptAs(quarantine, name))
    return kept.flatMap(Option.toArray).sort((one, other) => one.keptAt - other.keptAt)
  })

/** Removes one file of a quarantine, and the quarantine with its last one. */
export const discard = ({ path }: Kept): Effect.Effect<void, StorageError> =>
  Effect.zipRight(remove(path), removeEmpty(dirname(path)))

// Privates ---------------------------------------------------------------------------------------------------------

const day = 24 * 3_600_000

const nameOf = ({ id }: Generation, sha256: string) => `${PartFile.safeName(id)}-${sha256.slice(0, 12)}.bin`

// Nothing else in the folder is ours, whoever put it there.
const ownName = /^([a-z0-9_-]+)-([0-9a-f]{12})\.bin$/

const keptAs = (quarantine: string, name: string): Effect.Effect<Option.Option<Kept>, StorageError> => {
  const [, owner, hash] = ownName.exec(name) ?? []
  if (owner === undefined || hash === undefined) return Effect.succeedNone
  const path = join(quarantine, name)
  return Effect.map(look(path), (found) =>
    Option.map(
      Option.filter(found, (stats) => stats.isFile()),
      ({ mtimeMs, size }) => ({ path, owner, hash, bytes: size, keptAt: mtimeMs })
    )
  )
}

const isFolder = (path: string) =>
  Effect.map(
    look(path),
    Option.exists((stats) => stats.isDirectory())
  )

const makeFolder = (path: string): Effect.Effect<void, StorageError> =>
  Effect.gen(function* () {
    yield* atOnceOr(`create the folder ${path}`, () => fs.mkdirSync(path, 0o700), ["EEXIST"], undefined)
    if (!(yield* isFolder(path)))
      return yield* new StorageError({ operation: `use ${path}`, reason: "it is not a folder" })
  })

// A link fails where the name is taken. Where there are no links, the name is held with a file that the rename replaces.
const moveUnlessTaken = (from: string, to: string) => {
  try {
    fs.linkSync(from, to)
  } catch (error) {
    if (fs.lstatSync(to, { throwIfNoEntry: false }) !== undefined) throw error
    return renameOver(from, to)
  }
  fs.unlinkSync(from)
}

const renameOver = (from: string, to: string) => {
  withFile(to, flags.create, () => {})
  try {
    fs.renameSync(from, to)
  } catch (error) {
    fs.unlinkSync(to)
    throw error
  }
}

const removeOwn = (quarantine: string, owner: string) =>
  Effect.flatMap(list(quarantine), (kept) =>
    Effect.forEach(
      kept.filter((one) => one.owner === owner),
      discard,
      { discard: true }
    )
  )

/** The quarantine that the record names, which is another where the video was saved elsewhere in the end. */
const recordedFolder = ({ state }: Generation, owner: string): Option.Option<string> =>
  Option.fromNullable(state._tag === "Downloading" ? state.refused?.file?.path : undefined).pipe(
    Option.filter((path) => basename(path).startsWith(`${owner}-`)),
    Option.map(dirname),
    Option.filter((folder) => basename(folder) === folderName)
  )

const removeEmpty = (quarantine: string) =>
  atOnceOr(
    `remove the folder ${quarantine}`,
    () => fs.rmdirSync(quarantine),
    ["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR"],
    undefined
  )

const notKept = (part: PartFile.PartFile) => (error: StorageError) =>
  Effect.logDebug(`The refused file ${part.path} is not kept: ${error.message}`)
