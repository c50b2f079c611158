/**
 * The records of all generations in a SQL database: compare-and-set transitions, leases with fences, and an
 * append-only log, for any `SqlClient` of SQLite or Postgres.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { SqlClient } from "@effect/sql/SqlClient"
import { SqlError } from "@effect/sql/SqlError"
import type { Statement } from "@effect/sql/Statement"
import * as Generation from "@videogen/core/Generation"
import {
  BudgetSpent,
  DuplicateOperation,
  GenerationNotFound,
  HeldBack,
  KeyTaken,
  LeaseLost,
  StorageError
} from "@videogen/core/GenerationError"
import type { Budget } from "@videogen/core/GenerationQueue"
import { type Claim, GenerationStore, type ListOptions } from "@videogen/core/GenerationStore"
import type { MicroUsd } from "@videogen/core/Money"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as CostSql from "./internal/costSql.ts"
import { encodeJob, encodeState, toEvents, toGeneration } from "./internal/generationRow.ts"
import * as GenerationSql from "./internal/generationSql.ts"
import * as GroupCommit from "./internal/groupCommit.ts"
import { migrate } from "./internal/migrate.ts"
import * as QueueSql from "./internal/queueSql.ts"
import * as Spool from "./internal/spool.ts"
import * as SqlQueue from "./internal/sqlQueue.ts"
import { storageError } from "./internal/storageError.ts"
import * as Uptime from "./internal/uptime.ts"

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
  Context.Tag.Service<GenerationStore>,
  StorageError,
  SqlClient | FileSystem.FileSystem | Path.Path | Scope.Scope
> =>
  Effect.gen(function* () {
    yield* migrate
    const sql = yield* SqlClient
    const statements = GenerationSql.make(sql)
    const database = yield* GroupCommit.make(sql)
    const needed: Spool.Needed = (ids) =>
      Effect.map(database.read(statements.unknownOf(ids)), (rows) => rows.map(({ id }) => id))
    const services: Services = {
      statements,
      database,
      spool: yield* Spool.make(options.spoolDirectory, needed)
    }
    return GenerationStore.of({
      queue: SqlQueue.make({
        database: services.database,
        statements: QueueSql.make(sql),
        enter: (run, waiting) => enterQueue(services, run, waiting),
        byKeys: (run, keys) => run(services.statements.byKeys(keys)),
        readable
      }),
      create: create(services),
      rendered: rendered(services),
      withVideo: withVideo(services),
      adopt: adopt(services),
      intend: intend(services),
      retire: retire(services),
      get: (id) => get(services, id),
      find: find(services),
      list: list(services),
      costs: CostSql.make(sql, services.database.read),
      events: events(services),
      claim: claim(services),
      transition: transition(services),
      accept: accept(services),
      release: release(services),
      heartbeat: heartbeat(services),
      requestCancel: requestCancel(services),
      spool: services.spool.append,
      spooled: services.spool.find
    })
  })

/** The store as a layer, with the database and the platform left open. */
export const layer = (
  options: Options
): Layer.Layer<GenerationStore, StorageError, SqlClient | FileSystem.FileSystem | Path.Path> =>
  Layer.scoped(GenerationStore, make(options))

// Privates ---------------------------------------------------------------------------------------------------------

type Store = Context.Tag.Service<GenerationStore>

interface Services {
  readonly statements: ReturnType<typeof GenerationSql.make>
  readonly database: GroupCommit.GroupCommit
  readonly spool: Spool.Spool
}

const create = (services: Services): Store["create"] =>
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

const encode = (generation: Generation.Generation) =>
  Effect.all({ job: encodeJob(generation), state: encodeState(generation.state) }).pipe(
    Effect.map((json) => ({ generation, ...json })),
    Effect.mapError(storageError("encode a record"))
  )

const encodedJob = (generation: Generation.Generation) =>
  Effect.mapError(encodeJob(generation), storageError(`encode ${generation.id}`))

