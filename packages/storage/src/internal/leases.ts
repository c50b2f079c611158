/**
 * Who holds which record: a lease lasts while its owner is heard of, and its fence tells one owner from the next.
 */
import { GenerationNotFound, LeaseLost } from "@mutoscope/core/GenerationError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { claimed, read, type Services, type Store } from "./records.ts"
import { storageError } from "./storageError.ts"
import * as Uptime from "./uptime.ts"

/** Takes a record that nobody living holds. */
export const claim = ({ database, statements }: Services): Store["claim"] =>
  Effect.fnUntraced(function* (id, owner) {
    const now = yield* Uptime.now
    // The second look, in the same transaction, tells a record that is held from one that is not there.
    const [taken, present] = yield* database
      .hold((run) => Effect.all([run(statements.claim(id, owner, now)), run(statements.byId(id))]))
      .pipe(Effect.mapError(storageError(`claim ${id}`)))
    const row = taken[0]
    if (row !== undefined) return yield* claimed(owner)(row)
    return yield* present.length === 0
      ? new GenerationNotFound({ reference: id })
      : new LeaseLost({ generationId: id })
  })

/** Takes what others left behind. */
export const adopt = ({ database, statements }: Services): Store["adopt"] =>
  Effect.fnUntraced(function* (owner, most) {
    const now = yield* Uptime.now
    const found = yield* read(database, statements.anyOrphan(owner, now), "look for what others left")
    if (found.length === 0) return []
    const rows = yield* database
      .hold((run) => run(statements.adopt(owner, most, now)))
      .pipe(Effect.mapError(storageError("adopt what others left")))
    return yield* Effect.forEach(rows, claimed(owner))
  })

/** Gives a record back. */
export const release = ({ database, statements }: Services): Store["release"] =>
  Effect.fnUntraced(
    function* (claim) {
      yield* database.hold((run) => run(statements.release(claim)))
    },
    Effect.mapError(storageError("give a record back"))
  )

/** Says that an owner lives, and for how long at least. */
export const heartbeat = ({ database, statements }: Services): Store["heartbeat"] =>
  Effect.fnUntraced(
    function* (owner, lease) {
      const now = yield* Uptime.now
      // Whoever lives clears away who does not: reading the records needs no write.
      yield* database.hold((run) =>
        Effect.zipRight(
          run(statements.forgetOwners(now)),
          run(statements.heartbeat(owner, Duration.toMillis(lease), now))
        )
      )
    },
    Effect.mapError(storageError("say that this process lives"))
  )

/** Says that an owner is done, so that nobody waits for its leases to end. */
export const retire =
  ({ database, statements }: Services): Store["retire"] =>
  (owner) =>
    database
      .hold((run) => run(statements.retire(owner)))
      .pipe(Effect.asVoid, Effect.mapError(storageError("say that this process is done")))
