/**
 * What an engine has at hand, and the door by which jobs enter it.
 *
 * @internal
 */
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as SynchronizedRef from "effect/SynchronizedRef"
import type { OperationId, OperationRecord } from "../OperationRecord.ts"
import { VideoRenderer } from "../VideoRenderer.ts"
import * as Claims from "./claims.ts"
import * as RecordFiles from "./recordFiles.ts"

/** A job of this engine that has not ended; `stop` is done when it has. */
export interface Job {
  readonly record: SynchronizedRef.SynchronizedRef<OperationRecord>
  readonly stop: Deferred.Deferred<void>
  progress: Option.Option<number>
}

/** `ended` are ids of jobs on disk that need no further look; `retention` is in milliseconds. */
export interface Engine {
  readonly fs: FileSystem.FileSystem
  readonly files: RecordFiles.RecordFiles
  readonly claims: Claims.Claims
  readonly renderer: Context.Tag.Service<VideoRenderer>
  readonly jobs: Map<OperationId, Job>
  readonly ended: Set<OperationId>
  readonly queue: Queue.Queue<OperationId>
  readonly scope: Scope.Scope
  readonly retention: number
}

export const make = (options: { readonly directory: string; readonly retention: Duration.DurationInput }) =>
  Effect.gen(function* () {
    return {
      fs: yield* FileSystem.FileSystem,
      files: yield* RecordFiles.make(options.directory),
      claims: yield* Claims.make(options.directory),
      renderer: yield* VideoRenderer,
      jobs: new Map<OperationId, Job>(),
      ended: new Set<OperationId>(),
      queue: yield* Queue.unbounded<OperationId>(),
      scope: yield* Effect.scope,
      retention: Duration.toMillis(options.retention)
    } satisfies Engine
  })

/** Lets a job in that is on disk and claimed. */
export const enter = (engine: Engine, record: OperationRecord): Effect.Effect<void> =>
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
        yield* Effect.forkIn(Effect.delay(begin, Duration.seconds(record.scenario.count ?? 10)), engine.scope)
        return
      default:
        yield* begin
    }
  })
