/**
 * The statements of the queue.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { InFlightLimit, Which } from "@mutoscope/core/GenerationQueue"
import type { Row } from "./generationSql.ts"
import * as OwnerSql from "./ownerSql.ts"

/** A limit that is reached, or has `room` for so many more. */
export interface Room {
  readonly provider: string
  /** Empty for all models of the provider. */
  readonly model: string
  readonly room: number
}

/**
 * Who takes how many, of which, of none of the models that are `full`. `now` is in milliseconds since 1970, and `uptime` in
 * those of the machine.
 */
export interface Taking extends Which {
  readonly owner: string
  readonly now: number
  readonly uptime: number
  readonly most: number
  readonly full: ReadonlyArray<Room>
}

/** A limit. Its model is empty where it holds for all of the provider's together. */
export interface LimitRow {
  readonly provider: string
  readonly model: string
  readonly most: number
}

/** A row of the queue, as it comes from the driver. */
export interface WaitingRow extends Row {
  readonly priority: number
  readonly turn: number
  readonly number: number
}

/** What there is to know of the queue as a whole. */
export interface Counts {
  readonly paused: string | null
  readonly waiting: number
  readonly aside: number
  readonly in_flight: number
}

/** The statements, for a client. */
export const make = (client: SqlClient) => {
  const sql = client.withoutTransforms()
  const { isHeld } = OwnerSql.make(client)
  const isLoose = (owner: string, provider: string, uptime: number) =>
    sql`state IN ('Submitting', 'Rendering') AND provider = ${provider}
      AND (lease_owner IS NULL OR (lease_owner <> ${owner} AND NOT ${isHeld(uptime)}))`
  const isWaiting = ({ batch, except = [], exceptProviders = [] }: Which) =>
    sql.and([
      sql`state = 'Queued' AND batch IS NOT NULL AND turn IS NOT NULL`,
      ...(batch === undefined ? [] : [sql`batch = ${batch}`]),
      ...(except.length === 0 ? [] : [sql`NOT ${sql.in("id", except)}`]),
      ...(exceptProviders.length === 0 ? [] : [sql`NOT ${sql.in("provider", exceptProviders)}`])
    ])
  return {
    // Start-time fair queueing: a batch begins where the others of its priority have got to, or goes on after itself.
    firstTurn: (batch: string, priority: number) =>
      sql<{ readonly turn: number }>`SELECT MAX(
          COALESCE((SELECT MIN(turn) FROM generations
            WHERE state = 'Queued' AND batch IS NOT NULL AND priority = ${priority}), 0),
          COALESCE((SELECT MAX(turn) + 1 FROM generations WHERE batch = ${batch} AND priority = ${priority}), 0)
        ) AS turn`,

    // Whoever holds a record that is not yet sent is about to.
    rooms: (uptime: number) =>
      sql<Room>`SELECT provider, model, most - (
          SELECT COUNT(*) FROM generations
          WHERE generations.provider = limits.provider AND limits.model IN ('', generations.model)
            AND (state IN ('Submitting', 'Rendering') OR (state = 'Queued' AND ${isHeld(uptime)}))
        ) AS room FROM limits`,

    // As for rooms; what waits for none of them is not kept by any.
    full: (which: Which, uptime: number) =>
      sql<LimitRow>`SELECT provider, model, most FROM limits
        WHERE most <= (
          SELECT COUNT(*) FROM generations
          WHERE generations.provider = limits.provider AND limits.model IN ('', generations.model)
            AND (state IN ('Submitting', 'Rendering') OR (state = 'Queued' AND ${isHeld(uptime)})))
        AND EXISTS (
          SELECT 1 FROM generations
          WHERE generations.provider = limits.provider AND limits.model IN ('', generations.model)
            AND ${isWaiting(which)} AND NOT ${isHeld(uptime)})
        ORDER BY provider, model`,

    // Looked for before they are taken: that needs no lock, and mostly there are none.
    anyInFlight: (owner: string, provider: string, uptime: number) =>
      sql<object>`SELECT 1 AS found FROM generations WHERE ${isLoose(owner, provider, uptime)} LIMIT 1`,
    takeInFlight: (owner: string, provider: string, most: number, uptime: number) =>
      sql<Row>`UPDATE generations SET lease_owner = ${owner}, fence = fence + 1
        WHERE number IN (
          SELECT number FROM generations WHERE ${isLoose(owner, provider, uptime)} ORDER BY number LIMIT ${most})
        RETURNING *`,

    take: ({ full, most, now, owner, uptime, ...which }: Taking) =>
      sql<WaitingRow>`UPDATE generations SET lease_owner = ${owner}, fence = fence + 1
        WHERE number IN (
          SELECT number FROM generations
          WHERE ${isWaiting(which)} AND ${sql.and([
            ...full.map(({ model, provider }) =>
              model === ""
                ? sql`provider <> ${provider}`
                : sql`NOT (provider = ${provider} AND model = ${model})`
            ),
            sql`not_before <= ${now}`,
            sql`(lease_owner IS NULL OR NOT ${isHeld(uptime)})`
          ])}
          ORDER BY priority DESC, turn, number LIMIT ${most})
        RETURNING *`,

    // In whosever hands: whoever holds one can't send it any more.
    setAside: (ids: ReadonlyArray<string>) =>
      sql<Row>`UPDATE generations SET turn = NULL
        WHERE ${sql.in("id", ids)} AND state = 'Queued' AND batch IS NOT NULL AND turn IS NOT NULL RETURNING *`,
    putBack: (id: string, turn: number) =>
      sql<Row>`UPDATE generations SET turn = ${turn} WHERE id = ${id} RETURNING *`,

    waiting: (which: Which) =>
      sql<{
        readonly waiting: number
      }>`SELECT COUNT(*) AS waiting FROM generations WHERE ${isWaiting(which)}`,

    waitingProviders: (which: Which) =>
      sql<{ readonly provider: string }>`SELECT DISTINCT provider FROM generations WHERE ${isWaiting(which)}`,

    pause: sql`INSERT INTO settings (name, value) VALUES ('paused', 'yes') ON CONFLICT (name) DO NOTHING`,
    unpause: sql`DELETE FROM settings WHERE name = 'paused'`,
    paused: sql<object>`SELECT 1 AS found FROM settings WHERE name = 'paused'`,

    limit: ({ model = "", most, provider }: InFlightLimit) =>
      sql`INSERT INTO limits (provider, model, most) VALUES (${provider}, ${model}, ${most})
        ON CONFLICT (provider, model) DO UPDATE SET most = excluded.most`,
    unlimit: ({ model = "", provider }: Omit<InFlightLimit, "most">) =>
      sql`DELETE FROM limits WHERE provider = ${provider} AND model = ${model}`,
    limits: sql<LimitRow>`SELECT provider, model, most
      FROM limits ORDER BY provider, model`,

    counts: sql<Counts>`SELECT
        (SELECT value FROM settings WHERE name = 'paused') AS paused,
        (SELECT COUNT(*) FROM generations
          WHERE state = 'Queued' AND batch IS NOT NULL AND turn IS NOT NULL) AS waiting,
        (SELECT COUNT(*) FROM generations
          WHERE state = 'Queued' AND batch IS NOT NULL AND turn IS NULL) AS aside,
        (SELECT COUNT(*) FROM generations WHERE state IN ('Submitting', 'Rendering')) AS in_flight`
  }
}
