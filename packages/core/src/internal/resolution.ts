/**
 * A person's decision on a job that nothing more can be found out about: its submit is unknown, or it is unreachable.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Generation from "../Generation.ts"
import {
  type GenerationNotFound,
  InvalidRequest,
  type LeaseLost,
  type OperationNotFound,
  type PollError,
  type StorageError,
  type UnexpectedAnswer
} from "../GenerationError.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import type { Operation } from "../Operation.ts"
import { VideoProvider } from "../VideoProvider.ts"
import * as Record from "./record.ts"

/**
 * What to do with it: adopt an operation that was found by other means, send it again (it may be charged twice; only an
 * unknown submit), or abandon it (it may have been charged). An abandoned record can still adopt its operation.
 */
export type Resolution =
  | { readonly _tag: "Adopt"; readonly operationId: string }
  | { readonly _tag: "Resubmit" }
  | { readonly _tag: "Abandon" }

/**
 * How resolving fails. `InvalidRequest` says that there is nothing to decide, that the operation is another's, or that its
 * provider does not know it.
 */
export type ResolveError = InvalidRequest | GenerationNotFound | LeaseLost | PollError | StorageError

/** Moves an unknown record on, and gives it back: whoever resumes it next does the rest. */
export const resolve = (
  reference: string,
  resolution: Resolution,
  owner: string
): Effect.Effect<Generation.Generation, ResolveError, GenerationStore | VideoProvider> =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const { id } = yield* records.find(reference)
    return yield* Effect.acquireUseRelease(
      records.claim(id, owner),
      (claim) => Effect.map(decide(claim, resolution), ({ generation }) => generation),
      (claim) => Effect.ignoreLogged(records.release(claim))
    )
  })

const decide = (claim: Claim, resolution: Resolution) => {
  const { generation } = claim
  const { state } = generation
  switch (resolution._tag) {
    case "Adopt":
      if (!canAdopt(generation)) break
      return adopt(claim, generation, resolution.operationId)
    case "Resubmit":
      if (state._tag !== "SubmitUnknown") break
      return Record.resubmitted(claim, state)
    case "Abandon":
      if (Generation.isIn("Rendering")(generation)) return abandonForgotten(claim, generation)
      if (state._tag !== "SubmitUnknown" && state._tag !== "Unreachable") break
      return Record.failed(claim, state.error)
  }
  const reason =
    state._tag === "Unreachable"
      ? `${generation.id} is Unreachable: it may be running, so it is not sent again; adopt an operation, or abandon it`
      : `${generation.id} is ${state._tag}: there is nothing to decide`
  return new InvalidRequest({ field: "reference", value: generation.id, reason })
}

/** Whether a record may take an operation that somebody found: its submit is unknown, its job unreachable, or it was abandoned. */
export const canAdopt = (
  generation: Generation.Generation
): generation is Generation.InState<"SubmitUnknown" | "Unreachable" | "Failed"> =>
  Generation.isIn("SubmitUnknown", "Unreachable")(generation) ||
  Generation.isRecoverable(generation) ||
  (Generation.isIn("Failed")(generation) &&
    ["SubmitUnknown", "OperationNotFound"].includes(generation.state.error._tag))

/** A job that renders is cancelled, not abandoned; only one that its provider does not know now can be given up at once. */
const abandonForgotten = (claim: Claim, { id, provider, state }: Generation.InState<"Rendering">) =>
  Effect.flatMap(VideoProvider, ({ poll }) => poll(state.operation)).pipe(
    Effect.zipRight(
      refused(id, `${provider} knows the job of ${id}: there is nothing to decide. Cancel it, or wait for it`)
    ),
    Effect.catchTag("OperationNotFound", (error) => Record.failed(claim, error))
  )

/** An operation is taken only if the provider knows it, and no other record does: a slip of the pen would be for ever. */
const adopt = Effect.fnUntraced(function* (
  claim: Claim,
  {
    createdAt,
    id: own,
    model,
    provider,
    state
  }: Generation.InState<"SubmitUnknown" | "Unreachable" | "Failed">,
  id: string
) {
  const records = yield* GenerationStore
  // Whatever else than "there is none" is wrong with the records must not pass for it.
  const found = yield* records.find(id).pipe(
    Effect.asSome,
    Effect.catchTag("GenerationNotFound", () => Effect.succeedNone)
  )
  const taken = Option.filter(found, (other) =>
    Option.exists(Generation.operation(other), (known) => known.id === id)
  )
  if (Option.isSome(taken) && taken.value.id !== own)
    return yield* refused(id, `It belongs to generation ${taken.value.id}`)
  const operation = { provider, id, model }
  yield* known(operation)
  const startedAt =
    state._tag === "SubmitUnknown"
      ? state.startedAt
      : state._tag === "Unreachable"
        ? state.submittedAt
        : createdAt
  return yield* Effect.catchTag(
    Record.accepted(claim, { startedAt }, operation),
    "SubmitUnknown",
    ({ reason }) => refused(id, reason)
  )
})

/** One look, which has to find one. What a job of a queue is there no longer is told as a job that is lost. */
const known = (operation: Operation) =>
  Effect.gen(function* () {
    const { poll } = yield* VideoProvider
    const status = yield* Effect.catchIf(poll(operation), isDenial, ({ reason }) =>
      stranger(operation, reason)
    )
    if (status._tag === "Failed" && "code" in status.error && status.error.code === "lost")
      return yield* stranger(operation, status.error.reason)
  })

const stranger = ({ id, provider }: Operation, reason: string) =>
  refused(id, `${provider} does not know the operation ${id}: ${reason}`)

const refused = (value: string, reason: string) => new InvalidRequest({ field: "operation", value, reason })

/** It was not even asked, since no operation is called that, or it answered that there is none. */
const isDenial = (error: PollError): error is UnexpectedAnswer | OperationNotFound =>
  error._tag === "OperationNotFound" ||
  (error._tag === "UnexpectedAnswer" && (error.status === 0 || (error.status >= 400 && error.status < 500)))
