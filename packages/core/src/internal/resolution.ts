/**
 * A person's decision on a submit whose outcome is unknown.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Generation from "../Generation.ts"
import {
  type GenerationNotFound,
  InvalidRequest,
  type LeaseLost,
  type PollError,
  type StorageError
} from "../GenerationError.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import { VideoProvider } from "../VideoProvider.ts"
import * as Record from "./record.ts"

/**
 * What to do with it: go on with an operation that was found by other means, send it again (it may be charged twice), or
 * give it up (it may have been charged).
 */
export type Resolution =
  | { readonly _tag: "Adopt"; readonly operationId: string }
  | { readonly _tag: "Resubmit" }
  | { readonly _tag: "Abandon" }

/** How resolving fails. `InvalidRequest` says that there is nothing to decide, or that the operation is another's. */
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
  if (!Generation.isIn("SubmitUnknown")(generation)) {
    const reason = `${generation.id} is ${generation.state._tag}: there is nothing to decide`
    return new InvalidRequest({ field: "reference", value: generation.id, reason })
  }
  switch (resolution._tag) {
    case "Adopt":
      return adopt(claim, generation, resolution.operationId)
    case "Resubmit":
      return Record.resubmitted(claim, generation.state)
    case "Abandon":
      return Record.failed(claim, generation.state.error)
  }
}

/** An operation is taken only if the provider knows it, and no other record does: a slip of the pen would be for ever. */
const adopt = Effect.fnUntraced(function* (
  claim: Claim,
  { model, provider, state }: Generation.InState<"SubmitUnknown">,
  id: string
) {
  const records = yield* GenerationStore
  const taken = Option.filter(yield* Effect.option(records.find(id)), (other) =>
    Option.exists(Generation.operation(other), (known) => known.id === id)
  )
  if (Option.isSome(taken)) {
    const reason = `It belongs to generation ${taken.value.id}`
    return yield* new InvalidRequest({ field: "operation", value: id, reason })
  }
  const operation = { provider, id, model }
  const api = yield* VideoProvider
  yield* api.poll(operation)
  return yield* Effect.catchTag(
    Record.accepted(claim, state, operation),
    "SubmitUnknown",
    ({ reason }) => new InvalidRequest({ field: "operation", value: id, reason })
  )
})
