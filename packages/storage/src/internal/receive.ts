/**
 * Fetches a video into its part file, from where an earlier call stopped, and gives up only when nothing comes.
 */
import type { Hash } from "node:crypto"
import { ftruncateSync } from "node:fs"
import type { DownloadError, NotAVideo, StorageError } from "@mutoscope/core/GenerationError"
import { DownloadFailed } from "@mutoscope/core/GenerationError"
import * as Monotonic from "@mutoscope/core/Monotonic"
import { Policy } from "@mutoscope/core/Policy"
import type { ResumePoint, VideoDownload } from "@mutoscope/core/VideoProvider"
import type { Delivery } from "@mutoscope/core/VideoStore"
import type * as Chunk from "effect/Chunk"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Hashing from "./hashing.ts"
import { atOnce, flags, type OpenFile, open } from "./nodeFile.ts"
import * as PartFile from "./partFile.ts"
import * as Sink from "./sink.ts"
import * as Uptime from "./uptime.ts"

/** All bytes are in the part file, as far as anybody knows how many there are. */
export interface Received {
  readonly file: OpenFile
  readonly bytes: number
  readonly sha256: string
  readonly lengthKnown: boolean
  /** The strong ETag of the version that this is. */
  readonly validator: Option.Option<string>
  readonly announcedHash: VideoDownload["announcedHash"]
}

/** Fetches what is missing, and hands the whole to `use` while its file is open. What arrives is kept, however this ends. */
export const receive = <A, E>(
  delivery: Delivery,
  part: PartFile.PartFile,
  maximumBytes: number,
  use: Use<A, E>
): Effect.Effect<A, E | DownloadError | NotAVideo | StorageError> =>
  Effect.gen(function* () {
    const start = yield* findStart(part)
    if (start.complete) return yield* Effect.scoped(Effect.flatMap(allHere(part, start), use))
    const first = yield* fetchFrom(delivery, part, maximumBytes, start, use)
    if (Option.isSome(first)) return first.value
    // The provider went on with something that does not fit to what is here.
    const second = yield* fetchFrom(delivery, part, maximumBytes, beginning(), use)
    return yield* Option.match(second, {
      onSome: Effect.succeed,
      onNone: () => failed(delivery, "it did not begin at its beginning")
    })
  })

/** What is done with a video that is all here. */
export type Use<A, E> = (received: Received) => Effect.Effect<A, E>

// Privates ---------------------------------------------------------------------------------------------------------

interface Start extends ResumePoint {
  readonly announcedHash: VideoDownload["announcedHash"]
  /** How many of the bytes before the offset survive a power failure. */
  readonly synced: number
  readonly hash: Hash
  readonly complete: boolean
}

const beginning = (): Start => ({
  offset: 0,
  validator: Option.none(),
  totalBytes: undefined,
  announcedHash: Option.none(),
  synced: 0,
  hash: Hashing.newHash(),
  complete: false
})

// Without a note nobody can tell whether the rest belongs to the same version.
const findStart = (part: PartFile.PartFile): Effect.Effect<Start, StorageError> =>
  Effect.gen(function* () {
    const note = yield* PartFile.readNote(part)
    if (Option.isNone(note)) return beginning()
    const { announcedHash, totalBytes, validator } = note.value
    if (!isStrong(validator)) return beginning()
    const size = Math.min(
      Option.getOrElse(yield* PartFile.size(part.path), () => 0),
      yield* trusted(note.value)
    )
    if (size === 0 || size > (totalBytes ?? size)) return beginning()
    const hash = yield* PartFile.hashFile(part.path, "sha-256", size)
    const synced = Math.min(size, note.value.synced)
    const here = { offset: size, synced, complete: size === totalBytes, hash }
    return { ...here, validator: Option.some(validator), totalBytes: totalBytes ?? undefined, announcedHash }
  })

/** Milliseconds by which the clock that times two starts of a machine may be off; no start takes so little. */
const sameStart = 2_000

// What a process wrote before it was killed is there; what a machine wrote before its power failed may be zeros.
const trusted = ({ booted, synced }: PartFile.Note) =>
  Effect.map(Uptime.booted, (now) => (Math.abs(now - booted) < sameStart ? Number.POSITIVE_INFINITY : synced))

