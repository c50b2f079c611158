/**
 * `mutoscope emulator`
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import * as Live from "../Live.ts"
import { lazily } from "../lazily.ts"

const flags = {
  port: Options.integer("port").pipe(
    Options.withAlias("p"),
    Options.withDescription("The port (default 8787; 0 takes any that is free)"),
    Options.withDefault(8787)
  ),
  host: Options.text("host").pipe(
    Options.withDescription(
      "The address (default 127.0.0.1); others need MUTOSCOPE_EMULATOR_API_KEY and --allowed-host"
    ),
    Options.withDefault("127.0.0.1")
  ),
  allowedHosts: Options.text("allowed-host").pipe(
    Options.withDescription(
      "A name, with port, under which clients may reach it; may be given several times"
    ),
    Options.repeated
  ),
  directory: Options.directory("directory").pipe(
    Options.withDescription("The folder for its jobs and videos"),
    Options.optional
  )
}

/** The video API of this machine, as a server. */
export const emulator = Command.make("emulator", flags, (options) =>
  Effect.zipRight(
    lazily(async () => (await import("../work.ts")).emulator.allowed)(options),
    Effect.provide(
      lazily(async () => (await import("../work.ts")).emulator.serve)(options),
      Live.emulator(options)
    )
  )
).pipe(Command.withDescription("Run the preview as a video API of its own, in the dialects of many vendors"))
