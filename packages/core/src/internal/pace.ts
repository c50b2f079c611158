/**
 * How fast to submit to each model, learned from its refusals: as fast as jobs come until a provider asks to slow down,
 * then one at a time, further apart with each refusal and closer again with each success.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Generation } from "../Generation.ts"
import * as Monotonic from "../Monotonic.ts"

/** The pace of this process. */
export interface Pace {
  /** Takes the turn for a generation's model; where it is not yet, the moment (milliseconds of `Monotonic`) to ask again. */
  readonly turn: (generation: Generation) => Effect.Effect<Option.Option<number>>
  /** The provider took one more. */
  readonly accepted: (generation: Generation) => void
  /** The provider asked for a pause. */
  readonly slowDown: (generation: Generation, pause: Duration.Duration) => Effect.Effect<void>
}

/** A bucket of one token: `next` is when there is another, `spacing` (milliseconds) how long one takes to come. */
interface Bucket {
  next: number
  spacing: number
}

const firstSpacing = 1_000
const longestSpacing = 60_000
/** Below this there is nothing left to learn: the network takes longer. */
const shortestSpacing = 50
const easing = 0.8

/** A pace that has learned nothing yet. */
export const make = (): Pace => {
  const buckets = new Map<string, Bucket>()
  const nameOf = ({ model, provider }: Generation) => `${provider}/${model}`
  return {
    turn: (generation) =>
      Effect.map(Monotonic.now, (now) => {
        const bucket = buckets.get(nameOf(generation))
        if (bucket === undefined) return Option.none()
        if (bucket.next > now) return Option.some(bucket.next)
        bucket.next = now + bucket.spacing
        return Option.none()
      }),
    accepted: (generation) => {
      const bucket = buckets.get(nameOf(generation))
      if (bucket === undefined) return
      // Whole milliseconds, as the clock counts: a due time between two of them is never quite reached.
      bucket.spacing = Math.round(bucket.spacing * easing)
      if (bucket.spacing < shortestSpacing) buckets.delete(nameOf(generation))
    },
    slowDown: (generation, pause) =>
      Effect.map(Monotonic.now, (now) => {
        const bucket = buckets.get(nameOf(generation)) ?? { next: now, spacing: firstSpacing / 2 }
        bucket.spacing = Math.min(longestSpacing, bucket.spacing * 2)
        bucket.next = Math.max(bucket.next, now + Math.max(bucket.spacing, Duration.toMillis(pause)))
        buckets.set(nameOf(generation), bucket)
      })
  }
}
