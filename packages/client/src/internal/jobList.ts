/**
 * Looking for a submit whose answer was lost in a provider's list of jobs.
 */
import type { Operation } from "@mutoscope/core/Operation"
import { Policy } from "@mutoscope/core/Policy"
import type { Intent, Reconciliation } from "@mutoscope/core/VideoProvider"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * A job in a provider's own list. `label` is what we gave it at its submit, where the provider keeps such a thing; `isOther`
 * says that it is of another model, or may be.
 */
export interface Listed {
  readonly id: string
  readonly createdAt: DateTime.Utc
  readonly label?: string
  readonly isOther?: boolean
}

/** So much may two clocks differ. */
const skew = Duration.minutes(1)

/** The time within which a submit that was on its way can have begun a job. */
export const window = ({ startedAt }: Pick<Intent, "startedAt">) =>
  Effect.map(Policy, ({ submitTimeout }) => ({
    minimum: DateTime.subtractDuration(startedAt, skew),
    maximum: DateTime.addDuration(startedAt, Duration.sum(submitTimeout, skew))
  }))

/** What we give a job as its label, in APIs that keep one: the same for each attempt of an intent. */
export const label = ({ attempt, id }: Pick<Intent, "id" | "attempt">): string => `${id}-${attempt}`

/**
 * The jobs of that time, or the one that carries our label. A list whose oldest entry is younger than the submit may have
 * been cut before the right one, and then says nothing.
 */
export const candidates = (
  listed: ReadonlyArray<Listed>,
  intent: Intent,
  operation: (id: string) => Operation
): Effect.Effect<Reconciliation> =>
  Effect.map(window(intent), (time): Reconciliation => {
    const ours = listed.find((job) => job.label === label(intent))
    if (ours !== undefined) return { _tag: "Found", operation: operation(ours.id) }
    const oldest = listed.at(-1)
    if (
      oldest !== undefined &&
      DateTime.greaterThan(oldest.createdAt, time.minimum) &&
      listed.length >= fullPage
    )
      return { _tag: "NotSupported" }
    const ofThen = listed.filter(
      ({ createdAt, isOther }) => isOther !== true && DateTime.between(createdAt, time)
    )
    return { _tag: "Candidates", operations: ofThen.map(({ id }) => operation(id)) }
  })

/** Providers' pages hold at least so many; a shorter list is whole. */
const fullPage = 20
