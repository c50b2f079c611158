/**
 * The emulator's folder: `operations/ID.json`, a record each, `videos/ID.mp4`, and `calls/ID`, by which an emulator tells
 * the owner of a job that it has ended the job.
 *
 * @internal
 */
import { randomUUID } from "node:crypto"
import type * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { OperationId, OperationRecord } from "../OperationRecord.ts"

const Text = Schema.parseJson(OperationRecord, { space: 2 })
const encode = Schema.encode(Text)
const decode = Schema.decode(Text)

export interface RecordFiles {
  /** The record, or none where there is none that can be read. */
  readonly read: (id: OperationId) => Effect.Effect<Option.Option<OperationRecord>>
  /** On disk, whole, when it returns. */
  readonly write: (record: OperationRecord) => Effect.Effect<void, PlatformError.PlatformError>
  readonly ids: Effect.Effect<ReadonlyArray<OperationId>>
  readonly videoPath: (id: OperationId) => string
  /** Where one emulator draws a video, before it is finished. */
  readonly draftPath: (id: OperationId, owner: string) => string
  /** Puts a finished file in the place of the job's video, on disk when it returns. */
  readonly publishVideo: (part: string, id: OperationId) => Effect.Effect<void, PlatformError.PlatformError>
  readonly removeVideo: (id: OperationId) => Effect.Effect<void>
  readonly remove: (id: OperationId) => Effect.Effect<void>
  /** Leaves word that the record has changed, for the emulator that has the job. */
  readonly call: (id: OperationId) => Effect.Effect<void, PlatformError.PlatformError>
  readonly calls: Effect.Effect<ReadonlyArray<OperationId>>
  readonly removeCall: (id: OperationId) => Effect.Effect<void>
  /** Removes drafts and calls that nobody has written to since that time, in milliseconds since 1970. */
  readonly removeStale: (before: number) => Effect.Effect<void>
}

export const make = (
  directory: string
): Effect.Effect<RecordFiles, PlatformError.PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const operations = path.join(directory, "operations")
    const videos = path.join(directory, "videos")
    const calls = path.join(directory, "calls")
    yield* Effect.forEach(
      [operations, videos, calls],
      (folder) => fs.makeDirectory(folder, { recursive: true }),
      {
        discard: true
      }
    )

    const recordPath = (id: OperationId) => path.join(operations, `${id}.json`)
    const videoPath = (id: OperationId) => path.join(videos, `${id}.mp4`)
    const move = (from: string, to: string) =>
      fs.rename(from, to).pipe(Effect.zipRight(syncFolder(fs, path.dirname(to))))

    return {
      read: (id) =>
        fs.readFileString(recordPath(id)).pipe(
          Effect.flatMap(decode),
          Effect.asSome,
          Effect.catchTag("ParseError", (error) => unreadable(recordPath(id), error.message)),
          Effect.catchAll((error) =>
            error._tag === "SystemError" && error.reason === "NotFound"
              ? Effect.succeedNone
              : unreadable(recordPath(id), error.message)
          )
        ),
      write: (record) =>
        Effect.gen(function* () {
          const text = yield* Effect.orDie(encode(record))
          const draft = `${recordPath(record.id)}.${randomUUID()}.draft`
          yield* writeSynced(fs, draft, text)
          yield* move(draft, recordPath(record.id))
        }),
      ids: idsIn(fs, operations, ".json"),
      call: (id) => fs.writeFileString(path.join(calls, id), ""),
      calls: idsIn(fs, calls, ""),
      removeCall: (id) => removeQuietly(fs, path.join(calls, id)),
      videoPath,
      draftPath: (id, owner) => path.join(videos, `${id}.${owner}.draft`),
      publishVideo: (part, id) => Effect.zipRight(syncFile(fs, part), move(part, videoPath(id))),
      removeVideo: (id) => removeQuietly(fs, videoPath(id)),
      removeStale: (before) =>
        Effect.zipRight(
          Effect.forEach([operations, videos], (folder) => removeOld(fs, path, folder, ".draft", before)),
          removeOld(fs, path, calls, "", before)
        ),
      remove: (id) => Effect.zipRight(removeQuietly(fs, videoPath(id)), removeQuietly(fs, recordPath(id)))
    }
  })

const toId = (text: string) => Option.toArray(Schema.decodeOption(OperationId)(text))

const unreadable = (file: string, reason: string) =>
  Effect.as(Effect.logWarning(`The emulator skips ${file}, which is no record: ${reason}`), Option.none())

const writeSynced = (fs: FileSystem.FileSystem, file: string, text: string) =>
  Effect.scoped(
    Effect.flatMap(fs.open(file, { flag: "w", mode: 0o600 }), (handle) =>
      Effect.zipRight(handle.writeAll(new TextEncoder().encode(text)), handle.sync)
    )
  )

const syncFile = (fs: FileSystem.FileSystem, file: string) =>
  Effect.scoped(Effect.flatMap(fs.open(file, { flag: "r+" }), (handle) => handle.sync))

/** Not every system lets a folder be opened (Windows does not): there the rename is as durable as it gets. */
const syncFolder = (fs: FileSystem.FileSystem, folder: string) =>
  Effect.ignore(Effect.scoped(Effect.flatMap(fs.open(folder, { flag: "r" }), (handle) => handle.sync)))

/** The files in a folder whose name holds a text, and that nobody has written to since then. */
export const removeOld = (
  fs: FileSystem.FileSystem,
  path: Path.Path,
  folder: string,
  text: string,
  before: number
) =>
  Effect.gen(function* () {
    const names = (yield* fs.readDirectory(folder)).filter((name) => name.includes(text))
    for (const file of names.map((name) => path.join(folder, name))) {
      const { mtime } = yield* fs.stat(file)
      if (Option.exists(mtime, (time) => time.getTime() < before)) yield* removeQuietly(fs, file)
    }
  }).pipe(Effect.ignore)

const idsIn = (fs: FileSystem.FileSystem, folder: string, ending: string) =>
  fs.readDirectory(folder).pipe(
    Effect.map((names) =>
      names.flatMap((name) => (name.endsWith(ending) ? toId(name.slice(0, name.length - ending.length)) : []))
    ),
    Effect.catchAll((error) =>
      Effect.as(Effect.logWarning(`The emulator cannot list ${folder}: ${error.message}`), [])
    )
  )

/** What cannot be removed now is removed by the next sweep. */
const removeQuietly = (fs: FileSystem.FileSystem, file: string) =>
  Effect.ignore(fs.remove(file, { force: true }))
