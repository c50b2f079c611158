/**
 * How progress is shown: as a bar on a terminal, as plain lines elsewhere, as events for programs, or not at all.
 */
import type * as Progress from "@mutoscope/core/Progress"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Output } from "./Output.ts"
import { inOneLine } from "./terminalText.ts"
import { megabytes, oneLine, place, seconds } from "./wording.ts"

/** Told of each step. */
export type Listener = (progress: Progress.Progress) => Effect.Effect<void>

/** What a command was told about how to show it. */
export interface Wish {
  readonly json: boolean
  readonly quiet: boolean
}

/** The view that fits the wish and the terminal. It is cleared away with the scope. */
export const make = (wish: Wish): Effect.Effect<Listener, never, Output | Scope.Scope> =>
  Effect.gen(function* () {
    const output = yield* Output
    if (wish.json) return (progress) => output.data(event(progress))
    if (wish.quiet) return () => Effect.void
    return yield* output.live ? bar(output) : lines(output)
  })

/** For many at once: events as ever, or a line for each new word on each of them. */
export const ofMany = (wish: Wish): Effect.Effect<Listener, never, Output> =>
  Effect.map(Output, (output) => {
    if (wish.json) return (progress) => output.data(event(progress))
    if (wish.quiet) return () => Effect.void
    const last = new Map<string, string>()
    return (progress) => {
      const said = stage(progress)
      if (last.get(progress.generationId) === said) return Effect.void
      last.set(progress.generationId, said)
      return output.note(`${progress.generationId}  ${words(progress)}`)
    }
  })

const event = ({ _tag: _, ...progress }: Progress.Progress) =>
  JSON.stringify({ event: "progress", ...progress })

/** The stage, and the place in the provider's queue. */
export const stage = ({ message, position }: Progress.Progress): string =>
  position === undefined ? message : `${message}, ${place(position)}`

/** What is said of one report, but for the time. */
const words = (progress: Progress.Progress): string => {
  const { bytes, source, totalBytes } = progress
  const where = source === "stage" ? "" : ` (${source})`
  const size =
    bytes === undefined || bytes === 0
      ? ""
      : ` ${megabytes(bytes)}${totalBytes === undefined ? "" : ` of ${megabytes(totalBytes)}`}`
  return `${stage(progress)}${size}${where}`
}

/** The last line of the provider's log, which comes last: where there is no room it is cut. */
const logged = ({ log }: Progress.Progress): string => (log === undefined ? "" : `  ${oneLine(log)}`)

// --- lines: one for each new word, and one for each ten percent --------------------------------------------------

const lines = (output: Output["Type"]): Effect.Effect<Listener> =>
  Effect.map(elapsed, (since) => {
    let last = ""
    return (progress) => {
      const mark = `${stage(progress)} ${Math.floor(progress.percent / 10)}`
      if (mark === last) return Effect.void
      last = mark
      return Effect.flatMap(since, (time) =>
        output.note(
          `${String(progress.percent).padStart(3)} %  ${words(progress)}  ${time}${logged(progress)}`
        )
      )
    }
  })

const elapsed = Effect.map(Clock.currentTimeMillis, (from) =>
  Effect.map(Clock.currentTimeMillis, (now) => seconds((now - from) / 1000))
)

// --- the bar -----------------------------------------------------------------------------------------------------

const width = 24

const bar = (output: Output["Type"]): Effect.Effect<Listener, never, Scope.Scope> =>
  Effect.gen(function* () {
    const since = yield* elapsed
    const drawn = yield* Effect.acquireRelease(open(output), (drawn) => Effect.sync(() => drawn.stop()))
    const tick = Effect.flatMap(since, (time) => Effect.sync(() => drawn.update({ time })))
    yield* Effect.forkScoped(Effect.repeat(tick, Schedule.spaced("250 millis")))
    return (progress) =>
      Effect.zipRight(
        Effect.sync(() => drawn.update(progress.percent, { words: words(progress), log: logged(progress) })),
        tick
      )
  })

interface Payload {
  readonly words: string
  readonly time: string
  readonly log: string
}

const open = ({ drawn, paint }: Output["Type"]) =>
  Effect.map(
    Effect.promise(() => import("cli-progress")),
    ({ default: { SingleBar } }) => {
      const shown = new SingleBar({
        fps: 8,
        hideCursor: true,
        clearOnComplete: true,
        forceRedraw: true,
        format: (_, { progress }, payload: Payload) => {
          const done = Math.round(progress * width)
          const picture = `${"█".repeat(done)}${paint("dim", "░".repeat(width - done))}`
          const percent = `${Math.round(progress * 100)} %`.padStart(5)
          const words = inOneLine(payload.words)
          return drawn(` ${picture} ${percent}  ${words}  ${paint("dim", payload.time + payload.log)}`)
        }
      })
      shown.start(100, 0, { words: "starting", time: "", log: "" })
      return shown
    }
  )
