/**
 * Finished videos as files in a folder: fetched without fetching a byte twice, verified, synced, and named without ever
 * touching a file that is there.
 *
 * @since 0.1.0
 */
import type { StoredVideo } from "@mutoscope/core/Generation"
import {
  type DownloadError,
  DownloadFailed,
  type LeaseLost,
  NotAVideo,
  type RefusedFile,
  type StorageError
} from "@mutoscope/core/GenerationError"
import type { AnnouncedHash } from "@mutoscope/core/VideoProvider"
import { type Delivery, VideoStore } from "@mutoscope/core/VideoStore"
import { isNonEmptyReadonlyArray } from "effect/Array"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as FolderSync from "./internal/folderSync.ts"
import { inspect } from "./internal/media.ts"
import * as Names from "./internal/names.ts"
import { attempt, sync } from "./internal/nodeFile.ts"
import * as PartFile from "./internal/partFile.ts"
import * as Place from "./internal/place.ts"
import { finish, type Publishing, publish, type Verified } from "./internal/publish.ts"
import * as Quarantine from "./internal/quarantine.ts"
import { type Received, receive } from "./internal/receive.ts"

/** Where videos go, and what is too much. */
export interface Options {
  /** Takes the videos of generations that name no place of their own. */
  readonly directory: string
  /** The longest video that is stored, in bytes: 4 GiB. */
  readonly maximumBytes?: number | undefined
  /** How much is kept of files that were refused, beside the videos; `false` keeps none of them. */
  readonly quarantine?: QuarantineOptions | false | undefined
}

/** How much is kept of files that were served whole and are no videos. The oldest go first. */
export interface QuarantineOptions {
  /** The most bytes of all that are kept beside the videos of one folder: 1 GiB. A larger file is not kept. */
  readonly maximumBytes?: number | undefined
  /** The most days that one is kept for: 7. */
  readonly days?: number | undefined
}

/** A video is larger than this by mistake or by malice. */
export const defaultMaximumBytes = 4 * 1024 ** 3

/** A store over the files of this machine. It never fails; what is wrong with the folder is said by `prepare`. */
export const make = (options: Options): Effect.Effect<Context.Tag.Service<VideoStore>> =>
  Effect.sync(() => {
    const publishing = { names: Names.make(), syncFolder: FolderSync.make() }
    const check = Place.makeCheck()
    const shelf = makeShelf(options.quarantine)
    return VideoStore.of({
      prepare: (generation) =>
        Effect.zipRight(Place.refuseForeign(generation), check(Place.placeOf(options.directory, generation))),
      save: (delivery) => save(options, publishing, shelf, delivery),
      leave: (from, to) => {
        const [old, now] = [from, to].map((generation) => Place.placeOf(options.directory, generation).folder)
        return old === undefined || old === now
          ? Effect.void
          : Effect.ignore(PartFile.discard(PartFile.at(old, from)))
      }
    })
  })

/** The store as a layer. */
export const layer = (options: Options): Layer.Layer<VideoStore> => Layer.effect(VideoStore, make(options))

// Privates ---------------------------------------------------------------------------------------------------------

type SaveError = DownloadError | NotAVideo | LeaseLost | StorageError

const save = (
  options: Options,
  publishing: Publishing,
  shelf: Shelf,
  delivery: Delivery
): Effect.Effect<StoredVideo, SaveError> =>
  Effect.gen(function* () {
    const place = Place.placeOf(options.directory, delivery.generation)
    yield* Place.createFolder(place)
    yield* shelf.firstUse(place.folder)
    const part = PartFile.at(place.folder, delivery.generation)
    const video = yield* finish(publishing, part, place, delivery).pipe(
      Effect.flatMap(
        Option.match({
          onSome: Effect.succeed,
          onNone: () => fetched(options, publishing, shelf, place, part, delivery)
        })
      )
    )
    yield* Quarantine.release(place.folder, delivery.generation)
    return video
  })

const fetched = (
  options: Options,
  publishing: Publishing,
  shelf: Shelf,
  place: Place.Place,
  part: PartFile.PartFile,
  delivery: Delivery
) =>
  Effect.flatMap(
    receive(delivery, part, options.maximumBytes ?? defaultMaximumBytes, (received) =>
      verify(delivery, part, shelf, received)
    ),
    (verified) => publish(publishing, part, place, verified, delivery.onVerified)
  )

