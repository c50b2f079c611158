/**
 * PORT: where a command's words go. Data on stdout, all else on stderr, so that a pipe gets nothing but data.
 */
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"

import { concise } from "./commandLine.ts"
import { codes as exits } from "./ExitCode.ts"
import { makeStyles, type Style } from "./terminalText.ts"
import { fault } from "./usage.ts"

/** Writes, and knows what it writes to. */
export class Output extends Context.Tag("@mutoscope/cli/Output")<
  Output,
  {
    /** One line of data. Interrupts where nobody reads any more (`| head`). */
    readonly data: (line: string) => Effect.Effect<void>
    /** One line for the person at the terminal. */
    readonly note: (line: string) => Effect.Effect<void>
    /** The width of the terminal in characters; none where stdout is no terminal. */
    readonly columns: Option.Option<number>
    /** Whether a line on stderr can be drawn over: a terminal that knows how, and that nothing else is written to. */
    readonly live: boolean
    /** Whether questions can be asked. */
    readonly interactive: boolean
    /** Marks a text as dimmed, bold or coloured; `note`, `data` and `drawn` render the mark where colours are wanted. */
    readonly paint: (style: Style, text: string) => string
    /** The text as it may be drawn on stderr by other means than `note`: safe for a terminal, marks rendered. */
    readonly drawn: (text: string) => string
  }
>() {}

/** The streams of this process (where `logs` come between, no line is drawn over), coloured on terminals unless `NO_COLOR` or `TERM=dumb` says otherwise. */
export const layerProcess = (options: { readonly logs: boolean }): Layer.Layer<Output> =>
  Layer.effect(
    Output,
    Effect.gen(function* () {
      const { colours, dumb } = yield* wishes
      const { stdin, stdout, stderr } = process
      // Where it is no terminal, Node leaves `isTTY` out.
      const [onTerminal, heard] = [stdout.isTTY === true, stderr.isTTY === true]
      // A closed pipe is told to whoever writes next; without a listener it would end the process with a stack trace.
      for (const stream of [stdout, stderr]) stream.on("error", () => {})
      const paints = colours && heard
      const { paint, render } = makeStyles()
      return {
        data: (line) => write(stdout, render(line, onTerminal && colours)),
        note: (line) => Effect.exit(write(stderr, render(line, paints))),
        columns: onTerminal ? Option.some(stdout.columns) : Option.none(),
        live: heard && !dumb && !options.logs,
        interactive: stdin.isTTY === true && heard,
        paint,
        drawn: (text) => render(text, paints)
      }
    })
  )

const wishes = Effect.gen(function* () {
  const noColor = yield* Config.option(Config.nonEmptyString("NO_COLOR"))
  const dumb = (yield* Config.withDefault(Config.string("TERM"), "")) === "dumb"
  return { colours: Option.isNone(noColor) && !dumb, dumb }
}).pipe(Effect.orElseSucceed(() => ({ colours: false, dumb: true })))

// Not every platform writes to pipes at once: what has not been handed over would be lost with the process.
const write = (stream: NodeJS.WriteStream, line: string): Effect.Effect<void> =>
  Effect.async<boolean>((resume) => {
    stream.write(`${line}\n`, (error) => resume(Effect.succeed(error === undefined || error === null)))
  }).pipe(Effect.flatMap((written) => (written ? Effect.void : Effect.interrupt)))

/** What the command-line library prints (help, and what is wrong with the arguments) through the same two doors. */
export const layerConsole = (argv: ReadonlyArray<string>): Layer.Layer<never, never, Output> =>
  Layer.unwrapEffect(
    Effect.map(
      Effect.all([Output, Console.consoleWith(Effect.succeed)]),
      ([{ data, note, paint }, console]) => {
        const text = (args: ReadonlyArray<unknown>) => args.map(String).join(" ").trimEnd()
        const wrong = (said: string) => {
          const [error, ...hints] = fault(said, argv)
          const event = { event: "error", error, reason: "UsageError", exitCode: exits.usage }
          return Effect.zipRight(
            argv.includes("--json") ? data(JSON.stringify(event)) : Effect.void,
            Effect.forEach(
              [`${paint("red", "Error:")} ${error}`, ...hints.map((hint) => `  ${hint}`)],
              note,
              { discard: true }
            )
          )
        }
        return Console.setConsole({
          ...console,
          log: (...args) => data(concise(text(args), argv)),
          // Lines of the log go this way too.
          error: (...args) => (text(args).startsWith("timestamp=") ? note(text(args)) : wrong(text(args)))
        })
      }
    )
  )
