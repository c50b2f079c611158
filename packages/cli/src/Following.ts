/**
 * Waiting for a generation: by working on it, or by looking on while another process does.
 */
import * as Generation from "@mutoscope/core/Generation"
import * as Errors from "@mutoscope/core/GenerationError"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Progress from "@mutoscope/core/Progress"
import { type CompletedGeneration, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Output } from "./Output.ts"
import type { Listener } from "./ProgressView.ts"

/** Between two looks at a record that another process works on; its heirs try to take it over as often. */
const interval = "1 second"

/** Goes on with a generation, or looks on for as long as another process has it, until it is final. */
export const follow = (
  id: Generation.GenerationId,
  onProgress: Listener,
  place?: string
): Effect.Effect<CompletedGeneration, Errors.GenerationError, VideoGenerator | GenerationStore | Output> =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator
    const output = yield* Output
    const forward = onlyForward(onProgress)
    let heard = false
    const go = generator.resume(id, {
      output: place,
      onProgress: (progress) => {
        heard = true
        return forward(progress)
      }
    })
    const guess: Listener = (progress) => (heard ? Effect.void : forward(progress))
    return yield* Effect.catchTag(go, "LeaseLost", () =>
      Effect.zipRight(
        output.note("Another process works on it, or did until a moment ago; looking on."),
        lookOn(id, guess, go)
      )
    )
  })

/** What the record tells is estimated; whoever takes over knows better, and must not seem to fall behind it. */
const onlyForward = (listener: Listener): Listener => {
  let highest = 0
  return (progress) => {
    if (progress.percent < highest) return Effect.void
    highest = progress.percent
    return listener(progress)
  }
}

const lookOn = <R>(
  id: Generation.GenerationId,
  onProgress: Listener,
  go: Effect.Effect<CompletedGeneration, Errors.GenerationError, R>
): Effect.Effect<CompletedGeneration, Errors.GenerationError, R | GenerationStore> =>
  Effect.gen(function* () {
    const generation = yield* look(id, onProgress)
    if (Generation.isFinal(generation)) return yield* end(generation)
    // What this process has adopted by itself meanwhile is only joined, and then the record alone tells how it goes.
    const looking = Effect.forever(Effect.ignore(look(id, onProgress)))
    const going: Effect.Effect<CompletedGeneration, Errors.GenerationError, R | GenerationStore> =
      Effect.raceFirst(go, looking)
    return yield* Effect.catchTag(going, "LeaseLost", () => lookOn(id, onProgress, go))
  })

const look = (id: Generation.GenerationId, onProgress: Listener) =>
  Effect.gen(function* () {
    yield* Effect.sleep(interval)
    const generation = yield* Effect.flatMap(GenerationStore, (records) => records.get(id))
    yield* onProgress({ _tag: "Progress", generationId: id, ...(yield* report(generation)) })
    return generation
  })

const end = (generation: Generation.InState<"Completed" | "Failed" | "Cancelled">) => {
  if (Generation.isCompleted(generation)) return Effect.succeed(generation)
  return Effect.fail(
    generation.state._tag === "Failed"
      ? generation.state.error
      : new Errors.Cancelled({ generationId: generation.id })
  )
}

/** What a record alone tells of the progress. */
const report = ({ request, state }: Generation.Generation): Effect.Effect<Progress.Report> => {
  switch (state._tag) {
    case "Rendering":
      return Effect.map(Clock.currentTimeMillis, (now) =>
        Progress.estimated((now - state.submittedAt.epochMillis) / 1000, request.duration)
      )
    case "Downloading":
      return Effect.succeed(Progress.downloading(0, undefined))
    case "Completed":
      return Effect.succeed(Progress.complete)
    default:
      return Effect.succeed(Progress.starting)
  }
}
