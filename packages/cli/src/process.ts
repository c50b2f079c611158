/**
 * The command as a process: signals stop it in good order, and its end has a code.
 */
import { makeRunMain } from "@effect/platform/Runtime"
import * as Exit from "effect/Exit"
import { codes, ofSignal } from "./ExitCode.ts"

type Signal = keyof typeof ofSignal

const signals = Object.keys(ofSignal) as ReadonlyArray<Signal>

/** Milliseconds for leaving well: a paid request in flight is waited for, for ten seconds at most. */
const patience = 12_000

/** Said where leaving takes longer than a moment. */
const waiting = "\nLeaving; a request may be on its way, and is waited for. Ctrl-C again leaves at once.\n"

/**
 * Runs an effect that comes to an exit code. The first signal interrupts it; the second, or a leave that takes too
 * long, ends the process as a crash would, which the records are made for.
 */
export const runMain = makeRunMain(({ fiber, teardown }) => {
  const keepAlive = setInterval(() => {}, 2 ** 31 - 1)
  let received: Signal | undefined
  const onSignal = (signal: Signal) => {
    if (received !== undefined) process.exit(ofSignal[received])
    received = signal
    setTimeout(() => process.stderr.write(waiting), 1000).unref()
    setTimeout(() => process.exit(ofSignal[signal]), patience).unref()
    fiber.unsafeInterruptAsFork(fiber.id())
  }
  for (const signal of signals) process.on(signal, onSignal)
  fiber.addObserver((exit) => {
    clearInterval(keepAlive)
    teardown(exit, (code) => process.exit(received === undefined ? code : ofSignal[received]))
  })
})

/** The code that an effect came to. One that was interrupted without a signal lost its reader. */
export const exitCode = <E, A>(exit: Exit.Exit<A, E>, onExit: (code: number) => void): void =>
  onExit(
    Exit.isSuccess(exit)
      ? typeof exit.value === "number"
        ? exit.value
        : codes.ok
      : Exit.isInterrupted(exit)
        ? codes.closedOutput
        : codes.unexpected
  )
