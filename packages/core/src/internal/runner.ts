/**
 * The jobs of this process. One that waits is a record and a due time, nothing else; what is due is given a fiber for one
 * step, and only so many of each kind at once.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as RuntimeFlags from "effect/RuntimeFlags"
import type * as Scope from "effect/Scope"
import * as Breaker from "../Breaker.ts"
import * as Generation from "../Generation.ts"
import type { GenerationError } from "../GenerationError.ts"
import * as Flow from "../GenerationFlow.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import { Policy } from "../Policy.ts"
import * as Agenda from "./agenda.ts"
import type { Course } from "./course.ts"
import * as Lane from "./lane.ts"
import * as Observed from "./observed.ts"

/** A record that this process holds, on its way to its end. */
export interface Job {
  /** Interrupted where the job was stopped before its end. */
  readonly ended: Deferred.Deferred<Generation.InState<"Completed">, GenerationError>
  readonly course: Course
  readonly runtime: Runtime.Runtime<Flow.Ports>
  claim: Claim
  fiber: Fiber.RuntimeFiber<void> | undefined
  stopped: boolean
  /** Its end is known and on its way to whoever waits: it can be stopped no more. */
  ending: boolean
}

export interface Runner {
  /** Takes a held record through its steps to its end. The context and the references of the caller hold for all of them. */
  readonly begin: (claim: Claim, course: Course) => Effect.Effect<Job, never, Flow.Ports>
  /** The job that a record is in the hands of, if it is one of ours. */
  readonly find: (id: Generation.GenerationId) => Option.Option<Job>
  /** Stops it and gives its record back. A submit on its way is waited for, for as long as the policy says. */
  readonly giveUp: (job: Job) => Effect.Effect<void>
}

/**
 * A runner without jobs. Closing the scope stops those that it has by then, and gives none back: whoever starts next may
 * adopt them.
 */
