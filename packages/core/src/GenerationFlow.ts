/**
 * THE FLOW: from a record to a finished file.
 *
 * The record is the checkpoint. The flow reads it to know which step is next, does that step, and writes the outcome
 * before it goes on; running it again, in another process or after a crash, is resuming. There is no second mechanism.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Capabilities from "./Capabilities.ts"
import * as Generation from "./Generation.ts"
import * as Errors from "./GenerationError.ts"
import { type Claim, GenerationStore } from "./GenerationStore.ts"
import * as Cancellation from "./internal/cancellation.ts"
import { finishInFlight } from "./internal/inFlight.ts"
import * as Observed from "./internal/observed.ts"
import * as Record from "./internal/record.ts"
import { type Listener, reporter } from "./internal/reporting.ts"
import * as Waiting from "./internal/waiting.ts"
import { isElsewhere, type OperationStatus } from "./Operation.ts"
import * as Policy from "./Policy.ts"
import * as Progress from "./Progress.ts"
import { VideoProvider } from "./VideoProvider.ts"
import { VideoStore } from "./VideoStore.ts"

/** Does step after step until the record is final. */
export const run = (claimed: Claim, listener: Listener | undefined, submits: Effect.Semaphore) =>
  Effect.gen(function* () {
    const { retry } = yield* Policy.Policy
    const job: Job = {
      report: reporter(claimed.generation.id, listener),
      refusals: yield* Schedule.driver(retry),
      submits
    }
    let claim = claimed
    while (!Generation.isFinal(claim.generation)) claim = yield* step(job, claim)
    return yield* outcome(job, claim.generation)
  }).pipe(Effect.tapError((error) => Observed.failed(claimed.generation, error)))

/** What one run carries through its steps: whom to tell, its patience with refusals, and its turn to submit. */
interface Job {
  readonly report: (report: Progress.Report) => Effect.Effect<void>
  readonly refusals: Schedule.ScheduleDriver<unknown, Errors.GenerationError>
  readonly submits: Effect.Semaphore
}

type State<Tag extends Generation.StateTag> = Generation.StateOf<Tag>
type Step = Effect.Effect<Claim, Errors.GenerationError, VideoProvider | GenerationStore | VideoStore>

const step = (job: Job, claim: Claim): Step => {
  const { state } = claim.generation
  switch (state._tag) {
    case "Queued":
      return Observed.stage("submitting", claim, submit(job, claim, state))
    case "Submitting":
      return Observed.stage("recovering", claim, recover(claim, state))
    case "SubmitUnknown":
      return Effect.fail(state.error)
    case "Rendering":
      return Observed.stage("rendering", claim, awaitVideos(job, claim, state))
    case "Downloading":
      return Observed.stage("downloading", claim, download(job, claim, state))
    default:
      return Effect.succeed(claim)
  }
}

const outcome = (job: Job, generation: Generation.Generation) => {
  const { state, id } = generation
  if (Generation.isCompleted(generation)) return Effect.as(job.report(Progress.complete), generation)
  return Effect.fail(state._tag === "Failed" ? state.error : new Errors.Cancelled({ generationId: id }))
}

// --- submit: one intent on disk, one request on the wire ---------------------------------------------------------

const submit = Effect.fnUntraced(function* (job: Job, claim: Claim, state: State<"Queued">) {
  const { attempt, refusal } = state
  const again = refusal === undefined || (yield* Effect.isSuccess(job.refusals.next(refusal)))
  if (!again) return yield* Record.failed(claim, refusal)
  yield* job.report(Progress.starting)
  yield* Effect.flatMap(VideoStore, (videos) => videos.prepare(claim.generation))
  // Whoever waits for its turn is still queued: nothing of it can be lost.
  return yield* job.submits.withPermits(1)(intend(claim, attempt + 1))
})

const intend = Effect.fnUntraced(function* (claim: Claim, attempt: number) {
  const intent = { _tag: "Submitting", attempt, startedAt: yield* DateTime.now } as const
  return yield* Record.intend(claim, intent).pipe(
    Effect.flatMap((intended) => send(intended, intent)),
    finishInFlight((yield* Policy.Policy).submitGrace)
  )
})

