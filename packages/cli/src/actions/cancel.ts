/**
 * `mutoscope cancel`: asks for a job to be stopped, and tells what really came of it.
 */
import * as Generation from "@mutoscope/core/Generation"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import type { CancelOutcome } from "@mutoscope/core/Operation"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as Effect from "effect/Effect"
import { codes } from "../ExitCode.ts"
import { follow } from "../Following.ts"
import { GenerationStopped, SomeLeft } from "../Outcome.ts"
import { Output } from "../Output.ts"
import * as UserPolicy from "../UserPolicy.ts"
import * as Waiting from "../Waiting.ts"

export interface Flags {
  readonly reference: string
  readonly detach: boolean
  readonly json: boolean
  readonly quiet: boolean
}

export const cancel = ({ reference, ...wish }: Flags) =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const before = yield* records.find(reference)
    const outcome = yield* Effect.flatMap(VideoGenerator, (generator) => generator.cancel(before.id))
    const now = yield* records.get(before.id)
    if (Generation.isIn("SubmitUnknown")(now)) return yield* undecided(now, wish)
    if (Generation.isFinal(now))
      return yield* tell(now, outcome, sayEnd(now, Generation.isFinal(before)), wish)
    return yield* unended(now, outcome, wish)
  }).pipe(Waiting.tellingErrors(wish))

type Wish = Omit<Flags, "reference">

/** Nobody can be asked to stop what may not be there. */
const undecided = (generation: Generation.InState<"SubmitUnknown">, { json }: Wish) =>
  Effect.gen(function* () {
    const { note } = yield* Output
    if (!json) yield* note("Nothing can be asked until it is decided; that it is to stop is noted.")
    const { id, state } = generation
    return yield* new GenerationStopped({ error: state.error, id, resumable: false, undecided: generation })
  })

/** The record goes on: whatever the provider said, the end is only known when it is seen. */
const unended = (generation: Generation.Generation, outcome: CancelOutcome, wish: Wish) =>
  Effect.gen(function* () {
    const { note } = yield* Output
    if (outcome === "NotSupported" || outcome === "Refused" || (outcome === "Requested" && wish.detach)) {
      yield* tell(generation, outcome, [words[outcome]], wish)
      if (!wish.json) yield* note(`  what becomes of it:  mutoscope watch ${generation.id}`)
      return yield* new SomeLeft({ code: codes.goesOn })
    }
    if (wish.detach) return yield* tell(generation, outcome, [words[outcome]], wish)
    if (!wish.json && !wish.quiet) yield* note(`${words[outcome]}; Ctrl-C leaves.`)
    const end = yield* toTheEnd(generation, wish)
    return yield* tell(end, outcome, sayEnd(end, false), wish)
  })

const words: { readonly [Outcome in CancelOutcome]: string } = {
  Cancelled: "the provider has stopped it",
  Requested: "asked to stop; it still runs, and what becomes of it is waited for",
  AlreadyFinished: "the provider had finished it already; the clip is fetched",
  Refused: "is not stopped: the provider refuses to, as far as it is. It goes on, and will be charged",
  NotSupported: "cannot be stopped: this provider has no way to. It goes on, and will be charged"
}

/** Whoever cancels wants to know the end, and any end will do. */
const toTheEnd = ({ id, provider }: Generation.Generation, wish: Wish) =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const policy = yield* UserPolicy.forProvider(provider)
    const ended = yield* Effect.either(
      Waiting.watched(id, policy, wish, (onProgress) => follow(id, onProgress))
    )
    const now = yield* records.get(id)
    if (Generation.isFinal(now)) return now
    if (ended._tag === "Right") return ended.right
    return yield* Effect.flatMap(Waiting.stopped(id, ended.left), Effect.fail)
  })

const sayEnd = (
  generation: Generation.InState<"Completed" | "Failed" | "Cancelled">,
  already: boolean
): ReadonlyArray<string> => {
  const { state } = generation
  switch (state._tag) {
    case "Completed":
      return [
        already ? "was finished already; the clip is kept" : "finished anyway; the clip is kept",
        state.video.path
      ]
    case "Failed":
      return [`${already ? "had ended already" : "ended by itself"}: ${state.error.message}`]
    case "Cancelled":
      return [already ? "was cancelled already" : "cancelled: it has stopped"]
  }
}

const tell = (
  generation: Generation.Generation,
  outcome: CancelOutcome,
  [first = "", ...more]: ReadonlyArray<string>,
  { json }: Wish
) =>
  Effect.gen(function* () {
    const { data } = yield* Output
    const { id } = generation
    if (json)
      return yield* data(JSON.stringify({ event: "cancel", outcome, ...Generation.summary(generation) }))
    yield* data(`${id}  ${first}`)
    yield* Effect.forEach(more, data, { discard: true })
  })
