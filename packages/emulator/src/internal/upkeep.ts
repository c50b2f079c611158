/**
 * What an engine does from time to time: finish what a stopped one left, hear of cancels, tidy up.
 *
 * @internal
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { OperationId, OperationRecord } from "../OperationRecord.ts"
import { end } from "./ending.ts"
import { type Engine, enter } from "./engine.ts"

/** Takes the unfinished jobs of engines that are gone, the oldest first. */
export const adoptOrphans = (engine: Engine): Effect.Effect<void> =>
  Effect.gen(function* () {
    const records = yield* unfinished(engine)
    for (const record of records.sort((a, b) => a.createdAt - b.createdAt)) {
      if (yield* engine.claims.take(record.id)) yield* enterAgain(engine, record.id)
    }
  }).pipe(
    Effect.catchAll((error) => Effect.logWarning("Unfinished jobs could not be taken over", error)),
    Effect.uninterruptible
  )

const unfinished = (engine: Engine) =>
  Effect.gen(function* () {
    const ids = (yield* engine.files.ids).filter((id) => !engine.ended.has(id) && !engine.jobs.has(id))
    const records = (yield* Effect.forEach(ids, engine.files.read)).flatMap(Option.toArray)
    const pending = records.filter(({ outcome }) => outcome._tag === "Pending")
    // Those that cannot be read are not asked again either: one warning each is enough.
    const open = new Set(pending.map(({ id }) => id))
    for (const id of ids) if (!open.has(id)) engine.ended.add(id)
    return pending
  })

/** Between the look and the claim its former owner may have finished it. */
const enterAgain = (engine: Engine, id: OperationId) =>
  Effect.flatMap(
    engine.files.read(id),
    Option.match({
      onNone: () => engine.claims.release(id),
      onSome: (record) =>
        record.outcome._tag === "Pending" && !engine.jobs.has(id)
          ? enter(engine, record)
          : engine.claims.release(id)
    })
  )

/** Ends the jobs of this engine that another engine on this folder has cancelled. */
export const hearOfCancels = (engine: Engine): Effect.Effect<void> =>
  Effect.gen(function* () {
    const own = (yield* engine.files.calls).filter((id) => engine.jobs.has(id))
    for (const id of own) {
      const record = yield* engine.files.read(id)
      if (Option.isSome(record) && record.value.outcome._tag !== "Pending") {
        yield* end(engine, id, record.value.outcome)
      }
      yield* engine.files.removeCall(id)
    }
  })

/** An hour, in milliseconds: a draft that has not grown for so long, or a call that nobody heard, is nobody's. */
const longestPause = 3_600_000

/** Removes videos after the retention, records after twice the retention, and what was left behind. */
export const sweep = (engine: Engine): Effect.Effect<void> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const ids = (yield* engine.files.ids).filter((id) => !engine.jobs.has(id))
    for (const id of ids) {
      const record = yield* engine.files.read(id)
      if (Option.isSome(record)) yield* tidy(engine, record.value, now)
    }
    yield* engine.files.removeStale(now - longestPause)
  })

const tidy = (engine: Engine, { id, outcome }: OperationRecord, now: number) => {
  if (outcome._tag === "Pending" || now < outcome.at + engine.retention) return Effect.void
  if (now < outcome.at + 2 * engine.retention) return engine.files.removeVideo(id)
  engine.ended.delete(id)
  return engine.files.remove(id)
}
