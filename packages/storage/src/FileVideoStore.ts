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
  type StorageError
} from "@mutoscope/core/GenerationError"
import type { AnnouncedHash } from "@mutoscope/core/VideoProvider"
import { type Delivery, VideoStore } from "@mutoscope/core/VideoStore"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as FolderSync from "./internal/folderSync.ts"
import * as Mp4 from "./internal/mp4.ts"
import * as Names from "./internal/names.ts"
import { atOnce, attempt, sync } from "./internal/nodeFile.ts"
import * as PartFile from "./internal/partFile.ts"
import * as Place from "./internal/place.ts"
import { finish, type Publishing, publish, type Verified } from "./internal/publish.ts"
import { type Received, receive } from "./internal/receive.ts"

/** `directory` takes the videos of generations that name no place of their own; `maximumBytes` is 4 GiB. */
export interface Options {
  readonly directory: string
  readonly maximumBytes?: number | undefined
}

/** A video is larger than this by mistake or by malice. */
export const defaultMaximumBytes = 4 * 1024 ** 3

/** A store over the files of this machine. It never fails; what is wrong with the folder is said by `prepare`. */
export const make = (options: Options): Effect.Effect<Context.Tag.Service<VideoStore>> =>
  Effect.sync(() => {
    const publishing = { names: Names.make(), syncFolder: FolderSync.make() }
    const check = Place.makeCheck()
    return VideoStore.of({
      prepare: (generation) => check(Place.placeOf(options.directory, generation)),
      save: (delivery) => save(options, publishing, delivery)
    })
  })

/** The store as a layer. */
export const layer = (options: Options): Layer.Layer<VideoStore> => Layer.effect(VideoStore, make(options))

// Privates ---------------------------------------------------------------------------------------------------------

type SaveError = DownloadError | NotAVideo | LeaseLost | StorageError

const save = (
  options: Options,
  publishing: Publishing,
  delivery: Delivery
): Effect.Effect<StoredVideo, SaveError> =>
  Effect.gen(function* () {
    const place = Place.placeOf(options.directory, delivery.generation)
    yield* Place.createFolder(place)
    const part = PartFile.at(place.folder, delivery.generation)
    const earlier = yield* finish(publishing, part, place, delivery)
    if (Option.isSome(earlier)) return earlier.value
    const verified = yield* receive(delivery, part, options.maximumBytes ?? defaultMaximumBytes, (received) =>
      verify(delivery, part, received)
    )
    return yield* publish(publishing, part, place, verified, delivery.onVerified)
  })

// On disk before it has a name: a file with its final name is never anything but whole.
const verify = (
  { generation }: Delivery,
  part: PartFile.PartFile,
  { announcedHash, bytes, file, lengthKnown, sha256 }: Received
): Effect.Effect<Verified, DownloadFailed | NotAVideo | StorageError> =>
  Effect.gen(function* () {
    const verdict = yield* atOnce(`read ${part.path}`, () => Mp4.inspect(file, bytes, lengthKnown))
    if (!verdict.whole) return yield* new NotAVideo({ found: verdict.found })
    const hashed = Option.isSome(announcedHash)
    if (hashed && !(yield* hasHash(part, sha256, announcedHash.value))) {
      const reason = `its ${announcedHash.value.algorithm} is not the one that was announced`
      return yield* new DownloadFailed({ provider: generation.provider, reason })
    }
    yield* attempt(`sync ${part.path}`, () => sync(file))
    return {
      bytes,
      sha256,
      integrity: hashed ? "hash+boxes" : lengthKnown ? "length+boxes" : "boxes"
    } as const
  }).pipe(Effect.tapError((error) => (error._tag === "StorageError" ? Effect.void : PartFile.discard(part))))

// Ours is taken while the bytes come; any other has to read them again.
const hasHash = (part: PartFile.PartFile, sha256: string, { algorithm, value }: AnnouncedHash) =>
  algorithm === "sha-256"
    ? Effect.succeed(sha256 === value)
    : Effect.map(PartFile.hashFile(part.path, algorithm), (hash) => hash.digest("hex") === value)
