/**
 * The moves that the flow makes on a record, each written before the flow goes on.
 */
import type * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Generation from "../Generation.ts"
import {
  type DuplicateOperation,
  type GenerationError,
  type LeaseLost,
  type NotAVideo,
  type OperationNotFound,
  type StorageError,
  SubmitUnknown
} from "../GenerationError.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import * as Money from "../Money.ts"
import type { Operation, OperationStatus } from "../Operation.ts"
import * as Receipt from "../Receipt.ts"
import * as Telemetry from "../Telemetry.ts"
import type { VideoRequest } from "../VideoRequest.ts"
import { about, say } from "./observed.ts"

/** A record in its next state, on disk. */
export type Moved = Effect.Effect<Claim, LeaseLost | StorageError, GenerationStore>

/** The intent: about to submit for the n-th time. */
export type Intent = Generation.StateOf<"Submitting">

const move = (
  claim: Claim,
  state: Exclude<Generation.GenerationState, Intent | Generation.StateOf<"Rendering">>,
  cause: string,
  amendment: Generation.Amendment = {}
): Moved =>
  Effect.flatMap(GenerationStore, (records) =>
    Effect.flatMap(withReceipt(claim.generation, amendment), (amended) =>
      records.transition(claim, state, cause, amended)
    )
  )

/** A receipt that is larger than its quote is a warning on the record, and in the log, from the moment it is known. */
const withReceipt = (
  generation: Generation.Generation,
  amendment: Generation.Amendment
): Effect.Effect<Generation.Amendment> => {
  if (amendment.cost === undefined) return Effect.succeed(amendment)
  const after = new Generation.Generation({ ...generation, ...amendment }, { disableValidation: true })
  const { warnings = [] } = after
  return Option.match(
    Option.filter(Receipt.warning(after), (warning) => !warnings.includes(warning)),
    {
      onNone: () => Effect.succeed(amendment),
      onSome: (warning) =>
        Effect.as(about(generation)(Effect.logWarning(warning)), {
          ...amendment,
          warnings: [...warnings, warning]
        })
    }
  )
}

/** Clearly refused: nothing runs, and it may be tried again. */
export const requeued = (claim: Claim, { attempt }: Intent, refusal: GenerationError): Moved =>
  move(claim, { _tag: "Queued", attempt, refusal }, refusal.message)

/** Clearly refused for good: another model's turn, with all of the record that follows its model. */
export const turned = (
  claim: Claim,
  { attempt }: Intent,
  refusal: GenerationError,
  to: Generation.Amendment & { readonly request: VideoRequest }
): Moved => move(claim, { _tag: "Queued", attempt }, `${refusal.message}; next: ${to.request.model}`, to)

/** Sent again on request, which may be charged twice: what it may have cost so far stays with the record. */
export const resubmitted = (claim: Claim, { attempt }: Pick<Intent, "attempt">): Moved =>
  move(claim, { _tag: "Queued", attempt }, "to be sent again, on request", {
    possiblyCharged: withOneMore(claim.generation)
  })

const withOneMore = ({ estimate, possiblyCharged }: Generation.Generation): Generation.PossiblyCharged => {
  const { amount, submits, unpriced } = possiblyCharged ?? { submits: 0, amount: Money.zero, unpriced: 0 }
  return {
    submits: submits + 1,
    amount: Money.plus(amount, estimate ?? Money.zero),
    unpriced: unpriced + (estimate === undefined ? 1 : 0)
  }
}

/**
 * The operation first: where it can't be written into the record, or the record was lost to somebody else while the answer
 * was on its way, it is written elsewhere, and said aloud. One that another record has already is nobody's proof: then it is
 * unknown what became of this request.
 */
