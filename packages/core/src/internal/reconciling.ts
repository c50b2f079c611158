/**
 * Looking for a submit whose answer was lost among what the provider has.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Generation, StateOf } from "../Generation.ts"
import { isTransient, type PollError } from "../GenerationError.ts"
import * as Monotonic from "../Monotonic.ts"
import type { Operation } from "../Operation.ts"
import { Policy } from "../Policy.ts"
import { type Reconciliation, VideoProvider } from "../VideoProvider.ts"
import { about, say } from "./observed.ts"

/** What a look came to: the operation, a later look (milliseconds of `Monotonic`), or nothing that proves anything. */
export type Look =
  | { readonly _tag: "Proven"; readonly operation: Operation }
  | { readonly _tag: "Later"; readonly due: number }
  | { readonly _tag: "Unproven" }

const unproven: Look = { _tag: "Unproven" }

/**
 * Looks once, or says when the first look is due. Only our own label or id is proof; jobs of the same model and time are for
 * a person to judge. `since` is when the run came to decide, in milliseconds of `Monotonic`. That the provider could not be
 * asked is logged, and leaves the record as it is.
 */
export const look = (
  generation: Generation,
  state: StateOf<"SubmitUnknown">,
  since: number
): Effect.Effect<Look, never, VideoProvider> =>
  Effect.gen(function* () {
    const { reconcileAfter } = yield* Policy
    const dues = reconcileAfter.map((after) => since + Duration.toMillis(after))
    const begun = yield* Monotonic.now
    if (dues.every((due) => due > begun)) return later(dues)
    const answer = yield* Effect.either(ask(generation, state))
    if (Either.isRight(answer) && answer.right._tag === "Found") {
      yield* say(generation, `the lost submit was found: ${answer.right.operation.id}`)
      return { _tag: "Proven", operation: answer.right.operation } as const
    }
    if (Either.isLeft(answer))
      yield* about(generation)(
        Effect.logWarning(`Could not look for the lost submit: ${answer.left.message}`)
      )
    if (!mayChange(answer) || !(yield* isRecent(state))) return unproven
    const now = yield* Monotonic.now
    const least = Either.isLeft(answer) ? now + pauseOf(answer.left) : now
    return later(dues.filter((due) => due > now && due >= least))
  })

/**
 * Does something with those of many unknown records whose submit is found; the others are not even claimed. The first that
 * cannot be asked about ends it: the rest would meet the same.
 */
export const whereFound = <R>(
  unknown: ReadonlyArray<Generation>,
  then: (generation: Generation) => Effect.Effect<unknown, never, R>
): Effect.Effect<void, never, R | VideoProvider> =>
  Effect.forEach(
    unknown,
    (generation) =>
      Effect.whenEffect(
        then(generation),
        Effect.tapError(isFound(generation), (error) => notAsked(generation, error))
      ),
    { concurrency: askedAtOnce, discard: true }
  ).pipe(Effect.ignore)

const isFound = (generation: Generation): Effect.Effect<boolean, PollError, VideoProvider> =>
  generation.state._tag === "SubmitUnknown"
    ? Effect.map(ask(generation, generation.state), ({ _tag }) => _tag === "Found")
    : Effect.succeed(false)

/** So many unknown submits are asked about at once. */
const askedAtOnce = 4

const notAsked = (generation: Generation, { message }: PollError) =>
  about(generation)(Effect.logWarning(`Could not look for the lost submit: ${message}`))

const ask = ({ id, provider, request }: Generation, { attempt, startedAt }: StateOf<"SubmitUnknown">) =>
  Effect.flatMap(VideoProvider, (api) =>
    api.reconcile({ id, provider, request, attempt, startedAt }, { proofOnly: true })
  )

/** The earliest of them. */
const later = (dues: ReadonlyArray<number>): Look =>
  dues.length === 0 ? unproven : { _tag: "Later", due: Math.min(...dues) }

/** Whether a later look may find what this one did not. */
const mayChange = (answer: Either.Either<Reconciliation, PollError>): boolean =>
  Either.match(answer, {
    onLeft: isTransient,
    onRight: (result) => result._tag === "Candidates"
  })

/** A job shows up in a list moments after it was accepted, not hours later. */
const isRecent = ({ startedAt }: StateOf<"SubmitUnknown">) =>
  Effect.gen(function* () {
    const { reconcileAfter, submitTimeout } = yield* Policy
    const age = (yield* Clock.currentTimeMillis) - startedAt.epochMillis
    return age <= Duration.toMillis(submitTimeout) + Math.max(...reconcileAfter.map(Duration.toMillis))
  })

/** How long the provider wants to be left alone, in milliseconds. */
const pauseOf = (error: PollError) => (error._tag === "RateLimited" ? Duration.toMillis(error.retryAfter) : 0)
