/**
 * The command: which commands there are, what each is given, and how its end is told.
 */
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { readable, wantsLogs } from "./commandLine.ts"
import { batch } from "./commands/batch.ts"
import { cancel } from "./commands/cancel.ts"
import { costs } from "./commands/costs.ts"
import { doctor } from "./commands/doctor.ts"
import { emulator } from "./commands/emulator.ts"
import { generate } from "./commands/generate.ts"
import { list } from "./commands/list.ts"
import { models } from "./commands/models.ts"
import { providers } from "./commands/providers.ts"
import { quarantine } from "./commands/quarantine.ts"
import { queue } from "./commands/queue.ts"
import { quote } from "./commands/quote.ts"
import { resolve } from "./commands/resolve.ts"
import { resume } from "./commands/resume.ts"
import { show } from "./commands/show.ts"
import { status } from "./commands/status.ts"
import { watch } from "./commands/watch.ts"
import { codes } from "./ExitCode.ts"
import * as FormerNotices from "./formerName/Notices.ts"
import * as Live from "./Live.ts"
import { type CommandError, describe } from "./Outcome.ts"
import { layerConsole, layerProcess, Output } from "./Output.ts"
import { exitCode, runMain } from "./process.ts"
import { safe } from "./terminalText.ts"
import { version } from "./version.ts"

const mutoscope = Command.make("mutoscope").pipe(
  Command.withDescription("A prompt becomes a video file, through any text-to-video API"),
  Command.withSubcommands([
    Command.provide(generate, Live.working),
    Command.provide(batch, Live.working),
    Command.provide(queue, Live.working),
    Command.provide(quote, Live.quoting),
    Command.provide(list, Live.looking),
    Command.provide(show, Live.looking),
    Command.provide(status, Live.working),
    Command.provide(watch, Live.working),
    Command.provide(resume, Live.working),
    Command.provide(resolve, Live.working),
    Command.provide(cancel, Live.working),
    Command.provide(costs, Live.looking),
    Command.provide(quarantine, Live.looking),
    Command.provide(models, Live.choosing),
    Command.provide(providers, Live.configuration),
    Command.provide(emulator, Live.configuration),
    Command.provide(doctor, Live.checking)
  ])
)

const run = Command.run(mutoscope, { name: "mutoscope", version })

// --- how it ends -------------------------------------------------------------------------------------------------

const tell = (error: CommandError) =>
  Effect.gen(function* () {
    const { note, paint } = yield* Output
    const { code, message, hints } = describe(error)
    if (message !== "") yield* note(`${paint("red", "Error:")} ${message.replaceAll("\n", "\n  ")}`)
    yield* Effect.forEach(hints, (hint) => note(`  ${hint}`), { discard: true })
    return code
  })

/** What nobody expected: its stack is for whoever mends it, and for others only on request. */
const tellDefect = (cause: Cause.Cause<never>) =>
  Effect.gen(function* () {
    const { note } = yield* Output
    const first = Cause.pretty(cause).split("\n", 1)[0] ?? ""
    yield* note(`Error: mutoscope itself went wrong: ${first}`)
    yield* note("  Please report it, with what this prints: the same command with --log-level debug")
    yield* Effect.logDebug(cause)
    return codes.unexpected
  })

const toCode = (error: CommandError | ValidationError.ValidationError) =>
  // The library has printed it.
  ValidationError.isValidationError(error) ? Effect.succeed(codes.usage) : tell(error)

// --- logs and telemetry ------------------------------------------------------------------------------------------

const wanted = wantsLogs(process.argv)

const toStderr = Logger.withConsoleError(Logger.map(Logger.logfmtLogger, safe))

/** A terminal is spared what nobody asked for; a collector gets it all the same. */
const spared = Logger.make<unknown, void>((entry) =>
  wanted || LogLevel.greaterThanEqual(entry.logLevel, LogLevel.Error) ? toStderr.log(entry) : undefined
)

const logs = (level: LogLevel.LogLevel) =>
  Layer.merge(Logger.replace(Logger.defaultLogger, spared), Logger.minimumLogLevel(level))

const telemetry = Layer.unwrapEffect(
  Effect.flatMap(
    Config.option(Config.nonEmptyString("OTEL_EXPORTER_OTLP_ENDPOINT")),
    Option.match({
      onNone: () => Effect.succeed(logs(LogLevel.Error)),
      onSome: (endpoint) =>
        Effect.map(
          Effect.promise(() => import("./work.ts")),
          ({ Telemetry }) => Layer.merge(logs(LogLevel.Info), Telemetry.layer(endpoint))
        )
    })
  )
)

const platform = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, NodeTerminal.layer)

run(readable(process.argv)).pipe(
  Effect.as(codes.ok),
  Effect.catchAll(toCode),
  Effect.catchAllCause((cause) =>
    Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : tellDefect(cause)
  ),
  Effect.provide(
    Layer.merge(layerConsole(process.argv.slice(2)), FormerNotices.layer(process.argv.slice(2))).pipe(
      Layer.provideMerge(layerProcess({ logs: wanted })),
      Layer.merge(telemetry),
      Layer.merge(platform)
    )
  ),
  runMain({ disableErrorReporting: true, disablePrettyLogger: true, teardown: exitCode })
)
