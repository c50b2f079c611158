/**
 * Finished videos as files in a folder: fetched without fetching a byte twice, verified, synced, and named without ever
 * touching a file that is there.
 *
 * @since 0.1.0
 */
import type { StoredVideo } from "@videogen/core/Generation"
import { type DownloadError, NotAVideo, type StorageError } from "@videogen/core/GenerationError"
import { type Delivery, VideoStore } from "@videogen/core/VideoStore"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Mp4 from "./internal/mp4.ts"
import * as Names from "./internal/names.ts"
import { attempt, flags, open, remove } from "./internal/nodeFile.ts"
import * as PartFile from "./internal/partFile.ts"
import * as Place from "./internal/place.ts"
import { finish, publish, type Verified } from "./internal/publish.ts"
import { type Received, receive } from "./internal/receive.ts"

/** `directory` takes the videos of generations that name no place of their own; `maximumBytes` is 4 GiB. */
export interface Options {
  readonly directory: string
  readonly maximumBytes?: number | undefined
}

/** A video is larger than this by mistake or by malice. */
export const defaultMaximumBytes = 4 * 1024 ** 3

/** A store over the files of this machine. It never fails; what is wrong with the folder is said by `prepare`. */
export const make = (options: Options): Effect.Effect<Context.Tag.Service<VideoStore>, never, Scope.Scope> =>
  Effect.map(makeReceipts, (receipts) => {
    const services: Services = { options, receipts, names: Names.make() }
    const check = Place.makeCheck()
    return VideoStore.of({
      prepare: (generation) => check(Place.placeOf(options.directory, generation)),
      save: (delivery) => Effect.scoped(save(services, delivery))
    })
  })

/** The store as a layer. */
export const layer = (options: Options): Layer.Layer<VideoStore> => Layer.scoped(VideoStore, make(options))

// Privates ---------------------------------------------------------------------------------------------------------

type SaveError = DownloadError | NotAVideo | StorageError

interface Services {
  readonly options: Options
  readonly receipts: Receipts
  readonly names: Names.Names
}

const save = (services: Services, delivery: Delivery): Effect.Effect<StoredVideo, SaveError> =>
  Effect.gen(function* () {
    const { names, options, receipts } = services
    const place = Place.placeOf(options.directory, delivery.generation)
    yield* Place.createFolder(place)
    const part = PartFile.at(place.folder, delivery.generation)
    const note = yield* PartFile.readNote(part)
    const earlier = yield* finishEarlier(names, part, place, note)
    const video = Option.isSome(earlier)
      ? earlier.value
      : yield* fetchAndPublish(services, delivery, part, place, note)
    yield* receipts.keep(part.note)
    return video
  })

const finishEarlier = (
  names: Names.Names,
  part: PartFile.PartFile,
  place: Place.Place,
  note: Option.Option<PartFile.Note>
) =>
  Option.isSome(note) && note.value._tag === "Verified"
    ? finish(names, part, place, note.value.video)
    : Effect.succeedNone

const fetchAndPublish = (
  { names, options }: Services,
  delivery: Delivery,
  part: PartFile.PartFile,
  place: Place.Place,
  note: Option.Option<PartFile.Note>
) =>
  Effect.gen(function* () {
    const received = yield* receive(delivery, part, options.maximumBytes ?? defaultMaximumBytes, note)
    const verified = yield* verify(part, received)
    return yield* publish(names, part, place, verified)
  })

// On disk before it has a name: a file with its final name is never anything but whole.
const verify = (
  part: PartFile.PartFile,
  received: Received
): Effect.Effect<Verified, NotAVideo | StorageError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const file = yield* open(part.path, flags.resume)
      const verdict = yield* attempt(`read ${part.path}`, () =>
        Mp4.inspect(file, received.bytes, received.lengthKnown)
      )
      if (!verdict.whole) return yield* new NotAVideo({ found: verdict.found })
      yield* attempt(`sync ${part.path}`, () => file.sync())
      const { bytes, lengthKnown, sha256 } = received
      return { bytes, sha256, integrity: lengthKnown ? "length+boxes" : "boxes" } as const
    })
  ).pipe(Effect.tapErrorTag("NotAVideo", () => PartFile.discard(part)))

/**
 * The notes of videos that have their names, kept for as long as their records may not know it yet: a process that
 * dies in between finds its file again instead of fetching it twice.
 */
interface Receipts {
  readonly keep: (note: string) => Effect.Effect<void>
}

/** Milliseconds after which a record certainly knows of its file. */
const receiptLife = 30_000

// The oldest come first, so that the many young ones need not be looked at.
const takeOld = (kept: Map<string, number>, until: number): ReadonlyArray<string> => {
  const notes: Array<string> = []
  for (const [note, since] of kept) {
    if (since > until) break
    kept.delete(note)
    notes.push(note)
  }
  return notes
}

const makeReceipts: Effect.Effect<Receipts, never, Scope.Scope> = Effect.gen(function* () {
  const kept = new Map<string, number>()
  const forget = (until: number) =>
    Effect.suspend(() =>
      Effect.forEach(takeOld(kept, until), (note) => Effect.ignore(remove(note)), { discard: true })
    ).pipe(Effect.uninterruptible)
  yield* Effect.addFinalizer(() => forget(Number.POSITIVE_INFINITY))
  return {
    keep: (note) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.andThen(
          forget(now - receiptLife),
          Effect.sync(() => kept.set(note, now))
        )
      )
  }
})
