/**
 * The table of the records in memory, each with its holder, its fence and its log.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type Generation, type GenerationId, isIn, type StateTag } from "../Generation.ts"
import { GenerationNotFound, LeaseLost } from "../GenerationError.ts"
import type { Claim, GenerationEvent } from "../GenerationStore.ts"
import * as Monotonic from "../Monotonic.ts"

/** A record, and in whose hands it is. */
export interface Held {
  readonly generation: Generation
  readonly owner: string | undefined
  readonly fence: number
  readonly events: ReadonlyArray<GenerationEvent>
}

/** A table that knows nothing yet. */
export const make = () => {
  const records = new Map<GenerationId, Held>()
  const aliveUntil = new Map<string, number>()

  const all = (): ReadonlyArray<Held> => Array.from(records.values())

  /** Whether it is in the hands of somebody who lives. */
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
    all()
      .map(({ generation }) => generation)
      .sort((a, b) => b.createdAt.epochMillis - a.createdAt.epochMillis || (a.id < b.id ? 1 : -1))

  /** The record that has this one's key. */
  const withKey = ({ key }: Generation) =>
    key === undefined ? undefined : all().find(({ generation }) => generation.key === key)?.generation

  const get = (id: GenerationId) =>
    Effect.suspend(() => {
      const record = records.get(id)
      return record === undefined
        ? Effect.fail(new GenerationNotFound({ reference: id }))
        : Effect.succeed(record)
    })

  /** The record as it is now, as long as the claim holds. */
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

  /** Writes a record and the line of its log. */
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

  /** Writes what is not a step, and so has no line in its log. */
  const replace = (generation: Generation): Generation => {
    const record = records.get(generation.id)
    if (record !== undefined) records.set(generation.id, { ...record, generation })
    return generation
  }

  /** Puts a record into the hands of an owner. */
  const hold = (generation: Generation, owner: string): Claim => {
    const record = records.get(generation.id) ?? { generation, fence: 0, events: [] }
    const fence = record.fence + 1
    records.set(generation.id, { ...record, owner, fence })
    return { generation, owner, fence }
  }

  const release = (claim: Claim) =>
    Effect.sync(() => {
      const record = records.get(claim.generation.id)
      if (record?.owner === claim.owner && record.fence === claim.fence) {
        records.set(claim.generation.id, { ...record, owner: undefined })
      }
    })

  const heartbeat = (owner: string, lease: Duration.Duration) =>
    Effect.map(Monotonic.now, (now) => void aliveUntil.set(owner, now + Duration.toMillis(lease)))

  const retire = (owner: string) => Effect.sync(() => void aliveUntil.delete(owner))

  return {
    all,
    known: (id: GenerationId): Held | undefined => records.get(id),
    current,
    get,
    heartbeat,
    hold,
    isHeld,
    isOrphaned,
    newestFirst,
    put,
    release,
    replace,
    retire,
    withKey
  }
}
