/**
 * What every wire of the emulator works with: one engine, one list of what was accepted, one set of faults.
 *
 * @since 0.1.0
 */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Faults from "./Faults.ts"
import * as GoogleError from "./internal/googleError.ts"
import type * as Ledger from "./Ledger.ts"
import type { NewOperation, Operations } from "./Operations.ts"

/** `choose`, `apiKey` and `publicUrl` are as the emulator's options have them (there `choose` is `faults`). */
export interface Emulation {
  readonly operations: Context.Tag.Service<Operations>
  readonly ledger: Ledger.Ledger
  readonly faults: Faults.Faults
  readonly choose: Faults.Choose | undefined
  readonly apiKey: Redacted.Redacted | undefined
  readonly publicUrl: string | undefined
}

/** Takes a job: it is on disk and in the ledger when this returns. */
export const accept = (emulation: Emulation, job: NewOperation) =>
  Effect.gen(function* () {
    const record = yield* emulation.operations.accept(job)
    yield* emulation.ledger.write({
      at: yield* Clock.currentTimeMillis,
      dialect: job.dialect,
      id: job.id,
      operation: job.name,
      model: job.model,
      prompt: job.video.prompt
    })
    return record
  }).pipe(
    Effect.uninterruptible,
    Effect.tapError((error) => Effect.logError("The emulator could not write a job down", error)),
    Effect.mapError(() => GoogleError.internal("The operation could not be stored."))
  )

/** The scenario of a submit: the program's choice, or the header's, or the body's. */
export const scenarioOf = (
  emulation: Emulation,
  request: HttpServerRequest.HttpServerRequest,
  submission: Faults.Submission,
  inBody: string | undefined
): Effect.Effect<Faults.Scenario | undefined, GoogleError.GoogleError> => {
  const text = emulation.choose?.(submission) ?? request.headers["x-emulator-scenario"] ?? inBody
  return text === undefined
    ? Effect.succeed(undefined)
    : Effect.mapError(Faults.parse(text), () =>
        GoogleError.invalidArgument([{ field: "x-emulator-scenario", description: Faults.advice }])
      )
}

/** The address under which the client reached the emulator, without a slash at the end. */
export const baseUrl = (emulation: Emulation, request: HttpServerRequest.HttpServerRequest): string => {
  const mountedAt = request.originalUrl.slice(0, request.originalUrl.length - request.url.length)
  return emulation.publicUrl ?? `http://${request.headers["host"] ?? "localhost"}${mountedAt}`
}