export const make: Effect.Effect<Runner, never, GenerationStore | Scope.Scope> = Effect.gen(function* () {
  const policy = yield* Policy
  const records = yield* GenerationStore
  const jobs = new Map<Generation.GenerationId, Job>()

  const agenda = yield* Agenda.make<Job>((job) => {
    if (!job.stopped) dispatch(job)
  })
  const lane = (width: number) =>
    Lane.make<Job>(width, {
      wanted: (job) => !job.stopped,
      begin: (job) => {
        // Not at once: whoever makes room for it is in the middle of something.
        job.fiber = Runtime.runFork(job.runtime)(takeStep(job), { immediate: false })
      }
    })
  const lanes = {
    submit: lane(policy.submitsAtOnce),
    look: lane(policy.looksAtOnce),
    download: lane(policy.downloadsAtOnce)
  }
  const laneOf = ({ claim }: Job) => lanes[kindOf(claim.generation)]
  const dispatch = (job: Job) => laneOf(job).enter(job)

  const takeStep = (job: Job): Effect.Effect<void, never, Flow.Ports> =>
    Effect.uninterruptibleMask((restore) => {
      const lane = laneOf(job)
      return Effect.flatMap(Effect.exit(restore(Flow.step(job.course, job.claim))), (exit) => {
        job.fiber = undefined
        lane.leave()
        const stays = Exit.isSuccess(exit) && isSameState(exit.value.claim, job.claim)
        return stays ? goOn(job, exit) : Effect.zipRight(job.course.stages.leave(exit), goOn(job, exit))
      })
    })

  const goOn = (job: Job, exit: Exit.Exit<Flow.Next, GenerationError>): Effect.Effect<void> => {
    if (Exit.isFailure(exit)) return job.stopped ? Effect.void : end(job, Exit.failCause(exit.cause))
    const { claim, due, failure } = exit.value
    job.claim = claim
    if (failure !== undefined) return end(job, Exit.fail(failure))
    if (Generation.isFinal(claim.generation)) {
      return Effect.flatMap(Effect.exit(Flow.outcome(job.course, claim.generation)), (exit) => end(job, exit))
    }
    return Effect.sync(() => {
      if (job.stopped) return
      if (due === undefined) dispatch(job)
      else agenda.add(due, job)
    })
  }

  const end = (job: Job, exit: Exit.Exit<Generation.InState<"Completed">, GenerationError>) =>
    Effect.gen(function* () {
      job.ending = true
      const { generation } = job.claim
      if (Exit.isFailure(exit)) yield* Observed.failed(generation, exit.cause)
      if (Exit.isFailure(exit)) yield* countFailure(generation, exit.cause)
      if (!Generation.isFinal(generation)) yield* giveBack(job)
      jobs.delete(generation.id)
      yield* Observed.ended
      yield* Deferred.done(job.ended, exit)
    })

  // Before it is given back: from then on another job may be tried.
  const countFailure = (generation: Generation.Generation, cause: Cause.Cause<GenerationError>) =>
    Cause.failureOption(cause).pipe(
      Option.flatMap((error) => Breaker.failureOf(generation, error)),
      Option.match({
        onNone: () => Effect.void,
        onSome: (failure) => Effect.ignoreLogged(records.queue.fail(failure))
      })
    )

  const giveBack = ({ claim }: Job) => Effect.ignoreLogged(records.release(claim))

  const stop = (job: Job, then: Effect.Effect<void>) =>
    Effect.suspend(() => {
      if (jobs.get(job.claim.generation.id) !== job) return Effect.void
      if (job.ending) return hasEnded(job)
      if (job.stopped) return Effect.void
      job.stopped = true
      return Effect.gen(function* () {
        yield* stopFiber(job, policy.submitGrace)
        if (job.ending) return yield* hasEnded(job)
        yield* job.course.stages.leave(Exit.void)
        yield* then
        jobs.delete(job.claim.generation.id)
        yield* Observed.ended
        yield* Deferred.interrupt(job.ended)
      })
    }).pipe(Effect.uninterruptible)

  yield* Effect.addFinalizer(() =>
    Effect.forEach(Array.from(jobs.values()), (job) => stop(job, Effect.void), {
      concurrency: "unbounded",
      discard: true
    })
  )
  return {
    begin: (claim, course) =>
      Effect.flatMap(callersRuntime, (runtime) => {
        const job: Job = {
          ended: Deferred.unsafeMake(FiberId.none),
          course,
          runtime,
          claim,
          fiber: undefined,
          stopped: false,
          ending: false
        }
        jobs.set(claim.generation.id, job)
        dispatch(job)
        return Effect.as(Observed.begun, job)
      }),
    find: (id) => Option.fromNullable(jobs.get(id)),
    giveUp: (job) => stop(job, giveBack(job))
  }
})

/** Waits until it has told its end, and has given back what it held. */
const hasEnded = ({ ended }: Job) => Effect.asVoid(Effect.exit(Deferred.await(ended)))

const isSameState = (one: Claim, other: Claim) => one.generation.state._tag === other.generation.state._tag

/** Which kind of step is next. */
const kindOf = ({ state }: Generation.Generation) =>
  state._tag === "Rendering" || state._tag === "Unreachable"
    ? "look"
    : state._tag === "Downloading"
      ? "download"
      : "submit"

/** The runtime of whoever calls, even from a region that cannot be interrupted: the steps can. */
const callersRuntime = Effect.map(Effect.runtime<Flow.Ports>(), (runtime) =>
  Runtime.enableRuntimeFlag(runtime, RuntimeFlags.Interruption)
)

/** What has been sent cannot be unsent: it is worth waiting for. */
const stopFiber = ({ course, fiber }: Job, grace: Duration.Duration): Effect.Effect<void> => {
  const inTime = course.launch.callOff()
  if (fiber === undefined) return Effect.void
  if (inTime) return Fiber.interrupt(fiber)
  return Effect.timeoutTo(Effect.interruptible(Fiber.await(fiber)), {
    duration: grace,
    onSuccess: () => Effect.void,
    onTimeout: () => Fiber.interrupt(fiber)
  }).pipe(Effect.flatten)
}
