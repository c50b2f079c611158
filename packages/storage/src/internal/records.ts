/**
 * What the parts of the store work on, and how rows become records.
 */
import type { Statement } from "@effect/sql/Statement"
import type { Generation } from "@mutoscope/core/Generation"
import { GenerationNotFound, type StorageError } from "@mutoscope/core/GenerationError"
import type { Claim, GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Effect from "effect/Effect"
import type * as BreakerSql from "./breakerSql.ts"
import { toGeneration } from "./generationRow.ts"
import type * as GenerationSql from "./generationSql.ts"
import type { GroupCommit } from "./groupCommit.ts"
import type * as IdentitySql from "./identitySql.ts"
import type { Spool } from "./spool.ts"
import { storageError } from "./storageError.ts"
import type { SubmitGuard } from "./submitGuard.ts"

/** The port, a part of which each module of the store provides. */
export type Store = GenerationStore["Type"]

/** What the store is made of. */
export interface Services {
  readonly statements: GenerationSql.Statements
  readonly database: GroupCommit
  readonly spool: Spool
  readonly identity: IdentitySql.Statements
  readonly guard: SubmitGuard
  readonly breakers: ReturnType<typeof BreakerSql.make>
}

/** Reads rows; `operation` says what could not be done where that fails. */
export const read = <A extends object>(
  database: GroupCommit,
  statement: Statement<A>,
  operation: string
): Effect.Effect<ReadonlyArray<A>, StorageError> =>
  Effect.mapError(database.read(statement), storageError(operation))

/** A record that cannot be understood is never passed over in silence: it may be a paid job. */
export const readable = (row: GenerationSql.Row) =>
  Effect.mapError(toGeneration(row), storageError(`understand the record ${row.id}`))

/** A record that is now in the hands of `owner`. */
export const claimed =
  (owner: string) =>
  (row: GenerationSql.Row): Effect.Effect<Claim, StorageError> =>
    Effect.map(readable(row), (generation) => ({ generation, owner, fence: row.fence }))

/** The one record that was found. Fails with `GenerationNotFound` where there is none, or more than one. */
export const only = (
  reference: string,
  rows: ReadonlyArray<GenerationSql.Row>
): Effect.Effect<Generation, GenerationNotFound | StorageError> => {
  const [first, ...others] = rows
  return first !== undefined && others.length === 0
    ? readable(first)
    : Effect.fail(new GenerationNotFound({ reference, matches: rows.map(({ id }) => id) }))
}
