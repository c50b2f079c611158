/**
 * Several prompts in turn, each with its numbered bar, and a summary.
 */
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Display from "../Display.ts"

const prompts = [
  "A sailboat gliding on the ocean at sunset",
  "A city skyline at night in the rain",
  "A hot air balloon over a flowery meadow"
]

/** Between two generations, so that no provider is flooded. */
const pause = Effect.sleep("2 seconds")

export const multiple = Effect.gen(function* () {
  yield* Display.heading("Multiple generations")
  const outcomes = yield* Effect.forEach(prompts, (prompt, index) =>
    Effect.zipRight(index === 0 ? Effect.void : pause, one(prompt, `  [${index + 1}/${prompts.length}] `))
  )
  const succeeded = outcomes.filter(Either.isRight)
  yield* Console.log(`\n  ${succeeded.length} of ${outcomes.length} succeeded`)
  yield* Effect.forEach(succeeded, ({ right }) => Console.log(`    ${right.state.video.path}`))
})

const one = Effect.fnUntraced(function* (prompt: string, label: string) {
  const generator = yield* VideoGenerator
  yield* Console.log(`\n${label}${prompt}`)
  const request = yield* VideoRequest.make({
    ...VideoRequest.defaults,
    prompt,
    model: "veo-2.0",
    duration: 4,
    resolution: "480p"
  })
  const outcome = yield* Effect.either(
    Effect.scoped(
      Effect.flatMap(Display.bar(label), (onProgress) => generator.generate(request, { onProgress }))
    )
  )
  yield* Either.match(outcome, { onLeft: Display.failure, onRight: Display.result })
  return outcome
})
