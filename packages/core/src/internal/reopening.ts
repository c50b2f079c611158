/**
 * Looking again at failed records whose video may still be at the provider. A look costs nothing, and changes a record only
 * where the provider says something new of the job.
 */
import * as Effect from "effect/Effect"
import * as Generation from "../Generation.ts"
import type {
  GenerationNotFound,
  LeaseLost,
  PollError,
  StorageError,
  SubmitUnknown
} from "../GenerationError.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import type { OperationStatus } from "../Operation.ts"
import { Policy } from "../Policy.ts"
import { VideoProvider } from "../VideoProvider.ts"
import * as Record from "./record.ts"
import * as Verdict from "./verdict.ts"

type ReopenError = PollError | SubmitUnknown | GenerationNotFound | LeaseLost | StorageError

/** Asks the provider about a recoverable record, and moves it to where the provider says that the job is. */
export const reopen = (
  id: Generation.GenerationId,
  owner: string
): Effect.Effect<Generation.Generation, ReopenError, GenerationStore | VideoProvider> =>
  Effect.flatMap(GenerationStore, (records) =>
    Effect.acquireUseRelease(
      records.claim(id, owner),
      (claim) => Effect.map(lookAgain(claim), ({ generation }) => generation),
      (claim) => Effect.ignoreLogged(records.release(claim))
    )
  )

/** Asks about every recoverable record, of a batch or of all. Those that the provider says nothing new of stay as they are. */
export const reopenAll = (
  owner: string,
  batch?: string
): Effect.Effect<void, StorageError, GenerationStore | VideoProvider> =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const { looksAtOnce } = yield* Policy
    const failed = yield* records.list({ batch, states: ["Failed"] })
    yield* Effect.forEach(
      failed.filter(Generation.isRecoverable),
      ({ id }) =>
        Effect.catchAll(reopen(id, owner), (error) =>
          Effect.logDebug(`Could not look again at ${id}: ${error.message}`)
        ),
      { concurrency: looksAtOnce, discard: true }
    )
  })

// Private ----------------------------------------------------------------------------------------------------------

const lookAgain = (claim: Claim) =>
  Effect.gen(function* () {
    const { generation } = claim
    // Another process may have moved it on since it was read.
    if (!Generation.isRecoverable(generation)) return claim
    const { operation } = generation.state
    if (operation === undefined) return claim
    const { retry } = yield* Policy
    const { poll } = yield* VideoProvider
    const status = yield* Effect.retry(poll(operation), {
      schedule: retry,
      while: ({ _tag }) => _tag !== "OperationNotFound"
    }).pipe(
      Effect.asSome,
      Effect.catchTag("OperationNotFound", () => Effect.succeedNone)
    )
    return status._tag === "None" ? claim : yield* moved(claim, operation, status.value)
  })

const moved = (
  claim: Claim,
  operation: Generation.StateOf<"Rendering">["operation"],
  status: OperationStatus
) => {
  const submitted = { operation, submittedAt: claim.generation.createdAt }
  switch (status._tag) {
    case "Pending":
    case "Running":
      return Record.found(claim, submitted)
    case "Succeeded":
      return Record.rendered(claim, submitted, status)
    case "Failed":
      return Verdict.failed(claim, status)
    case "Cancelled":
      return Effect.succeed(claim)
  }
}