/** What a job cost is written with its state, all else apart. */
const changesJob = (amendment: Generation.Amendment = {}) =>
  Object.keys(amendment).some((field) => field !== "cost")

/** Writes a record and the first line of its log; false where its id or its key is known already. */
const enter = ({ statements }: Services, run: GroupCommit.Run, entering: GenerationSql.Entering) =>
  Effect.map(
    ifChanged(
      run(statements.insert(entering)),
      run(statements.log(firstEntry(entering.generation, "created")))
    ),
    (rows) => rows.length > 0
  )

const firstEntry = (generation: Generation.Generation, cause: string) =>
  entry(undefined, generation, cause, GenerationSql.firstFence)

/** Writes records that wait, and the first lines of their logs. In the words of the database, as part of a transaction. */
const enterQueue = (
  { statements }: Services,
  run: GroupCommit.Run,
  waiting: ReadonlyArray<SqlQueue.Waiting>
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

const rendered =
  ({ database, statements }: Services): Store["rendered"] =>
  (fingerprint) =>
    Effect.flatMap(
      read(database, statements.byFingerprint(fingerprint), "look for the same request"),
      ([row]) =>
        row === undefined
          ? Effect.succeedNone
          : Effect.map(readable(row), (found) => Option.liftPredicate(Generation.isCompleted)(found))
    )

const withVideo =
  ({ database, statements }: Services): Store["withVideo"] =>
  (sha256) =>
    Effect.flatMap(read(database, statements.byVideo(sha256), "look for the same video"), (rows) =>
      Effect.map(Effect.forEach(rows, readable), (found) => found.filter(Generation.isCompleted))
    )

const adopt = ({ database, statements }: Services): Store["adopt"] =>
  Effect.fnUntraced(function* (owner, most) {
    const now = yield* Uptime.now
    const found = yield* read(database, statements.anyOrphan(owner, now), "look for what others left")
    if (found.length === 0) return []
    const rows = yield* database
      .hold((run) => run(statements.adopt(owner, most, now)))
      .pipe(Effect.mapError(storageError("adopt what others left")))
    return yield* Effect.forEach(rows, (row) =>
      Effect.map(readable(row), (generation) => ({ generation, owner, fence: row.fence }))
    )
  })

const claim = ({ database, statements }: Services): Store["claim"] =>
  Effect.fnUntraced(function* (id, owner) {
    const now = yield* Uptime.now
    // The second look, in the same transaction, tells a record that is held from one that is not there.
    const [claimed, present] = yield* database
      .hold((run) => Effect.all([run(statements.claim(id, owner, now)), run(statements.byId(id))]))
      .pipe(Effect.mapError(storageError(`claim ${id}`)))
    const row = claimed[0]
    if (row !== undefined) return { generation: yield* readable(row), owner, fence: row.fence }
    return yield* present.length === 0
      ? new GenerationNotFound({ reference: id })
      : new LeaseLost({ generationId: id })
  })

const transition = ({ database, statements }: Services): Store["transition"] =>
  Effect.fnUntraced(function* (claim, state, cause, amendment) {
    const { json, next } = yield* advance(claim, state, amendment)
    const job = changesJob(amendment) ? yield* encodedJob(next) : undefined
    const changed = yield* database
      .commit((run) =>
        ifChanged(
          run(statements.update({ claim, next, json })),
          Effect.zipRight(
            run(statements.log(entry(claim.generation, next, cause, claim.fence))),
            job === undefined ? Effect.void : run(statements.amend(next, job))
          )
        )
      )
      .pipe(Effect.mapError(storageError(`move ${next.id} to ${state._tag}`)))
    const row = changed[0]
    if (row === undefined) return yield* new LeaseLost({ generationId: next.id })
    return { ...claim, generation: withCancel(next, row.cancel_requested_at) }
  })

const accept = ({ database, statements }: Services): Store["accept"] =>
  Effect.fnUntraced(function* (claim, state, cause) {
    const { json, next } = yield* advance(claim, state)
    const [others, changed] = yield* database
      .commit((run) =>
        Effect.flatMap(run(statements.sharing(state.operation, next.id)), (others) =>
          others.length > 0
            ? Effect.succeed([others, []] as const)
            : Effect.map(
                ifChanged(
                  run(statements.update({ claim, next, json })),
                  run(statements.log(entry(claim.generation, next, cause, claim.fence)))
                ),
                (changed) => [others, changed] as const
              )
        )
      )
      .pipe(Effect.mapError(storageError(`move ${next.id} to Rendering`)))
    const { id: operationId, provider } = state.operation
    const [other] = others
    if (other !== undefined)
      return yield* new DuplicateOperation({ provider, operationId, generationId: other.id })
    const [row] = changed
    if (row === undefined) return yield* new LeaseLost({ generationId: next.id })
    return { ...claim, generation: withCancel(next, row.cancel_requested_at) }
  })

const advance = (claim: Claim, state: Generation.GenerationState, amendment?: Generation.Amendment) =>
  Effect.gen(function* () {
    const next = yield* Generation.advance(claim.generation, state, yield* DateTime.now, amendment)
    const json = yield* Effect.mapError(encodeState(state), storageError(`encode ${next.id}`))
    return { next, json }
  })

const intend = (services: Services): Store["intend"] =>
  Effect.fnUntraced(function* (claim, intent, budget) {
    const { database, spool, statements } = services
    const { json, next } = yield* advance(claim, intent)
    // Where an operation could not even be noted, nothing must be paid for.
    yield* spool.open
    const [overspent, changed, standing] = yield* database
      .commit((run) =>
        Effect.gen(function* () {
          const overspent = yield* overBudget(services, run, next, claim.owner, budget)
          if (overspent !== undefined) return [overspent, [], undefined] as const
          const changed = yield* ifChanged(
            run(statements.intend({ claim, next, json })),
            run(statements.log(entry(claim.generation, next, "about to submit", claim.fence)))
          )
          const [standing] = changed.length > 0 ? [unhindered] : yield* run(statements.current(claim))
          return [undefined, changed, standing] as const
        })
      )
      .pipe(Effect.mapError(storageError(`move ${next.id} to Submitting`)))
    if (overspent !== undefined) return yield* overspent
    if (standing === undefined) return yield* new LeaseLost({ generationId: next.id })
    if (standing.held_back !== null)
      return yield* new HeldBack({ generationId: next.id, why: standing.held_back })
    return Option.map(Arr.head(changed), (row) => ({
      ...claim,
      generation: withCancel(next, row.cancel_requested_at)
    }))
  })

const unhindered: GenerationSql.Standing = { held_back: null }

/** What one more would make of the budget, seen in the transaction that would spend it. */
const overBudget = (
  { statements }: Services,
  run: GroupCommit.Run,
  { estimate, updatedAt }: Generation.Generation,
  owner: string,
  budget: Budget
) => {
  if (budget.jobs === undefined && budget.run === undefined && budget.day === undefined)
    return Effect.succeed(undefined)
  const midnight = DateTime.toEpochMillis(DateTime.startOf(updatedAt, "day"))
  return Effect.map(run(statements.spent(owner, midnight)), ([spent]) =>
    spent === undefined ? undefined : firstBroken(budget, spent, estimate)
  )
}

const firstBroken = (
  budget: Budget,
  spent: GenerationSql.Spent,
  estimate: MicroUsd | undefined
): BudgetSpent | undefined => {
  if (budget.jobs !== undefined && spent.jobs >= budget.jobs)
    return new BudgetSpent({ limit: "jobs", most: budget.jobs, spent: spent.jobs })
  for (const limit of ["run", "day"] as const) {
    const most = budget[limit]
    if (most === undefined || (estimate !== undefined && spent[limit] + estimate <= most)) continue
    const known = estimate === undefined ? {} : { estimate }
    // What is free fits into any limit.
    if (estimate !== 0) return new BudgetSpent({ limit, most, spent: spent[limit], ...known })
  }
  return undefined
}

const release = ({ database, statements }: Services): Store["release"] =>
  Effect.fnUntraced(
    function* (claim) {
      yield* database.hold((run) => run(statements.release(claim)))
    },
    Effect.mapError(storageError("give a record back"))
  )

const heartbeat = ({ database, statements }: Services): Store["heartbeat"] =>
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

const retire =
  ({ database, statements }: Services): Store["retire"] =>
  (owner) =>
    database
      .hold((run) => run(statements.retire(owner)))
      .pipe(Effect.asVoid, Effect.mapError(storageError("say that this process is done")))

const requestCancel = ({ database, statements }: Services): Store["requestCancel"] =>
  Effect.fnUntraced(function* (id) {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* database
      .commit((run) => run(statements.requestCancel(id, now)))
      .pipe(Effect.mapError(storageError(`ask for ${id} to be stopped`)))
    return yield* only(id, rows)
  })

const get = ({ database, statements }: Services, id: Generation.GenerationId) =>
  Effect.flatMap(read(database, statements.byId(id), `read ${id}`), (rows) => only(id, rows))

const find = ({ database, statements }: Services): Store["find"] =>
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

const list =
  ({ database, statements }: Services): Store["list"] =>
  (options: ListOptions) =>
    Effect.flatMap(read(database, statements.list(options), "list the records"), (rows) =>
      Effect.forEach(rows, readable)
    )

const events =
  ({ database, statements }: Services): Store["events"] =>
  (id) =>
    read(database, statements.events(id), `read the log of ${id}`).pipe(
      Effect.flatMap(toEvents),
      Effect.mapError(storageError(`read the log of ${id}`))
    )

const read = <A extends object>(
  database: GroupCommit.GroupCommit,
  statement: Statement<A>,
  operation: string
): Effect.Effect<ReadonlyArray<A>, StorageError> =>
  Effect.mapError(database.read(statement), storageError(operation))

// A record that cannot be understood is never passed over in silence: it may be a paid job.
const readable = (row: GenerationSql.Row) =>
  Effect.mapError(toGeneration(row), storageError(`understand the record ${row.id}`))

const only = (
  reference: string,
  rows: ReadonlyArray<GenerationSql.Row>
): Effect.Effect<Generation.Generation, GenerationNotFound | StorageError> => {
  const [first, ...others] = rows
  return first !== undefined && others.length === 0
    ? readable(first)
    : Effect.fail(new GenerationNotFound({ reference, matches: rows.map(({ id }) => id) }))
}

const ifChanged = <A, E, E2>(
  change: Effect.Effect<ReadonlyArray<A>, E>,
  then: Effect.Effect<unknown, E2>
): Effect.Effect<ReadonlyArray<A>, E | E2> =>
  Effect.tap(change, (rows) => (rows.length === 0 ? Effect.void : then))

const entry = (
  previous: Generation.Generation | undefined,
  next: Generation.Generation,
  cause: string,
  fence: number
): GenerationSql.Entry => ({
  id: next.id,
  at: next.updatedAt,
  from: previous?.state._tag ?? null,
  to: next.state._tag,
  cause,
  attempt: GenerationSql.attemptOf(next.state),
  fence
})

// Somebody may have asked for a stop since the claim was read.
const withCancel = (generation: Generation.Generation, at: number | null) =>
  at === null
    ? generation
    : new Generation.Generation(
        { ...generation, cancelRequestedAt: DateTime.unsafeMake(at) },
        { disableValidation: true }
      )

const taken = (id: Generation.GenerationId) =>
  new StorageError({ operation: `create ${id}`, reason: "there is a record with this id" })
