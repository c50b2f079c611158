/**
 * What the demo puts on the screen: the banner, the parameters, a live bar, results and summaries.
 */
import * as Generation from "@mutoscope/core/Generation"
import { errorType, type GenerationError } from "@mutoscope/core/GenerationError"
import type { Progress } from "@mutoscope/core/Progress"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import { Presets, SingleBar } from "cli-progress"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"

const width = 72

export const banner = Console.log(
  [
    "",
    "=".repeat(width),
    "  Mutoscope: a prompt becomes a video file",
    "  (a procedural preview; no AI model, no key, no cost)",
    "=".repeat(width)
  ].join("\n")
)

export const heading = (text: string) => Console.log(`\n${text}\n${"-".repeat(width)}`)

export const parameters = (request: VideoRequest) =>
  table({
    Prompt: request.prompt,
    Model: request.model,
    Config: `${request.aspectRatio}, ${request.duration} s, ${request.resolution}`
  })

/** A bar that follows the reports; `label` stands before it. Where nobody watches it stays silent. */
export const bar = (label: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const shown = new SingleBar(
        {
          format: `${label}{bar} {percentage}% {message}`,
          hideCursor: true,
          stopOnComplete: false,
          linewrap: false
        },
        Presets.shades_classic
      )
      shown.start(100, 0, { message: "starting" })
      return shown
    }),
    (shown) => Effect.sync(() => shown.stop())
  ).pipe(
    Effect.map(
      (shown) => (progress: Progress) =>
        Effect.sync(() => shown.update(progress.percent, { message: progress.message.padEnd(18) }))
    )
  )

export const result = (generation: Generation.Generation) => {
  const { status, path = "", operationId = "", seconds, recordId } = Generation.summary(generation)
  return table({
    Status: status,
    Path: path,
    Operation: operationId,
    Seconds: seconds.toFixed(1),
    Record: recordId
  })
}

export const failure = (error: GenerationError) => table({ Error: error.message, Type: errorType(error) })

/** Names and values in two columns. */
export const table = (rows: Readonly<Record<string, string>>) =>
  Console.log(
    Object.entries(rows)
      .map(([name, value]) => `  ${`${name}:`.padEnd(12)}${value}`)
      .join("\n")
  )
