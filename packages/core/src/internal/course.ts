/**
 * What one run of a generation carries from step to step: whom it tells, and how patient it still is.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Generation } from "../Generation.ts"
import type { GenerationError } from "../GenerationError.ts"
import type { Next } from "../GenerationFlow.ts"
import type { Claim } from "../GenerationStore.ts"
import { noSooner, Policy } from "../Policy.ts"
import * as Progress from "../Progress.ts"
import * as Launch from "./launch.ts"
import * as Observed from "./observed.ts"
import type { Pace } from "./pace.ts"
import * as Patience from "./patience.ts"
import { type Listener, type Reporter, reporter } from "./reporting.ts"

export interface Course {
  readonly report: Reporter["report"]
  /** Listens to its reports, beginning with the newest, for as long as the scope is open. */
  readonly listen: Reporter["listen"]
  /** Reports, the first time, that it is starting; it may look for room very often. */
  readonly starting: Effect.Effect<void>
  /** Whether it is one of many: then what is wrong with the account ends the whole, and not each of them. */
  readonly queued: boolean
  readonly pace: Pace
  /** What has stopped the run that it is one of, if anything has. */
  readonly halted: () => GenerationError | undefined
  /** The provider has accepted the request. */
  readonly accepted: (generation: Generation) => void
  readonly launch: Launch.Launch
  /** Sees to what is in flight at a provider and nobody looks after. */
  readonly makeRoom: (provider: string) => Effect.Effect<void>
  /** Between two looks at a running job. */
  readonly looks: Patience.Patience<unknown>
  /** After what failed on the way. It is renewed by each success. */
  readonly retries: Patience.Patience<GenerationError>
  /** While a finished video is not served. */
  readonly outputs: Patience.Patience<unknown>
  /** While the provider answers that it does not know the job, or names no video of a finished one. Renewed by each other answer. */
  readonly searches: Patience.Patience<unknown>
  /** After a submit that was clearly refused. One of many is tried without an end, unless there is another model for it. */
  readonly refusals: (generation: Generation) => Patience.Patience<GenerationError>
  /** Another model's turn: it is refused anew, and asked as rarely as its provider wants. */
  readonly turnTo: (leastInterval: Option.Option<Duration.Duration>) => void
  readonly stages: Observed.Stages
  /** Runs a step of a stage, told whether it is the first of it. */
  readonly stage: <E, R>(
    name: string,
    step: (first: boolean) => Effect.Effect<Next, E, R>
  ) => Effect.Effect<Next, E, R>
}

/** A run of a held record that has not begun. `leastInterval` is how often its provider wants to be asked at most. */
export const make = (options: {
  readonly claim: Claim
  readonly listener: Listener | undefined
  readonly queued: boolean
  readonly halted: Course["halted"]
  readonly onAccepted: () => void
  readonly pace: Pace
  readonly makeRoom: Course["makeRoom"]
  readonly leastInterval: Option.Option<Duration.Duration>
}): Effect.Effect<Course> =>
  Effect.map(Policy, ({ awaitOutput, lookForJob, poll: pollAny, pollOf, queueRetry, retry }) => {
    const { claim, halted, leastInterval, listener, makeRoom, onAccepted, pace, queued } = options
    const poll = pollOf === undefined ? pollAny : pollOf(claim.generation)
    const stages = Observed.stages(claim.generation)
    const looksWith = (least: typeof leastInterval) => Patience.make(noSooner(poll, least))
    let looks = looksWith(leastInterval)
    const [few, endless] = [Patience.make(retry), Patience.make(queueRetry)]
    const { listen, report } = reporter(claim.generation.id, listener)
    let started = false
    return {
      report,
      listen,
      starting: Effect.suspend(() => {
        if (started) return Effect.void
        started = true
        return report(Progress.starting)
      }),
      queued,
      pace,
      halted,
      accepted: (generation) => {
        pace.accepted(generation)
        onAccepted()
      },
      launch: Launch.make(),
      makeRoom,
      get looks() {
        return looks
      },
      retries: Patience.make(retry),
      outputs: Patience.make(awaitOutput),
      searches: Patience.make(lookForJob),
      refusals: ({ fallback }) => (queued && fallback === undefined ? endless : few),
      turnTo: (least) => {
        looks = looksWith(least)
        few.renew()
      },
      stages,
      stage: (name, step) => Effect.zipRight(stages.enter(name), step(stages.isNew(name)))
    }
  })
