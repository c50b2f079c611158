/**
 * How many generations at once are shown: the running ones as bars with a summary below on a terminal, each end as a
 * plain line elsewhere, as events for programs, or not at all.
 */
import type * as Generation from "@mutoscope/core/Generation"
import type { InFlightLimit } from "@mutoscope/core/GenerationQueue"
import type { End, Listener } from "@mutoscope/core/VideoGenerator"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import { Output } from "../Output.ts"
import { stage, type Wish } from "../ProgressView.ts"
import { inOneLine } from "../terminalText.ts"

/** Told of each step, of each end, and of the limits that keep all that is left waiting. */
export interface BatchView {
  readonly onProgress: Listener
  readonly onEnd: (end: End) => Effect.Effect<void>
  readonly onFull: (limits: ReadonlyArray<InFlightLimit>) => Effect.Effect<void>
}

/** The view of so many generations that fits the wish and the terminal. It is cleared away with the scope. */
export const make = (total: number, wish: Wish): Effect.Effect<BatchView, never, Output | Scope.Scope> =>
  Effect.gen(function* () {
    const output = yield* Output
    if (wish.json) return events(output)
    if (wish.quiet) return silent
    return yield* output.live ? bars(total, output) : Effect.succeed(lines(total, output))
  })

const silent: BatchView = {
  onProgress: () => Effect.void,
  onEnd: () => Effect.void,
  onFull: () => Effect.void
}

const events = ({ data }: Output["Type"]): BatchView => ({
  onProgress: ({ _tag: _, ...progress }) => data(JSON.stringify({ event: "progress", ...progress })),
  onEnd: () => Effect.void,
  onFull: (limits) => data(JSON.stringify({ event: "waiting", limits }))
})

/** Why nothing goes on, and what can be done about it. */
const waitingFor = (limits: ReadonlyArray<InFlightLimit>) => {
  const reached = limits.map(
    ({ model, most, provider }) =>
      `at most ${most} in flight at ${model === undefined ? provider : `${provider}/${model}`}`
  )
  return `Waiting for room: ${reached.join(", ")} (mutoscope queue limit)`
}

/** What came of the generations so far. */
const tally = () => {
  const counts = { done: 0, stopped: 0 }
  return {
    add: ({ result }: End) => {
      if (Either.isRight(result)) counts.done++
      else counts.stopped++
    },
    count: () => counts.done + counts.stopped,
    text: (total: number) => `${counts.done} done, ${counts.stopped} stopped, of ${total}`
  }
}

const endingOf = ({ generation, result }: End) =>
  Either.match(result, {
    onLeft: ({ message }) => `${nameOf(generation)}: ${message}`,
    onRight: ({ state }) => `${nameOf(generation)}: ${state.video.path}`
  })

const nameOf = ({ id, request }: Generation.Generation) =>
  `${id.slice(0, 8)} ${inOneLine(request.prompt.slice(0, 40))}`

const lines = (total: number, { note }: Output["Type"]): BatchView => {
  const ended = tally()
  return {
    onProgress: () => Effect.void,
    onEnd: (end) =>
      Effect.suspend(() => {
        ended.add(end)
        return note(`${endingOf(end)}  (${ended.text(total)})`)
      }),
    onFull: (limits) => note(waitingFor(limits))
  }
}

// --- bars --------------------------------------------------------------------------------------------------------

const width = 16

/** The letters that fit beside a bar, asked each time: a terminal may change its size. */
const room = () => Math.max(0, process.stderr.columns - width - 4)

const bars = (
  total: number,
  { drawn, paint }: Output["Type"]
): Effect.Effect<BatchView, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { default: Progress } = yield* Effect.promise(() => import("cli-progress"))
    const multi = yield* Effect.acquireRelease(
      Effect.sync(
        () =>
          new Progress.MultiBar({
            fps: 8,
            hideCursor: true,
            clearOnComplete: true,
            linewrap: false,
            format: (_, { progress }, { words }: { readonly words: string }) => {
              const done = Math.round(progress * width)
              const picture = `${"█".repeat(done)}${paint("dim", "░".repeat(width - done))}`
              return drawn(` ${picture}  ${inOneLine(words).slice(0, room())}`)
            }
          })
      ),
      (multi) => Effect.sync(() => multi.stop())
    )
    const ended = tally()
    const summarize = () => multi.create(total, ended.count(), { words: ended.text(total) })
    let summary = summarize()
    const running = new Map<Generation.GenerationId, ReturnType<typeof multi.create>>()
    // One line for the summary, one for the cursor: what is higher than the terminal cannot be drawn over.
    const hasRoom = () => running.size + 2 < process.stderr.rows
    // Bars are drawn in the order in which they were made, and the summary is the last.
    const begin = (percent: number, words: string) => {
      multi.remove(summary)
      const bar = multi.create(100, percent, { words })
      summary = summarize()
      return bar
    }
    return {
      onProgress: (progress) =>
        Effect.sync(() => {
          const { generationId, percent } = progress
          const words = `${generationId.slice(0, 8)} ${stage(progress)}`
          const known = running.get(generationId)
          if (known !== undefined) known.update(percent, { words })
          else if (hasRoom()) running.set(generationId, begin(percent, words))
        }),
      onEnd: (end) =>
        Effect.sync(() => {
          const bar = running.get(end.generation.id)
          if (bar !== undefined) multi.remove(bar)
          running.delete(end.generation.id)
          ended.add(end)
          summary.update(ended.count(), { words: ended.text(total) })
        }),
      onFull: (limits) => Effect.sync(() => multi.log(`${drawn(waitingFor(limits))}\n`))
    }
  })
