/**
 * How records enter the store: in the hands of an owner, or waiting in the queue.
 */
import { SqlError } from "@effect/sql/SqlError"
import type { Generation, GenerationId } from "@mutoscope/core/Generation"
import { KeyTaken, StorageError } from "@mutoscope/core/GenerationError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { firstEntry, ifChanged } from "./eventLog.ts"
import { encodeJob, encodeState } from "./generationRow.ts"
import * as GenerationSql from "./generationSql.ts"
import type { Run } from "./groupCommit.ts"
import type { Services, Store } from "./records.ts"
import { storageError } from "./storageError.ts"

/** A record and its place in the queue. */
export interface Waiting {
  readonly generation: Generation
  readonly turn: number
}

/** A new record, held by its owner. */
export const create = (services: Services): Store["create"] =>
  Effect.fnUntraced(function* (generation, owner) {
    const { database, statements } = services
    const entering = yield* encode(generation)
    const [created, earlier] = yield* database
      .commit((run) =>
        Effect.flatMap(enter(services, run, { ...entering, owner, turn: null }), (created) =>
          Effect.map(
            created || generation.key === undefined
              ? Effect.succeed([])
              : run(statements.byKey(generation.key)),
            ([earlier]) => [created, earlier] as const
          )
        )
      )
      .pipe(Effect.mapError(storageError("write a new record")))
    if (created) return { generation, owner, fence: GenerationSql.firstFence }
    return yield* earlier === undefined
      ? taken(generation.id)
      : new KeyTaken({ key: generation.key ?? "", generationId: earlier.id })
  })

/** Writes records that wait, and the first lines of their logs. In the words of the database, as part of a transaction. */
export const enterQueue = (
  statements: GenerationSql.Statements,
  run: Run,
  waiting: ReadonlyArray<Waiting>
): Effect.Effect<void, SqlError> =>
  Effect.forEach(waiting, ({ generation, turn }) =>
    Effect.map(encode(generation), (entering) => ({ ...entering, owner: null, turn }))
  ).pipe(
    Effect.mapError((cause) => new SqlError({ cause, message: cause.reason })),
    Effect.flatMap((entering) => run(statements.insertAll(entering))),
    Effect.zipRight(
      run(statements.logAll(waiting.map(({ generation }) => firstEntry(generation, "queued"))))
    ),
    Effect.asVoid
  )

// Privates ---------------------------------------------------------------------------------------------------------

/** Writes a record and the first line of its log; false where its id or its key is known already. */
const enter = ({ statements }: Services, run: Run, entering: GenerationSql.Entering) =>
  Effect.map(
    ifChanged(
      run(statements.insert(entering)),
      run(statements.log(firstEntry(entering.generation, "created")))
    ),
    (rows) => rows.length > 0
  )

const encode = (generation: Generation) =>
  Either.all({ job: encodeJob(generation), state: encodeState(generation.state) }).pipe(
    Either.mapBoth({
      onLeft: storageError("encode a record"),
      onRight: (json) => ({ generation, ...json })
    })
  )

const taken = (id: GenerationId) =>
  new StorageError({ operation: `create ${id}`, reason: "there is a record with this id" })
