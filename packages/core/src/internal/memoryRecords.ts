/**
 * Records in the memory of this process.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Breaker from "../Breaker.ts"
import {
  advance,
  asked,
  Generation,
  type GenerationId,
  type InState,
  isCompleted,
  isFinal,
  isIn,
  operation as operationOf,
  type QueuePlace
} from "../Generation.ts"
import {
  DuplicateOperation,
  GenerationNotFound,
  KeyTaken,
  LeaseLost,
  StorageError
} from "../GenerationError.ts"
import type { Claim, GenerationStore } from "../GenerationStore.ts"
import * as Monotonic from "../Monotonic.ts"
import type { Operation } from "../Operation.ts"
import { equivalence } from "../VideoRequest.ts"
import * as MemoryBreakers from "./memoryBreakers.ts"
import * as MemoryCosts from "./memoryCosts.ts"
import * as MemoryQueue from "./memoryQueue.ts"
import * as MemoryReceipts from "./memoryReceipts.ts"
import * as MemoryTable from "./memoryTable.ts"

/** A store that knows nothing yet. */
export const make = (): GenerationStore["Type"] => {
  const table = MemoryTable.make()
  const { all, current, get, hold, isHeld, known, newestFirst, put, withKey } = table
  const spool = new Map<GenerationId, Operation>()
  const queue = MemoryQueue.make(() => all().map(({ generation }) => generation))

  const breakers = MemoryBreakers.make()

  const place = (generation: Generation, queue: QueuePlace): Generation =>
    table.replace(new Generation({ ...generation, queue }, { disableValidation: true }))

  /** What is not sent: what somebody holds, and so is about to, and what waits in the queue. */
  const unsent = (now: number) => {
    const queued = all().filter(({ generation }) => isIn("Queued")(generation))
    const held = queued.filter((one) => isHeld(one, now)).map(({ generation }) => generation)
    const free = queued.filter((one) => !isHeld(one, now)).map(({ generation }) => generation)
    return { held, waiting: free.filter(MemoryQueue.isWaiting) }
  }

  /** What somebody has in hand, and may still bring a video. */
  const inHand = (now: number) =>
    all()
      .filter((one) => isHeld(one, now) && !isFinal(one.generation))
      .map(({ generation }) => generation)

  return {
    create: (generation, owner) =>
      Effect.suspend((): Effect.Effect<Claim, KeyTaken | StorageError> => {
        const earlier = withKey(generation)
        if (earlier !== undefined)
          return new KeyTaken({ key: generation.key ?? "", generationId: earlier.id })
        return known(generation.id) !== undefined
          ? new StorageError({ operation: "create the record", reason: `${generation.id} exists already` })
          : Effect.succeed(put({ generation, owner, fence: 1, events: [] }, null, "created"))
      }),
    get: (id) => Effect.map(get(id), ({ generation }) => generation),
    find: (reference) =>
      Effect.suspend(() => {
        const records = newestFirst()
        const exact = records.filter((one) => one.id === reference || operationId(one) === reference)
        const keyed = records.filter(({ key }) => key === reference)
        const matches =
          reference === "last"
            ? records.slice(0, 1)
            : exact.length > 0
              ? exact
              : keyed.length > 0
                ? keyed
                : records.filter(({ id }) => reference !== "" && id.startsWith(reference))
        const [match] = matches
        return match !== undefined && matches.length === 1
          ? Effect.succeed(match)
          : Effect.fail(new GenerationNotFound({ reference, matches: matches.map(({ id }) => id) }))
      }),
    list: ({ batch, states, limit }) =>
      Effect.sync(() =>
        newestFirst()
          .filter((one) => states === undefined || isIn(...states)(one))
          .filter((one) => batch === undefined || one.queue?.batch === batch)
          .slice(0, limit)
      ),
    costs: (options) => Effect.sync(() => MemoryCosts.sums(all().map(sent), options)),
    overcharge: (quoting) =>
      Effect.map(DateTime.now, (now) => MemoryReceipts.overcharge(all().map(sent), quoting, now)),
    events: (id) => Effect.sync(() => known(id)?.events ?? []),
    claim: (id, owner) =>
      Effect.flatMap(Effect.all([get(id), Monotonic.now]), ([record, now]) =>
        isHeld(record, now)
          ? Effect.fail(new LeaseLost({ generationId: id }))
          : Effect.succeed(hold(record.generation, owner))
      ),
    transition: (claim, state, cause, amendment) =>
      Effect.gen(function* () {
        const record = yield* current(claim)
        const generation = yield* advance(record.generation, state, yield* DateTime.now, amendment)
        if (generation.cost !== undefined)
          queue.settle(generation.id, MemoryQueue.spentNow(generation, generation.cost))
        if (isIn("Submitting")(record.generation) && isIn("Queued", "Failed", "Cancelled")(generation))
          queue.refund(generation.id)
        if (amendment?.cost !== undefined)
          for (const one of MemoryReceipts.raised(
            generation,
            all().map((held) => held.generation)
          ))
            queue.settle(table.replace(one).id, one.estimate)
        if (isCompleted(generation)) breakers.delivered(generation.provider)
        const owner = isFinal(generation) ? undefined : record.owner
        return put({ ...record, generation, owner }, record.generation.state._tag, cause)
      }),
    accept: (claim, state, cause) =>
      Effect.gen(function* () {
        const record = yield* current(claim)
        const { id: operationId, provider } = state.operation
        const other = all().find(
          ({ generation }) => isOf(generation, state.operation) && generation.id !== claim.generation.id
        )
        if (other !== undefined)
          return yield* new DuplicateOperation({
            provider,
            operationId,
            generationId: other.generation.id
          })
        const generation = yield* advance(record.generation, state, yield* DateTime.now)
        return put({ ...record, generation }, record.generation.state._tag, cause)
      }),
    intend: (claim, intent, budget) =>
      Effect.gen(function* () {
        const record = yield* current(claim)
        const others = inHand(yield* Monotonic.now).filter(
          (one) => !isIn("Queued")(one) && one.id !== record.generation.id
        )
        const breaker = breakers.holding(record.generation.provider, others, yield* DateTime.now)
        if (breaker !== undefined) return yield* Breaker.toError(breaker)
        const priced = MemoryReceipts.requoted(record.generation, claim.generation)
        if (!(yield* queue.admit(priced, claim.owner, budget))) return Option.none()
        const generation = yield* advance(priced, intent, yield* DateTime.now)
        return Option.some(put({ ...record, generation }, record.generation.state._tag, "about to submit"))
      }),
    adopt: (owner, most) =>
      Effect.map(Monotonic.now, (now) =>
        all()
          .filter((one) => table.isOrphaned(one, owner, now))
          .slice(0, most)
          .map(({ generation }) => hold(generation, owner))
      ),
    rendered: (fingerprint) =>
      Effect.sync(() =>
        Option.fromNullable(
          newestFirst()
            .filter(isCompleted)
            .find((one) => one.fingerprint === fingerprint)
        )
      ),
    double: (generation, sha256) =>
      Effect.sync(() => {
        const isDouble = (one: Generation): one is InState<"Completed"> =>
          isCompleted(one) &&
          one.state.video.sha256 === sha256 &&
          one.id !== generation.id &&
          !equivalence(asked(one), asked(generation))
        const generations = all().map((one) => one.generation)
        return Option.fromNullable(generations.find(isDouble))
      }),
    queue: {
      add: (generations) =>
        Effect.sync(() =>
          generations.map((generation) => {
            const earlier = withKey(generation)
            if (earlier?.queue?.aside === true && isIn("Queued")(earlier)) {
              const { batch, priority } = earlier.queue
              return place(earlier, { batch, priority })
            }
            if (earlier !== undefined) return earlier
            return put({ generation, owner: undefined, fence: 0, events: [] }, null, "queued").generation
          })
        ),
      take: (owner, { most, ...which }) =>
        Effect.map(Effect.all([Clock.currentTimeMillis, Monotonic.now]), ([today, now]) => {
          const { held, waiting } = unsent(now)
          const due = waiting.filter(MemoryQueue.isMeant(which)).filter(MemoryQueue.isDue(today))
          const busy = inHand(now)
          const isFree = ({ provider }: Generation, chosen: ReadonlyArray<Generation>) =>
            breakers.holding(provider, [...busy, ...chosen], DateTime.unsafeMake(today)) === undefined
          return queue.choose(due, held, most, isFree).map((generation) => hold(generation, owner))
        }),
      full: (which) =>
        Effect.map(Monotonic.now, (now) => {
          const { held, waiting } = unsent(now)
          return queue.full(waiting.filter(MemoryQueue.isMeant(which)), held)
        }),
      takeInFlight: (owner, { most, provider }) =>
        Effect.map(Monotonic.now, (now) =>
          all()
            .filter((one) => one.owner !== owner && !isHeld(one, now))
            .map(({ generation }) => generation)
            .filter(isIn("Submitting", "Rendering"))
            .filter((one) => one.provider === provider)
            .slice(0, most)
            .map((generation) => hold(generation, owner))
        ),
      setAside: (ids) =>
        Effect.sync(() =>
          ids.flatMap((id) => {
            const one = known(id)?.generation
            return one?.queue !== undefined && MemoryQueue.isWaiting(one)
              ? [place(one, { ...one.queue, aside: true })]
              : []
          })
        ),
      waiting: (which) =>
        Effect.sync(
          () => newestFirst().filter(MemoryQueue.isWaiting).filter(MemoryQueue.isMeant(which)).length
        ),
      pause: queue.pause,
      limit: queue.limit,
      unlimit: queue.unlimit,
      fail: breakers.fail,
      breakers: (which) =>
        Effect.sync(() => {
          const waiting = newestFirst().filter(MemoryQueue.isWaiting).filter(MemoryQueue.isMeant(which))
          return breakers.open().filter(({ provider }) => waiting.some((one) => one.provider === provider))
        }),
      close: breakers.close,
      state: Effect.map(queue.state, (state) => ({ ...state, breakers: breakers.open() }))
    },
    release: table.release,
    heartbeat: table.heartbeat,
    retire: table.retire,
    requestCancel: (id) =>
      Effect.gen(function* () {
        const record = yield* get(id)
        const cancelRequestedAt = record.generation.cancelRequestedAt ?? (yield* DateTime.now)
        return table.replace(
          new Generation({ ...record.generation, cancelRequestedAt }, { disableValidation: true })
        )
      }),
    confirmCancel: (id) =>
      Effect.gen(function* () {
        const { generation } = yield* get(id)
        const now = yield* DateTime.now
        const { cancelConfirmedAt = now, cancelRequestedAt = now } = generation
        return table.replace(
          new Generation({ ...generation, cancelRequestedAt, cancelConfirmedAt }, { disableValidation: true })
        )
      }),
    relocate: (claim, output) =>
      Effect.map(current(claim), ({ generation }) => ({
        ...claim,
        generation: table.replace(new Generation({ ...generation, output }, { disableValidation: true }))
      })),
    spool: (id, operation) => Effect.sync(() => void spool.set(id, operation)),
    spooled: (id) => Effect.sync(() => Option.fromNullable(spool.get(id)))
  }
}

const sent = ({ events, generation }: MemoryTable.Held): MemoryCosts.Sent => ({
  generation,
  at: events.findLast(({ to }) => to === "Submitting")?.at ?? generation.createdAt
})

const isOf = (generation: Generation, { id, provider }: Operation) =>
  generation.provider === provider && operationId(generation) === id

const operationId = (generation: Generation) =>
  Option.getOrUndefined(Option.map(operationOf(generation), ({ id }) => id))
