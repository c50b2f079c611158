/**
 * THE FLOW: from a record to a finished file.
 *
 * The record is the checkpoint. A step reads it to know what is next, does that, and writes the outcome before it says
 * where to go on; doing the steps again, in another process or after a crash, is resuming. There is no second mechanism.
 * Nothing here waits: a step that has to says when to come back.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Generation from "./Generation.ts"
import * as Errors from "./GenerationError.ts"
import { type Claim, GenerationStore } from "./GenerationStore.ts"
import * as Cancellation from "./internal/cancellation.ts"
import type { Course } from "./internal/course.ts"
import * as FallingBack from "./internal/fallingBack.ts"
import * as Fetching from "./internal/fetching.ts"
import * as LateFile from "./internal/lateFile.ts"
import * as LostJob from "./internal/lostJob.ts"
import * as Observed from "./internal/observed.ts"
import * as Quoting from "./internal/quoting.ts"
import * as Reconciling from "./internal/reconciling.ts"
import * as Record from "./internal/record.ts"
import * as Verdict from "./internal/verdict.ts"
import * as Waiting from "./internal/waiting.ts"
import * as Policy from "./Policy.ts"
import * as Progress from "./Progress.ts"
import { VideoProvider } from "./VideoProvider.ts"
import { VideoStore } from "./VideoStore.ts"

/** Where a record stands after a step, and when (milliseconds of `Monotonic`) the next is due: at once where nothing is said. */
export interface Next {
  readonly claim: Claim
  readonly due?: number
  /** The run ends here with this error; the record stays where it stands, and can be resumed. */
  readonly failure?: Errors.GenerationError
}

/** What the steps talk to. */
export type Ports = VideoProvider | GenerationStore | VideoStore

type State<Tag extends Generation.StateTag> = Generation.StateOf<Tag>
type Step = Effect.Effect<Next, Errors.GenerationError, Ports>

/** Does the next step of a held record. It fails where only the caller can say what to do; the record stays as it is. */
export const step = (course: Course, claim: Claim): Step => {
  const { state } = claim.generation
  switch (state._tag) {
    case "Queued":
      return course.stage("submitting", () => submit(course, claim, state))
    case "Submitting":
      return course.stage("recovering", () => recover(claim, state))
    case "SubmitUnknown":
      return course.stage("deciding", () => decide(course, claim, state))
    case "Rendering":
      return course.stage("rendering", (first) => look(course, claim, state, first))
    case "Unreachable":
      return course.stage("searching", () => LostJob.search(course, claim, state))
    case "Downloading":
      return course.stage("downloading", (first) => download(course, claim, state, first))
    default:
      return Effect.succeed({ claim })
  }
}

/** What a caller is given at the end of the record. */
export const outcome = ({ report }: Course, generation: Generation.Generation) => {
  const { state, id } = generation
  if (Generation.isCompleted(generation)) return Effect.as(report(Progress.complete), generation)
  return Effect.fail(state._tag === "Failed" ? state.error : new Errors.Cancelled({ generationId: id }))
}

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const onward = Effect.map((claim: Claim): Next => ({ claim }))

// --- submit: one intent on disk, one request on the wire ---------------------------------------------------------

const submit = Effect.fnUntraced(function* (course: Course, claim: Claim, { attempt }: State<"Queued">) {
  const failure = course.halted()
  if (failure !== undefined) return { claim, failure }
  const turn = yield* course.pace.turn(claim.generation)
  if (Option.isSome(turn)) return { claim, due: turn.value }
  yield* course.starting
  yield* Effect.flatMap(VideoStore, (videos) => videos.prepare(claim.generation))
  const intent = { _tag: "Submitting", attempt: attempt + 1, startedAt: yield* DateTime.now } as const
  return yield* intend(course, claim, intent)
})

const intend = (course: Course, claim: Claim, intent: Record.Intent): Step =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const { budget } = yield* Policy.Policy
      const records = yield* GenerationStore
      const intended = yield* records.intend(yield* Quoting.requoted(claim), intent, budget)
      // Whoever finds no room is still queued: nothing of it can be lost.
      if (Option.isNone(intended)) return yield* Waiting.forRoom(course, claim)
      return yield* course.launch.go(
        send(course, intended.value, intent, restore),
        onward(Record.calledOff(intended.value, intent))
      )
    })
  )

/** Runs where it cannot be interrupted, but for the wait: from the answer to the disk nothing gets in between. */
const send = (course: Course, claim: Claim, intent: Record.Intent, restore: Restore): Step => {
  const { id, provider, request, cancelRequestedAt } = claim.generation
  if (cancelRequestedAt !== undefined) return onward(Record.cancelled(claim))
  const { attempt, startedAt } = intent
  const submitted = Effect.flatMap(VideoProvider, (api) =>
    api.submit({ id, provider, request, attempt, startedAt })
  )
  return restore(submitted).pipe(
    Effect.onInterrupt(() =>
      Effect.ignoreLogged(Record.unknown(claim, intent, "stopped before the answer came"))
    ),
    Effect.matchEffect({
      onSuccess: (operation) => {
        course.accepted(claim.generation)
        return onward(Record.accepted(claim, intent, operation))
      },
      onFailure: (error) => refused(course, claim, intent, error)
    })
  )
}

