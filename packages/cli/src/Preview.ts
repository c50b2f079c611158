/**
 * The embedded default: what it is called, and what is said of it.
 */
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Effect from "effect/Effect"
import { Output } from "./Output.ts"

/** The provider's name in records and before a model's. */
export const previewName = "emulator"

/** Said before a video that no AI model makes. */
export const announce = Effect.gen(function* () {
  const { note, paint } = yield* Output
  const chosen = (yield* VideoProvider).models.some(({ provider }) => provider !== previewName)
  yield* note(
    paint(
      "dim",
      `${chosen ? "This" : "No provider is configured: this"} is a procedural preview drawn on this machine, not an AI model.`
    )
  )
})
