/**
 * The steps of a record in the hands of its owner, each a compare-and-set with its line in the log; and the wish of
 * anybody that it stop.
 */
import { SqlError } from "@effect/sql/SqlError"
import * as Generation from "@mutoscope/core/Generation"
import { DuplicateOperation, HeldBack, LeaseLost, type StorageError } from "@mutoscope/core/GenerationError"
import type { Claim } from "@mutoscope/core/GenerationStore"
import { MicroUsd } from "@mutoscope/core/Money"
import type { Operation } from "@mutoscope/core/Operation"
import * as Receipt from "@mutoscope/core/Receipt"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Breakers from "./breakers.ts"
import { overBudget } from "./budgets.ts"
import { entry, ifChanged } from "./eventLog.ts"
import { encodeJob, encodeState } from "./generationRow.ts"
import type * as GenerationSql from "./generationSql.ts"
import { only, readable, type Services, type Store } from "./records.ts"
import { storageError } from "./storageError.ts"

/** Any step but the two below. */
export const transition = ({ breakers, database, statements }: Services): Store["transition"] =>
  Effect.fnUntraced(function* (claim, state, cause, amendment) {
    const { json, next } = yield* advance(claim, state, amendment)
    const job = changesJob(amendment) ? yield* encodedJob(next) : undefined
    const receipt = amendment?.cost === undefined ? Option.none() : Receipt.overcharge(next)
    const changed = yield* database
      .commit((run) =>
        ifChanged(
          run(statements.update({ claim, next, json })),
          Effect.all(
            [
              run(statements.log(entry(claim.generation, next, cause, claim.fence))),
              next.state._tag === "Completed" ? run(breakers.remove(next.provider)) : Effect.void,
              job === undefined
                ? Effect.void
                : run(statements.amend(next, job, amendment?.model !== undefined)),
              amendment?.possiblyCharged === undefined
                ? Effect.void
                : run(statements.notePossible(next.id, amendment.possiblyCharged)),
              Option.match(receipt, {
                onNone: () => Effect.void,
                onSome: (over) => run(statements.raise(next, over))
              })
            ],
            { discard: true }
          )
        )
      )
      .pipe(Effect.mapError(storageError(`move ${next.id} to ${state._tag}`)))
    const row = changed[0]
    if (row === undefined) return yield* new LeaseLost({ generationId: next.id })
    return { ...claim, generation: withCancel(next, row.cancel_requested_at) }
  })

/** The step before a submit, where its budget and the queue allow it. */
export const intend = (services: Services): Store["intend"] =>
  Effect.fnUntraced(function* (claim, intent, budget) {
    const { database, guard, identity, spool, statements } = services
    const { json, next } = yield* advance(claim, intent)
    // Before anything is created in a folder that somebody removed.
    yield* guard.inPlace
    yield* guard.known
    // Where an operation could not even be noted, nothing must be paid for.
    yield* spool.open
    const at = yield* Breakers.moment
    const [refused, changed, standing, counted] = yield* database
      .commit((run) =>
        Effect.gen(function* () {
          const paused = yield* Breakers.holding(services, run, next, at)
          if (paused !== undefined) return [paused, [], undefined, []] as const
          const overspent = yield* overBudget(services, run, next, claim.owner, budget)
          if (overspent !== undefined) return [overspent, [], undefined, []] as const
          const changed = yield* ifChanged(
            run(statements.intend({ claim, next, json })),
            run(statements.log(entry(claim.generation, next, "about to submit", claim.fence)))
          )
          if (changed.length === 0) {
            const [standing] = yield* run(statements.current(claim))
            return [undefined, changed, standing, []] as const
          }
          const counted = identity.countSubmit === undefined ? [] : yield* run(identity.countSubmit)
          // As late as can be: what is committed after it is sent.
          yield* asSqlError(guard.inPlace)
          return [undefined, changed, unhindered, counted] as const
        })
      )
      .pipe(Effect.mapError(storageError(`move ${next.id} to Submitting`)))
    if (refused !== undefined) return yield* refused
    if (standing === undefined) return yield* new LeaseLost({ generationId: next.id })
    if (standing.held_back !== null)
      return yield* new HeldBack({ generationId: next.id, why: standing.held_back })
    yield* Effect.forEach(counted, guard.recorded, { discard: true })
    return Option.map(Arr.head(changed), (row) => ({
      ...claim,
      generation: withCancel(withEstimate(next, row.estimate), row.cancel_requested_at)
    }))
  })

