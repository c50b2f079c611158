/**
 * The queue, over the same table and the same group commit as the records.
 */
import type { SqlError } from "@effect/sql/SqlError"
import * as Breaker from "@mutoscope/core/Breaker"
import type { Generation, GenerationId, QueuePlace } from "@mutoscope/core/Generation"
import type { StorageError } from "@mutoscope/core/GenerationError"
import type { GenerationQueue, InFlightLimit } from "@mutoscope/core/GenerationQueue"
import type { Claim } from "@mutoscope/core/GenerationStore"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Breakers from "./breakers.ts"
import { enterQueue, type Waiting } from "./entering.ts"
import type * as GenerationSql from "./generationSql.ts"
import type { GroupCommit, Run } from "./groupCommit.ts"
import type * as QueueSql from "./queueSql.ts"
import { claimed, readable } from "./records.ts"
import { storageError } from "./storageError.ts"
import * as Uptime from "./uptime.ts"

/** What the queue is made of: its own statements, and those of the records. */
export interface Services {
  readonly database: GroupCommit
  readonly statements: ReturnType<typeof QueueSql.make>
  readonly records: GenerationSql.Statements
  readonly breakers: Breakers.Services["breakers"]
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
    full: (which) =>
      Effect.flatMap(Uptime.now, (now) => database.read(statements.full(which, now))).pipe(
        Effect.mapBoth({ onFailure: storageError("look for room"), onSuccess: Arr.map(toLimit) })
      ),
    takeInFlight: (owner, wanted) => takeInFlight(services, owner, wanted),
    setAside: (ids) => setAside(services, ids),
    waiting: (which) =>
      Effect.mapBoth(database.read(statements.waiting(which)), {
        onFailure: storageError("count what waits"),
        onSuccess: ([row]) => row?.waiting ?? 0
      }),
    pause: (paused) => write("pause the queue", paused ? statements.pause : statements.unpause),
    limit: (limit) => write("set a limit", statements.limit(limit)),
    unlimit: (limit) => write("take a limit away", statements.unlimit(limit)),
    fail: Breakers.fail(services),
    breakers: (which) =>
      Effect.all([Breakers.open(services), database.read(statements.waitingProviders(which))]).pipe(
        Effect.map(([open, waiting]) =>
          open.filter(({ provider }) => waiting.some((row) => row.provider === provider))
        ),
        Effect.mapError(storageError("read the breakers"))
      ),
    close: Breakers.close(services),
    state: Effect.all([
      database.read(statements.counts),
      database.read(statements.limits),
      Breakers.open(services)
    ]).pipe(
      Effect.map(([[counts], limits, breakers]) => ({
        breakers,
        paused: counts?.paused === "yes",
        limits: limits.map(toLimit),
        waiting: counts?.waiting ?? 0,
        aside: counts?.aside ?? 0,
        inFlight: counts?.in_flight ?? 0
      })),
      Effect.mapError(storageError("read the queue"))
    )
  }
}

// Privates ---------------------------------------------------------------------------------------------------------

const toLimit = ({ model, most, provider }: QueueSql.LimitRow): InFlightLimit =>
  model === "" ? { provider, most } : { provider, model, most }

const add = (services: Services, generations: ReadonlyArray<Generation>) =>
  Effect.gen(function* () {
    const answers = yield* services.database
      .commit((run) => enterAll(services, run, generations))
      .pipe(Effect.mapError(storageError("add to the queue")))
    return yield* Effect.forEach(answers, (answer) =>
      "fence" in answer ? readable(answer) : Effect.succeed(answer)
    )
  })

/** So many records are written by one statement. */
const atOnce = 200

/** The answer to each: the record itself, or what is known under its key. */
const enterAll = (services: Services, run: Run, generations: ReadonlyArray<Generation>) =>
  Effect.gen(function* () {
    const answers: Array<Generation | GenerationSql.Row> = []
    const turns = turnsOf(services, run)
    const known = new Map<string, Generation | GenerationSql.KeyedRow>()
    for (const some of Arr.chunksOf(generations, atOnce)) {
      const keys = some.flatMap(({ key }) => (key === undefined ? [] : [key]))
      for (const row of keys.length === 0 ? [] : yield* run(services.records.byKeys(keys)))
        known.set(row.job_key, row)
      const waiting: Array<Waiting> = []
      for (const generation of some) {
        const earlier = generation.key === undefined ? undefined : known.get(generation.key)
        answers.push(earlier === undefined ? generation : yield* wantedAgain(services, run, turns, earlier))
        if (earlier !== undefined) continue
        if (generation.key !== undefined) known.set(generation.key, generation)
        waiting.push({ generation, turn: yield* turns(generation) })
      }
      if (waiting.length > 0) yield* enterQueue(services.records, run, waiting)
    }
    return answers
  })

