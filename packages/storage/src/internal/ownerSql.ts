/**
 * The statements about who lives. An owner does for as long as it said at its last beat.
 *
 * SQLite's processes share a machine, and so its uptime; those of a server share the server's clock.
 */
import type { SqlClient } from "@effect/sql/SqlClient"

/** The statements, for a client. `now` is in milliseconds of the machine's uptime. */
export const make = (client: SqlClient) => {
  const sql = client.withoutTransforms()
  const moment = (now: number) =>
    sql.onDialectOrElse({
      pg: () => sql`(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)`,
      orElse: () => sql`${now}`
    })
  // What was said further in the future than two processes may differ was said before the machine was started anew.
  const isAlive = (now: number) =>
    sql`(owners.beat + owners.lease > ${moment(now)} AND owners.beat <= ${moment(now)} + 1000)`
  return {
    /** Whether a row of `generations` is in the hands of somebody who lives. */
    isHeld: (now: number) =>
      sql`EXISTS (SELECT 1 FROM owners WHERE owners.owner = generations.lease_owner AND ${isAlive(now)})`,

    heartbeat: (owner: string, lease: number, now: number) =>
      sql`INSERT INTO owners (owner, beat, lease) VALUES (${owner}, ${moment(now)}, ${lease})
        ON CONFLICT (owner) DO UPDATE SET beat = excluded.beat, lease = excluded.lease`,

    retire: (owner: string) => sql`DELETE FROM owners WHERE owner = ${owner}`,

    // A missing owner and a dead one mean the same.
    forgetOwners: (now: number) => sql`DELETE FROM owners WHERE NOT ${isAlive(now)}`
  }
}
