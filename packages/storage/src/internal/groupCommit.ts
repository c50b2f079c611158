/**
 * Group commit: the writes of one turn of the event loop share one transaction, and so one sync of the disk. None is
 * acknowledged before that transaction is on disk, and one that fails takes no other with it.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import type { Statement } from "@effect/sql/Statement"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Scope from "effect/Scope"
import { retryBusy } from "./busy.ts"

/** Runs a statement on the connection of the transaction that is open. */
export type Run = <A extends object>(statement: Statement<A>) => Effect.Effect<ReadonlyArray<A>, SqlError>

/** Statements that belong together: all of them happen, or none. */
export type Write<A> = (run: Run) => Effect.Effect<A, SqlError>

export interface GroupCommit {
  /** Succeeds once the write is on disk. Interrupted before its transaction began, it never happens. */
  readonly commit: <A>(write: Write<A>) => Effect.Effect<A, SqlError>
  /** Reads what has been committed. It waits for at most one transaction under way. */
  readonly read: Run
}

/** The most writes of one transaction, so that a read never waits long behind a crowd. */
const largestBatch = 256

/** One group commit for a client. Closing the scope commits what is waiting and refuses what comes later. */
export const make = (client: SqlClient): Effect.Effect<GroupCommit, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sql = client.withoutTransforms()
    const waiting: Array<Pending> = []
    const arrived = yield* Effect.makeLatch(false)
    let open = true

    const drain = Effect.whileLoop({
      while: () => waiting.length > 0,
      body: () => settle(sql, waiting.splice(0, largestBatch)),
      step: () => undefined
    })
    const loop = arrived.await.pipe(
      Effect.zipRight(turn),
      Effect.zipRight(arrived.close),
      Effect.zipRight(Effect.uninterruptible(drain)),
      Effect.forever
    )
    yield* Effect.forkScoped(loop)
    yield* Effect.addFinalizer(() =>
      Effect.zipRight(
        Effect.sync(() => (open = false)),
        drain
      )
    )

    const commit = <A>(write: Write<A>) =>
      Effect.async<A, SqlError>((resume) => {
        if (!open) return resume(Effect.fail(new SqlError({ message: "the store is closed" })))
        const pending = toPending(write, resume)
        if (waiting.push(pending) === 1) arrived.unsafeOpen()
        return Effect.sync(() => withdraw(waiting, pending))
      })
    const read: Run = (statement) =>
      retryBusy(Effect.scoped(Effect.flatMap(sql.reserve, (connection) => execute(connection, statement))))
    return { commit, read }
  })

/** Runs an effect in a transaction that takes the write lock at its beginning (SQLite), trying again while busy. */
export const immediately = <A, E, R>(
  sql: SqlClient,
  use: (connection: Connection) => Effect.Effect<A, E, R>
): Effect.Effect<Exit.Exit<A, E>, SqlError, R> =>
  retryBusy(
    Effect.scoped(
      Effect.gen(function* () {
        const connection = yield* sql.reserve
        yield* connection.execute(begin(sql), [], undefined)
        const exit = yield* Effect.exit(use(connection))
        yield* finish(connection, exit)
        return exit
      })
    )
  )

// Privates ---------------------------------------------------------------------------------------------------------

type Connection = Effect.Effect.Success<SqlClient["reserve"]>

/** A write that waits. Tried, it hands back what to do once it is on disk. */
interface Pending {
  readonly attempt: (run: Run) => Effect.Effect<() => void, SqlError>
  readonly fail: (cause: Cause.Cause<SqlError>) => void
}

const toPending = <A>(write: Write<A>, resume: (result: Effect.Effect<A, SqlError>) => void): Pending => ({
  attempt: (run) => Effect.map(write(run), (value) => () => resume(Effect.succeed(value))),
  fail: (cause) => resume(Effect.failCause(cause))
})

const withdraw = (waiting: Array<Pending>, pending: Pending) => {
  const index = waiting.indexOf(pending)
  if (index >= 0) waiting.splice(index, 1)
}

// Everything that the present turn of the event loop still has to say gets into the same transaction.
const turn = Effect.async<void>((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

// Plain BEGIN would take the lock at the first write, and fail at once where another process wrote in between.
const begin = (sql: SqlClient) =>
  sql.onDialectOrElse({ sqlite: () => "BEGIN IMMEDIATE", orElse: () => "BEGIN" })

// Compiled by hand and run on the connection: no span and no look-up for each of thousands of statements.
const execute = <A extends object>(
  connection: Connection,
  statement: Statement<A>
): Effect.Effect<ReadonlyArray<A>, SqlError> => {
  const [text, parameters] = statement.compile(true)
  return connection.execute(text, parameters, undefined)
}

const finish = <A, E>(connection: Connection, exit: Exit.Exit<A, E>) => {
  // A disk that is full has rolled back by itself; then there is nothing left to roll back.
  const rollback = Effect.ignore(connection.execute("ROLLBACK", [], undefined))
  return Exit.isFailure(exit)
    ? rollback
    : Effect.onError(connection.execute("COMMIT", [], undefined), () => rollback)
}

const settle = (sql: SqlClient, batch: ReadonlyArray<Pending>): Effect.Effect<void> =>
  immediately(sql, (connection) => {
    const run: Run = (statement) => execute(connection, statement)
    return Effect.forEach(batch, (pending) => pending.attempt(run))
  }).pipe(
    Effect.matchCauseEffect({
      // Nothing was even tried, or nobody knows whether it was committed.
      onFailure: (cause) => failAll(batch, cause),
      onSuccess: Exit.match({
        onFailure: (cause) => isolate(sql, batch, cause),
        onSuccess: (acknowledge) =>
          Effect.sync(() => {
            for (const tell of acknowledge) tell()
          })
      })
    })
  )

// One of them is at fault. Alone, each stands or falls for itself.
const isolate = (
  sql: SqlClient,
  batch: ReadonlyArray<Pending>,
  cause: Cause.Cause<SqlError>
): Effect.Effect<void> =>
  batch.length === 1
    ? failAll(batch, cause)
    : Effect.forEach(batch, (pending) => settle(sql, [pending]), { discard: true })

const failAll = (batch: ReadonlyArray<Pending>, cause: Cause.Cause<SqlError>) =>
  Effect.sync(() => {
    for (const { fail } of batch) fail(cause)
  })
