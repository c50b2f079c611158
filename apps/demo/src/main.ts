/**
 * The demo program: one generation, several in turn, everything that can go wrong, or all three.
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Prompt from "@effect/cli/Prompt"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Display from "./Display.ts"
import { Generator } from "./Live.ts"
import { errors } from "./modes/errors.ts"
import { multiple } from "./modes/multiple.ts"
import { single } from "./modes/single.ts"

const all = Effect.all([single, multiple, errors], { discard: true })

const modes = { single, multiple, errors, all }

type Mode = keyof typeof modes

const mode = Args.choice(
  (Object.keys(modes) as Array<Mode>).map((name) => [name, name]),
  { name: "mode" }
).pipe(Args.optional)

const menu = Prompt.select<Mode>({
  message: "What shall the demo show?",
  choices: [
    { title: "A single generation", value: "single" },
    { title: "Multiple generations in turn", value: "multiple" },
    { title: "Error handling", value: "errors" },
    { title: "All of it", value: "all" }
  ]
})

/** Who names no mode is asked where there is somebody to answer, and shown everything where there is not. */
const chosen = (named: Option.Option<Mode>): typeof menu =>
  Option.match(named, {
    onSome: Prompt.succeed,
    onNone: () => (process.stdin.isTTY ? menu : Prompt.succeed<Mode>("all"))
  })

const demo = Command.make("demo", { mode }, (options) =>
  Effect.gen(function* () {
    yield* Display.banner
    yield* modes[yield* chosen(options.mode)].pipe(Effect.provide(Generator))
  })
).pipe(Command.withDescription("Shows what Mutoscope does, on this machine and without a key"))

demo.pipe(
  Command.run({ name: "demo", version: "0.1.0" }),
  (run) => run(process.argv),
  Effect.tapError((error) => Console.error("message" in error ? error.message : String(error))),
  Effect.provide(Layer.merge(NodeContext.layer, Logger.minimumLogLevel(LogLevel.Error))),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
