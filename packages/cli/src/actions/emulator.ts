/**
 * `videogen emulator`: the video API of this machine, for other programs to talk to.
 */

import * as Effect from "effect/Effect"
import { Configuration, variable } from "../Configuration.ts"
import type { EmulatorOptions } from "../Live.ts"
import { UsageError } from "../Outcome.ts"
import { Output } from "../Output.ts"

const loopback = ["127.0.0.1", "localhost", "::1"]

/** Fails where it could not listen like that, or would be open to everybody. */
export const allowed = ({ allowedHosts, host, port }: EmulatorOptions) =>
  Effect.gen(function* () {
    if (port < 0 || port > 65_535)
      return yield* new UsageError({ reason: `--port: ${port} is none; they go from 0 (any) to 65535` })
    const { settings } = yield* Configuration
    const missing = [
      ...(settings.emulatorApiKey === undefined ? [`a key in ${variable("emulatorApiKey")}`] : []),
      ...(allowedHosts.length === 0 ? ["--allowed-host, the name that its clients call it by"] : [])
    ]
    if (loopback.includes(host) || missing.length === 0) return
    return yield* new UsageError({
      reason: `--host: other machines can reach ${host}, so it needs ${missing.join(", and ")}`
    })
  })

/** Runs until it is stopped. */
export const serve = () =>
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
