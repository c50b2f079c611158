/**
 * The engine behind every wire: takes jobs, renders them in order, keeps them on disk, and goes on after a restart.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import type * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as SynchronizedRef from "effect/SynchronizedRef"
import { fingerprint } from "./internal/fingerprint.ts"
import * as RecordFiles from "./internal/recordFiles.ts"
import { OperationId, type OperationRecord, type Outcome } from "./OperationRecord.ts"
import { RenderJobFailed, VideoRenderer } from "./VideoRenderer.ts"

/** A job, and how far its rendering is: a fraction, 0-1, or none while it waits. */
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
export type NewOperation = Omit<OperationRecord, "version" | "createdAt" | "outcome">

/**
 * - `accept`: the job is on disk, and will be rendered, when it returns; it fails where the disk does.
 * - `find`: the job of that id, or none.
 * - `list`: all jobs, the oldest first.
 * - `cancel`: stops a job; one that has ended stays as it is.
 * - `video`: the job's video, or none where there is none, or none any more.
 */
export class Operations extends Context.Tag("@videogen/emulator/Operations")<
  Operations,
  {
    readonly accept: (job: NewOperation) => Effect.Effect<OperationRecord, PlatformError.PlatformError>
    readonly find: (id: OperationId) => Effect.Effect<Option.Option<Operation>>
    readonly list: Effect.Effect<ReadonlyArray<Operation>>
    readonly cancel: (id: OperationId) => Effect.Effect<void>
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

/** A job of this process that has not ended. */
interface Job {
  readonly record: SynchronizedRef.SynchronizedRef<OperationRecord>
  readonly stop: Deferred.Deferred<void>
  progress: Option.Option<number>
}

/** The engine on a folder; its renders stop with the scope, and are begun anew by the next engine on that folder. */
export const make = (
  options: Options
): Effect.Effect<
  Context.Tag.Service<Operations>,
  PlatformError.PlatformError,
  Scope.Scope | VideoRenderer | FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function* () {
    const engine = yield* makeEngine(options)
    yield* resumeUnfinished(engine)
    yield* Effect.forkScoped(
      Effect.replicateEffect(worker(engine), options.concurrency, { concurrency: "unbounded" })
    )
    yield* Effect.forkScoped(Effect.repeat(sweep(engine), Schedule.spaced("1 minute")))
    return {
      accept: accept(engine),
      find: find(engine),
      list: Effect.flatMap(engine.files.ids, (ids) =>
        Effect.map(Effect.forEach(ids, find(engine), { concurrency: 8 }), (found) =>
          found.flatMap(Option.toArray).sort((a, b) => a.record.createdAt - b.record.createdAt)
        )
      ),
      cancel: cancel(engine),
      video: video(engine)
    }
  })

interface Engine {
  readonly fs: FileSystem.FileSystem
  readonly files: RecordFiles.RecordFiles
  readonly renderer: Context.Tag.Service<VideoRenderer>
  readonly jobs: Map<OperationId, Job>
  readonly queue: Queue.Queue<OperationId>
  readonly scope: Scope.Scope
  readonly retention: number
}

const makeEngine = (options: Options) =>
  Effect.gen(function* () {
    return {
      fs: yield* FileSystem.FileSystem,
      files: yield* RecordFiles.make(options.directory),
      renderer: yield* VideoRenderer,
      jobs: new Map(),
      queue: yield* Queue.unbounded<OperationId>(),
      scope: yield* Effect.scope,
      retention: Duration.toMillis(options.retention)
    } satisfies Engine
  })

// --- taking jobs -----------------------------------------------------------------------------------------------

const accept = (engine: Engine) => (job: NewOperation) =>
  Effect.gen(function* () {
    const createdAt = yield* Clock.currentTimeMillis
    const record: OperationRecord = { ...job, version: 1, createdAt, outcome: { _tag: "Pending" } }
    yield* engine.files.write(record)
    yield* enter(engine, record)
    return record
  }).pipe(Effect.uninterruptible)

const resumeUnfinished = (engine: Engine) =>
  Effect.gen(function* () {
    const ids = yield* engine.files.ids
    const records = (yield* Effect.forEach(ids, engine.files.read)).flatMap(Option.toArray)
    const pending = records.filter((record) => record.outcome._tag === "Pending")
    yield* Effect.forEach(
      pending.sort((a, b) => a.createdAt - b.createdAt),
      (record) => enter(engine, record),
      { discard: true }
    )
  })

const enter = (engine: Engine, record: OperationRecord) =>
  Effect.gen(function* () {
    engine.jobs.set(record.id, {
      record: yield* SynchronizedRef.make(record),
      stop: yield* Deferred.make<void>(),
      progress: Option.none()
    })
    const begin = Queue.offer(engine.queue, record.id)
    switch (record.scenario?.name) {
      case "stuck":
        return
      case "slow":
        // It waits outside the queue: the jobs behind it are not slow.
        return yield* Effect.forkIn(
          Effect.delay(begin, `${record.scenario.count ?? 10} seconds`),
          engine.scope
        )
      default:
        return yield* begin
    }
  })

// --- rendering -------------------------------------------------------------------------------------------------

const worker = (engine: Engine) =>
  Queue.take(engine.queue).pipe(
    Effect.flatMap((id) =>
      Option.match(Option.fromNullable(engine.jobs.get(id)), {
        onNone: () => Effect.void,
        onSome: (job) => Effect.raceFirst(work(engine, job), Deferred.await(job.stop))
      })
    ),
    Effect.forever
  )

