/**
 * The statements of the store. Every write is a compare-and-set: it names the state, the fence and the owner that it
 * was decided on, and changes nothing where they no longer hold.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Generation, GenerationId, GenerationState, StateTag } from "@videogen/core/Generation"
import { operation } from "@videogen/core/Generation"
import type { Claim, ListOptions } from "@videogen/core/GenerationStore"
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

/** A row as it comes from the driver, before its schema has looked at it. */
export interface Row {
  readonly id: string
  readonly fence: number
}

/** One step of a record, with its state in JSON. */
export interface Step {
  readonly claim: Claim
  readonly next: Generation
  readonly json: string
}

/** An event of the log, before its sequence is known. */
export interface Entry {
  readonly id: GenerationId
  readonly at: DateTime.Utc
  readonly from: StateTag | null
  readonly to: StateTag
  readonly cause: string
  readonly attempt: number
  readonly fence: number
}

/** The statements, for a client. Values are bound, never written into the text. */
export const make = (client: SqlClient) => {
  const sql = client.withoutTransforms()
  return {
    insert: (
      generation: Generation,
      owner: string,
      json: { readonly request: string; readonly state: string }
    ) =>
      sql<Row>`INSERT INTO generations ${sql.insert({
        id: generation.id,
        provider: generation.provider,
        model: generation.request.model,
        prompt: generation.request.prompt,
        request: json.request,
        state: generation.state._tag,
        state_json: json.state,
        operation_id: operationId(generation),
        output: generation.output ?? null,
        created_at: generation.createdAt.epochMillis,
        updated_at: generation.updatedAt.epochMillis,
        cancel_requested_at: generation.cancelRequestedAt?.epochMillis ?? null,
        lease_owner: owner,
        fence: firstFence
      })} ON CONFLICT (id) DO NOTHING RETURNING id, fence`,

    // One statement: between looking and taking nobody can come in between.
    claim: (id: GenerationId, owner: string, now: number) =>
      sql<Row>`UPDATE generations SET lease_owner = ${owner}, fence = fence + 1
        WHERE id = ${id} AND (lease_owner IS NULL OR NOT EXISTS (
          SELECT 1 FROM owners WHERE owners.owner = generations.lease_owner AND owners.expires_at > ${now}))
        RETURNING *`,

    // An operation once known stays findable, whatever state comes after it.
    update: ({ claim, next, json }: Step) =>
      sql<{ readonly cancel_requested_at: number | null }>`UPDATE generations
        SET state = ${next.state._tag}, state_json = ${json}, updated_at = ${next.updatedAt.epochMillis},
          operation_id = COALESCE(${operationId(next)}, operation_id)
        WHERE id = ${next.id} AND state = ${claim.generation.state._tag}
          AND fence = ${claim.fence} AND lease_owner = ${claim.owner}
        RETURNING cancel_requested_at`,

    log: ({ at, attempt, cause, fence, from, id, to }: Entry) =>
      sql`INSERT INTO events (generation_id, sequence, at, from_state, to_state, cause, attempt, fence)
        SELECT ${id}, COALESCE(MAX(sequence), 0) + 1, ${at.epochMillis}, ${from}, ${to}, ${cause}, ${attempt}, ${fence}
        FROM events WHERE generation_id = ${id}`,

    release: ({ fence, generation, owner }: Claim) =>
      sql`UPDATE generations SET lease_owner = NULL
        WHERE id = ${generation.id} AND fence = ${fence} AND lease_owner = ${owner}`,

    requestCancel: (id: GenerationId, now: number) =>
      sql<Row>`UPDATE generations SET cancel_requested_at = COALESCE(cancel_requested_at, ${now})
        WHERE id = ${id} RETURNING *`,

    heartbeat: (owner: string, expiresAt: number) =>
      sql`INSERT INTO owners (owner, expires_at) VALUES (${owner}, ${expiresAt})
        ON CONFLICT (owner) DO UPDATE SET expires_at = excluded.expires_at`,

    // A missing owner and an expired one mean the same.
    forgetOwners: (now: number) => sql`DELETE FROM owners WHERE expires_at <= ${now}`,

    byId: (id: string) => sql<Row>`SELECT * FROM generations WHERE id = ${id}`,

    latest: sql<Row>`SELECT * FROM generations ORDER BY created_at DESC, number DESC LIMIT 1`,

    byOperation: (operationId: string) =>
      sql<Row>`SELECT * FROM generations WHERE operation_id = ${operationId}
        ORDER BY created_at DESC, number DESC LIMIT ${mostMatches}`,

    // Not LIKE: its wildcards would have to be escaped, and it does not tell upper case from lower.
    byBeginning: (beginning: string) =>
      sql<Row>`SELECT * FROM generations WHERE substr(id, 1, length(${beginning})) = ${beginning}
        ORDER BY created_at DESC, number DESC LIMIT ${mostMatches}`,

    list: ({ limit, states }: ListOptions) =>
      sql<Row>`SELECT * FROM generations
        ${states === undefined ? sql.literal("") : sql`WHERE ${sql.in("state", states)}`}
        ORDER BY created_at DESC, number DESC
        ${limit === undefined ? sql.literal("") : sql`LIMIT ${limit}`}`,

    events: (id: GenerationId) =>
      sql<object>`SELECT generation_id, sequence, at, from_state, to_state, cause, attempt
        FROM events WHERE generation_id = ${id} ORDER BY sequence`
  }
}

/** The fence of a record's first owner. */
export const firstFence = 1

// The most candidates that an ambiguous reference is answered with.
const mostMatches = 20

const operationId = (generation: Generation) =>
  Option.getOrNull(Option.map(operation(generation), ({ id }) => id))

/** The number of the submit that a state is about; 0 where it is about none. */
export const attemptOf = (state: GenerationState): number => ("attempt" in state ? state.attempt : 0)
