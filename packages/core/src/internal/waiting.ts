/**
 * Waiting for a provider: what a look without an end means, and what a wait without one.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Generation, StateOf } from "../Generation.ts"
import { GenerationTimeout } from "../GenerationError.ts"
import type { OperationStatus } from "../Operation.ts"
import * as Progress from "../Progress.ts"

/**
 * A look that found no end yet. The flow catches it; no caller sees it. It is no `Error`, since one is made at every
 * look and nobody reads its stack.
 */
export interface StillRendering {
  readonly _tag: "StillRendering"
}

const stillRendering: StillRendering = { _tag: "StillRendering" }

/** Says how far the job may be, and asks to be called again. */
export const goOn = (
  report: (report: Progress.Report) => Effect.Effect<void>,
  { request }: Generation,
  { submittedAt }: StateOf<"Rendering">,
  status: OperationStatus
) =>
  Effect.flatMap(secondsSince(submittedAt.epochMillis), (elapsed) => {
    const progress = status._tag === "Running" ? status.progress : undefined
    return Effect.zipRight(
      report(Progress.rendering(progress, elapsed, request.duration)),
      Effect.fail(stillRendering)
    )
  })

/** The error of a wait that began at a moment (in milliseconds) and found no end. */
export const timedOut = ({ id: generationId }: Generation, operationId: string, from: number) =>
  Effect.flatMap(
    secondsSince(from),
    (seconds) => new GenerationTimeout({ generationId, operationId, waited: Duration.seconds(seconds) })
  )

const secondsSince = (moment: number) =>
  Effect.map(Clock.currentTimeMillis, (now) => Math.max(0, now - moment) / 1000)
