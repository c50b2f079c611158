/**
 * Operations that are noted in the spool and in no record: those of a database that was removed, or put back from a time before
 * them.
 */
import type { SqlClient } from "@effect/sql/SqlClient"
import * as Generation from "@mutoscope/core/Generation"
import type { StorageError } from "@mutoscope/core/GenerationError"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import { entry } from "./eventLog.ts"
import { encodeState } from "./generationRow.ts"
import * as GenerationSql from "./generationSql.ts"
import type { GroupCommit, Run } from "./groupCommit.ts"
import { claimed, readable } from "./records.ts"
import type { Line } from "./spoolFiles.ts"
import { storageError } from "./storageError.ts"
import * as Uptime from "./uptime.ts"

/** An operation that no record has. */
export interface Noted {
  readonly generationId: string
  readonly provider: string
  readonly operationId: string
}

/** Those of some lines that no record has, and none takes by itself: its own is not there, or waits as if nothing had been sent. */
export const find = (
  sql: SqlClient,
  read: Run,
  lines: ReadonlyArray<Line>
): Effect.Effect<ReadonlyArray<Noted>, StorageError> => {
  const statements = GenerationSql.make(sql)
  const one = ({ generationId, operation }: Line) =>
    Effect.gen(function* () {
      const [known] = yield* read(statements.sharing(operation, nobody))
      const [row] = yield* read(statements.byId(generationId))
      if (known !== undefined || (row !== undefined && (yield* readable(row)).state._tag !== "Queued"))
        return []
      return [{ generationId, provider: operation.provider, operationId: operation.id }]
    })
  return Effect.forEach(lines, one).pipe(
    Effect.map(Arr.flatten),
    Effect.mapError(storageError("look for operations that no record has"))
  )
}

/**
 * Moves the records that wait though their operation is noted to where a process is found that died between the answer and the
 * record: whoever resumes them takes the operation from the spool, and nothing is sent.
 */
export const recover = (
  sql: SqlClient,
  { commit }: Pick<GroupCommit, "commit">,
  lines: ReadonlyArray<Line>
): Effect.Effect<void, StorageError> => {
  const statements = GenerationSql.make(sql)
  const one = (line: Line, now: number) =>
    Effect.gen(function* () {
      const [row] = yield* commit((run) => run(statements.claim(line.generationId, accepter, now)))
      if (row === undefined) return
      const claim = yield* claimed(accepter)(row)
      const step = yield* sent(claim.generation, line)
      yield* commit((run) =>
        Effect.gen(function* () {
          if (step !== undefined) {
            yield* run(statements.update({ claim, ...step }))
            yield* run(statements.log(entry(claim.generation, step.next, "noted in the spool", claim.fence)))
          }
          yield* run(statements.release(claim))
        })
      )
    })
  return Effect.flatMap(Uptime.now, (now) =>
    Effect.forEach(lines, (line) => one(line, now), { discard: true })
  ).pipe(Effect.mapError(storageError("take operations from the spool")))
}

// Privates ---------------------------------------------------------------------------------------------------------

/** The id of no generation. */
const nobody = Generation.GenerationId.make("-")

/** Who holds a record while it is recovered. */
const accepter = "accept-restored"

/** The record that waits, as it is between a submit and its answer; none where it does not wait. */
const sent = (generation: Generation.Generation, { at }: Line) => {
  const { state } = generation
  if (state._tag !== "Queued") return Effect.succeed(undefined)
  const submitting = { _tag: "Submitting", attempt: state.attempt + 1, startedAt: at } as const
  return Effect.flatMap(Generation.advance(generation, submitting, at), (next) =>
    Effect.map(encodeState(submitting), (json) => ({ next, json }))
  )
}
