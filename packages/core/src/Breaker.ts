/**
 * The circuit breaker of a provider: after five jobs in a row that were accepted and could not be followed or fetched, nothing
 * more is sent to it, but one job at a time, until a video arrives.
 *
 * @since 0.2.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Generation, GenerationId } from "./Generation.ts"
import * as Errors from "./GenerationError.ts"

/** The jobs of one provider that ended in trouble, in a row. */
export const Breaker = Schema.Struct({
  /** The name of the provider, with its account: `fal`, `fal@work`. */
  provider: Schema.NonEmptyString,
  /** How many jobs in a row ended in trouble. */
  failures: Schema.Positive.pipe(Schema.int()),
  /** The first of them, at most {@link mostFailures}: a job counts once, however often it is resumed. */
  jobs: Schema.Array(GenerationId),
  /** What the last one ended with. */
  trouble: Errors.DeliveryTrouble,
  /** How many jobs were tried since it opened, without a video. */
  tries: Schema.NonNegativeInt,
  /** When it opened, or opened again after a failed try; absent while it is closed. */
  openedAt: Schema.optional(Schema.DateTimeUtcFromNumber)
})
export type Breaker = typeof Breaker.Type

/** A job that was accepted and ended in trouble. */
export interface Failure {
  readonly provider: string
  readonly id: GenerationId
  readonly submittedAt: DateTime.Utc
  readonly trouble: Errors.DeliveryTrouble
}

/** So many jobs in a row open it. */
export const mostFailures = 5

/** The longest pause between two tries. */
export const longestPause = Duration.minutes(15)

/** What the end of a job means for the breaker of its provider: none where it says nothing of the provider. */
export const failureOf = (generation: Generation, error: Errors.GenerationError): Option.Option<Failure> => {
  const { cancelRequestedAt, id, provider, state } = generation
  if (cancelRequestedAt !== undefined || !isTrouble(error)) return Option.none()
  const submittedAt = submitOf(generation)
  if (submittedAt === undefined) return Option.none()
  // A provider that answers, and renders for longer than we wait, does its work.
  if (error._tag === "GenerationTimeout" && state._tag === "Rendering") return Option.none()
  return Option.some({ provider, id, submittedAt, trouble: error })
}

/** When a job was accepted that is still to be delivered, or that its provider calls finished without naming a video. */
const submitOf = ({ state }: Generation) => {
  switch (state._tag) {
    case "Rendering":
    case "Unreachable":
    case "Downloading":
      return state.submittedAt
    case "Failed":
      return state.error._tag === "EmptyResult" ? state.submittedAt : undefined
    default:
      return undefined
  }
}

/** The breaker after one more job in trouble. A try that fails opens it again, for twice as long. */
export const after = (earlier: Breaker | undefined, failure: Failure, now: DateTime.Utc): Breaker => {
  const { id, provider, submittedAt, trouble } = failure
  if (earlier === undefined) return { provider, failures: 1, jobs: [id], trouble, tries: 0 }
  if (earlier.jobs.includes(id)) return { ...earlier, trouble }
  if (earlier.openedAt !== undefined) {
    const isTry = DateTime.greaterThan(submittedAt, earlier.openedAt)
    return isTry
      ? { ...earlier, trouble, failures: earlier.failures + 1, tries: earlier.tries + 1, openedAt: now }
      : earlier
  }
  const failures = earlier.failures + 1
  const next = { ...earlier, trouble, failures, jobs: [...earlier.jobs, id] }
  return failures < mostFailures ? next : { ...next, openedAt: now }
}

/** When one job may be tried again: 1, 2, 4, 8, 15 minutes after it opened. None while it is closed. */
export const retryAt = ({ openedAt, tries }: Breaker): Option.Option<DateTime.Utc> =>
  Option.map(Option.fromNullable(openedAt), (opened) =>
    DateTime.addDuration(opened, Duration.min(Duration.minutes(2 ** Math.min(tries, 4)), longestPause))
  )

/** Whether nothing may be sent, not even one job. A clock that was set back does not make a pause longer. */
export const isPaused = (breaker: Breaker, now: DateTime.Utc): boolean =>
  Option.exists(
    retryAt(breaker),
    (due) =>
      DateTime.lessThan(now, due) && DateTime.lessThanOrEqualTo(due, DateTime.addDuration(now, longestPause))
  )

/** What a job that is not sent fails with. */
export const toError = (breaker: Breaker): Errors.ProviderPaused => {
  const { failures, provider, trouble } = breaker
  return new Errors.ProviderPaused({
    provider,
    failures,
    trouble,
    ...Option.match(retryAt(breaker), { onNone: () => ({}), onSome: (retryAt) => ({ retryAt }) })
  })
}

const isTrouble = (error: Errors.GenerationError): error is Errors.DeliveryTrouble =>
  troubles.has(error._tag) && !(error._tag === "OutputExpired" && error.stated === true)

const troubles: ReadonlySet<string> = new Set<Errors.DeliveryTrouble["_tag"]>([
  "DownloadFailed",
  "OutputRefused",
  "NotAVideo",
  "OutputExpired",
  "OperationNotFound",
  "UnexpectedAnswer",
  "ProviderUnavailable",
  "GenerationTimeout",
  "RateLimited",
  "EmptyResult"
])
