/**
 * `videogen emulator`: the video API of this machine, for other programs to talk to.
 */

import * as Effect from "effect/Effect"
import { Output } from "../Output.ts"

/** Runs until it is stopped. */
export const emulator = () =>
  Effect.gen(function* () {
    const { data, note } = yield* Output
    const { Emulator } = yield* Effect.promise(() => import("@videogen/emulator/Emulator"))
    const { url } = yield* Emulator
    yield* data(url)
    yield* note(
      "Speaks Veo's predictLongRunning protocol, and draws procedural previews: no AI model is behind it."
    )
    yield* note(
      `Try it: VIDEOGEN_VEO_URL=${url} VIDEOGEN_VEO_API_KEY=any videogen generate "A lighthouse at dusk"`
    )
    yield* note("Stop it with Ctrl-C.")
    return yield* Effect.never
  })
