/**
 * Cancelling: what to ask of the provider, and what may be said of the record afterwards.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Generation from "../Generation.ts"
import type { GenerationNotFound, PollError, StorageError } from "../GenerationError.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import type { CancelOutcome, Operation } from "../Operation.ts"
import { VideoProvider } from "../VideoProvider.ts"
import { about } from "./observed.ts"

/**
 * Notes the wish, passes it on where there is somebody to pass it to, and ends the record where it is certain that
 * nothing runs any more and nobody else holds it.
 */
export const cancel = Effect.fn("VideoGenerator.cancel")(function* (reference: string, owner: string) {
  const records = yield* GenerationStore
  const found = yield* records.find(reference)
  if (Generation.isFinal(found)) return "AlreadyFinished"
  const generation = yield* records.requestCancel(found.id)
  const outcome = yield* stop(generation)
  if (outcome !== "Cancelled") return outcome
  return yield* end(generation, owner)
})

/** Asks the provider to stop a job, where that was wished before anybody could be asked. */
export const passOn = (claim: Claim, operation: Operation) =>
  claim.generation.cancelRequestedAt === undefined
    ? Effect.void
    : Effect.flatMap(VideoProvider, (provider) => provider.cancel(operation)).pipe(
        Effect.flatMap((outcome) => Effect.logInfo(`Cancel: ${outcome}`)),
        Effect.catchAll((error) => Effect.logWarning("The cancel could not be passed on", error)),
        about(claim.generation)
      )

const stop = (generation: Generation.Generation): Effect.Effect<CancelOutcome, PollError, VideoProvider> =>
  Option.match(Generation.operation(generation), {
    onSome: (operation) => Effect.flatMap(VideoProvider, (provider) => provider.cancel(operation)),
    onNone: () => Effect.succeed(generation.state._tag === "Queued" ? "Cancelled" : "Requested")
  })

const end = (
  generation: Generation.Generation,
  owner: string
): Effect.Effect<CancelOutcome, GenerationNotFound | StorageError, GenerationStore> =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const finishedAt = yield* DateTime.now
    const operation = Generation.operation(generation)
    const state = {
      _tag: "Cancelled" as const,
      finishedAt,
      ...(Option.isSome(operation) ? { operation: operation.value } : {})
    }
    const claim = yield* records.claim(generation.id, owner)
    if (Generation.isFinal(claim.generation)) return "AlreadyFinished" as const
    yield* Effect.zipRight(records.transition(claim, state, "cancelled"), records.release(claim))
    return "Cancelled" as const
  }).pipe(
    // Whoever holds it sees the provider's answer at the next look, or the wish before the submit.
    Effect.catchTag("LeaseLost", () =>
      Effect.succeed(
        Option.isSome(Generation.operation(generation)) ? ("Cancelled" as const) : ("Requested" as const)
      )
    )
  )
