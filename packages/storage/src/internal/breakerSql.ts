/**
 * The statements of the breakers. Times are in milliseconds since 1970, and `uptime` in those of the machine.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import type { Generation } from "@mutoscope/core/Generation"
import * as OwnerSql from "./ownerSql.ts"

/** A breaker, as it comes from the driver. */
export interface BreakerRow {
  readonly breaker: string
}

/** A breaker to write. */
export interface BreakerToWrite extends BreakerRow {
  readonly provider: string
  readonly retryAt: number | null
}

/** When it is, and the longest pause in milliseconds: what is due later than that was said by another clock. */
export interface Moment {
  readonly now: number
  readonly uptime: number
  readonly longestPause: number
}

/** The statements, for a client. */
export const make = (client: SqlClient) => {
  const sql = client.withoutTransforms()
  const { isHeld } = OwnerSql.make(client)
  const isPaused = ({ longestPause, now }: Moment) =>
    sql`(breakers.retry_at > ${now} AND breakers.retry_at <= ${now + longestPause})`
  return {
    ofProvider: (provider: string) =>
      sql<BreakerRow>`SELECT breaker FROM breakers WHERE provider = ${provider}`,

    open: sql<BreakerRow>`SELECT breaker FROM breakers WHERE retry_at IS NOT NULL ORDER BY provider`,

    put: ({ breaker, provider, retryAt }: BreakerToWrite) =>
      sql`INSERT INTO breakers (provider, breaker, retry_at) VALUES (${provider}, ${breaker}, ${retryAt})
        ON CONFLICT (provider) DO UPDATE SET breaker = excluded.breaker, retry_at = excluded.retry_at`,

    remove: (provider: string) =>
      sql<{ readonly retry_at: number | null }>`DELETE FROM breakers
        WHERE provider = ${provider} RETURNING retry_at`,

    // Open, and no job may be tried now: it is too early, or somebody has one in hand that was sent.
    holding: ({ id, provider }: Generation, moment: Moment) =>
      sql<BreakerRow>`SELECT breaker FROM breakers
        WHERE provider = ${provider} AND retry_at IS NOT NULL AND (${isPaused(moment)} OR EXISTS (
          SELECT 1 FROM generations WHERE generations.provider = ${provider} AND id <> ${id}
            AND state IN ('Submitting', 'SubmitUnknown', 'Rendering', 'Unreachable', 'Downloading')
            AND ${isHeld(moment.uptime)}))`,

    // One at a time, and whoever holds what is not yet sent is about to.
    rooms: (moment: Moment) =>
      sql<{ readonly provider: string; readonly model: string; readonly room: number }>`SELECT provider,
          '' AS model, CASE WHEN ${isPaused(moment)} THEN 0 ELSE 1 - (
            SELECT COUNT(*) FROM generations WHERE generations.provider = breakers.provider
              AND state IN ('Queued', 'Submitting', 'SubmitUnknown', 'Rendering', 'Unreachable', 'Downloading')
              AND ${isHeld(moment.uptime)}) END AS room
        FROM breakers WHERE retry_at IS NOT NULL`
  }
}