// On disk before it has a name: a file with its final name is never anything but whole.
const verify = (
  { generation }: Delivery,
  part: PartFile.PartFile,
  shelf: Shelf,
  received: Received
): Effect.Effect<Verified, DownloadFailed | NotAVideo | StorageError> =>
  Effect.gen(function* () {
    const { announcedHash, bytes, file, lengthKnown, sha256 } = received
    const verdict = yield* attempt(`read ${part.path}`, () => inspect(file, bytes, lengthKnown))
    if (!verdict.whole) {
      if (bytes === 0) return yield* new NotAVideo({ found: verdict.found })
      const path = yield* shelf.keep(part, received, generation)
      return yield* new NotAVideo({
        found: verdict.found,
        file: refusedFile(received, verdict.foreign, path)
      })
    }
    const hashed = Option.isSome(announcedHash)
    if (hashed && !(yield* hasHash(part, sha256, announcedHash.value))) {
      const path = yield* shelf.keep(part, received, generation)
      return yield* new DownloadFailed({
        provider: generation.provider,
        reason: otherHash(announcedHash.value, path)
      })
    }
    yield* attempt(`sync ${part.path}`, () => sync(file))
    return {
      bytes,
      sha256,
      integrity: hashed ? "hash+boxes" : lengthKnown ? "length+boxes" : "boxes",
      ...(verdict.media === undefined ? {} : { media: verdict.media }),
      ...(isNonEmptyReadonlyArray(verdict.warnings) ? { warnings: verdict.warnings } : {})
    } as const
  }).pipe(Effect.tapError((error) => (error._tag === "StorageError" ? Effect.void : PartFile.discard(part))))

// Of a body without a length nobody knows whether it ended or was cut: then its ETag may be that of the whole video.
const refusedFile = (
  { bytes, lengthKnown, sha256, validator }: Received,
  foreign: boolean,
  path: Option.Option<string>
): RefusedFile => ({
  bytes,
  sha256,
  ...(Option.isSome(validator) && (lengthKnown || foreign) ? { validator: validator.value } : {}),
  ...(Option.isSome(path) ? { path: path.value } : {})
})

// The same version may well come undamaged the next time, so it is not remembered as refused.
const otherHash = ({ algorithm }: AnnouncedHash, path: Option.Option<string>) =>
  `its ${algorithm} is not the one that was announced${Option.isSome(path) ? `; the bytes are kept as ${path.value}` : ""}`

// Ours is taken while the bytes come; any other has to read them again.
const hasHash = (part: PartFile.PartFile, sha256: string, { algorithm, value }: AnnouncedHash) =>
  algorithm === "sha-256"
    ? Effect.succeed(sha256 === value)
    : Effect.map(PartFile.hashFile(part.path, algorithm), (hash) => hash.digest("hex") === value)

/** Where refused files go. */
interface Shelf {
  /** Keeps a refused file within the limits, and says where; nothing where it is not kept. */
  readonly keep: (
    part: PartFile.PartFile,
    received: Received,
    generation: Delivery["generation"]
  ) => Effect.Effect<Option.Option<string>>
  /** Removes what is too old or too much, the first time that a folder is used. */
  readonly firstUse: (folder: string) => Effect.Effect<void>
}

const makeShelf = (options: Options["quarantine"]): Shelf => {
  if (options === false) return { keep: () => Effect.succeedNone, firstUse: () => Effect.void }
  const limits: Quarantine.Limits = {
    maximumBytes: options?.maximumBytes ?? Quarantine.defaults.maximumBytes,
    days: options?.days ?? Quarantine.defaults.days
  }
  const used = new Set<string>()
  return {
    keep: (part, received, generation) => Quarantine.keep(part, received.file, received, generation, limits),
    firstUse: (folder) =>
      Effect.suspend(() => {
        if (used.has(folder)) return Effect.void
        used.add(folder)
        return Effect.catchAll(Quarantine.sweep(folder, limits), (error) => Effect.logDebug(error.message))
      })
  }
}
