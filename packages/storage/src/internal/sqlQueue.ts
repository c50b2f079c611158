/**
 * The queue, over the same table and the same group commit as the records.
 */
import type { SqlError } from "@effect/sql/SqlError"
import type { Generation, JobKey } from "@videogen/core/Generation"
import type { StorageError } from "@videogen/core/GenerationError"
import type { GenerationQueue } from "@videogen/core/GenerationQueue"
import type { Claim } from "@videogen/core/GenerationStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as GenerationSql from "./generationSql.ts"
import type { GroupCommit, Run } from "./groupCommit.ts"
import type * as QueueSql from "./queueSql.ts"
import { storageError } from "./storageError.ts"

/** What the queue is made of. `enter` writes a record that waits, and its line in the log; false where it is known already. */
export interface Services {
  readonly database: GroupCommit
  readonly statements: ReturnType<typeof QueueSql.make>
  readonly enter: (run: Run, generation: Generation, turn: number) => Effect.Effect<boolean, SqlError>
  readonly byKey: (run: Run, key: JobKey) => Effect.Effect<GenerationSql.Row | undefined, SqlError>
  readonly readable: (row: GenerationSql.Row) => Effect.Effect<Generation, StorageError>
}

/** The queue over such services. */
export const make = (services: Services): GenerationQueue => {
  const { database, statements } = services
  const write = (what: string, statement: Parameters<Run>[0]) =>
    Effect.asVoid(
      Effect.mapError(
        database.commit((run) => run(statement)),
        storageError(what)
      )
    )
  return {
    add: (generations) => add(services, generations),
    take: (owner, options) => take(services, owner, options),
    pause: (paused) => write("pause the queue", paused ? statements.pause : statements.unpause),
    limit: (limit) => write("set a limit", statements.limit(limit)),
    unlimit: (limit) => write("take a limit away", statements.unlimit(limit)),
    state: Effect.all([database.read(statements.counts), database.read(statements.limits)]).pipe(
      Effect.map(([[counts], limits]) => ({
        paused: counts?.paused === "yes",
        limits: limits.map(({ model, most, provider }) =>
          model === "" ? { provider, most } : { provider, model, most }
        ),
        waiting: counts?.waiting ?? 0,
        inFlight: counts?.in_flight ?? 0
      })),
      Effect.mapError(storageError("read the queue"))
    )
  }
}

// Privates ---------------------------------------------------------------------------------------------------------

const add = (services: Services, generations: ReadonlyArray<Generation>) =>
  Effect.gen(function* () {
    const rows = yield* services.database
      .commit((run) => enterAll(services, run, generations))
      .pipe(Effect.mapError(storageError("add to the queue")))
    return yield* Effect.forEach(rows, ({ generation, known }) =>
      known === undefined ? Effect.succeed(generation) : services.readable(known)
    )
  })

/** Each batch takes consecutive turns; what is known already takes none. One after the other, since there may be very many. */
const enterAll = (services: Services, run: Run, generations: ReadonlyArray<Generation>) => {
  const turns = new Map<string, number>()
  const turnOf = ({ queue = { batch: "", priority: 0 } }: Generation) => {
    const name = JSON.stringify([queue.batch, queue.priority])
    const next = turns.get(name)
    return next === undefined
      ? Effect.map(run(services.statements.firstTurn(queue.batch, queue.priority)), ([row]) => ({
          name,
          turn: row?.turn ?? 0
        }))
      : Effect.succeed({ name, turn: next })
  }
  return Effect.forEach(generations, (generation) =>
    Effect.gen(function* () {
      const { name, turn } = yield* turnOf(generation)
      if (yield* services.enter(run, generation, turn)) {
        turns.set(name, turn + 1)
        return { generation, known: undefined }
      }
      const known = generation.key === undefined ? undefined : yield* services.byKey(run, generation.key)
      return { generation, known }
    })
  )
}

const take = (
  services: Services,
  owner: string,
  { batch, most }: Parameters<GenerationQueue["take"]>[1]
): Effect.Effect<ReadonlyArray<Claim>, StorageError> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* services.database
      .commit((run) => takeRows(services, run, { owner, now, batch, most }))
      .pipe(Effect.mapError(storageError("take from the queue")))
    return yield* Effect.forEach(rows, (row) =>
      Effect.map(services.readable(row), (generation) => ({ generation, owner, fence: row.fence }))
    )
  })

// Without limits all at once; with them one by one, since each may be the one that fills one.
const takeRows = (
  services: Services,
  run: Run,
  wanted: Omit<QueueSql.Taking, "full">
): Effect.Effect<ReadonlyArray<QueueSql.WaitingRow>, SqlError> =>
  Effect.gen(function* () {
    const { statements } = services
    if (wanted.most <= 0 || (yield* run(statements.paused)).length > 0) return []
    const rooms = yield* run(statements.rooms(wanted.now))
    if (rooms.length === 0) return inTurn(yield* run(statements.take({ ...wanted, full: [] })))
    const full = rooms.filter(({ room }) => room <= 0)
    const taken = yield* run(statements.take({ ...wanted, most: 1, full }))
    if (taken.length === 0) return []
    return [...taken, ...(yield* takeRows(services, run, { ...wanted, most: wanted.most - 1 }))]
  })

// A statement that writes returns its rows in no particular order.
const inTurn = (rows: ReadonlyArray<QueueSql.WaitingRow>) =>
  [...rows].sort((a, b) => b.priority - a.priority || a.turn - b.turn || a.number - b.number)
