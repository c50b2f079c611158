/**
 * Group commit: the writes of one turn of the event loop share one transaction, and so one sync of the disk. None is
 * acknowledged before that transaction is on disk, and one that fails takes no other with it. What is about this process
 * alone has a transaction of its own before it, which waits for no disk.
 */
import { type SqlClient, TransactionConnection } from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import type { Statement } from "@effect/sql/Statement"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { retryBusy } from "./busy.ts"
import { isBusy } from "./storageError.ts"

/** Runs a statement on the connection of the transaction that is open. */
export type Run = <A extends object>(statement: Statement<A>) => Effect.Effect<ReadonlyArray<A>, SqlError>

/** Statements that belong together: all of them happen, or none. */
export type Write<A> = (run: Run) => Effect.Effect<A, SqlError>

export interface GroupCommit {
  /**
   * Succeeds once the write is on disk. It cannot be interrupted, so that whoever asked for it knows what became of it.
   */
  readonly commit: <A>(write: Write<A>) => Effect.Effect<A, SqlError>
  /**
   * Succeeds once every process can see the write. A machine that loses its power may forget it, until the next commit:
   * it is for what means nothing without the process that wrote it, a lease or the sign that it lives.
   */
  readonly hold: <A>(write: Write<A>) => Effect.Effect<A, SqlError>
  /** Reads what has been committed. It waits for at most one transaction under way. */
  readonly read: Run
}

/** The most writes of one transaction, so that a read never waits long behind a crowd. */
const largestBatch = 256

/** What each transaction says first and last. */
export interface Declaration {
  readonly before: string
  readonly after: string
}

/**
 * One group commit for a client. Closing the scope commits what is waiting and refuses what comes later. With a declaration
 * every transaction says what it has to before anything else, and takes it back at its end.
 */
export const make = (
  client: SqlClient,
  declaration?: Declaration
): Effect.Effect<GroupCommit, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sql = client.withoutTransforms()
    const inManner = { ...synced(sql), declaration }
    const unsynced = { ...(yield* withoutSync(sql)), declaration }
    const outside = yield* outsideTransaction(sql)
    let open = true
    const holding: Array<Pending> = []
    const waiting: Array<Pending> = []
    const reading: Array<Pending> = []
    const wantsToWrite = yield* desk([holding, waiting], () =>
      holding.length > 0
        ? // Who waits for it is told before the next one keeps the event loop.
          Effect.zipLeft(settle(unsynced, holding.splice(0, largestBatch)), Effect.yieldNow())
        : settle(inManner, waiting.splice(0, largestBatch))
    )
    // A desk of their own: a write may wait for seconds until another process lets go of its lock.
    const wantsToRead = yield* desk([reading], () => look(sql, reading.splice(0)))
    yield* Effect.addFinalizer(() => Effect.sync(() => (open = false)))

    const enter = <A>(line: Array<Pending>, arrived: () => void, write: Write<A>) =>
      Effect.zipRight(
        outside,
        Effect.async<A, SqlError>((resume) => {
          if (!open) return resume(Effect.fail(new SqlError({ message: "the store is closed" })))
          if (line.push(toPending(write, resume)) === 1) arrived()
        })
      )
    return {
      commit: (write) => Effect.uninterruptible(enter(waiting, wantsToWrite, write)),
      hold: (write) => Effect.uninterruptible(enter(holding, wantsToWrite, write)),
      read: (statement) => enter(reading, wantsToRead, (run) => run(statement))
    }
  })

/** Runs an effect in a transaction that takes the write lock at its beginning (SQLite), trying again while busy. */
export const immediately = <A, E, R>(
  sql: SqlClient,
  use: (connection: Connection) => Effect.Effect<A, E, R>
): Effect.Effect<Exit.Exit<A, E>, SqlError, R> => transact(synced(sql), use)

// Privates ---------------------------------------------------------------------------------------------------------

type Connection = Effect.Effect.Success<SqlClient["reserve"]>

/** What waits for its turn. Tried, it hands back what to do once it is on disk. */
interface Pending {
  readonly attempt: (run: Run) => Effect.Effect<() => void, SqlError>
  readonly fail: (cause: Cause.Cause<SqlError>) => void
}

