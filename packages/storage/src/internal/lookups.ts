/**
 * Looking records up: by whatever names one, or all that fit.
 */
import { asked, type InState, isCompleted } from "@mutoscope/core/Generation"
import { GenerationNotFound } from "@mutoscope/core/GenerationError"
import * as Receipt from "@mutoscope/core/Receipt"
import { equivalence } from "@mutoscope/core/VideoRequest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { encodeRequest } from "./generationRow.ts"
import { only, read, readable, type Services, type Store } from "./records.ts"
import { storageError } from "./storageError.ts"

/** The record with an id. */
export const get =
  ({ database, statements }: Services): Store["get"] =>
  (id) =>
    Effect.flatMap(read(database, statements.byId(id), `read ${id}`), (rows) => only(id, rows))

/** The record that a reference means: an id or its beginning, `last`, an operation, a key. */
export const find = ({ database, statements }: Services): Store["find"] =>
  Effect.fnUntraced(function* (reference) {
    // The first that answers wins: a whole id can't be shadowed by an operation or by a longer id.
    const looks =
      reference === ""
        ? []
        : [
            statements.byId(reference),
            ...(reference === "last" ? [statements.latest] : []),
            statements.byOperation(reference),
            statements.byKey(reference),
            statements.byBeginning(reference)
          ]
    for (const look of looks) {
      const rows = yield* read(database, look, `find ${reference}`)
      if (rows.length > 0) return yield* only(reference, rows)
    }
    return yield* new GenerationNotFound({ reference })
  })

/** The records, newest first. */
export const list =
  ({ database, statements }: Services): Store["list"] =>
  (options) =>
    Effect.flatMap(read(database, statements.list(options), "list the records"), (rows) =>
      Effect.forEach(rows, readable)
    )

/** The newest that was completed for the same request. */
export const rendered =
  ({ database, statements }: Services): Store["rendered"] =>
  (fingerprint) =>
    Effect.flatMap(
      read(database, statements.byFingerprint(fingerprint), "look for the same request"),
      ([row]) =>
        row === undefined
          ? Effect.succeedNone
          : Effect.map(readable(row), (found) => Option.liftPredicate(isCompleted)(found))
    )

/**
 * Another that was completed with the same video for another request. The database compares how requests are written; two that
 * are written differently may still ask for the same.
 */
export const double =
  ({ database, statements }: Services): Store["double"] =>
  (generation, sha256) =>
    Effect.flatMap(encodeRequest(asked(generation)), (request) =>
      database.read(statements.double({ id: generation.id, request, sha256 }))
    ).pipe(
      Effect.mapError(storageError("look for the same video")),
      Effect.flatMap(([row]) => (row === undefined ? Effect.succeedNone : Effect.asSome(readable(row)))),
      Effect.map(
        Option.filter(
          (found): found is InState<"Completed"> =>
            isCompleted(found) && !equivalence(asked(found), asked(generation))
        )
      )
    )

/** Of the newest receipts the one that exceeded its quote the most. */
export const overcharge =
  ({ database, statements }: Services): Store["overcharge"] =>
  (quoting) =>
    DateTime.now.pipe(
      Effect.flatMap((now) =>
        database.read(statements.receipts(quoting, DateTime.toEpochMillis(Receipt.since(now))))
      ),
      Effect.flatMap(decodeReceipts),
      Effect.mapBoth({ onFailure: storageError("look for earlier receipts"), onSuccess: Receipt.worst })
    )

const decodeReceipts = Schema.decodeUnknown(Schema.Array(Receipt.Overcharge))
