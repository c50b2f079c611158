/**
 * How jobs end: once, and on disk before anybody hears of it.
 *
 * @internal
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as SynchronizedRef from "effect/SynchronizedRef"
import type { OperationId, OperationRecord, Outcome } from "../OperationRecord.ts"
import type { Engine, Job } from "./engine.ts"

/** Ends a job in this way, unless it has ended; whoever renders it stops. */
export const end = (engine: Engine, id: OperationId, outcome: Outcome): Effect.Effect<void> =>
  Effect.suspend(() => {
    const job = engine.jobs.get(id)
    return job === undefined ? endForeign(engine, id, outcome) : endOwn(engine, job, outcome)
  }).pipe(Effect.uninterruptible)

const endOwn = (engine: Engine, job: Job, outcome: Outcome) =>
  Effect.zipRight(
    SynchronizedRef.updateEffect(job.record, (record) =>
      record.outcome._tag === "Pending" ? settle(engine, record, outcome) : Effect.succeed(record)
    ),
    Deferred.succeed(job.stop, undefined)
  )

/** Where the disk refuses even the record, the job lives on in memory, so that its client hears of the end. */
const settle = (engine: Engine, record: OperationRecord, outcome: Outcome) =>
  Effect.gen(function* () {
    const onDisk = Option.getOrElse(yield* engine.files.read(record.id), () => record)
    // Another engine on this folder may have cancelled it.
    if (onDisk.outcome._tag !== "Pending") return yield* forget(engine, onDisk)
    const ended = { ...record, outcome }
    return yield* Effect.matchEffect(engine.files.write(ended), {
      onFailure: (error) =>
        Effect.as(Effect.logError(`The end of ${record.id} could not be recorded`, error), ended),
      onSuccess: () => forget(engine, ended)
    })
  })

const forget = (engine: Engine, record: OperationRecord) =>
  Effect.sync(() => {
    engine.jobs.delete(record.id)
    engine.ended.add(record.id)
    return record
  }).pipe(Effect.zipLeft(engine.claims.release(record.id)))

/** The job of another engine on this folder: that one reads it, and stops. */
const endForeign = (engine: Engine, id: OperationId, outcome: Outcome) =>
  engine.files.read(id).pipe(
    Effect.flatMap(
      Option.match({
        onNone: () => Effect.void,
        onSome: (record) =>
          record.outcome._tag === "Pending"
            ? Effect.zipRight(engine.files.write({ ...record, outcome }), engine.files.call(id))
            : Effect.void
      })
    ),
    Effect.catchAll((error) => Effect.logError(`The end of ${id} could not be recorded`, error))
  )