/** What had been set aside has a turn again. */
const wantedAgain = (
  { statements }: Services,
  run: Run,
  turns: ReturnType<typeof turnsOf>,
  earlier: Generation | GenerationSql.KeyedRow
): Effect.Effect<Generation | GenerationSql.Row, SqlError> => {
  if (!("fence" in earlier) || earlier.state !== "Queued") return Effect.succeed(earlier)
  const { batch, id, priority, turn } = earlier
  if (batch === null || turn !== null) return Effect.succeed(earlier)
  return Effect.flatMap(turns({ queue: { batch, priority: priority ?? 0 } }), (turn) =>
    Effect.map(run(statements.putBack(id, turn)), ([row]) => row ?? earlier)
  )
}

/** Each batch takes consecutive turns. */
const turnsOf = ({ statements }: Services, run: Run) => {
  const next = new Map<string, number>()
  return ({
    queue: { batch, priority } = nowhere
  }: Pick<Generation, "queue">): Effect.Effect<number, SqlError> => {
    const name = JSON.stringify([batch, priority])
    const turn = next.get(name)
    const first = () => Effect.map(run(statements.firstTurn(batch, priority)), ([row]) => row?.turn ?? 0)
    return Effect.tap(turn === undefined ? first() : Effect.succeed(turn), (turn) => {
      next.set(name, turn + 1)
    })
  }
}

const nowhere: QueuePlace = { batch: "", priority: 0 }

const setAside = (
  { database, statements }: Services,
  ids: ReadonlyArray<GenerationId>
): Effect.Effect<ReadonlyArray<Generation>, StorageError> =>
  Effect.gen(function* () {
    const rows = yield* database
      .commit((run) => Effect.forEach(Arr.chunksOf(ids, atOnce), (some) => run(statements.setAside(some))))
      .pipe(Effect.mapError(storageError("set records aside")))
    return yield* Effect.forEach(rows.flat(), readable)
  })

const take = (
  services: Services,
  owner: string,
  wanted: Parameters<GenerationQueue["take"]>[1]
): Effect.Effect<ReadonlyArray<Claim>, StorageError> =>
  Effect.gen(function* () {
    const [now, uptime] = [yield* Clock.currentTimeMillis, yield* Uptime.now]
    const rows = yield* services.database
      .hold((run) => takeRows(services, run, { ...wanted, owner, now, uptime }))
      .pipe(Effect.mapError(storageError("take from the queue")))
    return yield* Effect.forEach(rows, claimed(owner))
  })

const takeInFlight = (
  { database, statements }: Services,
  owner: string,
  { most, provider }: Parameters<GenerationQueue["takeInFlight"]>[1]
): Effect.Effect<ReadonlyArray<Claim>, StorageError> =>
  Effect.gen(function* () {
    const now = yield* Uptime.now
    const [found] = yield* database.read(statements.anyInFlight(owner, provider, now))
    const rows =
      found === undefined
        ? []
        : yield* database.hold((run) => run(statements.takeInFlight(owner, provider, most, now)))
    return yield* Effect.forEach(rows, claimed(owner))
  }).pipe(Effect.mapError(storageError("take what is in flight")))

// Without limits all at once; with them one by one, since each may be the one that fills one.
const takeRows = (
  services: Services,
  run: Run,
  wanted: Omit<QueueSql.Taking, "full">
): Effect.Effect<ReadonlyArray<QueueSql.WaitingRow>, SqlError> =>
  Effect.gen(function* () {
    const { breakers, statements } = services
    if (wanted.most <= 0 || (yield* run(statements.paused)).length > 0) return []
    const at = { ...wanted, longestPause: Duration.toMillis(Breaker.longestPause) }
    const rooms = [...(yield* run(statements.rooms(wanted.uptime))), ...(yield* run(breakers.rooms(at)))]
    if (rooms.length === 0) return inTurn(yield* run(statements.take({ ...wanted, full: [] })))
    const full = rooms.filter(({ room }) => room <= 0)
    const taken = yield* run(statements.take({ ...wanted, most: 1, full }))
    if (taken.length === 0) return []
    return [...taken, ...(yield* takeRows(services, run, { ...wanted, most: wanted.most - 1 }))]
  })

// A statement that writes returns its rows in no particular order.
const inTurn = (rows: ReadonlyArray<QueueSql.WaitingRow>) =>
  [...rows].sort((a, b) => b.priority - a.priority || a.turn - b.turn || a.number - b.number)
