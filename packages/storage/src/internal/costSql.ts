/**
 * What jobs cost, summed by the database: whole millionths of a US dollar, so that every sum is exact.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Costs from "@mutoscope/core/Costs"
import type { StorageError } from "@mutoscope/core/GenerationError"
import { MicroUsd } from "@mutoscope/core/Money"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Run } from "./groupCommit.ts"
import { storageError } from "./storageError.ts"

/** Given up without an answer. No text within the JSON can look like this: its quotes would be escaped. */
export const isAbandoned = (sql: SqlClient) =>
  sql`(state = 'Failed' AND operation_id IS NULL AND state_json LIKE '%"_tag":"SubmitUnknown"%')`

/** Sent, and not clearly refused: known to run or not. */
export const isSpent = (sql: SqlClient) =>
  sql`(state <> 'Queued'
    AND (state NOT IN ('Failed', 'Cancelled') OR operation_id IS NOT NULL OR ${isAbandoned(sql)}))`

/** The sums, over a client and what reads from it. */
export const make = (
  client: SqlClient,
  read: Run
): ((options: Costs.Options) => Effect.Effect<ReadonlyArray<Costs.Sum>, StorageError>) => {
  const sql = client.withoutTransforms()
  // Records of the first version do not say when they were sent.
  const sentAt = sql`COALESCE(intended_at, created_at)`
  const names = {
    day: sql.onDialectOrElse({
      sqlite: () => sql`${sentAt} / 86400000`,
      orElse: () => sql`FLOOR(${sentAt} / 86400000)`
    }),
    provider: sql`provider`,
    model: sql`provider || '/' || model`
  }
  const nameBy = (by: Costs.Options["by"]) => (by === undefined ? sql`''` : names[by])
  const hasFailed = sql`(state IN ('Failed', 'Cancelled') AND NOT ${isAbandoned(sql)})`
  // As `Costs.chargeOf`, which the contract of the stores compares it with.
  const sums = ({ by, since }: Costs.Options) =>
    sql<object>`SELECT name, certainty, CAST(SUM(jobs) AS INTEGER) AS jobs, COALESCE(SUM(amount), 0) AS amount,
        CAST(SUM(unpriced) AS INTEGER) AS unpriced,
        CAST(COUNT(own) AS INTEGER) AS "ownJobs", COALESCE(SUM(own), 0) AS "ownAmount"
      FROM (
        SELECT name, certainty, 1 AS jobs, amount, CASE WHEN amount IS NULL THEN 1 ELSE 0 END AS unpriced,
          CASE WHEN certainty = 'estimated' AND quoted_by IS NOT NULL THEN amount END AS own
        FROM (
        SELECT ${nameBy(by)} AS name,
          CASE
            WHEN cost IS NOT NULL THEN cost_source
            WHEN state IN ('Submitting', 'SubmitUnknown') OR ${isAbandoned(sql)} THEN 'possible'
            WHEN estimate IS NULL OR ${hasFailed} THEN 'unknown'
            ELSE 'estimated'
          END AS certainty,
          CASE WHEN cost IS NULL AND ${hasFailed} THEN NULL ELSE COALESCE(cost, estimate) END AS amount,
          quoted_by
        FROM generations
        WHERE ${isSpent(sql)} AND ${sentAt} >= ${since === undefined ? 0 : since.epochMillis}
        ) AS charges
        UNION ALL SELECT ${nameBy(by)} AS name, 'possible', possible_submits, possible_amount, possible_unpriced, NULL
        FROM generations
        WHERE possible_submits IS NOT NULL AND ${sentAt} >= ${since === undefined ? 0 : since.epochMillis}
      ) AS sources
      GROUP BY name, certainty ORDER BY name, certainty`
  return (options) =>
    read(sums(options)).pipe(Effect.flatMap(decodeSums), Effect.mapError(storageError("sum what jobs cost")))
}

/** A day is counted from 1970. */
const Name = Schema.transform(Schema.Union(Schema.Number, Schema.String), Schema.String, {
  strict: true,
  decode: (name) =>
    typeof name === "number" ? DateTime.formatIsoDateUtc(DateTime.unsafeMake(name * 86_400_000)) : name,
  encode: (name) => name
})

const Row = Schema.Struct({
  name: Name,
  certainty: Costs.Certainty,
  jobs: Schema.NonNegativeInt,
  amount: MicroUsd,
  unpriced: Schema.NonNegativeInt,
  ownJobs: Schema.NonNegativeInt,
  ownAmount: MicroUsd
})

const decodeSums = (rows: unknown) =>
  Effect.map(Schema.decodeUnknown(Schema.Array(Row))(rows), (sums) =>
    sums.map(
      ({ ownAmount: amount, ownJobs: jobs, ...sum }): Costs.Sum =>
        jobs === 0 ? sum : { ...sum, own: { jobs, amount } }
    )
  )
