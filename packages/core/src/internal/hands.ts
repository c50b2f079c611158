/**
 * The records that this process holds, and the work on them: begun for a caller who waits, or for nobody in particular.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Capabilities from "../Capabilities.ts"
import * as Generation from "../Generation.ts"
import * as Errors from "../GenerationError.ts"
import type { Ports } from "../GenerationFlow.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import { VideoProvider } from "../VideoProvider.ts"
import { VideoStore } from "../VideoStore.ts"
import * as Course from "./course.ts"
import * as Owner from "./owner.ts"
import * as Pace from "./pace.ts"
import type { Listener } from "./reporting.ts"
import * as Room from "./room.ts"
import * as Runner from "./runner.ts"

type Completed = Generation.InState<"Completed">

/** Who is told of the work, and of its being accepted by the provider, and whether it is one of many. */
export interface Manner {
  readonly listener?: Listener | undefined
  readonly queued?: boolean
  readonly onAccepted?: () => void
}

export interface Hands {
  readonly owner: string
  /** Gives an effect our ports, and our policy where its caller has none. */
  readonly within: <A, E>(effect: Effect.Effect<A, E, Ports>) => Effect.Effect<A, E>
  /** Takes a record to its end while the caller waits. Interrupted, it stops and gives the record back. */
  readonly through: <E>(
    claim: Effect.Effect<Claim, E>,
    manner: Manner
  ) => Effect.Effect<Completed, E | Errors.GenerationError>
  /** Takes a held record to its end for as long as the scope is open. */
  readonly aside: (claim: Claim, manner: Manner) => Effect.Effect<void>
  /** Sees to it that a record is taken to its end: by whoever has it in hand, else by us for as long as the scope is open. */
  readonly ensure: (
    id: Generation.GenerationId,
    manner: Manner
  ) => Effect.Effect<void, Errors.GenerationNotFound | Errors.StorageError>
  /** Sees to what is in flight at a provider and nobody looks after, so that it takes up no room. */
  readonly makeRoom: (provider: string) => Effect.Effect<void>
  /** Takes a record to its end from wherever it stands, together with whoever in this process does so already. */
  readonly resume: (
    id: Generation.GenerationId,
    manner: Manner
  ) => Effect.Effect<Completed, Errors.GenerationError>
}

/** Hands that hold nothing yet. */
export const make: Effect.Effect<Hands, Errors.StorageError, Ports | Scope.Scope> = Effect.gen(function* () {
  const ports = yield* Effect.context<Ports>()
  const provider = yield* VideoProvider
  const records = yield* GenerationStore
  const owner = yield* Owner.make
  const scope = yield* Effect.scope
  const runner = yield* Runner.make
  const pace = Pace.make()
  const contextOf = callersContext(ports)
  const within = <A, E>(effect: Effect.Effect<A, E, Ports>) => Effect.mapInputContext(effect, contextOf)

  const begin = (claim: Claim, { listener, onAccepted = () => {}, queued = false }: Manner) => {
    const leastInterval = Option.map(provider.capabilities(claim.generation.model), Capabilities.pollInterval)
    return within(
      Effect.flatMap(
        Course.make({ claim, listener, queued, onAccepted, pace, makeRoom, leastInterval }),
        (course) => runner.begin(claim, course)
      )
    )
  }

  const aside: Hands["aside"] = (claim, manner) => Effect.asVoid(begin(claim, manner))
  const room = Room.maker(owner, (claim) => aside(claim, {}))
  const makeRoom: Hands["makeRoom"] = (provider) => within(room(provider))

  const through: Hands["through"] = (claim, manner) =>
    Effect.acquireUseRelease(
      Effect.flatMap(claim, (claim) => begin(claim, manner)),
      ({ ended }) => Deferred.await(ended),
      (job, exit) => (Exit.isSuccess(exit) ? Effect.void : runner.giveUp(job))
    )

  const resume: Hands["resume"] = (id, manner) =>
    Effect.suspend(() =>
      Option.match(runner.find(id), { onNone: () => takeUp(id, manner), onSome: (job) => join(job, manner) })
    )

  const ensure: Hands["ensure"] = (id, manner) =>
    Effect.suspend(() =>
      Option.match(runner.find(id), {
        onNone: () => takeAside(id, manner),
        onSome: (job) => inherit(job, manner)
      })
    )

  const takeAside = (id: Generation.GenerationId, manner: Manner) =>
    Effect.flatMap(records.get(id), (generation) =>
      Generation.isFinal(generation)
        ? Effect.void
        : Effect.flatMap(records.claim(id, owner), (claim) => aside(claim, manner)).pipe(
            Effect.uninterruptible,
            Effect.catchTag("LeaseLost", () => Effect.void)
          )
    )

  const takeUp = (id: Generation.GenerationId, manner: Manner) =>
    Effect.flatMap(records.get(id), (generation) =>
      Generation.isFinal(generation) ? ending(generation) : through(records.claim(id, owner), manner)
    )

  // Whoever began it may stop it; whoever joined goes on alone.
  const join = (job: Runner.Job, manner: Manner) =>
    Effect.zipRight(listen(job, manner), Deferred.await(job.ended)).pipe(
      Effect.scoped,
      Effect.catchAllCause((cause) =>
        job.stopped ? takeUp(job.claim.generation.id, manner) : Effect.failCause(cause)
      )
    )

  /** Goes on aside with what whoever began it may stop. */
  const inherit = (job: Runner.Job, manner: Manner) =>
    Effect.zipRight(listen(job, manner), Deferred.await(job.ended)).pipe(
      Effect.scoped,
      Effect.catchAllCause(() =>
        job.stopped ? Effect.ignoreLogged(takeAside(job.claim.generation.id, manner)) : Effect.void
      ),
      Effect.forkIn(scope),
      Effect.asVoid
    )

  const listen = ({ course }: Runner.Job, { listener }: Manner) =>
    listener === undefined ? Effect.void : course.listen(listener)

  return {
    owner,
    within,
    through,
    aside,
    ensure,
    makeRoom,
    resume
  }
})

/** What the caller of a record that has reached its end is given. */
const ending = (generation: Generation.InState<"Completed" | "Failed" | "Cancelled">) => {
  if (Generation.isCompleted(generation)) return Effect.succeed(generation)
  const { state, id } = generation
  return Effect.fail(state._tag === "Failed" ? state.error : new Errors.Cancelled({ generationId: id }))
}

/**
 * The context of a caller, with our ports in it, and our policy where it has none of its own. Made once for each context:
 * thousands may call from the same one.
 */
const callersContext = (ports: Context.Context<Ports>) => {
  const made = new WeakMap<Context.Context<never>, Context.Context<Ports>>()
  const picked = Context.pick(VideoProvider, GenerationStore, VideoStore)(ports)
  return (caller: Context.Context<never>): Context.Context<Ports> => {
    const known = made.get(caller)
    if (known !== undefined) return known
    const merged = Context.merge(Context.merge(ports, caller), picked)
    made.set(caller, merged)
    return merged
  }
}
