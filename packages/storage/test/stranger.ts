/**
 * An application that uses the same SQL client as the store, and not always well.
 */
import { SqlClient } from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

/** The application's tables. */
export const tables = Effect.gen(function* () {
  const sql = yield* SqlClient
  yield* sql`PRAGMA foreign_keys = ON`
  yield* sql`CREATE TABLE parents (id INTEGER PRIMARY KEY)`
  yield* sql`CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)`
})

/** A transaction whose COMMIT fails. `@effect/sql` leaves it open. */
export const failingCommit = Effect.flatMap(SqlClient, (sql) =>
  Effect.exit(sql.withTransaction(sql`INSERT INTO children VALUES (99)`))
)

const transaction = Effect.flatMap(SqlClient, (sql) =>
  Effect.exit(
    sql.withTransaction(Effect.zipRight(sql`INSERT INTO parents DEFAULT VALUES`, Effect.yieldNow()))
  )
)

const turn = Effect.async<void>((resume) => void setImmediate(() => resume(Effect.void)))

/** Works for as long as the scope is open: two transactions, and then one whose COMMIT fails. */
export const working = Effect.all([transaction, turn, transaction, turn, failingCommit, turn]).pipe(
  Effect.repeat(Schedule.forever),
  Effect.forkScoped
)
