/**
 * The records of all generations in a SQL database: compare-and-set transitions, leases with fences, and an
 * append-only log, for any `SqlClient` of SQLite or Postgres.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { SqlClient } from "@effect/sql/SqlClient"
import type { StorageError } from "@mutoscope/core/GenerationError"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as BreakerSql from "./internal/breakerSql.ts"
import * as CostSql from "./internal/costSql.ts"
import { DatabaseFile } from "./internal/databaseFile.ts"
import * as Entering from "./internal/entering.ts"
import * as EventLog from "./internal/eventLog.ts"
import * as GenerationSql from "./internal/generationSql.ts"
import * as GroupCommit from "./internal/groupCommit.ts"
import * as IdentitySql from "./internal/identitySql.ts"
import * as Leases from "./internal/leases.ts"
import * as Lookups from "./internal/lookups.ts"
import { migrate, newest } from "./internal/migrate.ts"
import * as QueueSql from "./internal/queueSql.ts"
import type { Services } from "./internal/records.ts"
import * as Spool from "./internal/spool.ts"
import * as SqlQueue from "./internal/sqlQueue.ts"
import * as Steps from "./internal/steps.ts"
import * as SubmitGuard from "./internal/submitGuard.ts"

/** `spoolDirectory` is where operations are noted that could not be written into their records. */
export interface Options {
  readonly spoolDirectory: string
}

/**
 * A store over the client in the context, whose tables it creates or migrates. Fails with `StorageError` where the
 * database cannot be used, or was written by a newer version.
 */
export const make = (
  options: Options
): Effect.Effect<
  GenerationStore["Type"],
  StorageError,
  SqlClient | FileSystem.FileSystem | Path.Path | Scope.Scope
> =>
  Effect.gen(function* () {
    yield* migrate
    const sql = yield* SqlClient
    const statements = GenerationSql.make(sql)
    const identity = IdentitySql.make(sql)
    const database = yield* GroupCommit.make(sql, IdentitySql.declaration(sql, newest))
    const needed: Spool.Needed = (ids) =>
      Effect.map(database.read(statements.settledOf(ids)), (rows) => {
        const settled = new Set(rows.map(({ id }) => id))
        return ids.filter((id) => !settled.has(id))
      })
    const services: Services = {
      statements,
      database,
      breakers: BreakerSql.make(sql),
      spool: yield* Spool.make(options.spoolDirectory, needed),
      identity,
      guard: yield* SubmitGuard.make(database, identity, yield* DatabaseFile)
    }
    return GenerationStore.of({
      create: Entering.create(services),

      claim: Leases.claim(services),
      adopt: Leases.adopt(services),
      release: Leases.release(services),
      heartbeat: Leases.heartbeat(services),
      retire: Leases.retire(services),

      intend: Steps.intend(services),
      accept: Steps.accept(services),
      transition: Steps.transition(services),
      requestCancel: Steps.requestCancel(services),
      confirmCancel: Steps.confirmCancel(services),
      relocate: Steps.relocate(services),

      get: Lookups.get(services),
      find: Lookups.find(services),
      list: Lookups.list(services),
      rendered: Lookups.rendered(services),
      double: Lookups.double(services),
      overcharge: Lookups.overcharge(services),
      events: EventLog.events(services),
      costs: CostSql.make(sql, database.read),

      spool: services.spool.append,
      spooled: services.spool.find,
      queue: SqlQueue.make({
        database,
        breakers: services.breakers,
        records: statements,
        statements: QueueSql.make(sql)
      })
    })
  })

/** The store as a layer, with the database and the platform left open. */
export const layer = (
  options: Options
): Layer.Layer<GenerationStore, StorageError, SqlClient | FileSystem.FileSystem | Path.Path> =>
  Layer.scoped(GenerationStore, make(options))
