/**
 * Cancelling: what to ask of the provider, and what may be said of the record afterwards.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Generation from "../Generation.ts"
import type { GenerationNotFound, LeaseLost, PollError, StorageError } from "../GenerationError.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import type { CancelOutcome, Operation, OperationStatus } from "../Operation.ts"
import { VideoProvider } from "../VideoProvider.ts"
import { about } from "./observed.ts"
import * as Record from "./record.ts"

/**
 * Notes the wish, passes it on where there is somebody to pass it to, and ends the record where it is certain that
 * nothing runs any more and nobody else holds it.
 */
export const cancel = Effect.fn("VideoGenerator.cancel")(function* (reference: string, owner: string) {
  const records = yield* GenerationStore
  const found = yield* records.find(reference)
  if (Generation.isFinal(found)) return "AlreadyFinished"
  const generation = yield* records.requestCancel(found.id)
  if (generation.cancelConfirmedAt !== undefined) return yield* end(generation, owner)
  const outcome = yield* stop(generation)
  if (outcome !== "Cancelled") return outcome
  return yield* end(yield* confirmed(generation), owner)
})

/** What the provider has confirmed is on record before anything else is done about it: it may forget stopped jobs. */
const confirmed = (generation: Generation.Generation) =>
  Option.isNone(Generation.operation(generation))
    ? Effect.succeed(generation)
    : Effect.flatMap(GenerationStore, (records) => records.confirmCancel(generation.id))

/** Whether the provider has confirmed by now that it stopped the job, to this process or another. */
export const isConfirmed = ({ generation }: Claim) =>
  Effect.flatMap(GenerationStore, (records) => records.get(generation.id)).pipe(
    Effect.map(({ cancelConfirmedAt }) => cancelConfirmedAt !== undefined)
  )

/** Asks the provider to stop a job, where that was wished before anybody could be asked. */
export const passOn = (claim: Claim, operation: Operation) =>
  claim.generation.cancelRequestedAt === undefined
    ? Effect.void
    : Effect.flatMap(VideoProvider, (provider) => provider.cancel(operation)).pipe(
        Effect.tap((outcome) => (outcome === "Cancelled" ? confirmed(claim.generation) : Effect.void)),
        Effect.flatMap((outcome) => Effect.logInfo(`Cancel: ${outcome}`)),
        Effect.catchAll((error) => Effect.logWarning("The cancel could not be passed on", error)),
        about(claim.generation)
      )

const stop = (generation: Generation.Generation): Effect.Effect<CancelOutcome, PollError, VideoProvider> =>
  Option.match(Generation.operation(generation), {
    onSome: (operation) => Effect.flatMap(VideoProvider, (provider) => provider.cancel(operation)),
    onNone: () => Effect.succeed(generation.state._tag === "Queued" ? "Cancelled" : "Requested")
  })

/** Ends the record, if it still stands where it stood when its end was certain; else whoever moved it knows better. */
const end = (
  generation: Generation.Generation,
  owner: string
): Effect.Effect<CancelOutcome, GenerationNotFound | StorageError, GenerationStore | VideoProvider> =>
  Effect.flatMap(GenerationStore, (records) =>
    Effect.acquireUseRelease(
      records.claim(generation.id, owner),
      (claim): Effect.Effect<CancelOutcome, LeaseLost | StorageError, GenerationStore | VideoProvider> =>
        claim.generation.state._tag === generation.state._tag && !Generation.isFinal(claim.generation)
          ? Effect.flatMap(lastWord(claim), (word) => ended(claim, word))
          : Effect.succeed(movedOn(claim.generation)),
      (claim) => Effect.ignoreLogged(records.release(claim))
    )
  ).pipe(
    // Whoever holds it sees the provider's answer at the next look, or the wish before the submit.
    Effect.catchTag("LeaseLost", () =>
      Effect.succeed<CancelOutcome>(
        Option.isSome(Generation.operation(generation)) ? "Cancelled" : "Requested"
      )
    )
  )

/** A job that its provider calls finished, whatever it confirmed before, has its video: that is paid for, and is fetched. */
const ended = (
  claim: Claim,
  word: Option.Option<OperationStatus>
): Effect.Effect<CancelOutcome, LeaseLost | StorageError, GenerationStore> => {
  const status = Option.getOrUndefined(word)
  const { generation } = claim
  if (status?._tag === "Succeeded" && Generation.isIn("Rendering", "Unreachable")(generation))
    return Effect.as(Record.rendered(claim, generation.state, status), "AlreadyFinished")
  const cost = status?._tag === "Cancelled" ? Record.charged(status) : {}
  return Effect.as(Record.cancelled(claim, cost), "Cancelled")
}

/** What the provider says of a job that it has stopped: what it cost, or that it finished after all. Nobody waits long to hear it. */
const lastWord = ({
  generation
}: Claim): Effect.Effect<Option.Option<OperationStatus>, never, VideoProvider> =>
  Option.match(Generation.operation(generation), {
    onNone: () => Effect.succeedNone,
    onSome: (operation) =>
      Effect.flatMap(VideoProvider, (provider) => provider.poll(operation)).pipe(
        Effect.timeoutOption("10 seconds"),
        Effect.catchAll((error) =>
          Effect.as(Effect.logDebug("What the stopped job cost is not known", error), Option.none())
        )
      )
  })

/** What may be said where another moved the record meanwhile: that it has stopped, if the other saw that too. */
const movedOn = (generation: Generation.Generation): CancelOutcome => {
  if (generation.state._tag === "Cancelled") return "Cancelled"
  return Generation.isFinal(generation) ? "AlreadyFinished" : "Requested"
}
