/**
 * Gives a verified video its name: one that was free, never over a file that is there, and never twice.
 */
import * as fs from "node:fs"
import { basename, dirname } from "node:path"
import type { StoredVideo } from "@mutoscope/core/Generation"
import type { LeaseLost, StorageError } from "@mutoscope/core/GenerationError"
import type { Delivery } from "@mutoscope/core/VideoStore"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SyncFolder } from "./folderSync.ts"
import * as Names from "./names.ts"
import { atOnce, atOnceOr, flags, look, remove, withFile } from "./nodeFile.ts"
import * as PartFile from "./partFile.ts"
import { ofFormat, type Place } from "./place.ts"

/** What those who publish in this process share. */
export interface Publishing {
  readonly names: Names.Names
  readonly syncFolder: SyncFolder
}

/** What is known of a video before it has its name. */
export type Verified = Omit<StoredVideo, "path">

/** Moves the part file to a name that is free, and that is on record by then. */
export const publish = (
  { names, syncFolder }: Publishing,
  part: PartFile.PartFile,
  place: Place,
  verified: Verified,
  onVerified: Delivery["onVerified"]
): Effect.Effect<StoredVideo, LeaseLost | StorageError> =>
  Names.tryEach(names, ofFormat(place, verified.media?.container), (path) =>
    Effect.gen(function* () {
      if (yield* isPlaceholder(part, path)) yield* remove(path)
      if (Option.isSome(yield* look(path))) return Option.none()
      const video: StoredVideo = { path, ...verified }
      yield* onVerified(video)
      if (!(yield* moveTo(part, path))) return Option.none()
      yield* PartFile.removeNote(part)
      yield* syncFolder(place.folder)
      return Option.some(video)
    })
  )

/**
 * What an earlier call that was cut short had verified, finished now: its file has its name already, or its part file
 * gets one. Nothing where there was none, or where the bytes are not what the record says.
 */
export const finish = (
  publishing: Publishing,
  part: PartFile.PartFile,
  place: Place,
  { onVerified, verified: earlier }: Delivery
): Effect.Effect<Option.Option<StoredVideo>, LeaseLost | StorageError> =>
  Effect.gen(function* () {
    if (Option.isNone(earlier)) return Option.none()
    const { path, ...verified } = earlier.value
    if (dirname(path) === place.folder && (yield* holds(path, verified))) {
      yield* PartFile.discard(part)
      return earlier
    }
    return (yield* holds(part.path, verified))
      ? Option.some(yield* publish(publishing, part, place, verified, onVerified))
      : Option.none()
  })

// Privates ---------------------------------------------------------------------------------------------------------

// File systems without hard links, and some network ones.
const linkless = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES", "EXDEV", "UNKNOWN"])

// A link fails where the name is taken; a rename would replace what is there. True: it is ours now.
const moveTo = (part: PartFile.PartFile, to: string): Effect.Effect<boolean, StorageError> =>
  Effect.flatMap(link(part.path, to), (outcome) => {
    switch (outcome) {
      case "linked":
        return Effect.as(remove(part.path), true)
      case "taken":
        return Effect.succeed(false)
      case "unsupported":
        return renameInto(part, to)
    }
  })

const link = (from: string, to: string): Effect.Effect<"linked" | "taken" | "unsupported", StorageError> =>
  atOnceOr(`name ${to}`, () => linked(from, to), ["EEXIST"], "taken" as const).pipe(
    Effect.catchIf(
      (error) => linkless.has(error.reason.split(":")[0] ?? ""),
      () => Effect.succeed("unsupported" as const)
    )
  )

const linked = (from: string, to: string) => {
  fs.linkSync(from, to)
  return "linked" as const
}

// The name is taken with a file of our own, which the rename then replaces.
const renameInto = (part: PartFile.PartFile, to: string): Effect.Effect<boolean, StorageError> =>
  atOnceOr(`name ${to}`, () => hold(part, to), ["EEXIST"], false).pipe(
    Effect.tap((ours) => (ours ? atOnce(`name ${to}`, () => fs.renameSync(part.path, to)) : Effect.void))
  )

const hold = (part: PartFile.PartFile, path: string) =>
  withFile(path, flags.create, (file) => {
    fs.writeFileSync(file, placeholderOf(part))
    return true
  })

// It says whose it is: where a crash leaves it behind, whoever goes on may replace it, and nobody else's file.
const placeholderOf = (part: PartFile.PartFile) => `in the place of ${basename(part.path)}\n`

const isPlaceholder = (part: PartFile.PartFile, path: string): Effect.Effect<boolean, StorageError> =>
  Effect.gen(function* () {
    const placeholder = placeholderOf(part)
    if (!Option.contains(yield* PartFile.size(path), Buffer.byteLength(placeholder))) return false
    return yield* atOnceOr(
      `read ${path}`,
      () => withFile(path, flags.read, (file) => fs.readFileSync(file, "utf8")) === placeholder,
      ["ENOENT", "ELOOP"],
      false
    )
  })

const holds = (path: string, { bytes, sha256 }: Verified): Effect.Effect<boolean, StorageError> =>
  Effect.gen(function* () {
    if (!Option.contains(yield* PartFile.size(path), bytes)) return false
    return (yield* PartFile.hashFile(path, "sha-256")).digest("hex") === sha256
  })
