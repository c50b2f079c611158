/**
 * The spool: where the operation of a paid job is noted when its record cannot be written. Its file is opened, and its
 * space taken, before anything is paid for, since a full disk is just when it is needed.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { type GenerationId, makeId } from "@mutoscope/core/Generation"
import type { StorageError } from "@mutoscope/core/GenerationError"
import type { Operation } from "@mutoscope/core/Operation"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as SynchronizedRef from "effect/SynchronizedRef"
import { SpoolLine } from "./generationRow.ts"
import * as SpoolFiles from "./spoolFiles.ts"
import { storageError } from "./storageError.ts"

export interface Spool {
  /** Makes sure that the file is open. */
  readonly open: Effect.Effect<void, StorageError>
  /** Notes an operation, synced to disk. */
  readonly append: (id: GenerationId, operation: Operation) => Effect.Effect<void, StorageError>
  /** The operation noted last for a record, by any process. */
  readonly find: (id: GenerationId) => Effect.Effect<Option.Option<Operation>, StorageError>
}

/** Bytes taken in advance: room for some hundred operations. */
const reserved = 64 * 1024

const encoder = new TextEncoder()

/** Of some records, those whose operation is not known otherwise: what is noted for them is still needed. */
export type Needed = (ids: ReadonlyArray<GenerationId>) => Effect.Effect<ReadonlyArray<string>, unknown>

/**
 * A spool in a folder, which is created when it is needed. An unused file is removed when the scope closes; what others left
 * is removed once nothing in it is `needed`.
 */
export const make = (
  directory: string,
  needed: Needed
): Effect.Effect<Spool, never, FileSystem.FileSystem | Path.Path | Scope.Scope> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const scope = yield* Effect.scope
    const current = yield* SynchronizedRef.make<Option.Option<OpenSpool>>(Option.none())

    const writing = yield* Effect.makeSemaphore(1)
    const lines = SpoolFiles.make(fs, path, directory)

    const opened = SynchronizedRef.modifyEffect(current, (spool) =>
      Effect.flatMap(stillThere(fs, spool), (found) =>
        Option.match(found, {
          onSome: (open) => Effect.succeed([open, found] as const),
          onNone: () =>
            Effect.ignore(lines.sweep(needed)).pipe(
              Effect.zipRight(create(fs, path, directory)),
              Scope.extend(scope),
              Effect.map((open) => [open, Option.some(open)] as const)
            )
        })
      )
    )
    // Only who finds it closed has to wait for its turn.
    const ensure = Effect.flatMap(current, (spool) =>
      Effect.flatMap(stillThere(fs, spool), Option.match({ onSome: Effect.succeed, onNone: () => opened }))
    )
    const append = (id: GenerationId, operation: Operation) =>
      Effect.gen(function* () {
        const at = yield* DateTime.now
        const line = yield* Schema.encode(SpoolLine)({ generationId: id, operation, at })
        // One that is open is there since before the submit, and on a full disk there could be no other; but where it has lost
        // its name nobody would find what is written into it.
        const open = yield* current
        const spool = yield* Effect.catchAll(ensure, (error) =>
          Option.match(open, { onSome: Effect.succeed, onNone: () => Effect.fail(error) })
        )
        yield* writing.withPermits(1)(write(spool, line))
      })
    return {
      open: Effect.asVoid(ensure).pipe(Effect.mapError(storageError("open the spool"))),
      append: (id, operation) =>
        Effect.mapError(append(id, operation), storageError(`note operation ${operation.id} in the spool`)),
      find: (id) => Effect.mapError(lines.find(id), storageError("read the spool"))
    }
  })

// Privates ---------------------------------------------------------------------------------------------------------

interface OpenSpool {
  readonly name: string
  readonly file: FileSystem.File
  /** What the system knew it by when it was opened. */
  readonly opened: FileSystem.File.Info
  used: boolean
}

/** An open file that has its name. Touched, it is known to be in use: whoever sweeps lets it be for a day. */
const stillThere = (
  fs: FileSystem.FileSystem,
  spool: Option.Option<OpenSpool>
): Effect.Effect<Option.Option<OpenSpool>> =>
  Option.match(spool, {
    onNone: () => Effect.succeedNone,
    onSome: (open) =>
      Effect.flatMap(DateTime.nowAsDate, (now) => fs.utimes(open.name, now, now)).pipe(
        Effect.zipRight(fs.stat(open.name)),
        // Another may have its name, where the folder was replaced by a copy.
        Effect.map((named) => Option.liftPredicate(open, ({ opened }) => isSame(named, opened))),
        Effect.orElseSucceed(() => Option.none())
      )
  })

const isSame = (one: FileSystem.File.Info, other: FileSystem.File.Info) =>
  one.dev === other.dev && Option.getOrUndefined(one.ino) === Option.getOrUndefined(other.ino)

const create = (fs: FileSystem.FileSystem, path: Path.Path, directory: string) =>
  Effect.gen(function* () {
    yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
    const name = path.join(directory, `${yield* makeId}.jsonl`)
    const spool: { readonly name: string; used: boolean } = { name, used: false }
    // Registered before the file is opened, so that it runs after it is closed: Windows removes no open file.
    yield* Effect.addFinalizer(() => (spool.used ? Effect.void : Effect.ignore(fs.remove(name))))
    const file = yield* fs.open(name, { flag: "wx", mode: 0o600 })
    yield* file.writeAll(new Uint8Array(reserved).fill(lineFeed))
    yield* file.sync
    yield* file.seek(0, "start")
    yield* syncFolder(fs, directory)
    return Object.assign(spool, { file, opened: yield* file.stat })
  })

const lineFeed = 10

// Not every platform can sync a folder; then the file system sees to it by itself.
const syncFolder = (fs: FileSystem.FileSystem, directory: string) =>
  fs.open(directory, { flag: "r" }).pipe(
    Effect.flatMap((folder) => folder.sync),
    Effect.scoped,
    Effect.ignore
  )

// The line feed before the line shuts off a line that was torn by a full disk.
const write = (spool: OpenSpool, line: string) =>
  Effect.suspend(() => {
    spool.used = true
    return Effect.zipRight(spool.file.writeAll(encoder.encode(`\n${line}\n`)), spool.file.sync)
  })
