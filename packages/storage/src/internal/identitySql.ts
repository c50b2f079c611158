/**
 * The statements about the database itself: which it is, how many submits it has recorded, and who may change its records.
 */
import type { SqlClient } from "@effect/sql/SqlClient"

/** The row of `identity`, as it comes from the driver. */
export interface IdentityRow {
  readonly id: string
  readonly number: number
}

/** The first schema that has the table `identity`. */
export const since = 7

/** Says, at the beginning of a transaction, which schema its program knows. */
export const declare = (schema: number) => `UPDATE identity SET writer_schema = ${schema}`

/** Takes that back before the transaction is committed: the next must speak for itself. */
const retract = declare(0)

/** From now on only programs that know this schema may change records; at the end of the transaction that migrates. */
export const admit = (schema: number) => `UPDATE identity SET least_schema = ${schema}, writer_schema = 0`

/** What each transaction of the store says of its program. Postgres has no triggers that ask for it. */
export const declaration = (sql: SqlClient, schema: number) =>
  sql.onDialectOrElse({
    sqlite: () => ({ before: declare(schema), after: retract }),
    orElse: () => undefined
  })

/** The statements. */
export type Statements = ReturnType<typeof make>

/** The statements, for a client. */
export const make = (client: SqlClient) => {
  const sql = client.withoutTransforms()
  return {
    identity: sql<IdentityRow>`SELECT id, number FROM identity`,

    // In the transaction of an intent. Of a server's database there are no copies that a program could be given unawares.
    countSubmit: sql.onDialectOrElse({
      sqlite: () => sql<IdentityRow>`UPDATE identity SET number = number + 1 RETURNING id, number`,
      orElse: () => undefined
    }),

    /** Makes the database another than the one that it is a copy of. */
    rename: (id: string) => sql<IdentityRow>`UPDATE identity SET id = ${id} RETURNING id, number`
  }
}
