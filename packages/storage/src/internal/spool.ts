/**
 * The spool: where the operation of a paid job is noted when its record cannot be written. Its file is opened, and its
 * space taken, before anything is paid for, since a full disk is just when it is needed.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { type GenerationId, makeId } from "@videogen/core/Generation"
import type { StorageError } from "@videogen/core/GenerationError"
import type { Operation } from "@videogen/core/Operation"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as SynchronizedRef from "effect/SynchronizedRef"
import { SpoolLine } from "./generationRow.ts"
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

/** A spool in a folder, which is created when it is needed. An unused file is removed when the scope closes. */
export const make = (
  directory: string
): Effect.Effect<Spool, never, FileSystem.FileSystem | Path.Path | Scope.Scope> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const scope = yield* Effect.scope
    const current = yield* SynchronizedRef.make<Option.Option<OpenSpool>>(Option.none())

    const writing = yield* Effect.makeSemaphore(1)

    const opened = SynchronizedRef.modifyEffect(current, (spool) =>
      Option.match(spool, {
        onSome: (open) => Effect.succeed([open, spool] as const),
        onNone: () =>
          create(fs, path, directory).pipe(
            Scope.extend(scope),
            Effect.map((open) => [open, Option.some(open)] as const)
          )
      })
    )
    // Only who finds it closed has to wait for its turn.
    const ensure = Effect.flatMap(current, Option.match({ onSome: Effect.succeed, onNone: () => opened }))
    const append = (id: GenerationId, operation: Operation) =>
      Effect.gen(function* () {
        const at = yield* DateTime.now
        const line = yield* Schema.encode(SpoolLine)({ generationId: id, operation, at })
        const spool = yield* ensure
        yield* writing.withPermits(1)(write(spool, line))
      })
    return {
      open: Effect.asVoid(ensure).pipe(Effect.mapError(storageError("open the spool"))),
      append: (id, operation) =>
        Effect.mapError(append(id, operation), storageError(`note operation ${operation.id} in the spool`)),
      find: (id) => Effect.mapError(find(fs, path, directory, id), storageError("read the spool"))
    }
  })

// Privates ---------------------------------------------------------------------------------------------------------

interface OpenSpool {
  readonly file: FileSystem.File
  used: boolean
}

const create = (fs: FileSystem.FileSystem, path: Path.Path, directory: string) =>
  Effect.gen(function* () {
    yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 })
    const name = path.join(directory, `${yield* makeId}.jsonl`)
    const spool: { used: boolean } = { used: false }
    // Registered before the file is opened, so that it runs after it is closed: Windows removes no open file.
    yield* Effect.addFinalizer(() => (spool.used ? Effect.void : Effect.ignore(fs.remove(name))))
    const file = yield* fs.open(name, { flag: "wx", mode: 0o600 })
    yield* file.writeAll(new Uint8Array(reserved).fill(lineFeed))
    yield* file.sync
    yield* file.seek(0, "start")
    yield* syncFolder(fs, directory)
    return Object.assign(spool, { file })
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

const find = (fs: FileSystem.FileSystem, path: Path.Path, directory: string, id: GenerationId) =>
  Effect.gen(function* () {
    if (!(yield* fs.exists(directory))) return Option.none()
    const names = (yield* fs.readDirectory(directory)).filter((name) => name.endsWith(".jsonl"))
    const noted = yield* Effect.forEach(names, (name) => readLines(fs, path.join(directory, name)))
    const mine = noted.flat().filter((line) => line.generationId === id)
    return Option.map(
      Arr.last(Arr.sortWith(mine, (line) => line.at, DateTime.Order)),
      (line) => line.operation
    )
  })

const decodeLine = Schema.decodeUnknownOption(SpoolLine)

// What cannot be read was torn while it was written. A file may be removed by its process while we look. Nearly all of
// it are the line feeds that keep its space, and not worth a look each.
const readLines = (fs: FileSystem.FileSystem, name: string) =>
  fs.readFileString(name).pipe(
    Effect.map((text) => Arr.filterMap(text.match(/[^\n]+/g) ?? [], (line) => decodeLine(line))),
    Effect.catchIf(
      (error) => error._tag === "SystemError" && error.reason === "NotFound",
      () => Effect.succeed([])
    )
  )
