/**
 * Looking for a submit whose answer was lost in a provider's list of jobs: by our label, which is proof, or by the time.
 */
import type { PollError } from "@mutoscope/core/GenerationError"
import type { Operation } from "@mutoscope/core/Operation"
import { Policy } from "@mutoscope/core/Policy"
import { type Intent, label, type Reconciliation } from "@mutoscope/core/VideoProvider"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

export { label }

/** A job in a provider's own list. */
export interface Listed {
  readonly id: string
  readonly createdAt: DateTime.Utc
  /** What we called it at its submit, where the list shows such a thing. */
  readonly label?: string | undefined
  /** It is of another model, or may be: false. */
  readonly isOther?: boolean
}

/** One page of a list. `next` is how to get the next one; none where it is the last. */
export interface Page<Next> {
  readonly listed: ReadonlyArray<Listed>
  readonly next: Option.Option<Next>
}

/** What is known of a list that was read from its newest job back to the time of the submit. */
export interface Reading {
  readonly listed: ReadonlyArray<Listed>
  /** It was read to its end, or back to before the submit; otherwise the right job may be on a page that was not read. */
  readonly isWhole: boolean
}

/** So much may two clocks differ. */
const skew = Duration.minutes(1)

/** So many pages are read at most. */
export const mostPages = 20

/** Providers' pages hold at least so many; a shorter list is whole. */
const fullPage = 20

/** So many jobs are asked about at most, where only the job itself shows its label, and so many at once. */
const mostAsked = 20
const askedAtOnce = 4

/** The time within which a submit that was on its way can have begun a job. */
export interface Window {
  readonly minimum: DateTime.Utc
  readonly maximum: DateTime.Utc
}

export const window = ({ startedAt }: Pick<Intent, "startedAt">): Effect.Effect<Window> =>
  Effect.map(Policy, ({ submitTimeout }) => ({
    minimum: DateTime.subtractDuration(startedAt, skew),
    maximum: DateTime.addDuration(startedAt, Duration.sum(submitTimeout, skew))
  }))

/** Reads page after page until one is past the time of the submit. */
export const read = <Next>(
  first: Next,
  ask: (next: Next) => Effect.Effect<Page<Next>, PollError>,
  { minimum }: Window
): Effect.Effect<Reading, PollError> => {
  const from = (at: Next, before: ReadonlyArray<Listed>, left: number): Effect.Effect<Reading, PollError> =>
    Effect.flatMap(ask(at), ({ listed, next }) => {
      const seen = new Set(before.map(({ id }) => id))
      const fresh = listed.filter(({ id }) => !seen.has(id))
      const all = [...before, ...fresh]
      if (next._tag === "None" || isPast(listed, minimum))
        return Effect.succeed({ listed: all, isWhole: true })
      // A server that gives the same page again has no other, or none that can be had.
      return left <= 1 || fresh.length === 0
        ? Effect.succeed({ listed: all, isWhole: false })
        : from(next.value, all, left - 1)
    })
  return from(first, [], mostPages)
}

/** A page that goes back in time and ends before the submit; of one in another order nothing follows for the next. */
const isPast = (listed: ReadonlyArray<Listed>, minimum: DateTime.Utc): boolean => {
  const last = listed.at(-1)
  return (
    last !== undefined &&
    DateTime.lessThan(last.createdAt, minimum) &&
    listed.every(({ createdAt }, at) => {
      const newer = listed[at - 1]
      return newer === undefined || DateTime.greaterThanOrEqualTo(newer.createdAt, createdAt)
    })
  )
}

/** Of a list without pages: one that is long, and whose oldest job is younger than the submit, may have been cut. */
export const single = (listed: ReadonlyArray<Listed>, { minimum }: Window): Reading => ({
  listed,
  isWhole: listed.length < fullPage || listed.some(({ createdAt }) => DateTime.lessThan(createdAt, minimum))
})

/** How the jobs of a list are told apart. */
export interface Judging {
  readonly operation: (id: string) => Operation
  /** Whether the provider shows our labels, in the list or when it is asked about a job. */
  readonly keepsLabels: boolean
  /** Asks a job for its label, where the list does not show it. */
  readonly ask?: ((id: string) => Effect.Effect<string | undefined>) | undefined
}

/** The job that carries our label, or those of that time and model. */
export const judge = (
  { isWhole, listed }: Reading,
  intent: Intent,
  time: Window,
  { ask, keepsLabels, operation }: Judging
): Effect.Effect<Reconciliation> =>
  Effect.gen(function* () {
    const wanted = label(intent)
    const ofThen = listed.filter(({ createdAt }) => DateTime.between(createdAt, time))
    const shown = listed.find((job) => job.label === wanted)
    const ours = shown ?? (ask && (yield* asked(ofThen, wanted, ask)))
    if (ours !== undefined) return { _tag: "Found", operation: operation(ours.id) } as const
    if (!isWhole && !keepsLabels) return { _tag: "NotSupported" } as const
    // What carries another's label is another's.
    const operations = ofThen
      .filter((job) => job.isOther !== true && job.label === undefined)
      .map(({ id }) => operation(id))
    return { _tag: "Candidates", operations } as const
  })

const asked = (
  jobs: ReadonlyArray<Listed>,
  wanted: string,
  ask: (id: string) => Effect.Effect<string | undefined>
): Effect.Effect<Listed | undefined> =>
  Effect.map(
    Effect.forEach(
      jobs.filter((job) => job.label === undefined).slice(0, mostAsked),
      (job) => Effect.map(ask(job.id), (found) => ({ job, isOurs: found === wanted })),
      { concurrency: askedAtOnce }
    ),
    (all) => all.find(({ isOurs }) => isOurs)?.job
  )