export const accepted = (
  claim: Claim,
  { startedAt }: Pick<Intent, "startedAt">,
  operation: Operation
): Effect.Effect<Claim, SubmitUnknown | LeaseLost | StorageError, GenerationStore> =>
  Effect.flatMap(GenerationStore, (records) => {
    const state = { _tag: "Rendering", operation, submittedAt: startedAt } as const
    return records.accept(claim, state, `accepted as ${operation.id}`).pipe(
      Effect.tapError((error) =>
        error._tag === "DuplicateOperation"
          ? about(claim.generation)(Effect.logError(error.message))
          : Effect.zipRight(
              about(claim.generation)(
                Effect.logError(`The record could not be written. The operation is ${operation.id}`)
              ),
              records.spool(claim.generation.id, operation)
            )
      ),
      Effect.catchTag("DuplicateOperation", (error) => doubtful(claim, error))
    )
  })

const doubtful = (
  claim: Claim,
  { message, operationId, provider }: DuplicateOperation
): Effect.Effect<Claim, SubmitUnknown | LeaseLost | StorageError, GenerationStore> => {
  const { state } = claim.generation
  return state._tag === "Submitting"
    ? unknown(claim, state, message, operationId)
    : new SubmitUnknown({ provider, reason: message })
}

/** Stopped between the intent and the request: nothing was sent. */
export const calledOff = (claim: Claim, { attempt }: Intent): Moved =>
  move(claim, { _tag: "Queued", attempt: attempt - 1 }, "stopped before it was sent")

/** Nobody knows whether it was accepted. No other model is tried from now on: both might be paid for. */
export const unknown = (
  claim: Claim,
  { attempt, startedAt }: Intent,
  reason: string,
  answer?: string
): Moved => {
  const { fallback, provider } = claim.generation
  const error = new SubmitUnknown({ provider, reason, ...(answer === undefined ? {} : { answer }) })
  const amendment = fallback === undefined ? {} : { fallback: undefined }
  return move(claim, { _tag: "SubmitUnknown", attempt, startedAt, error }, reason, amendment)
}

/** The provider is done. */
export const rendered = (
  claim: Claim,
  { operation, submittedAt }: Pick<Generation.StateOf<"Downloading">, "operation" | "submittedAt">,
  status: Succeeded
): Moved =>
  move(claim, { _tag: "Downloading", operation, submittedAt, videos: status.videos }, "rendered", {
    ...warned(claim.generation, status.warnings),
    ...charged(status)
  })

/** Warnings that a record does not have yet, after those that it has. */
const warned = (
  { warnings = [] }: Generation.Generation,
  more: ReadonlyArray<string> = []
): Generation.Amendment => {
  const added = Array.from(new Set(more)).filter((warning) => !warnings.includes(warning))
  return added.length === 0 ? {} : { warnings: [...warnings, ...added] }
}

type Succeeded = Extract<OperationStatus, { readonly _tag: "Succeeded" }>

/** The provider does not know the job, and has not for minutes. */
export const unreachable = (
  claim: Claim,
  { operation, submittedAt }: Generation.StateOf<"Rendering">,
  error: OperationNotFound
): Moved =>
  Effect.flatMap(DateTime.now, (since) =>
    move(claim, { _tag: "Unreachable", operation, submittedAt, since, error }, error.message)
  )

/** A job that was given up, or could not be found, is rendering after all. */
export const found = (
  claim: Claim,
  { operation, submittedAt }: Pick<Generation.StateOf<"Rendering">, "operation" | "submittedAt">
): Effect.Effect<Claim, SubmitUnknown | LeaseLost | StorageError, GenerationStore> =>
  accepted(claim, { startedAt: submittedAt }, operation)

/** The same video under another address, or at a higher price. */
export const renewed = (claim: Claim, state: Generation.StateOf<"Downloading">, status: Succeeded): Moved =>
  isDearer(claim.generation, status)
    ? move(claim, { ...state, videos: status.videos }, "the provider named a higher price", charged(status))
    : move(claim, { ...state, videos: status.videos }, "the provider named another address")

/** Whether the provider names more than it did. The first bill of a finished job may not be the last; a lower one is not believed. */
export const isDearer = ({ cost }: Generation.Generation, status: Succeeded): boolean => {
  const named = charged(status).cost
  return named !== undefined && (cost === undefined || named.amount > cost.amount)
}

