/**
 * One generation, from its parameters to its file.
 */
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Display from "../Display.ts"

export const single = Effect.gen(function* () {
  yield* Display.heading("Single generation")
  const request = yield* VideoRequest.make({
    ...VideoRequest.defaults,
    prompt: "A serene mountain landscape at sunset, birds over a lake",
    model: "veo-3.1"
  })
  yield* Display.parameters(request)
  const generator = yield* VideoGenerator
  const generation = yield* Effect.scoped(
    Effect.flatMap(Display.bar("  "), (onProgress) => generator.generate(request, { onProgress }))
  )
  yield* Display.result(generation)
})
