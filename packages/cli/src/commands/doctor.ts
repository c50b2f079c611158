/**
 * `mutoscope doctor`
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type { Flags } from "../actions/doctor.ts"
import * as Live from "../Live.ts"
import { lazily } from "../lazily.ts"
import { json } from "./shared.ts"

/** What is configured, reachable, writable. */
export const doctor = Command.make(
  "doctor",
  {
    offline: Options.boolean("offline").pipe(Options.withDescription("Ask nobody over the network")),
    acceptRestored: Options.boolean("accept-restored").pipe(
      Options.withDescription(
        "Send again from a database that was restored from an older copy: what was sent since stays unknown to it"
      )
    ),
    json
  },
  lazily(async () => {
    const { doctor } = await import("../work.ts")
    return (flags: Flags) => doctor({ ...flags, records: Live.records, database: Live.database })
  })
).pipe(Command.withDescription("Check what is configured, reachable and writable"))
