/**
 * How progress is shown: as a bar on a terminal, as plain lines elsewhere, as events for programs, or not at all.
 */
import type * as Progress from "@videogen/core/Progress"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Output } from "./Output.ts"
import { megabytes, seconds } from "./wording.ts"

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
      if (last.get(progress.generationId) === progress.message) return Effect.void
      last.set(progress.generationId, progress.message)
      return output.note(`${progress.generationId}  ${words(progress)}`)
    }
  })

const event = ({ _tag: _, ...progress }: Progress.Progress) =>
  JSON.stringify({ event: "progress", ...progress })

/** What is said of one report, but for the time. */
const words = ({ message, source, bytes, totalBytes }: Progress.Progress): string => {
  const where = source === "stage" ? "" : ` (${source})`
  const size =
    bytes === undefined || bytes === 0
      ? ""
      : ` ${megabytes(bytes)}${totalBytes === undefined ? "" : ` of ${megabytes(totalBytes)}`}`
  return `${message}${size}${where}`
}

// --- lines: one for each new word, and one for each ten percent --------------------------------------------------

const lines = (output: Output["Type"]): Effect.Effect<Listener> =>
  Effect.map(elapsed, (since) => {
    let last = ""
    return (progress) => {
      const mark = `${progress.message} ${Math.floor(progress.percent / 10)}`
      if (mark === last) return Effect.void
      last = mark
      return Effect.flatMap(since, (time) =>
        output.note(`${String(progress.percent).padStart(3)} %  ${words(progress)}  ${time}`)
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
        Effect.sync(() => drawn.update(progress.percent, { words: words(progress) })),
        tick
      )
  })

const open = ({ paint }: Output["Type"]) =>
  Effect.map(
    Effect.promise(() => import("cli-progress")),
    ({ default: { SingleBar } }) => {
      const drawn = new SingleBar({
        fps: 8,
        hideCursor: true,
        clearOnComplete: true,
        forceRedraw: true,
        format: (_, { progress }, payload: { readonly words: string; readonly time: string }) => {
          const done = Math.round(progress * width)
          const picture = `${"█".repeat(done)}${paint("dim", "░".repeat(width - done))}`
          const percent = `${Math.round(progress * 100)} %`.padStart(5)
          return ` ${picture} ${percent}  ${payload.words}  ${paint("dim", payload.time)}`
        }
      })
      drawn.start(100, 0, { words: "starting", time: "" })
      return drawn
    }
  )