/** The step after a submit: its operation, which no other record may have. */
export const accept = (services: Services): Store["accept"] =>
  Effect.fnUntraced(function* (claim, state, cause) {
    const { database, statements } = services
    const { json, next } = yield* advance(claim, state)
    const { id: operationId, provider } = state.operation
    const [changed, other] = yield* database
      .commit((run) =>
        Effect.flatMap(
          ifChanged(
            run(statements.accept({ claim, next, json }, state.operation)),
            run(statements.log(entry(claim.generation, next, cause, claim.fence)))
          ),
          (changed) =>
            Effect.map(
              changed.length > 0 ? Effect.succeed([]) : run(statements.sharing(state.operation, next.id)),
              ([other]) => [changed, other] as const
            )
        )
      )
      .pipe(Effect.mapError(storageError(`move ${next.id} to Rendering`)))
    if (other !== undefined)
      return yield* new DuplicateOperation({ provider, operationId, generationId: other.id })
    const [row] = changed
    if (row === undefined) return yield* new LeaseLost({ generationId: next.id })
    yield* noteElsewhere(services, next, state.operation)
    return { ...claim, generation: withCancel(next, row.cancel_requested_at) }
  })

/** Asks whoever holds a record to stop it. Anybody may. */
export const requestCancel = ({ database, statements }: Services): Store["requestCancel"] =>
  Effect.fnUntraced(function* (id) {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* database
      .commit((run) => run(statements.requestCancel(id, now)))
      .pipe(Effect.mapError(storageError(`ask for ${id} to be stopped`)))
    return yield* only(id, rows)
  })

/** Notes that the provider has stopped a job. Anybody may. */
export const confirmCancel = ({ database, statements }: Services): Store["confirmCancel"] =>
  Effect.fnUntraced(function* (id) {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* database
      .commit((run) => run(statements.confirmCancel(id, now)))
      .pipe(Effect.mapError(storageError(`note that ${id} was stopped`)))
    return yield* only(id, rows)
  })

/** Changes where the video of a held record goes. */
export const relocate = ({ database, statements }: Services): Store["relocate"] =>
  Effect.fnUntraced(function* (claim, output) {
    const [row] = yield* database
      .commit((run) => run(statements.relocate(claim, output)))
      .pipe(Effect.mapError(storageError(`change the place of ${claim.generation.id}`)))
    if (row === undefined) return yield* new LeaseLost({ generationId: claim.generation.id })
    return { ...claim, generation: yield* readable(row) }
  })

// Privates ---------------------------------------------------------------------------------------------------------

/** Where nobody else finds the record by the name of its database, the operation is noted in the spool too, and said aloud. */
const noteElsewhere = ({ guard, spool }: Services, { id }: Generation.Generation, operation: Operation) =>
  Effect.catchAll(guard.inPlace, ({ reason }) =>
    Effect.zipRight(
      Effect.logError(`The operation of ${id} is ${operation.id}; ${reason}`),
      Effect.ignoreLogged(spool.append(id, operation))
    )
  )

const asSqlError = Effect.mapError((cause: StorageError) => new SqlError({ cause, message: cause.reason }))

const advance = (claim: Claim, state: Generation.GenerationState, amendment?: Generation.Amendment) =>
  Effect.flatMap(DateTime.now, (now) =>
    Effect.flatMap(Generation.advance(claim.generation, state, now, amendment), (next) =>
      Either.mapBoth(encodeState(state), {
        onLeft: storageError(`encode ${next.id}`),
        onRight: (json) => ({ next, json })
      })
    )
  )

// Somebody may have asked for a stop since the claim was read.
const withCancel = (generation: Generation.Generation, at: number | null) =>
  at === null
    ? generation
    : new Generation.Generation(
        { ...generation, cancelRequestedAt: DateTime.unsafeMake(at) },
        { disableValidation: true }
      )

const withEstimate = (generation: Generation.Generation, estimate: number | null) =>
  (generation.estimate ?? null) === estimate
    ? generation
    : new Generation.Generation(
        { ...generation, estimate: estimate === null ? undefined : MicroUsd.make(estimate) },
        { disableValidation: true }
      )

/** What a job cost is written with its state, all else apart. */
const changesJob = (amendment: Generation.Amendment = {}) =>
  Object.keys(amendment).some((field) => field !== "cost")

const encodedJob = (generation: Generation.Generation) =>
  Either.mapLeft(encodeJob(generation), storageError(`encode ${generation.id}`))

const unhindered: GenerationSql.Standing = { held_back: null }
