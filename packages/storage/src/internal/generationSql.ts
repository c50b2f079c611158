/**
 * The statements of the store. Every write is a compare-and-set: it names the state, the fence and the owner that it
 * was decided on, and changes nothing where they no longer hold.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Generation, GenerationId, PossiblyCharged, StateTag } from "@mutoscope/core/Generation"
import { isFinal, operation } from "@mutoscope/core/Generation"
import type { HeldBack } from "@mutoscope/core/GenerationError"
import type { Claim, ListOptions } from "@mutoscope/core/GenerationStore"
import type { Operation } from "@mutoscope/core/Operation"
import { mostReceipts, type Overcharge, type Quoting } from "@mutoscope/core/Receipt"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import { isSpent } from "./costSql.ts"
import type { JobColumns } from "./generationRow.ts"
import * as OwnerSql from "./ownerSql.ts"

/** A row as it comes from the driver, before its schema has looked at it. */
export interface Row {
  readonly id: string
  readonly fence: number
}

/** A row that is known by its key, with its place in the queue. */
export interface KeyedRow extends Row {
  readonly job_key: string
  readonly state: string
  readonly batch: string | null
  readonly priority: number | null
  readonly turn: number | null
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

/** Submits and money spent: those of one run, and the money of one day. */
export interface Spent {
  readonly jobs: number
  readonly run: number
  readonly day: number
}

/** What keeps a record from being sent that is ours: nothing, or why it is held back in the queue. */
export interface Standing {
  readonly held_back: HeldBack["why"] | null
}

/** A record on its way into the table. Without an owner it waits in the queue, `turn` being its place there. */
export interface Entering {
  readonly generation: Generation
  readonly job: JobColumns
  readonly state: string
  readonly owner: string | null
  readonly turn: number | null
}

/** A video and whom it was given to: `request` is the JSON of what was asked for. */
export interface Given {
  readonly id: GenerationId
  readonly request: string
  readonly sha256: string
}

/** What there is to know of a record that was moved to Submitting. */
export interface Intended {
  readonly cancel_requested_at: number | null
  readonly estimate: number | null
}

/** The statements. */
export type Statements = ReturnType<typeof make>

/** The statements, for a client. Values are bound, never written into the text. */
export const make = (client: SqlClient) => {
  const sql = client.withoutTransforms()
  const { isHeld, ...owners } = OwnerSql.make(client)
  // Sent, and in the hands of somebody who no longer lives; or given back while a cancel is still to be passed on.
  // Whoever slept through its own lease has lost nothing that nobody took.
  const isOrphaned = (owner: string, now: number) => sql`(
    (state IN ('Submitting', 'Rendering', 'Downloading') AND lease_owner <> ${owner} AND NOT ${isHeld(now)})
    OR (state IN ('Rendering', 'Downloading') AND lease_owner IS NULL AND cancel_requested_at IS NOT NULL))`
  const isCurrent = ({ fence, generation, owner }: Claim) =>
    sql`id = ${generation.id} AND state = ${generation.state._tag} AND fence = ${fence} AND lease_owner = ${owner}`
  const heldBack = sql`(CASE WHEN batch IS NULL THEN NULL WHEN turn IS NULL THEN 'aside'
    WHEN EXISTS (SELECT 1 FROM settings WHERE name = 'paused') THEN 'paused' END)`
  const isQuotedBy = (ownPrice: string | undefined) =>
    ownPrice === undefined ? sql`quoted_by IS NULL` : sql`quoted_by = ${ownPrice}`
  // Rounded up, without a function that not every SQLite has.
  const scaled = ({ charged, quoted }: Overcharge) =>
    sql.onDialectOrElse({
      sqlite: () => sql`CAST((quoted * ${charged} + ${quoted - 1}) / ${quoted} AS INTEGER)`,
      orElse: () => sql`FLOOR((quoted * ${charged} + ${quoted - 1}) / ${quoted})`
    })
  // What was quoted anew has its new estimate; else a receipt may have raised it since the record was read.
  const estimateNow = ({ estimate, quoted }: Generation) =>
    sql`(CASE WHEN COALESCE(quoted, -1) = ${quoted?.amount ?? -1} AND ${isQuotedBy(quoted?.ownPrice)}
      THEN estimate ELSE ${estimate ?? null} END)`
  // What it did cost where that is known, else what it was expected to. A bill may grow until the job has come to its end.
  const spentNow = sql`(CASE WHEN state = 'Downloading' AND cost < estimate THEN estimate ELSE COALESCE(cost, estimate) END)`
  const sharing = ({ id: operation, provider }: Operation, id: GenerationId) =>
    sql<{ readonly id: string }>`SELECT id FROM generations AS other
      WHERE other.operation_id = ${operation} AND other.provider = ${provider} AND other.id <> ${id} LIMIT 1`
  return {
    insert: (entering: Entering) =>
      sql<Row>`INSERT INTO generations ${sql.insert(columnsOf(entering))}
        ON CONFLICT DO NOTHING RETURNING id, fence`,

    // Many in one statement: a queue may be filled with very many at once.
    insertAll: (entering: ReadonlyArray<Entering>) =>
      sql`INSERT INTO generations ${sql.insert(entering.map(columnsOf))}`,

    // One statement: between looking and taking nobody can come in between.
    claim: (id: GenerationId, owner: string, now: number) =>
      sql<Row>`UPDATE generations SET lease_owner = ${owner}, fence = fence + 1
        WHERE id = ${id} AND (lease_owner IS NULL OR NOT ${isHeld(now)})
        RETURNING *`,

    // Those of some records that have their operation, or will never get one. What is not there at all is not settled: the
    // database may have been put back from a time before it.
    settledOf: (ids: ReadonlyArray<GenerationId>) =>
      sql<{ readonly id: string }>`SELECT id FROM generations
        WHERE state NOT IN ('Queued', 'Submitting', 'SubmitUnknown') AND ${sql.in("id", ids)}`,

    // Looked for before they are taken: that needs no lock, and mostly there are none.
    anyOrphan: (owner: string, now: number) =>
      sql<object>`SELECT 1 AS found FROM generations WHERE ${isOrphaned(owner, now)} LIMIT 1`,

    adopt: (owner: string, most: number, now: number) =>
      sql<Row>`UPDATE generations SET lease_owner = ${owner}, fence = fence + 1
        WHERE number IN (SELECT number FROM generations WHERE ${isOrphaned(owner, now)} ORDER BY number LIMIT ${most})
        RETURNING *`,

    // An operation once known stays findable, whatever state comes after it. What has ended is held by nobody.
    update: ({ claim, next, json }: Step) =>
      sql<{ readonly cancel_requested_at: number | null }>`UPDATE generations
        SET state = ${next.state._tag}, state_json = ${json}, updated_at = ${next.updatedAt.epochMillis},
          operation_id = COALESCE(${operationId(next)}, operation_id), not_before = ${notBefore(next)},
          lease_owner = ${isFinal(next) ? null : claim.owner},
          video_sha256 = ${videoHash(next)},
          cost = ${next.cost?.amount ?? null}, cost_source = ${next.cost?.source ?? null}
        WHERE ${isCurrent(claim)}
        RETURNING cancel_requested_at`,

    // As `update`, for an operation that no other has: of two that are given one only the first keeps it.
    accept: ({ claim, next, json }: Step, operation: Operation) =>
      sql<{ readonly cancel_requested_at: number | null }>`UPDATE generations
        SET state = ${next.state._tag}, state_json = ${json}, updated_at = ${next.updatedAt.epochMillis},
          operation_id = ${operation.id}
        WHERE ${isCurrent(claim)} AND NOT EXISTS (${sharing(operation, next.id)})
        RETURNING cancel_requested_at`,

    sharing,

    // In one transaction with `update`, and after it: then the record is known to be ours. An estimate that was raised since
    // the record was read stays, unless there is another model with a price of its own.
    amend: (next: Generation, job: JobColumns, isOtherModel: boolean) =>
      sql`UPDATE generations SET ${sql.update(isOtherModel ? { ...job, ...ofModel(next) } : { ...job })}
        WHERE id = ${next.id}`,

    // In one transaction with `update`, and after it.
    notePossible: (id: GenerationId, { amount, submits, unpriced }: PossiblyCharged) =>
      sql`UPDATE generations SET possible_submits = ${submits}, possible_amount = ${amount}, possible_unpriced = ${unpriced}
        WHERE id = ${id}`,

    // The newest receipts for what was quoted so. The index holds all that are asked for, and nothing else.
    receipts: ({ model, ownPrice, provider }: Quoting, since: number) =>
      sql<object>`SELECT id AS "generationId", quoted, cost AS charged FROM (
          SELECT id, quoted, cost, estimate, cost_source FROM generations
          WHERE provider = ${provider} AND model = ${model} AND quoted IS NOT NULL AND cost IS NOT NULL
            AND intended_at >= ${since} AND ${isQuotedBy(ownPrice)}
            AND (cost_source = 'reported' OR estimate IS NULL OR cost <> estimate)
          ORDER BY intended_at DESC, number DESC LIMIT ${mostReceipts}
        ) AS newest WHERE cost > quoted`,

    // What is unfinished and was quoted as that is expected to cost as much more as that did. A receipt for what was quoted as
    // free leaves no price known.
    raise: ({ model, provider, quoted }: Generation, receipt: Overcharge) =>
      sql`UPDATE generations SET estimate = ${receipt.quoted === 0 ? null : scaled(receipt)}
        WHERE provider = ${provider} AND model = ${model} AND ${isQuotedBy(quoted?.ownPrice)}
          AND quoted IS NOT NULL AND cost IS NULL AND id <> ${receipt.generationId}
          AND state IN ('Queued', 'Submitting', 'SubmitUnknown', 'Rendering', 'Downloading')
          AND ${receipt.quoted === 0 ? sql`TRUE` : sql`estimate < ${scaled(receipt)}`}`,

    estimateOf: (next: Generation) =>
      sql<
        Pick<Intended, "estimate">
      >`SELECT ${estimateNow(next)} AS estimate FROM generations WHERE id = ${next.id}`,

    // As `update`, where no limit in flight is reached and nothing holds back what has a place in the queue.
    intend: ({ claim, next, json }: Step) =>
      sql<Intended>`UPDATE generations
        SET state = ${next.state._tag}, state_json = ${json}, updated_at = ${next.updatedAt.epochMillis},
          estimate = ${estimateNow(next)}, quoted = ${next.quoted?.amount ?? null},
          quoted_by = ${next.quoted?.ownPrice ?? null}, intended_by = ${claim.owner}, intended_at = ${next.updatedAt.epochMillis}
        WHERE ${isCurrent(claim)} AND ${heldBack} IS NULL AND NOT EXISTS (
          SELECT 1 FROM limits WHERE limits.provider = generations.provider
            AND limits.model IN ('', generations.model) AND limits.most <= (
              SELECT COUNT(*) FROM generations AS other
              WHERE other.state IN ('Submitting', 'Rendering') AND other.provider = limits.provider
                AND limits.model IN ('', other.model)))
        RETURNING cancel_requested_at, estimate`,

    current: (claim: Claim) =>
      sql<Standing>`SELECT ${heldBack} AS held_back FROM generations WHERE ${isCurrent(claim)}`,

    // What was clearly refused has cost nothing; whatever else was sent counts, known to run or not, and once more for each
    // time that it was sent before without a known outcome.
    spent: (owner: string, since: number) =>
      sql<Spent>`SELECT
          COALESCE(SUM(CASE WHEN intended_by = ${owner} THEN submits END), 0) AS jobs,
          COALESCE(SUM(CASE WHEN intended_by = ${owner} THEN amount END), 0) AS run,
          COALESCE(SUM(CASE WHEN intended_at >= ${since} THEN amount END), 0) AS day
        FROM (
          SELECT intended_by, intended_at, 1 AS submits, ${spentNow} AS amount FROM generations
            WHERE (intended_by = ${owner} OR intended_at >= ${since}) AND ${isSpent(sql)}
          UNION ALL SELECT intended_by, intended_at, possible_submits, possible_amount FROM generations
            WHERE (intended_by = ${owner} OR intended_at >= ${since}) AND possible_submits IS NOT NULL
        ) AS spends`,

    log: ({ at, attempt, cause, fence, from, id, to }: Entry) =>
      sql`INSERT INTO events (generation_id, sequence, at, from_state, to_state, cause, attempt, fence)
        SELECT ${id}, COALESCE(MAX(sequence), 0) + 1, ${at.epochMillis}, ${from}, ${to}, ${cause}, ${attempt}, ${fence}
        FROM events WHERE generation_id = ${id}`,

    /** The first line of the log of each. */
    logAll: (entries: ReadonlyArray<Entry>) =>
      sql`INSERT INTO events ${sql.insert(
        entries.map(({ at, attempt, cause, fence, from, id, to }) => ({
          generation_id: id,
          sequence: 1,
          at: at.epochMillis,
          from_state: from,
          to_state: to,
          cause,
          attempt,
          fence
        }))
      )}`,

    release: ({ fence, generation, owner }: Claim) =>
      sql`UPDATE generations SET lease_owner = NULL
        WHERE id = ${generation.id} AND fence = ${fence} AND lease_owner = ${owner}`,

    requestCancel: (id: GenerationId, now: number) =>
      sql<Row>`UPDATE generations SET cancel_requested_at = COALESCE(cancel_requested_at, ${now})
        WHERE id = ${id} RETURNING *`,

    confirmCancel: (id: GenerationId, now: number) =>
      sql<Row>`UPDATE generations SET cancel_requested_at = COALESCE(cancel_requested_at, ${now}),
          cancel_confirmed_at = COALESCE(cancel_confirmed_at, ${now})
        WHERE id = ${id} RETURNING *`,

    relocate: (claim: Claim, output: string) =>
      sql<Row>`UPDATE generations SET output = ${output} WHERE ${isCurrent(claim)} RETURNING *`,

    ...owners,

    byId: (id: string) => sql<Row>`SELECT * FROM generations WHERE id = ${id}`,

    byKey: (key: string) => sql<Row>`SELECT * FROM generations WHERE job_key = ${key}`,

    byKeys: (keys: ReadonlyArray<string>) =>
      sql<KeyedRow>`SELECT * FROM generations WHERE ${sql.in("job_key", keys)}`,

    byFingerprint: (fingerprint: string) =>
      sql<Row>`SELECT * FROM generations WHERE fingerprint = ${fingerprint} AND state = 'Completed'
        ORDER BY created_at DESC, number DESC LIMIT 1`,

    // In no order: a provider may have given a placeholder to very many.
    double: ({ id, request, sha256 }: Given) =>
      sql<Row>`SELECT * FROM generations WHERE video_sha256 = ${sha256} AND state = 'Completed'
        AND id <> ${id} AND COALESCE(asked, request) <> ${request} LIMIT 1`,

    latest: sql<Row>`SELECT * FROM generations ORDER BY created_at DESC, number DESC LIMIT 1`,

    byOperation: (operationId: string) =>
      sql<Row>`SELECT * FROM generations WHERE operation_id = ${operationId}
        ORDER BY created_at DESC, number DESC LIMIT ${mostMatches}`,

    // Not LIKE: its wildcards would have to be escaped, and it does not tell upper case from lower.
    byBeginning: (beginning: string) =>
      sql<Row>`SELECT * FROM generations WHERE substr(id, 1, length(${beginning})) = ${beginning}
        ORDER BY created_at DESC, number DESC LIMIT ${mostMatches}`,

    list: ({ batch, limit, states }: ListOptions) =>
      sql<Row>`SELECT * FROM generations WHERE ${sql.and([
        ...(states === undefined ? [] : [sql.in("state", states)]),
        ...(batch === undefined ? [] : [sql`batch = ${batch}`])
      ])}
        ORDER BY created_at DESC, number DESC
        ${limit === undefined ? sql.literal("") : sql`LIMIT ${limit}`}`,

    events: (id: GenerationId) =>
      sql<object>`SELECT generation_id, sequence, at, from_state, to_state, cause, attempt
        FROM events WHERE generation_id = ${id} ORDER BY sequence`
  }
}

const columnsOf = ({ generation, job, owner, state, turn }: Entering) => ({
  id: generation.id,
  ...ofModel(generation),
  prompt: generation.request.prompt,
  ...job,
  state: generation.state._tag,
  state_json: state,
  operation_id: operationId(generation),
  output: generation.output ?? null,
  created_at: generation.createdAt.epochMillis,
  updated_at: generation.updatedAt.epochMillis,
  cancel_requested_at: generation.cancelRequestedAt?.epochMillis ?? null,
  cancel_confirmed_at: generation.cancelConfirmedAt?.epochMillis ?? null,
  job_key: generation.key ?? null,
  cost: generation.cost?.amount ?? null,
  cost_source: generation.cost?.source ?? null,
  video_sha256: videoHash(generation),
  batch: generation.queue?.batch ?? null,
  priority: generation.queue?.priority ?? null,
  turn,
  lease_owner: owner,
  fence: firstFence
})

const ofModel = ({ estimate, fingerprint, model, provider, quoted }: Generation) => ({
  provider,
  model,
  fingerprint: fingerprint ?? null,
  estimate: estimate ?? null,
  quoted: quoted?.amount ?? null,
  quoted_by: quoted?.ownPrice ?? null
})

/** The fence of a record's first owner. */
export const firstFence = 1

// The most candidates that an ambiguous reference is answered with.
const mostMatches = 20

const operationId = (generation: Generation) =>
  Option.getOrNull(Option.map(operation(generation), ({ id }) => id))

const videoHash = ({ state }: Generation) => (state._tag === "Completed" ? state.video.sha256 : null)

/** When a record may be taken from the queue again: at once, or when the provider wants to hear of it. */
const notBefore = ({ state, updatedAt }: Generation): number =>
  state._tag === "Queued" && state.refusal?._tag === "RateLimited"
    ? updatedAt.epochMillis + Duration.toMillis(state.refusal.retryAfter)
    : 0
