/**
 * How patient we are: when to look, when to try again, when to stop waiting. Every figure has a default and every
 * caller may replace it.
 *
 * @since 0.1.0
 */
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Decision from "effect/ScheduleDecision"
import * as Interval from "effect/ScheduleInterval"
import type { Generation } from "./Generation.ts"
import { type GenerationError, isTransient } from "./GenerationError.ts"
import * as Queue from "./GenerationQueue.ts"

/** The figures behind a policy. */
export interface Settings {
  /** Between two looks at a running job: 2 s. A provider may ask for longer. */
  readonly pollInterval: Duration.DurationInput
  /** The most looks in one call: 150. */
  readonly pollAttempts: number
  /**
   * The longest wait in one call: 300 s. The job goes on, and can be resumed. A look whose answer does not come to its end by
   * then is given up, but not within its first 10 s.
   */
  readonly pollTimeout: Duration.DurationInput
  /** How often what failed on the way is tried again: 3 times. */
  readonly retries: number
  /** Before the first retry; the second waits twice, the third three times as long: 2 s. */
  readonly retryDelay: Duration.DurationInput
  /**
   * The longest pause that is made because a provider asks for one (`Retry-After`): 1 hour. Where a longer one than
   * `pollTimeout` is asked for, a call that waits for one job ends with `RateLimited`; a job of the queue waits.
   */
  readonly retryAfterLimit: Duration.DurationInput
  /** The longest silence in a download: 60 s. */
  readonly downloadTimeout: Duration.DurationInput
  /** The longest time for one download as a whole, its pauses included: no limit. */
  readonly downloadDeadline: Duration.DurationInput
  /**
   * How long one call asks for a finished video that its provider does not serve (403, 404, 410): 10 minutes. The first
   * pause is 1 s, each is twice as long as the one before, and none is longer than 60 s.
   */
  readonly outputTimeout: Duration.DurationInput
  /**
   * How long a provider may answer that it does not know a job before the record is unreachable: 3 minutes, counted from
   * the submit and within one call.
   */
  readonly unreachableAfter: Duration.DurationInput
  /** The longest wait for the answer to a submit, after which its outcome is unknown: 60 s. */
  readonly submitTimeout: Duration.DurationInput
  /** How long a submit in flight is waited for when its caller is interrupted: 10 s. */
  readonly submitGrace: Duration.DurationInput
  /** How many submits are in flight at once, in one process: 16. If it dies, no more than these are unknown. */
  readonly submitsAtOnce: number
  /** How many jobs are asked about at once, in one process: 32. */
  readonly looksAtOnce: number
  /** How many videos are fetched at once, in one process: 16. */
  readonly downloadsAtOnce: number
  /** Between two looks for room, where the limit of jobs in flight is reached: 1 s. */
  readonly roomInterval: Duration.DurationInput
  /**
   * What to do with a submit whose outcome is unknown: `reconcile` looks for it at the provider, adopts the job that
   * carries our own label or id, and parks the record where none does; `park` leaves it to a person without looking;
   * `resubmit` sends it again, which may be charged again each time, until it was sent once and `retries` times more.
   * Default: `reconcile`.
   */
  readonly unknownSubmit: "park" | "reconcile" | "resubmit"
  /**
   * When `reconcile` looks, counted from the moment at which a run comes to decide: after 0, 2, 6 and 14 s. Only the first
   * look is made where the submit is long past, and none at a provider that shows no labels.
   */
  readonly reconcileAfter: Arr.NonEmptyReadonlyArray<Duration.DurationInput>
  /** What one run and one day may cost: no limit. */
  readonly budget: Queue.Budget
  /** How long a process that stopped answering keeps its generations to itself: 12 s. */
  readonly lease: Duration.DurationInput
}

/** The defaults of {@link Settings}. */
export const defaults: Settings = {
  pollInterval: "2 seconds",
  pollAttempts: 150,
  pollTimeout: "300 seconds",
  retries: 3,
  retryDelay: "2 seconds",
  retryAfterLimit: "1 hour",
  downloadTimeout: "60 seconds",
  downloadDeadline: Duration.infinity,
  outputTimeout: "10 minutes",
  unreachableAfter: "3 minutes",
  submitTimeout: "60 seconds",
  submitGrace: "10 seconds",
  submitsAtOnce: 16,
  looksAtOnce: 32,
  downloadsAtOnce: 16,
  roomInterval: "1 second",
  unknownSubmit: "reconcile",
  reconcileAfter: ["0 seconds", "2 seconds", "6 seconds", "14 seconds"],
  budget: Queue.unlimited,
  lease: "12 seconds"
}

/**
 * A look every `pollInterval`, at most `pollAttempts` of them, for at most `pollTimeout`. In one piece, since it is asked
 * at each look of thousands.
 */
export const poll = ({ pollAttempts, pollInterval, pollTimeout }: Settings): Schedule.Schedule<unknown> => {
  const interval = Duration.toMillis(pollInterval)
  const timeout = Duration.toMillis(pollTimeout)
  const start: Looks = { made: 0, since: undefined }
  return Schedule.makeWithState(start, (now, _, { made, since = now }) =>
    Effect.succeed([
      { made: made + 1, since },
      made,
      made + 1 < pollAttempts && now - since <= timeout
        ? Decision.continueWith(Interval.after(now + interval))
        : Decision.done
    ] as const)
  )
}

