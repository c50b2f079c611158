/**
 * PORT: the records, their leases, and the log of what happened to them.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import {
  advance,
  Generation,
  GenerationId,
  type GenerationState,
  isIn,
  operation as operationOf,
  type StateTag
} from "./Generation.ts"
import { GenerationNotFound, LeaseLost, StorageError } from "./GenerationError.ts"
import type { Operation } from "./Operation.ts"

/**
 * A generation held by one owner. Each claim raises the fence, and a write with an older fence changes nothing: a
 * process that slept through the end of its lease cannot do harm.
 */
export interface Claim<G extends Generation = Generation> {
  readonly generation: G
  readonly owner: string
  readonly fence: number
}

/** One line of the log: a transition, when it happened, and why. Appended, never changed. */
export const GenerationEvent = Schema.Struct({
  generationId: GenerationId,
  sequence: Schema.Positive,
  at: Schema.DateTimeUtcFromNumber,
  from: Schema.NullOr(Schema.String),
  to: Schema.String,
  cause: Schema.String,
  attempt: Schema.NonNegativeInt
})
export type GenerationEvent = typeof GenerationEvent.Type

/** Which records to list: the newest `limit` in any of `states` (all states where it is absent). */
export interface ListOptions {
  readonly states?: ReadonlyArray<StateTag> | undefined
  readonly limit?: number | undefined
}

/**
 * The memory of all generations. What a method has answered is on disk. Writes are compare-and-set: on the state and
 * the fence that the claim was read with.
 */
export class GenerationStore extends Context.Tag("@videogen/core/GenerationStore")<
  GenerationStore,
  {
    /** Writes a new record, held by its owner from the start. Fails where the id is taken. */
    readonly create: (generation: Generation, owner: string) => Effect.Effect<Claim, StorageError>
    /** The record with this id. */
    readonly get: (id: GenerationId) => Effect.Effect<Generation, GenerationNotFound | StorageError>
    /** The record meant by an id, a unique beginning of one, `last`, or a provider's operation id. */
    readonly find: (reference: string) => Effect.Effect<Generation, GenerationNotFound | StorageError>
    /** Newest first. */
    readonly list: (options: ListOptions) => Effect.Effect<ReadonlyArray<Generation>, StorageError>
    /** The log of one record, oldest first. */
    readonly events: (id: GenerationId) => Effect.Effect<ReadonlyArray<GenerationEvent>, StorageError>
    /** Takes a record that nobody holds, or whose holder no longer lives. */
    readonly claim: (
      id: GenerationId,
      owner: string
    ) => Effect.Effect<Claim, LeaseLost | GenerationNotFound | StorageError>
    /** Moves a held record to its next state and appends to its log. `cause` is for a person. */
    readonly transition: (
      claim: Claim,
      state: GenerationState,
      cause: string
    ) => Effect.Effect<Claim, LeaseLost | StorageError>
    /** Gives a record back, so that the next who wants it need not wait. */
    readonly release: (claim: Claim) => Effect.Effect<void, StorageError>
    /** Says that an owner lives, for so long. An owner that never said so holds nothing against others. */
    readonly heartbeat: (owner: string, lease: Duration.Duration) => Effect.Effect<void, StorageError>
    /** Notes that somebody wants it stopped. Needs no claim, and changes no state. */
    readonly requestCancel: (id: GenerationId) => Effect.Effect<Generation, GenerationNotFound | StorageError>
    /** Notes an operation outside the records, where a record cannot be written. It is opened before any submit. */
    readonly spool: (id: GenerationId, operation: Operation) => Effect.Effect<void, StorageError>
    /** The operation noted for a record, if any. */
    readonly spooled: (id: GenerationId) => Effect.Effect<Option.Option<Operation>, StorageError>
  }
>() {}

interface Held {
  readonly generation: Generation
  readonly owner: string | undefined
  readonly fence: number
  readonly events: ReadonlyArray<GenerationEvent>
}

/** Records that live as long as the layer: for tests, and for programs that need no record after they end. */
export const layerMemory: Layer.Layer<GenerationStore> = Layer.sync(GenerationStore, () => {
  const records = new Map<GenerationId, Held>()
  const aliveUntil = new Map<string, number>()
  const spool = new Map<GenerationId, Operation>()

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
      Effect.suspend(() =>
        records.has(generation.id)
          ? Effect.fail(
              new StorageError({ operation: "create the record", reason: `${generation.id} exists already` })
            )
          : Effect.succeed(put({ generation, owner, fence: 1, events: [] }, null, "created"))
      ),
    get: (id) => Effect.map(held(id), ({ generation }) => generation),
    find: (reference) =>
      Effect.suspend(() => {
        const all = newestFirst()
        const exact = all.filter((one) => one.id === reference || operationId(one) === reference)
        const matches =
          reference === "last"
            ? all.slice(0, 1)
            : exact.length > 0
              ? exact
              : all.filter(({ id }) => reference !== "" && id.startsWith(reference))
        const [match] = matches
        return match !== undefined && matches.length === 1
          ? Effect.succeed(match)
          : Effect.fail(new GenerationNotFound({ reference, matches: matches.map(({ id }) => id) }))
      }),
    list: ({ states, limit }) =>
      Effect.sync(() =>
        newestFirst()
          .filter((one) => states === undefined || isIn(...states)(one))
          .slice(0, limit)
      ),
    events: (id) => Effect.sync(() => records.get(id)?.events ?? []),
    claim: (id, owner) =>
      Effect.flatMap(Effect.all([held(id), Clock.currentTimeMillis]), ([record, now]) => {
        if (record.owner !== undefined && (aliveUntil.get(record.owner) ?? 0) > now) {
          return Effect.fail(new LeaseLost({ generationId: id }))
        }
        const claimed = { ...record, owner, fence: record.fence + 1 }
        records.set(id, claimed)
        return Effect.succeed({ generation: record.generation, owner, fence: claimed.fence })
      }),
    transition: (claim, state, cause) =>
      Effect.gen(function* () {
        const record = yield* current(claim)
        const generation = yield* advance(record.generation, state, yield* DateTime.now)
        return put({ ...record, generation }, record.generation.state._tag, cause)
      }),
    release: (claim) =>
      Effect.sync(() => {
        const record = records.get(claim.generation.id)
        if (record?.owner === claim.owner && record.fence === claim.fence) {
          records.set(claim.generation.id, { ...record, owner: undefined })
        }
      }),
    heartbeat: (owner, lease) =>
      Effect.map(
        Clock.currentTimeMillis,
        (now) => void aliveUntil.set(owner, now + Duration.toMillis(lease))
      ),
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
})

const operationId = (generation: Generation) =>
  Option.getOrUndefined(Option.map(operationOf(generation), ({ id }) => id))