const work = (engine: Engine, job: Job) =>
  Effect.gen(function* () {
    const record = yield* SynchronizedRef.get(job.record)
    job.progress = Option.some(0)
    const outcome = yield* outcomeOf(engine, job, record)
    yield* end(engine, job, outcome)
  })

const outcomeOf = (engine: Engine, job: Job, record: OperationRecord) =>
  Effect.gen(function* () {
    const at = yield* Clock.currentTimeMillis
    switch (record.scenario?.name) {
      case "failure":
        return failed(at, "The emulated model failed, as the scenario `failure` asks.")
      case "content-block":
        return withheld(at, [
          "The video was withheld by the emulated safety filter, as the scenario `content-block` asks."
        ])
      case "empty-result":
        return withheld(at, [])
      default:
        return yield* render(engine, job, record)
    }
  })

const withheld = (at: number, reasons: ReadonlyArray<string>): Outcome => ({ _tag: "Withheld", at, reasons })

/** 13 is INTERNAL of google.rpc.Code. */
const failed = (at: number, message: string): Outcome => ({ _tag: "Failed", at, code: 13, message })

const render = (engine: Engine, job: Job, record: OperationRecord): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const part = `${engine.files.videoPath(record.id)}.part`
    yield* Effect.addFinalizer(() => Effect.ignore(engine.fs.remove(part, { force: true })))
    yield* engine.renderer.render({
      ...description(record),
      output: part,
      onProgress: (fraction) => {
        job.progress = Option.some(fraction)
      }
    })
    const { bytes, sha256 } = yield* Stream.run(engine.fs.stream(part), fingerprint)
    yield* engine.files.publishVideo(part, record.id)
    return { _tag: "Rendered" as const, at: yield* Clock.currentTimeMillis, bytes, sha256 }
  }).pipe(
    Effect.scoped,
    // A renderer with a bug fails its job, not the engine.
    Effect.catchAllDefect((defect) =>
      Effect.fail(new RenderJobFailed({ reason: String(defect), cause: defect }))
    ),
    Effect.catchAll((error) =>
      Effect.logWarning(`Rendering ${record.id} failed`, error).pipe(
        Effect.zipRight(Clock.currentTimeMillis),
        Effect.map((at) => failed(at, `The video could not be rendered: ${error.message}`))
      )
    )
  )

const description = ({ video: { negativePrompt, ...video } }: OperationRecord) => ({
  ...video,
  ...(negativePrompt === undefined ? {} : { negativePrompt })
})

/** The first end of a job is its only one. */
const end = (engine: Engine, job: Job, outcome: Outcome) =>
  SynchronizedRef.updateEffect(job.record, (record) =>
    record.outcome._tag !== "Pending" ? Effect.succeed(record) : settle(engine, { ...record, outcome })
  ).pipe(Effect.uninterruptible)

/** Where the disk refuses even the record, the job lives on in memory, so that its client hears of the failure. */
const settle = (engine: Engine, record: OperationRecord) =>
  engine.files.write(record).pipe(
    Effect.tap(() => engine.jobs.delete(record.id)),
    Effect.catchAll((error) => Effect.logError(`The end of ${record.id} could not be recorded`, error)),
    Effect.as(record)
  )

// --- asking ----------------------------------------------------------------------------------------------------

const find = (engine: Engine) => (id: OperationId) =>
  Option.match(Option.fromNullable(engine.jobs.get(id)), {
    onNone: () =>
      Effect.map(
        engine.files.read(id),
        Option.map((record) => ({ record, progress: Option.none() }))
      ),
    onSome: (job) =>
      Effect.map(SynchronizedRef.get(job.record), (record) => Option.some({ record, progress: job.progress }))
  })

const cancel = (engine: Engine) => (id: OperationId) =>
  Effect.gen(function* () {
    const job = engine.jobs.get(id)
    if (job === undefined) return
    yield* end(engine, job, { _tag: "Cancelled", at: yield* Clock.currentTimeMillis })
    yield* Deferred.succeed(job.stop, undefined)
  }).pipe(Effect.uninterruptible)

const video = (engine: Engine) => (record: OperationRecord) =>
  Effect.gen(function* () {
    const { outcome } = record
    if (outcome._tag !== "Rendered") return Option.none()
    const path = engine.files.videoPath(record.id)
    const expired = (yield* Clock.currentTimeMillis) >= outcome.at + engine.retention
    if (expired || !(yield* Effect.orElseSucceed(engine.fs.exists(path), () => false))) return Option.none()
    return Option.some({ path, bytes: outcome.bytes, sha256: outcome.sha256 })
  })

// --- tidying ---------------------------------------------------------------------------------------------------

const sweep = (engine: Engine) =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const ids = yield* engine.files.ids
    yield* Effect.forEach(
      ids.filter((id) => !engine.jobs.has(id)),
      (id) =>
        Effect.flatMap(
          engine.files.read(id),
          Option.match({ onNone: () => Effect.void, onSome: (record) => tidy(engine, record, now) })
        ),
      { discard: true }
    )
  })

const tidy = (engine: Engine, { id, outcome }: OperationRecord, now: number) => {
  if (outcome._tag === "Pending" || now < outcome.at + engine.retention) return Effect.void
  return now < outcome.at + 2 * engine.retention ? engine.files.removeVideo(id) : engine.files.remove(id)
}
