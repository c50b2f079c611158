/**
 * Where a stream of bytes becomes a file and its hash: a batch is hashed while the one before it is being written.
 */
import type { StorageError } from "@mutoscope/core/GenerationError"
import * as Effect from "effect/Effect"
import type { Hashing } from "./hashing.ts"
import { attempt, type OpenFile, sync, writev } from "./nodeFile.ts"
import { placeError, storageError } from "./storageError.ts"

export interface Sink {
  /** Bytes of the whole file that were taken, those before the sink was made included. */
  readonly size: () => number
  /** Takes buffers, which must not be changed afterwards. Holds back at most two batches. */
  readonly push: (buffers: Iterable<Uint8Array>) => Effect.Effect<void, StorageError>
  /** Waits until all that was taken is in the file. */
  readonly flush: Effect.Effect<void, StorageError>
  /** The same for a file that somebody will go on with. */
  readonly keep: Effect.Effect<void, StorageError>
  /** The SHA-256 of all that was taken, in hex. Can be asked for once. */
  readonly digest: Effect.Effect<string, StorageError>
}

/** Bytes of a batch: large enough for one system call to be worth it, small enough to stay flat. */
const batchSize = 1024 * 1024

/** Bytes after which the disk is told to begin, so that there is little left to wait for at the end. */
const flushEvery = 32 * 1024 * 1024

/**
 * A sink that goes on at `offset` of a file whose bytes before it are in `hash`, some of them already synced. `describe` says
 * in a place of its own what the bytes are, and how many of them are synced: before the first full batch is written,
 * whenever more of them are, and when the file is kept.
 */
export const make = (
  file: OpenFile,
  offset: number,
  hash: Hashing,
  describe: (synced: number) => Effect.Effect<void, StorageError>,
  alreadySynced: number
): Sink => {
  let described = -1
  let synced = alreadySynced
  const describeSynced = Effect.suspend(() => {
    if (described === synced) return Effect.void
    described = synced
    return describe(synced)
  })
  let size = offset
  let batch: Array<Uint8Array> = []
  let batched = 0
  let failure: unknown
  let writing: Promise<void> | undefined
  let flushed = offset
  let flushing: Promise<void> | undefined

  const fail = (error: unknown) => {
    failure ??= error
  }
  // What goes wrong here would be told to nobody else: the sync at the end succeeds after it.
  const beginFlush = (done: number) => {
    if (flushing !== undefined || size - flushed < flushEvery) return
    flushed = size
    flushing = sync(file)
      .then(() => {
        synced = done
      }, fail)
      .finally(() => {
        flushing = undefined
      })
  }

  // A failed write is kept until somebody waits for it; nothing is written after it.
  const write = () => {
    const [buffers, position] = [batch, size - batched]
    batch = []
    batched = 0
    const end = size
    writing = writeAll(file, buffers, position).then(() => hash.written(end), fail)
    hash.taken(buffers)
    // The batch that is being written is only on disk after the next sync.
    beginFlush(position)
  }
  const unlessFailed = Effect.suspend(() =>
    failure === undefined ? Effect.void : Effect.fail(placeError("write the video")(failure))
  )
  const written = Effect.suspend(() =>
    writing === undefined
      ? Effect.void
      : Effect.zipRight(
          Effect.promise(async () => writing),
          unlessFailed
        )
  )
  // No file is closed under what is being done to it.
  const flush = Effect.flatMap(written, () => (batched === 0 ? Effect.void : Effect.sync(write))).pipe(
    Effect.zipRight(written),
    Effect.ensuring(
      Effect.suspend(() => (flushing === undefined ? Effect.void : Effect.promise(async () => flushing)))
    ),
    Effect.zipRight(unlessFailed)
  )
  return {
    size: () => size,
    push: (buffers) =>
      Effect.suspend(() => {
        for (const buffer of buffers) {
          batch.push(buffer)
          batched += buffer.length
          size += buffer.length
        }
        return batched < batchSize
          ? Effect.void
          : Effect.map(described === synced ? written : Effect.zipRight(describeSynced, written), write)
      }),
    flush,
    keep: describeSynced.pipe(
      Effect.zipRight(flush),
      Effect.zipRight(attempt("sync the video", () => sync(file))),
      Effect.tap(() => {
        synced = size
      }),
      Effect.zipRight(describeSynced)
    ),
    digest: Effect.tryPromise({ try: hash.digest, catch: storageError("hash the video") })
  }
}

// The system may take less than it was given; asking again tells why.
const writeAll = async (
  file: OpenFile,
  buffers: ReadonlyArray<Uint8Array>,
  position: number
): Promise<void> => {
  const total = buffers.reduce((sum, { length }) => sum + length, 0)
  const { bytesWritten } = await writev(file, buffers, position)
  if (bytesWritten < total) await writeAll(file, remaining(buffers, bytesWritten), position + bytesWritten)
}

const remaining = (buffers: ReadonlyArray<Uint8Array>, skip: number): ReadonlyArray<Uint8Array> => {
  let before = skip
  return buffers.flatMap((buffer) => {
    const taken = Math.min(before, buffer.length)
    before -= taken
    return taken === buffer.length ? [] : [buffer.subarray(taken)]
  })
}