const allHere = ({ path }: PartFile.PartFile, { announcedHash, hash, offset, validator }: Start) =>
  Effect.map(
    open(path, flags.resume),
    (file): Received => ({
      file,
      bytes: offset,
      sha256: hash.digest("hex"),
      lengthKnown: true,
      validator,
      announcedHash
    })
  )

const fetchFrom = <A, E>(
  delivery: Delivery,
  part: PartFile.PartFile,
  maximumBytes: number,
  from: Start,
  use: Use<A, E>
) =>
  Effect.gen(function* () {
    const heard = yield* makeHeard
    const fetched = Effect.flatMap(fetch(delivery, part, maximumBytes, from, heard), (received) => {
      heard.busy = true
      return Effect.transposeMapOption(received, use)
    })
    return yield* Effect.raceFirst(Effect.scoped(fetched), silence(delivery, heard))
  })

const fetch = (
  delivery: Delivery,
  part: PartFile.PartFile,
  maximumBytes: number,
  from: Start,
  heard: Heard
): Effect.Effect<Option.Option<Received>, DownloadError | NotAVideo | StorageError, Scope.Scope> =>
  Effect.gen(function* () {
    const download = yield* delivery.open(resumePoint(from))
    if (!fits(download, from)) return Option.none()
    const total = Option.getOrUndefined(download.totalBytes)
    if ((total ?? 0) > maximumBytes) return yield* tooLarge(delivery, part, maximumBytes)

    const file = yield* openFile(part, download, from)
    const sink = yield* openSink(part, download, from, file)
    yield* pull(delivery, part, maximumBytes, download, sink, heard)
    yield* sink.flush
    const bytes = sink.size()
    if (bytes < (total ?? 0)) return yield* failed(delivery, `it ended after ${bytes} of ${total} bytes`)
    yield* delivery.onProgress(bytes, total)
    return Option.some({
      file,
      bytes,
      sha256: yield* sink.digest,
      lengthKnown: bytes === total,
      validator: strongValidator(download, from),
      announcedHash: announcedHash(download, from)
    })
  })

// Whoever goes on with the same version may be told less of it than at its beginning.
const announcedHash = (download: VideoDownload, from: Start) =>
  Option.orElse(download.announcedHash, () => (download.offset > 0 ? from.announcedHash : Option.none()))

const resumePoint = ({ offset, totalBytes, validator }: Start): ResumePoint => ({
  offset,
  validator,
  ...(totalBytes === undefined ? {} : { totalBytes })
})

// From the beginning always fits; from the middle only what names itself the very version that is here, and is as long.
const fits = (download: VideoDownload, from: Start) =>
  download.offset === 0 ||
  (download.offset === from.offset &&
    Option.exists(from.validator, (ours) => Option.contains(download.validator, ours)) &&
    Option.match(download.totalBytes, {
      onNone: () => true,
      onSome: (total) => total === (from.totalBytes ?? total)
    }))

// A new file, not the old one emptied: a process that was paused may still be writing to that.
const openFile = (part: PartFile.PartFile, download: VideoDownload, from: Start) =>
  download.offset > 0
    ? Effect.tap(open(part.path, flags.resume), (file) =>
        atOnce(`cut ${part.path}`, () => ftruncateSync(file, from.offset))
      )
    : Effect.zipRight(PartFile.discard(part), open(part.path, flags.create))

const openSink = (part: PartFile.PartFile, download: VideoDownload, from: Start, file: OpenFile) =>
  Effect.gen(function* () {
    const validator = strongValidator(download, from)
    const booted = yield* Uptime.booted
    // With the first bytes on disk, and not before: most videos are here before there is anything to go on with.
    const describe = (synced: number) =>
      Option.match(validator, {
        onNone: () => Effect.void,
        onSome: (validator) =>
          noteWhereKept(part, {
            validator,
            totalBytes: Option.getOrNull(download.totalBytes),
            announcedHash: announcedHash(download, from),
            booted,
            synced
          })
      })
    const sink = Sink.make(
      file,
      download.offset,
      yield* hashing(file, download, from),
      describe,
      download.offset > 0 ? from.synced : 0
    )
    // Interrupted or failed, what has arrived is kept.
    yield* Scope.addFinalizerExit(yield* Effect.scope, (exit) =>
      Exit.isSuccess(exit) ? Effect.void : Effect.ignore(sink.keep)
    )
    return sink
  })