const send = (claim: Claim, intent: Record.Intent): Step => {
  const { id, provider, request, cancelRequestedAt } = claim.generation
  if (cancelRequestedAt !== undefined) return Record.cancelled(claim)
  const submitted = Effect.flatMap(VideoProvider, (api) =>
    api.submit({ id, provider, request, attempt: intent.attempt })
  )
  // From the answer to the disk nothing gets in between.
  return Effect.uninterruptibleMask((restore) =>
    restore(submitted).pipe(
      Effect.onInterrupt(() =>
        Effect.ignoreLogged(Record.unknown(claim, intent, "stopped before the answer came"))
      ),
      Effect.matchEffect({
        onSuccess: (operation) => Record.accepted(claim, intent, operation),
        onFailure: (error) => refused(claim, intent, error)
      })
    )
  )
}

const refused = (claim: Claim, intent: Record.Intent, error: Errors.SubmitError) => {
  if (error._tag === "SubmitUnknown") return Record.unknown(claim, intent, error.reason, error.answer)
  if (!Errors.isTransient(error)) return Record.failed(claim, error)
  return Effect.zipRight(Observed.retry(claim.generation, error), Record.requeued(claim, intent, error))
}

/** Found in the middle of a submit whose process is gone: it is not sent again, whatever became of it. */
const recover = Effect.fnUntraced(function* (claim: Claim, intent: Record.Intent) {
  const spooled = yield* Effect.flatMap(GenerationStore, (records) => records.spooled(claim.generation.id))
  return yield* Option.match(spooled, {
    onNone: () => Record.unknown(claim, intent, "the process ended before the answer was written down"),
    onSome: (operation) => Record.accepted(claim, intent, operation)
  })
})

// --- render: ask until there is an answer ------------------------------------------------------------------------

const awaitVideos = Effect.fnUntraced(function* (job: Job, claim: Claim, state: State<"Rendering">) {
  const { poll, retry } = yield* Policy.Policy
  const provider = yield* VideoProvider
  const from = yield* Clock.currentTimeMillis
  const model = provider.capabilities(`${state.operation.provider}/${state.operation.model}`)
  const schedule = Policy.noSooner(poll, Option.map(model, Capabilities.pollInterval))
  yield* job.report(Progress.submitted)
  yield* Cancellation.passOn(claim, state.operation)
  return yield* Effect.retry(provider.poll(state.operation), Observed.retries(claim, retry)).pipe(
    Effect.flatMap((status) => look(job, claim, state, status)),
    Effect.retry({ schedule, while: (error) => error._tag === "StillRendering" }),
    Effect.catchTag("StillRendering", () => Waiting.timedOut(claim.generation, state.operation.id, from))
  )
})

type Look = Effect.Effect<
  Claim,
  Waiting.StillRendering | Errors.LeaseLost | Errors.StorageError,
  GenerationStore
>

const look = (job: Job, claim: Claim, state: State<"Rendering">, status: OperationStatus): Look => {
  switch (status._tag) {
    case "Pending":
    case "Running":
      return Waiting.goOn(job.report, claim.generation, state, status)
    case "Succeeded":
      return Record.rendered(claim, state, status.videos)
    case "Failed":
      return Record.failed(claim, status.error)
    case "Cancelled":
      return Record.cancelled(claim)
  }
}

// --- download: verified on disk before it counts -----------------------------------------------------------------

const download = Effect.fnUntraced(function* (job: Job, claim: Claim, state: State<"Downloading">) {
  const { retry } = yield* Policy.Policy
  yield* job.report(Progress.downloading(0, undefined))
  return yield* Effect.retry(fetchVideo(job, claim, state), Observed.retries(claim, retry)).pipe(
    Effect.flatMap((video) => Record.completed(claim, state.operation, video)),
    Effect.catchTags({
      NotAVideo: (error) => Record.failed(claim, error),
      OutputExpired: (error) => renewed(claim, state, error)
    })
  )
})

const fetchVideo = (job: Job, { generation }: Claim, { operation, videos }: State<"Downloading">) =>
  Effect.flatMap(Effect.all([VideoProvider, VideoStore]), ([provider, store]) =>
    store.save({
      generation,
      open: (from) => provider.download(operation, videos[0], from),
      onProgress: (bytes, total) => job.report(Progress.downloading(bytes, total))
    })
  )

/** An address that no longer answers may only be old: ask once for a new one. */
const renewed = (claim: Claim, state: State<"Downloading">, error: Errors.OutputExpired) =>
  Effect.flatMap(VideoProvider, (provider) => provider.poll(state.operation)).pipe(
    Effect.flatMap((status) =>
      status._tag === "Succeeded" && isElsewhere(status.videos[0], state.videos[0])
        ? Record.rendered(claim, state, status.videos)
        : Record.failed(claim, error)
    )
  )