/** A file was served whole and is no video. */
export const fileRefused = (
  claim: Claim,
  state: Generation.StateOf<"Downloading">,
  refused: NotAVideo
): Moved => move(claim, { ...state, refused }, refused.message)

/** Whole on disk, and about to be put at its path. */
export const verified = (
  records: Context.Tag.Service<GenerationStore>,
  claim: Claim,
  state: Generation.StateOf<"Downloading">,
  video: Generation.StoredVideo
) => records.transition(claim, { ...state, verified: video }, "verified on disk")

/**
 * What is strange about a video that another job was given too, though it asked for something else: one of them is
 * another's. That it could not be looked for keeps no video from its record.
 */
const doubled = ({ generation }: Claim, { sha256 }: Generation.StoredVideo) =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const double = yield* Effect.orElseSucceed(records.double(generation, sha256), Option.none)
    if (Option.isNone(double)) return []
    const warning = `Generation ${double.value.id} was given the very same video, and asked for something else`
    yield* about(generation)(Effect.logWarning(warning))
    return [warning]
  })

/** At its end a job whose provider says nothing of money cost what it was expected to. */
export const completed = (claim: Claim, operation: Operation, video: Generation.StoredVideo): Moved =>
  Effect.gen(function* () {
    const finishedAt = yield* DateTime.now
    const warnings = [...Generation.fileWarnings(claim.generation, video), ...(yield* doubled(claim, video))]
    const amendment = { ...estimated(claim.generation), ...warned(claim.generation, warnings) }
    yield* Metric.incrementBy(Telemetry.bytes, video.bytes)
    const moved = yield* move(
      claim,
      { _tag: "Completed", operation, video, finishedAt },
      "complete",
      amendment
    )
    yield* say(claim.generation, "complete")
    return moved
  })

/**
 * What a failed job cost is known only where its provider says it: that, or what was tried, is for the amendment. The
 * addresses of its videos stay with the record.
 */
export const failed = (claim: Claim, error: GenerationError, amendment: Generation.Amendment = {}): Moved =>
  Effect.flatMap(DateTime.now, (finishedAt) =>
    move(
      claim,
      { _tag: "Failed", error, finishedAt, ...operationOf(claim), ...submitOf(claim), ...videosOf(claim) },
      error.message,
      amendment
    )
  )

/** What a stopped job cost is known only where its provider says it. */
export const cancelled = (claim: Claim, amendment: Generation.Amendment = {}): Moved =>
  Effect.flatMap(DateTime.now, (finishedAt) =>
    move(claim, { _tag: "Cancelled", finishedAt, ...operationOf(claim) }, "cancelled", amendment)
  )

/** What the provider says that the job cost, or what comes of that which it says. */
export const charged = ({ cost, estimate }: Charge): Generation.Amendment =>
  cost !== undefined
    ? { cost: { amount: cost, source: "reported" } }
    : estimate !== undefined
      ? { cost: { amount: estimate, source: "estimated" } }
      : {}

type Charge = Pick<Succeeded, "cost" | "estimate">

const estimated = ({ cost, estimate }: Generation.Generation): Generation.Amendment =>
  cost !== undefined || estimate === undefined ? {} : { cost: { amount: estimate, source: "estimated" } }

const operationOf = (claim: Claim): { readonly operation?: Operation } =>
  Option.match(Generation.operation(claim.generation), {
    onNone: () => ({}),
    onSome: (operation) => ({ operation })
  })

const submitOf = ({ generation: { state } }: Claim): Pick<Generation.StateOf<"Failed">, "submittedAt"> =>
  "submittedAt" in state && state.submittedAt !== undefined ? { submittedAt: state.submittedAt } : {}

const videosOf = ({ generation: { state } }: Claim): Pick<Generation.StateOf<"Failed">, "videos"> =>
  "videos" in state && state.videos !== undefined ? { videos: state.videos } : {}
