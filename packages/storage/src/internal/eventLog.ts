/**
 * The log of a record: one line for each of its steps, written with it and never changed.
 */
import type { Generation, GenerationState } from "@mutoscope/core/Generation"
import * as Effect from "effect/Effect"
import { toEvents } from "./generationRow.ts"
import * as GenerationSql from "./generationSql.ts"
import { read, type Services, type Store } from "./records.ts"
import { storageError } from "./storageError.ts"

/** The lines of one record, oldest first. */
export const events =
  ({ database, statements }: Services): Store["events"] =>
  (id) =>
    read(database, statements.events(id), `read the log of ${id}`).pipe(
      Effect.flatMap(toEvents),
      Effect.mapError(storageError(`read the log of ${id}`))
    )

/** The line of one step. */
export const entry = (
  previous: Generation | undefined,
  next: Generation,
  cause: string,
  fence: number
): GenerationSql.Entry => ({
  id: next.id,
  at: next.updatedAt,
  from: previous?.state._tag ?? null,
  to: next.state._tag,
  cause,
  attempt: attemptOf(next.state),
  fence
})

/** The line that a log begins with. */
export const firstEntry = (generation: Generation, cause: string) =>
  entry(undefined, generation, cause, GenerationSql.firstFence)

/** What belongs to a change, its line above all, where the change was made. */
export const ifChanged = <A, E, E2>(
  change: Effect.Effect<ReadonlyArray<A>, E>,
  then: Effect.Effect<unknown, E2>
): Effect.Effect<ReadonlyArray<A>, E | E2> =>
  Effect.tap(change, (rows) => (rows.length === 0 ? Effect.void : then))

/** The number of the submit that a state is about; 0 where it is about none. */
const attemptOf = (state: GenerationState): number => ("attempt" in state ? state.attempt : 0)
