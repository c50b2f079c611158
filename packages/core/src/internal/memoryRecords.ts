/**
 * Records in the memory of this process.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import {
  advance,
  Generation,
  type GenerationId,
  isCompleted,
  isFinal,
  isIn,
  operation as operationOf,
  type QueuePlace,
  type StateTag
} from "../Generation.ts"
import {
  DuplicateOperation,
  GenerationNotFound,
  KeyTaken,
  LeaseLost,
  StorageError
} from "../GenerationError.ts"
import type { Claim, GenerationEvent, GenerationStore } from "../GenerationStore.ts"
import * as Monotonic from "../Monotonic.ts"
import type { Operation } from "../Operation.ts"
import * as MemoryCosts from "./memoryCosts.ts"
import * as MemoryQueue from "./memoryQueue.ts"

interface Held {
  readonly generation: Generation
  readonly owner: string | undefined
  readonly fence: number
  readonly events: ReadonlyArray<GenerationEvent>
}

/** A store that knows nothing yet. */
export const make = (): GenerationStore["Type"] => {
  const records = new Map<GenerationId, Held>()
  const aliveUntil = new Map<string, number>()
  const spool = new Map<GenerationId, Operation>()
  const queue = MemoryQueue.make(() => Array.from(records.values(), ({ generation }) => generation))
  const withKey = ({ key }: Generation) =>
    key === undefined
      ? undefined
      : Array.from(records.values()).find(({ generation }) => generation.key === key)?.generation

  const isHeld = ({ owner }: Held, now: number) => owner !== undefined && (aliveUntil.get(owner) ?? 0) > now

  /** Sent, and its holder no longer lives; or given back while a cancel is still to be passed on. */
  const isOrphaned = (record: Held, adopter: string, now: number) =>
    record.owner === undefined
      ? record.generation.cancelRequestedAt !== undefined &&
        isIn("Rendering", "Downloading")(record.generation)
      : record.owner !== adopter &&
        !isHeld(record, now) &&
        isIn("Submitting", "Rendering", "Downloading")(record.generation)

  const newestFirst = () =>
    Array.from(records.values(), ({ generation }) => generation).sort(
      (a, b) => b.createdAt.epochMillis - a.createdAt.epochMillis || (a.id < b.id ? 1 : -1)
    )

  const held = (id: GenerationId) =>
    Effect.suspend(() => {
      const record = records.get(id)
      return record === undefined
        ? Effect.fail(new GenerationNotFound({ reference: id }))
        : Effect.succeed(record)
    })

  const put = (record: Held, from: StateTag | null, cause: string): Claim => {
    const { generation, events } = record
    const event: GenerationEvent = {
      generationId: generation.id,
      sequence: events.length + 1,
      at: generation.updatedAt,
      from,
      to: generation.state._tag,
      cause,
      attempt: "attempt" in generation.state ? generation.state.attempt : 0
    }
    records.set(generation.id, { ...record, events: [...events, event] })
    return { generation, owner: record.owner ?? "", fence: record.fence }
  }

  const place = (generation: Generation, queue: QueuePlace): Generation => {
    const placed = new Generation({ ...generation, queue }, { disableValidation: true })
    const record = records.get(generation.id)
    if (record !== undefined) records.set(generation.id, { ...record, generation: placed })
    return placed
  }

  /** What is not sent: what somebody holds, and so is about to, and what waits in the queue. */
  const unsent = (now: number) => {
    const all = Array.from(records.values()).filter(({ generation }) => isIn("Queued")(generation))
    const held = all.filter((one) => isHeld(one, now)).map(({ generation }) => generation)
    const free = all.filter((one) => !isHeld(one, now)).map(({ generation }) => generation)
    return { held, waiting: free.filter(MemoryQueue.isWaiting) }
  }

  const hold = (generation: Generation, owner: string): Claim => {
    const record = records.get(generation.id) ?? { generation, fence: 0, events: [] }
    const fence = record.fence + 1
    records.set(generation.id, { ...record, owner, fence })
    return { generation, owner, fence }
  }

  const current = (claim: Claim) =>
    Effect.suspend(() => {
      const record = records.get(claim.generation.id)
      return record === undefined ||
        record.owner !== claim.owner ||
        record.fence !== claim.fence ||
        record.generation.state._tag !== claim.generation.state._tag
        ? Effect.fail(new LeaseLost({ generationId: claim.generation.id }))
        : Effect.succeed(record)
    })

  return {
    create: (generation, owner) =>
      Effect.suspend((): Effect.Effect<Claim, KeyTaken | StorageError> => {
        const earlier = withKey(generation)
        if (earlier !== undefined)
          return new KeyTaken({ key: generation.key ?? "", generationId: earlier.id })
        return records.has(generation.id)
          ? new StorageError({ operation: "create the record", reason: `${generation.id} exists already` })
          : Effect.succeed(put({ generation, owner, fence: 1, events: [] }, null, "created"))
      }),
    get: (id) => Effect.map(held(id), ({ generation }) => generation),
    find: (reference) =>
      Effect.suspend(() => {
        const all = newestFirst()
        const exact = all.filter((one) => one.id === reference || operationId(one) === reference)
        const keyed = all.filter(({ key }) => key === reference)
        const matches =
          reference === "last"
            ? all.slice(0, 1)
            : exact.length > 0
              ? exact
              : keyed.length > 0
                ? keyed
                : all.filter(({ id }) => reference !== "" && id.startsWith(reference))
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
    costs: (options) => Effect.sync(() => MemoryCosts.sums(Array.from(records.values(), sent), options)),
    events: (id) => Effect.sync(() => records.get(id)?.events ?? []),
    claim: (id, owner) =>
      Effect.flatMap(Effect.all([held(id), Monotonic.now]), ([record, now]) => {
        if (isHeld(record, now)) {
          return Effect.fail(new LeaseLost({ generationId: id }))
        }
        const claimed = { ...record, owner, fence: record.fence + 1 }
        records.set(id, claimed)
        return Effect.succeed({ generation: record.generation, owner, fence: claimed.fence })
      }),
    transition: (claim, state, cause, amendment) =>
      Effect.gen(function* () {
        const record = yield* current(claim)
        const generation = yield* advance(record.generation, state, yield* DateTime.now, amendment)
        if (amendment?.cost !== undefined) queue.settle(generation.id, amendment.cost.amount)
        if (isIn("Submitting")(record.generation) && isIn("Queued", "Failed", "Cancelled")(generation))
          queue.refund(generation.id)
        const owner = isFinal(generation) ? undefined : record.owner
        return put({ ...record, generation, owner }, record.generation.state._tag, cause)
      }),
    accept: (claim, state, cause) =>
      Effect.gen(function* () {
        const record = yield* current(claim)
        const { id: operationId, provider } = state.operation
        const other = newestFirst().find(
          (one) => isOf(one, state.operation) && one.id !== claim.generation.id
        )
        if (other !== undefined)
          return yield* new DuplicateOperation({ provider, operationId, generationId: other.id })
        const generation = yield* advance(record.generation, state, yield* DateTime.now)
        return put({ ...record, generation }, record.generation.state._tag, cause)
      }),
    intend: (claim, intent, budget) =>
      Effect.gen(function* () {
        const record = yield* current(claim)
        if (!(yield* queue.admit(record.generation, claim.owner, budget))) return Option.none()
        const generation = yield* advance(record.generation, intent, yield* DateTime.now)
        return Option.some(put({ ...record, generation }, record.generation.state._tag, "about to submit"))
      }),
    adopt: (owner, most) =>
      Effect.map(Monotonic.now, (now) =>
        Array.from(records.values())
          .filter((one) => isOrphaned(one, owner, now))
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
    withVideo: (sha256) =>
      Effect.sync(() =>
        newestFirst()
          .filter(isCompleted)
          .filter(({ state }) => state.video.sha256 === sha256)
          .slice(0, 20)
      ),
    retire: (owner) => Effect.sync(() => void aliveUntil.delete(owner)),
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
          return queue.choose(due, held, most).map((generation) => hold(generation, owner))
        }),
      full: (which) =>
        Effect.map(Monotonic.now, (now) => {
          const { held, waiting } = unsent(now)
          return queue.full(waiting.filter(MemoryQueue.isMeant(which)), held)
        }),
      takeInFlight: (owner, { most, provider }) =>
        Effect.map(Monotonic.now, (now) =>
          Array.from(records.values())
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
            const one = records.get(id)?.generation
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
      state: queue.state
    },
    release: (claim) =>
      Effect.sync(() => {
        const record = records.get(claim.generation.id)
        if (record?.owner === claim.owner && record.fence === claim.fence) {
          records.set(claim.generation.id, { ...record, owner: undefined })
        }
      }),
    heartbeat: (owner, lease) =>
      Effect.map(Monotonic.now, (now) => void aliveUntil.set(owner, now + Duration.toMillis(lease))),
    requestCancel: (id) =>
      Effect.gen(function* () {
        const record = yield* held(id)
        const cancelRequestedAt = record.generation.cancelRequestedAt ?? (yield* DateTime.now)
        const generation = new Generation(
          { ...record.generation, cancelRequestedAt },
          { disableValidation: true }
        )
        records.set(id, { ...record, generation })
        return generation
      }),
    spool: (id, operation) => Effect.sync(() => void spool.set(id, operation)),
    spooled: (id) => Effect.sync(() => Option.fromNullable(spool.get(id)))
  }
}

const sent = ({ events, generation }: Held): MemoryCosts.Sent => ({
  generation,
  at: events.findLast(({ to }) => to === "Submitting")?.at ?? generation.createdAt
})

const isOf = (generation: Generation, { id, provider }: Operation) =>
  generation.provider === provider && operationId(generation) === id

const operationId = (generation: Generation) =>
  Option.getOrUndefined(Option.map(operationOf(generation), ({ id }) => id))