const toPending = <A>(write: Write<A>, resume: (result: Effect.Effect<A, SqlError>) => void): Pending => ({
  attempt: (run) => Effect.map(write(run), (value) => () => resume(Effect.succeed(value))),
  fail: (cause) => resume(Effect.failCause(cause))
})

/**
 * Works off lines as long as the scope is open, and what is in them when it closes. What it hands back is to be called when
 * somebody joins an empty line.
 */
const desk = (
  lines: ReadonlyArray<ReadonlyArray<Pending>>,
  next: () => Effect.Effect<void>
): Effect.Effect<() => void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const arrived = yield* Effect.makeLatch(false)
    const drain = Effect.whileLoop({
      while: () => lines.some(({ length }) => length > 0),
      body: next,
      step: () => undefined
    })
    const loop = arrived.await.pipe(
      Effect.zipRight(turn),
      Effect.zipRight(arrived.close),
      Effect.zipRight(Effect.uninterruptible(drain)),
      Effect.forever
    )
    yield* Effect.addFinalizer(() => drain)
    yield* Effect.forkScoped(loop)
    return () => void arrived.unsafeOpen()
  })

// Everything that the present turn of the event loop still has to say gets into the same transaction.
const turn = Effect.async<void>((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

/** How transactions are begun on a client, and what is to be said before and after each. */
interface Manner {
  readonly sql: SqlClient
  readonly begin: ReadonlyArray<string>
  readonly before?: string
  readonly after?: string
  readonly declaration?: Declaration | undefined
}

const synced = (sql: SqlClient): Manner => ({ sql, begin: [begin(sql)] })

/** The database's own setting comes back after each: whoever made the client may have chosen another than we would. */
const withoutSync = (sql: SqlClient): Effect.Effect<Manner> =>
  sql.onDialectOrElse({
    pg: () => Effect.succeed({ sql, begin: [begin(sql), "SET LOCAL synchronous_commit TO OFF"] }),
    sqlite: () =>
      Effect.map(
        Effect.orElseSucceed(sql<Setting>`PRAGMA synchronous`, () => []),
        ([setting]) =>
          setting === undefined || setting.synchronous <= normal
            ? synced(sql)
            : {
                ...synced(sql),
                before: `PRAGMA synchronous = ${normal}`,
                after: `PRAGMA synchronous = ${setting.synchronous}`
              }
      ),
    orElse: () => Effect.succeed(synced(sql))
  })

interface Setting {
  readonly synchronous: number
}

/** `synchronous` of SQLite's where a commit in WAL syncs nothing. */
const normal = 1

const transact = <A, E, R>(
  { after, before, begin, sql }: Manner,
  use: (connection: Connection) => Effect.Effect<A, E, R>
): Effect.Effect<Exit.Exit<A, E>, SqlError, R> =>
  retryBusy(
    clearingAbandoned(
      sql,
      Effect.gen(function* () {
        const connection = yield* sql.reserve
        const say = (statement: string) => connection.execute(statement, [], undefined)
        if (before !== undefined) yield* say(before)
        const ran = yield* Effect.exit(
          Effect.gen(function* () {
            yield* Effect.forEach(begin, say, { discard: true })
            const exit = yield* Effect.exit(use(connection))
            yield* finish(connection, exit)
            return exit
          })
        )
        if (after !== undefined) yield* say(after)
        return yield* ran
      }).pipe(Effect.scoped)
    )
  )

/**
 * Fails inside a transaction of the application on the only connection of a client, which that transaction gives to nobody
 * until it ends. Joining it is no way out: what the store has acknowledged would be lost with a rollback.
 */
const outsideTransaction = (sql: SqlClient): Effect.Effect<Effect.Effect<void, SqlError>> =>
  sql.onDialectOrElse({
    sqlite: () =>
      Effect.map(Effect.option(Effect.scoped(sql.reserve)), (own) =>
        Effect.flatMap(Effect.serviceOption(TransactionConnection), (current) =>
          Option.isSome(own) && Option.exists(current, ([connection]) => connection === own.value)
            ? new SqlError({ message: "inside a transaction", cause: new Error(insideTransaction) })
            : Effect.void
        )
      ),
    orElse: () => Effect.succeed(Effect.void)
  })

/** What is wrong where the store is used inside a transaction on its own client. */
export const insideTransaction =
  "the store was used inside withTransaction of its own SQL client, whose only connection is taken until the transaction ends. " +
  "Call it before or after the transaction, or give the store a client of its own"

/**
 * Runs a transaction again after rolling back one that was left open. `withTransaction` keeps the connection until it has
 * committed, and leaves the transaction open where COMMIT fails: whoever gets the connection finds it there, and nobody else
 * can end it. It holds the write lock of the file, so another connection would wait for ever.
 */
const clearingAbandoned = <A, R>(sql: SqlClient, self: Effect.Effect<A, SqlError, R>) =>
  Effect.catchIf(self, isLeftOpen, () =>
    Effect.scoped(
      Effect.flatMap(sql.reserve, (connection) => connection.execute("ROLLBACK", [], undefined))
    ).pipe(
      Effect.ignore,
      Effect.zipRight(Effect.logWarning("Rolled back a transaction whose COMMIT had failed")),
      Effect.zipRight(self)
    )
  )

// BEGIN, or a change of `synchronous`, where SQLite has a transaction open already; it has no code of its own for that.
const isLeftOpen = ({ cause }: SqlError) =>
  cause instanceof Error && /(within|inside) a transaction$/.test(cause.message)

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

const settle = (manner: Manner, batch: ReadonlyArray<Pending>): Effect.Effect<void> =>
  transact(manner, (connection) => {
    const run: Run = (statement) => execute(connection, statement)
    return declared(
      manner,
      connection,
      Effect.forEach(batch, (pending) => pending.attempt(run))
    )
  }).pipe(
    Effect.matchCauseEffect({
      // Nothing was even tried, or nobody knows whether it was committed.
      onFailure: (cause) => failAll(batch, cause),
      onSuccess: Exit.match({
        onFailure: (cause) => isolate(manner, batch, cause),
        onSuccess: (acknowledge) =>
          Effect.sync(() => {
            for (const tell of acknowledge) tell()
          })
      })
    })
  )

/** One that can't be taken back is rolled back with all else. */
const declared = <A>({ declaration }: Manner, connection: Connection, use: Effect.Effect<A, SqlError>) => {
  if (declaration === undefined) return use
  const say = (statement: string) => connection.execute(statement, [], undefined)
  return Effect.zipLeft(Effect.zipRight(say(declaration.before), use), say(declaration.after))
}

/** Reads share nothing but the connection, and keep it from nobody while another process is in their way. */
const look = (sql: SqlClient, batch: ReadonlyArray<Pending>): Effect.Effect<void> => {
  const onConnection = <A>(use: (run: Run) => Effect.Effect<A, SqlError>) =>
    Effect.scoped(
      Effect.flatMap(sql.reserve, (connection) => use((statement) => execute(connection, statement)))
    )
  const end = ({ fail }: Pending, exit: Exit.Exit<() => void, SqlError>) =>
    Effect.sync(() => Exit.match(exit, { onFailure: fail, onSuccess: (tell) => tell() }))
  const again = (pending: Pending) =>
    Effect.flatMap(Effect.exit(retryBusy(onConnection(pending.attempt))), (exit) => end(pending, exit))
  const answered = onConnection((run) =>
    Effect.forEach(batch, (pending) =>
      Effect.map(Effect.exit(pending.attempt(run)), (exit) => ({ exit, pending }))
    )
  )
  return Effect.matchCauseEffect(answered, {
    onFailure: (cause) => failAll(batch, cause),
    onSuccess: (answers) =>
      Effect.forEach(
        answers,
        ({ exit, pending }) => (isTooBusy(exit) ? again(pending) : end(pending, exit)),
        {
          discard: true
        }
      )
  })
}

const isTooBusy = (exit: Exit.Exit<unknown, SqlError>) =>
  Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), isBusy)

// One of them is at fault. Alone, each stands or falls for itself.
const isolate = (
  manner: Manner,
  batch: ReadonlyArray<Pending>,
  cause: Cause.Cause<SqlError>
): Effect.Effect<void> =>
  batch.length === 1
    ? failAll(batch, cause)
    : Effect.forEach(batch, (pending) => settle(manner, [pending]), { discard: true })

const failAll = (batch: ReadonlyArray<Pending>, cause: Cause.Cause<SqlError>) =>
  Effect.sync(() => {
    for (const { fail } of batch) fail(cause)
  })
