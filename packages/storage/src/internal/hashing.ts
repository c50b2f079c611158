/**
 * The SHA-256 of a file while it is written: here, or in a thread beside this one. To hash takes as long as to receive, so
 * that a long video comes nearly twice as fast where another core does it.
 */
import { createHash, type Hash } from "node:crypto"
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { OpenFile } from "./nodeFile.ts"

/** A hash of a file. */
export interface Hashing {
  /** Told of the next bytes, on their way into the file. */
  readonly taken: (buffers: ReadonlyArray<Uint8Array>) => void
  /** Told how many bytes are in the file. */
  readonly written: (bytes: number) => void
  /** What it comes to, in hex, of all that it was told of. Can be asked for once. */
  readonly digest: () => Promise<string>
}

/** A hash that knows nothing yet. */
export const newHash = (): Hash => createHash("sha256")

/** Goes on with a hash, here. */
export const here = (hash: Hash): Hashing => ({
  taken: (buffers) => {
    for (const buffer of buffers) hash.update(buffer)
  },
  written: () => {},
  digest: async () => hash.digest("hex")
})

/** Hashes a file from its beginning in a thread that ends with the scope; here, where there can be no thread. */
export const beside = (file: OpenFile): Effect.Effect<Hashing, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.option(Effect.try(() => start(file))), (worker) =>
    Effect.promise(async () => Option.isSome(worker) && worker.value.terminate())
  ).pipe(Effect.map(Option.match({ onNone: () => here(newHash()), onSome: through })))

// Privates ---------------------------------------------------------------------------------------------------------

const start = (file: OpenFile) =>
  new Worker(script, { eval: true, workerData: file, execArgv: [], env: {}, name: "mutoscope SHA-256" })

// It reads what was written, which the system still has in memory: the bytes need not be copied for it. As text, since
// this has to run from a package, from sources and out of a bundle, and none of their tools knows of another file.
const script = `
  const { createHash } = require("node:crypto")
  const { readSync } = require("node:fs")
  const { parentPort, workerData: file } = require("node:worker_threads")
  const hash = createHash("sha256")
  const block = Buffer.allocUnsafe(1024 * 1024)
  let hashed = 0
  const hashUpTo = (end) => {
    while (hashed < end) {
      const bytes = readSync(file, block, 0, Math.min(block.length, end - hashed), hashed)
      if (bytes === 0) throw new Error("the file is shorter than what was written")
      hash.update(block.subarray(0, bytes))
      hashed += bytes
    }
  }
  parentPort.on("message", (end) =>
    end === undefined ? parentPort.postMessage(hash.digest("hex")) : hashUpTo(end))
`

const through = (worker: Worker): Hashing => {
  const digest = new Promise<string>((resolve, reject) => {
    worker.once("message", resolve).once("error", reject)
  })
  // Whoever wants the digest is told; until then, nobody is.
  digest.catch(() => {})
  return {
    taken: () => {},
    written: (bytes) => worker.postMessage(bytes),
    digest: () => {
      worker.postMessage(undefined)
      return digest
    }
  }
}
