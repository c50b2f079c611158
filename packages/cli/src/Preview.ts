/**
 * The embedded default: what it is called, and what is said of it.
 */
import * as Effect from "effect/Effect"
import { Configuration } from "./Configuration.ts"
import { Output } from "./Output.ts"

/** The provider's name in records and before a model's. */
export const previewName = "emulator"

/** Said before a video that no AI model makes. */
export const announce = Effect.gen(function* () {
  const { note, paint } = yield* Output
  const { vertexProject, veoUrl, veoApiKey } = (yield* Configuration).settings
  const chosen = vertexProject !== undefined || (veoUrl !== undefined && veoApiKey !== undefined)
  yield* note(
    paint(
      "dim",
      `${chosen ? "This" : "No provider is configured: this"} is a procedural preview drawn on this machine, not an AI model.`
    )
  )
})
