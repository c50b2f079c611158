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
import * as Reopening from "./reopening.ts"
import type { Listener } from "./reporting.ts"
import * as Room from "./room.ts"
import * as Runner from "./runner.ts"

type Completed = Generation.InState<"Completed">

/** Who is told of the work, and of its being accepted by the provider, and whether it is one of many. */
export interface Manner {
  readonly listener?: Listener | undefined
  readonly queued?: boolean
  readonly onAccepted?: () => void
  /** What has stopped the run that it is one of: from then on nothing more is sent. */
  readonly halted?: () => Errors.GenerationError | undefined
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
  /**
   * Takes a record to its end from wherever it stands, together with any work on it that this process has begun. With an
   * `output` its video goes there; the work of this process on it then starts over.
   */
  readonly resume: (
    id: Generation.GenerationId,
    manner: Manner & { readonly output?: string | undefined }
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

  const begin = (
    claim: Claim,
    { halted = () => undefined, listener, onAccepted = () => {}, queued = false }: Manner
  ) => {
    const leastInterval = Option.map(provider.capabilities(claim.generation.model), Capabilities.pollInterval)
    return within(
      Effect.flatMap(
        Course.make({ claim, halted, listener, queued, onAccepted, pace, makeRoom, leastInterval }),
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

  const resume: Hands["resume"] = (id, { output, ...manner }) =>
    Effect.suspend(() =>
      Option.match(runner.find(id), {
        onNone: () => takeUp(id, manner, output),
        onSome: (job) =>
          output === undefined
            ? join(job, manner)
            : Effect.zipRight(runner.giveUp(job), takeUp(id, manner, output))
      })
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
      Generation.isRecoverable(generation)
        ? Effect.asVoid(Effect.forkIn(reopenAside(id, manner), scope))
        : Generation.isFinal(generation)
          ? Effect.void
          : Effect.flatMap(records.claim(id, owner), (claim) => aside(claim, manner)).pipe(
              Effect.uninterruptible,
              Effect.catchTag("LeaseLost", () => Effect.void)
            )
    )

  const reopenAside = (id: Generation.GenerationId, manner: Manner): Effect.Effect<void> =>
    within(Reopening.reopen(id, owner)).pipe(
      Effect.flatMap((generation) => (Generation.isFinal(generation) ? Effect.void : takeAside(id, manner))),
      Effect.ignoreLogged
    )

  const takeUp = (id: Generation.GenerationId, manner: Manner, output?: string) =>
    records.get(id).pipe(
      Effect.flatMap((generation) =>
        Generation.isRecoverable(generation)
          ? within(Reopening.reopen(id, owner))
          : Effect.succeed(generation)
      ),
      Effect.flatMap((generation) =>
        Generation.isFinal(generation) ? ending(generation) : through(claimed(id, output), manner)
      )
    )

  const claimed = (id: Generation.GenerationId, output: string | undefined) =>
    Effect.flatMap(records.claim(id, owner), (claim) =>
      output === undefined
        ? Effect.succeed(claim)
        : records.relocate(claim, output).pipe(
            Effect.tapError(() => Effect.ignoreLogged(records.release(claim))),
            Effect.tap((relocated) => left(claim.generation, relocated.generation))
          )
    )

  const left = (from: Generation.Generation, to: Generation.Generation) =>
    within(Effect.flatMap(VideoStore, (videos) => videos.leave?.(from, to) ?? Effect.void))

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
