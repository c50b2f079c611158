/**
 * The engine behind every wire: takes jobs, renders them in order, keeps them on disk, and goes on after a restart.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import type * as PlatformError from "@effect/platform/Error"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as SynchronizedRef from "effect/SynchronizedRef"
import { end } from "./internal/ending.ts"
import * as Engine from "./internal/engine.ts"
import { worker } from "./internal/rendering.ts"
import { adoptOrphans, hearOfCancels, sweep } from "./internal/upkeep.ts"
import { OperationId, type OperationRecord } from "./OperationRecord.ts"
import type { VideoRenderer } from "./VideoRenderer.ts"

/** A job, and how far its rendering is: a fraction, 0-1, or none while it waits or where another process has it. */
export interface Operation {
  readonly record: OperationRecord
  readonly progress: Option.Option<number>
}

/** A rendered video that is still there. */
export interface VideoFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
}

/** What a wire hands in: everything but what the engine itself gives a job. */
export type NewOperation = Omit<OperationRecord, "version" | "createdAt" | "outcome" | "forgotten">

/**
 * - `accept`: the job is on disk, and will be rendered, when it returns; it fails where the disk does.
 * - `find`: the job of that id, or none.
 * - `list`: all jobs, the oldest first.
 * - `cancel`: stops a job; one that has ended stays as it is.
 * - `forget`: stops a job, removes its video, and lets nobody find it any more; it fails where the disk does.
 * - `video`: the job's video, or none where there is none, or none any more.
 */
export class Operations extends Context.Tag("@mutoscope/emulator/Operations")<
  Operations,
  {
    readonly accept: (job: NewOperation) => Effect.Effect<OperationRecord, PlatformError.PlatformError>
    readonly find: (id: OperationId) => Effect.Effect<Option.Option<Operation>>
    readonly list: Effect.Effect<ReadonlyArray<Operation>>
    readonly cancel: (id: OperationId) => Effect.Effect<void>
    readonly forget: (id: OperationId) => Effect.Effect<void, PlatformError.PlatformError>
    readonly video: (record: OperationRecord) => Effect.Effect<Option.Option<VideoFile>>
  }
>() {}

/** `concurrency` renders at a time; finished videos are kept for `retention`, their records for twice as long. */
export interface Options {
  readonly directory: string
  readonly concurrency: number
  readonly retention: Duration.DurationInput
}

/** A new id, which is also the name of the job's video on the wire. */
export const newId: Effect.Effect<OperationId> = Effect.sync(() =>
  OperationId.make(randomUUID().replaceAll("-", ""))
)

/**
 * The engine on a folder, which it may share with others. Its renders stop with the scope, and are begun anew by
 * whichever engine is on that folder then.
 */
export const make = (
  options: Options
): Effect.Effect<
  Context.Tag.Service<Operations>,
  PlatformError.PlatformError,
  Scope.Scope | VideoRenderer | FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function* () {
    const engine = yield* Engine.make(options)
    yield* adoptOrphans(engine)
    yield* Effect.forkScoped(
      Effect.replicateEffect(worker(engine), options.concurrency, { concurrency: "unbounded" })
    )
    yield* every("2 seconds", hearOfCancels(engine))
    yield* every("5 seconds", adoptOrphans(engine))
    yield* every(Duration.min("10 minutes", options.retention), sweep(engine))
    return {
      accept: accept(engine),
      find: find(engine),
      list: list(engine),
      cancel: cancel(engine),
      forget: forget(engine),
      video: video(engine)
    }
  })

const every = (interval: Duration.DurationInput, task: Effect.Effect<void>) =>
  Effect.forkScoped(Effect.schedule(task, Schedule.spaced(interval)))

const accept = (engine: Engine.Engine) => (job: NewOperation) =>
  Effect.gen(function* () {
    const createdAt = yield* Clock.currentTimeMillis
    const record: OperationRecord = { ...job, version: 1, createdAt, outcome: { _tag: "Pending" } }
    // The claim comes first, or another engine on this folder might take the job.
    yield* engine.claims.take(record.id)
    yield* Effect.tapError(engine.files.write(record), () => engine.claims.release(record.id))
    yield* Engine.enter(engine, record)
    return record
  }).pipe(Effect.uninterruptible)

const find = (engine: Engine.Engine) => (id: OperationId) =>
  Effect.gen(function* () {
    const job = engine.jobs.get(id)
    const found =
      job === undefined
        ? Option.map(yield* engine.files.read(id), (record) => ({ record, progress: Option.none<number>() }))
        : Option.some({ record: yield* SynchronizedRef.get(job.record), progress: job.progress })
    return Option.filter(found, ({ record }) => record.forgotten !== true)
  })

const list = (engine: Engine.Engine) =>
  Effect.gen(function* () {
    const found = yield* Effect.forEach(yield* engine.files.ids, find(engine), { concurrency: 8 })
    return found.flatMap(Option.toArray).sort((a, b) => a.record.createdAt - b.record.createdAt)
  })

const cancel = (engine: Engine.Engine) => (id: OperationId) =>
  Effect.flatMap(Clock.currentTimeMillis, (at) => end(engine, id, { _tag: "Cancelled", at }))

/** The record stays, marked: another engine on this folder might be about to write down how the job ended. */
const forget = (engine: Engine.Engine) => (id: OperationId) =>
  Effect.gen(function* () {
    yield* cancel(engine)(id)
    const found = yield* find(engine)(id)
    if (Option.isNone(found)) return
    yield* engine.files.write({ ...found.value.record, forgotten: true })
    engine.jobs.delete(id)
    engine.ended.add(id)
    yield* engine.files.removeVideo(id)
  }).pipe(Effect.uninterruptible)

const video = (engine: Engine.Engine) => (record: OperationRecord) =>
  Effect.gen(function* () {
    const { outcome } = record
    if (outcome._tag !== "Rendered") return Option.none()
    const path = engine.files.videoPath(record.id)
    const expired = (yield* Clock.currentTimeMillis) >= outcome.at + engine.retention
    if (expired || !(yield* Effect.orElseSucceed(engine.fs.exists(path), () => false))) return Option.none()
    return Option.some({ path, bytes: outcome.bytes, sha256: outcome.sha256 })
  })
