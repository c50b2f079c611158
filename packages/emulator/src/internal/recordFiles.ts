/**
 * The emulator's folder: `operations/ID.json`, a record each, and `videos/ID.mp4`.
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
  /** Removes drafts that nobody has written to since that time, in milliseconds since 1970. */
  readonly removeDrafts: (before: number) => Effect.Effect<void>
}

export const make = (
  directory: string
): Effect.Effect<RecordFiles, PlatformError.PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const operations = path.join(directory, "operations")
    const videos = path.join(directory, "videos")
    yield* fs.makeDirectory(operations, { recursive: true })
    yield* fs.makeDirectory(videos, { recursive: true })

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
      ids: fs.readDirectory(operations).pipe(
        Effect.map((names) =>
          names.flatMap((name) => (name.endsWith(".json") ? toId(name.slice(0, -".json".length)) : []))
        ),
        Effect.catchAll((error) =>
          Effect.as(Effect.logWarning(`The emulator's records cannot be listed: ${error.message}`), [])
        )
      ),
      videoPath,
      draftPath: (id, owner) => path.join(videos, `${id}.${owner}.draft`),
      publishVideo: (part, id) => Effect.zipRight(syncFile(fs, part), move(part, videoPath(id))),
      removeVideo: (id) => removeQuietly(fs, videoPath(id)),
      removeDrafts: (before) =>
        Effect.forEach([operations, videos], (folder) => removeOldDrafts(fs, path, folder, before), {
          discard: true
        }),
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

const removeOldDrafts = (fs: FileSystem.FileSystem, path: Path.Path, folder: string, before: number) =>
  Effect.gen(function* () {
    const drafts = (yield* fs.readDirectory(folder)).filter((name) => name.includes(".draft"))
    for (const file of drafts.map((name) => path.join(folder, name))) {
      const { mtime } = yield* fs.stat(file)
      if (Option.exists(mtime, (time) => time.getTime() < before)) yield* removeQuietly(fs, file)
    }
  }).pipe(Effect.ignore)

/** What cannot be removed now is removed by the next sweep. */
const removeQuietly = (fs: FileSystem.FileSystem, file: string) =>
  Effect.ignore(fs.remove(file, { force: true }))