const refused = (course: Course, claim: Claim, intent: Record.Intent, error: Errors.SubmitError): Step => {
  if (error._tag === "SubmitUnknown") return onward(Record.unknown(claim, intent, error.reason, error.answer))
  return Effect.gen(function* () {
    const { retryAfterLimit } = yield* Policy.Policy
    const pause = Policy.askedPause(error, retryAfterLimit)
    if (error._tag === "RateLimited") yield* course.pace.slowDown(claim.generation, pause)
    const due = yield* course.refusals(claim.generation).next(error)
    if (Option.isSome(due)) {
      yield* Observed.retry(claim.generation, error)
      yield* Waiting.paused(course, error, "starting")
      const refusal =
        error._tag === "RateLimited"
          ? new Errors.RateLimited({ provider: error.provider, retryAfter: pause })
          : error
      return { claim: yield* Record.requeued(claim, intent, refusal), due: due.value }
    }
    const turned = yield* FallingBack.turn(course, claim, intent, error)
    if (Either.isRight(turned)) return { claim: turned.right }
    // Each of the others would meet the same, so the whole stops, and this one waits with them.
    if (course.queued && Errors.isAboutAccount(error))
      return yield* Effect.zipRight(Record.requeued(claim, intent, error), Effect.fail(error))
    const charged = error._tag === "ContentBlocked" ? Record.charged(error) : {}
    return { claim: yield* Record.failed(claim, error, { ...charged, ...turned.left }) }
  })
}

// --- recover: a submit whose process is gone, or whose answer is lost --------------------------------------------

/** Found in the middle of a submit: it is not sent again, whatever became of it. */
const recover = Effect.fnUntraced(function* (claim: Claim, intent: Record.Intent) {
  const spooled = yield* Effect.flatMap(GenerationStore, (records) => records.spooled(claim.generation.id))
  return yield* onward(
    Option.match(spooled, {
      onNone: () => Record.unknown(claim, intent, "the process ended before the answer was written down"),
      onSome: (operation) => Record.accepted(claim, intent, operation)
    })
  )
})

/** What was noted since, or what the policy says of an unknown submit; by itself, nothing is sent again. */
const decide = Effect.fnUntraced(function* (course: Course, claim: Claim, state: State<"SubmitUnknown">) {
  const { roomInterval, submitAttempts, unknownSubmit } = yield* Policy.Policy
  const spooled = yield* Effect.flatMap(GenerationStore, (records) => records.spooled(claim.generation.id))
  if (Option.isSome(spooled)) return { claim: yield* Record.accepted(claim, state, spooled.value) }
  if (unknownSubmit === "resubmit" && state.attempt < submitAttempts)
    return yield* Waiting.until(yield* Record.resubmitted(claim, state), roomInterval)
  if (unknownSubmit !== "reconcile") return yield* state.error
  const looked = yield* Reconciling.look(claim.generation, state, course.stages.since())
  switch (looked._tag) {
    case "Proven":
      return { claim: yield* Record.accepted(claim, state, looked.operation) }
    case "Later":
      return { claim, due: looked.due }
    case "Unproven":
      return yield* state.error
  }
})

// --- render: ask until there is an answer ------------------------------------------------------------------------

const look = Effect.fnUntraced(function* (
  course: Course,
  claim: Claim,
  state: State<"Rendering">,
  first: boolean
) {
  const provider = yield* VideoProvider
  if (first) {
    yield* course.report(Progress.submitted)
    yield* Cancellation.passOn(claim, state.operation)
  }
  const answer = yield* Effect.either(
    Waiting.withinPatience(course, claim, state, provider.poll(state.operation))
  )
  if (Either.isLeft(answer)) {
    const error = answer.left
    if (error._tag === "GenerationTimeout") return yield* error
    if (error._tag === "OperationNotFound") return yield* LostJob.missing(course, claim, state, error)
    // A missed look says nothing about the job.
    return yield* Waiting.again(course, claim, error)
  }
  course.retries.renew()
  const status = answer.right
  if (Verdict.isEmpty(status)) return yield* LateFile.notNamed(course, claim, state, status)
  course.searches.renew()
  return Verdict.isUnderway(status)
    ? yield* Waiting.stillRendering(course, claim, state, status)
    : yield* onward(Verdict.settled(claim, state, status))
})

// --- download: verified on disk before it counts -----------------------------------------------------------------

const download = Effect.fnUntraced(function* (
  course: Course,
  claim: Claim,
  state: State<"Downloading">,
  first: boolean
) {
  const held = yield* Ref.make(claim)
  if (first) yield* course.report(Progress.downloading(0, undefined))
  const fetched = yield* Effect.either(Fetching.fetch(course, held, state))
  const now = yield* held
  if (Either.isRight(fetched)) return yield* onward(Record.completed(now, state.operation, fetched.right))
  const error = fetched.left
  switch (error._tag) {
    case "OutputRefused":
    case "OutputExpired":
      return yield* LateFile.notServed(course, now, error)
    case "NotAVideo":
      return yield* LateFile.notAVideo(course, now, state, error)
    default:
      return Errors.isTransient(error) ? yield* Waiting.again(course, now, error) : yield* error
  }
})