/** From this length on a video is worth a thread, which takes some 30 ms to start. */
const long = 64 * 1024 * 1024

// What is known of the bytes before the beginning is known in this thread.
const hashing = (file: OpenFile, { offset, totalBytes }: VideoDownload, from: Start) => {
  if (offset > 0) return Effect.succeed(Hashing.here(from.hash))
  return Option.exists(totalBytes, (total) => total >= long)
    ? Hashing.beside(file)
    : Effect.succeed(Hashing.here(Hashing.newHash()))
}

// What was discarded needs no note.
const noteWhereKept = (part: PartFile.PartFile, note: PartFile.Note) =>
  Effect.flatMap(PartFile.size(part.path), (size) =>
    Option.isSome(size) ? PartFile.writeNote(part, note) : Effect.void
  )

const strongValidator = (download: VideoDownload, from: Start) =>
  download.offset > 0 ? from.validator : Option.filter(download.validator, isStrong)

// A weak validator says that two versions look the same, not that their bytes do.
const isStrong = (validator: string) => /^"[^"]*"$/.test(validator)

const pull = (
  delivery: Delivery,
  part: PartFile.PartFile,
  maximumBytes: number,
  download: VideoDownload,
  sink: Sink.Sink,
  heard: Heard
) =>
  Effect.flatMap(Effect.clock, (clock) => {
    const total = Option.getOrUndefined(download.totalBytes)
    const report = throttled(clock, () => delivery.onProgress(sink.size(), total))
    const take = (chunk: Chunk.Chunk<Uint8Array>) => {
      heard.busy = true
      return Effect.flatMap(sink.push(chunk), () => {
        heard.at = Monotonic.unsafeNow(clock)
        heard.busy = false
        return sink.size() > maximumBytes ? tooLarge(delivery, part, maximumBytes) : report()
      })
    }
    return Effect.flatMap(Stream.toPull(download.bytes), (next) => takeAll(next, take))
  })

// By hand: to run a stream costs more than to ask for the few chunks that come through it.
const takeAll = <A, E, E2>(
  next: Effect.Effect<A, Option.Option<E>>,
  take: (value: A) => Effect.Effect<void, E2>
): Effect.Effect<void, E | E2> =>
  Effect.matchEffect(next, {
    onSuccess: (value) => Effect.flatMap(take(value), () => takeAll(next, take)),
    onFailure: Option.match({ onNone: () => Effect.void, onSome: Effect.fail })
  })

/** Milliseconds between two reports of progress. */
const reportEvery = 100

const throttled = (clock: Clock.Clock, report: () => Effect.Effect<void>) => {
  let last = Number.NEGATIVE_INFINITY
  return () => {
    const now = Monotonic.unsafeNow(clock)
    if (now - last < reportEvery) return Effect.void
    last = now
    return report()
  }
}

/** When the provider was last heard. While we are busy with what it sent, it is not its silence. */
interface Heard {
  at: number
  busy: boolean
}

const makeHeard = Effect.map(Monotonic.now, (at): Heard => ({ at, busy: false }))

// One sleeping fiber for a download, instead of a timer for each of its thousands of chunks.
const silence = (delivery: Delivery, heard: Heard): Effect.Effect<never, DownloadFailed> =>
  Effect.gen(function* () {
    const { downloadTimeout } = yield* Policy
    const limit = Duration.toMillis(downloadTimeout)
    let left = limit
    while (left > 0) {
      yield* Effect.sleep(left)
      left = heard.busy ? limit : heard.at + limit - (yield* Monotonic.now)
    }
    return yield* failed(delivery, `nothing came for ${Duration.format(downloadTimeout)}`)
  })

const tooLarge = (delivery: Delivery, part: PartFile.PartFile, maximumBytes: number) =>
  Effect.zipRight(
    PartFile.discard(part),
    failed(delivery, `it is too large (more than ${maximumBytes} bytes)`)
  )

const failed = ({ generation }: Delivery, reason: string) =>
  new DownloadFailed({ provider: generation.provider, reason })
