/**
 * Where a stream of bytes becomes a file and its hash: a batch is hashed while the one before it is being written.
 */
import { createHash, type Hash } from "node:crypto"
import type { StorageError } from "@videogen/core/GenerationError"
import * as Effect from "effect/Effect"
import { type OpenFile, writev } from "./nodeFile.ts"
import { storageError } from "./storageError.ts"

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
  readonly digest: () => string
}

/** Bytes of a batch: large enough for one system call to be worth it, small enough to stay flat. */
const batchSize = 1024 * 1024

/** A hash that knows nothing yet. */
export const newHash = (): Hash => createHash("sha256")

/**
 * A sink that goes on at `offset` of a file whose bytes before it are in `hash`. `describe` says in a place of its own
 * what the bytes are, once: before a full batch is written, and before the file is kept.
 */
export const make = (
  file: OpenFile,
  offset: number,
  hash: Hash,
  describe: Effect.Effect<void, StorageError>
): Sink => {
  let described = false
  const describeOnce = Effect.suspend(() => {
    if (described) return Effect.void
    described = true
    return describe
  })
  let size = offset
  let batch: Array<Uint8Array> = []
  let batched = 0
  let failure: unknown
  let writing: Promise<void> | undefined

  // A failed write is kept until somebody waits for it; nothing is written after it.
  const write = () => {
    const [buffers, position] = [batch, size - batched]
    batch = []
    batched = 0
    writing = writeAll(file, buffers, position).catch((error: unknown) => {
      failure = error
    })
    for (const buffer of buffers) hash.update(buffer)
  }
  const written = Effect.suspend(() => {
    if (writing === undefined) return Effect.void
    const settled = Effect.promise(() => writing ?? Promise.resolve())
    return Effect.flatMap(settled, () =>
      failure === undefined ? Effect.void : Effect.fail(storageError("write the video")(failure))
    )
  })
  const flush = Effect.zipRight(
    Effect.flatMap(written, () => (batched === 0 ? Effect.void : Effect.sync(write))),
    written
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
          : Effect.map(described ? written : Effect.zipRight(describeOnce, written), write)
      }),
    flush,
    keep: Effect.zipRight(describeOnce, flush),
    digest: () => hash.digest("hex")
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
