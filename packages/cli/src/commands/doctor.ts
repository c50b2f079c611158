/**
 * `mutoscope doctor`
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Live from "../Live.ts"
import { lazily } from "../lazily.ts"

/** What is configured, reachable, writable. */
export const doctor = Command.make(
  "doctor",
  { offline: Options.boolean("offline").pipe(Options.withDescription("Ask nobody over the network")) },
  lazily(async () => {
    const { doctor } = await import("../work.ts")
    return (flags: { readonly offline: boolean }) => doctor({ ...flags, records: Live.records })
  })
).pipe(Command.withDescription("Check what is configured, reachable and writable"))