/** Looks made so far, and when the first was. */
interface Looks {
  readonly made: number
  readonly since: number | undefined
}

/** After 1, 2, 4 ... seconds, at most a minute apart, until `outputTimeout` has passed. */
export const awaitOutput = ({ outputTimeout }: Settings): Schedule.Schedule<unknown> =>
  Schedule.exponential("1 second").pipe(
    Schedule.union(Schedule.spaced("1 minute")),
    Schedule.upTo(outputTimeout)
  )

/** After 1, 1.5, 2.25 ... seconds, at most 15 apart, until `unreachableAfter` or `pollTimeout` has passed. */
export const lookForJob = ({ pollTimeout, unreachableAfter }: Settings): Schedule.Schedule<unknown> =>
  Schedule.exponential("1 second", 1.5).pipe(
    Schedule.union(Schedule.spaced("15 seconds")),
    Schedule.upTo(Duration.min(pollTimeout, unreachableAfter))
  )

/**
 * 2, 4, 6 seconds, for what can heal, and never sooner than the provider asked for. It ends where the provider asks for a
 * longer pause than a call may wait.
 */
export const retry = (settings: Settings): Schedule.Schedule<unknown, GenerationError> =>
  Schedule.identity<GenerationError>().pipe(
    Schedule.whileInput(
      (error) =>
        isTransient(error) &&
        Duration.lessThanOrEqualTo(askedPause(error, settings.retryAfterLimit), settings.pollTimeout)
    ),
    Schedule.intersect(Schedule.recurs(settings.retries)),
    Schedule.intersect(Schedule.linear(settings.retryDelay)),
    Schedule.modifyDelay(([[error]], delay) =>
      Duration.max(delay, askedPause(error, settings.retryAfterLimit))
    )
  )

/** The pause that an error's provider asks for, but no longer than `limit`; none where it asks for none. */
export const askedPause = (error: GenerationError, limit: Duration.DurationInput): Duration.Duration =>
  error._tag === "RateLimited" ? Duration.min(error.retryAfter, limit) : Duration.zero

/**
 * For a job of the queue that was clearly refused: twice as long each time up to a minute, without an end, and never
 * sooner than the provider asked for.
 */
export const queueRetry = (settings: Settings): Schedule.Schedule<unknown, GenerationError> =>
  Schedule.identity<GenerationError>().pipe(
    Schedule.whileInput((error) => isTransient(error)),
    Schedule.intersect(
      Schedule.exponential(settings.retryDelay).pipe(Schedule.union(Schedule.spaced("1 minute")))
    ),
    Schedule.jittered,
    Schedule.modifyDelay(([error], delay) => Duration.max(delay, askedPause(error, settings.retryAfterLimit)))
  )

/** The same schedule, but never sooner than the provider wants to be asked again. */
export const noSooner = <In>(
  schedule: Schedule.Schedule<unknown, In>,
  least: Option.Option<Duration.Duration>
): Schedule.Schedule<unknown, In> =>
  Option.match(Option.filter(least, Duration.greaterThan(Duration.zero)), {
    onNone: () => schedule,
    onSome: (wait) => Schedule.modifyDelay(schedule, (_, delay) => Duration.max(delay, wait))
  })

/** How patiently a running job is waited for. */
export type Patience = Pick<Settings, "pollInterval" | "pollAttempts" | "pollTimeout">

/**
 * A policy made of the defaults and what the caller wants otherwise, with another patience for some of the generations,
 * where they are many and not alike.
 */
export const make = (
  overrides: Partial<Settings> = {},
  patience?: (generation: Generation) => Partial<Patience>
) => {
  const settings: Settings = { ...defaults, ...overrides }
  return {
    poll: poll(settings),
    pollOf: patience && ((generation: Generation) => poll({ ...settings, ...patience(generation) })),
    pollTimeoutOf: (generation: Generation) =>
      Duration.decode(patience?.(generation).pollTimeout ?? settings.pollTimeout),
    retry: retry(settings),
    queueRetry: queueRetry(settings),
    awaitOutput: awaitOutput(settings),
    lookForJob: lookForJob(settings),
    retryAfterLimit: Duration.decode(settings.retryAfterLimit),
    unreachableAfter: Duration.decode(settings.unreachableAfter),
    pollTimeout: Duration.decode(settings.pollTimeout),
    downloadTimeout: Duration.decode(settings.downloadTimeout),
    downloadDeadline: Duration.decode(settings.downloadDeadline),
    submitTimeout: Duration.decode(settings.submitTimeout),
    submitGrace: Duration.decode(settings.submitGrace),
    submitsAtOnce: settings.submitsAtOnce,
    looksAtOnce: settings.looksAtOnce,
    downloadsAtOnce: settings.downloadsAtOnce,
    roomInterval: Duration.decode(settings.roomInterval),
    unknownSubmit: settings.unknownSubmit,
    reconcileAfter: Arr.map(settings.reconcileAfter, Duration.decode),
    submitAttempts: 1 + settings.retries,
    budget: settings.budget,
    lease: Duration.decode(settings.lease)
  }
}

/**
 * The policy in force. Replace it with `Effect.provideService(Policy, Policy.make({ pollInterval: "5 seconds" }))`.
 */
export class Policy extends Context.Reference<Policy>()("@mutoscope/core/Policy", {
  defaultValue: (): ReturnType<typeof make> => make()
}) {}
