/**
 * How a job is stopped, for every API that `JobApi.ts` describes.
 */
import type * as Capabilities from "@mutoscope/core/Capabilities"
import type { PollError } from "@mutoscope/core/GenerationError"
import type { CancelOutcome, Operation, OperationStatus } from "@mutoscope/core/Operation"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Answer } from "../JobApi.ts"
import { pollError } from "./classification.ts"
import * as Http from "./http.ts"
import { below, type Connected, poll } from "./jobSteps.ts"

/** Stops a job, and tells what became of that. */
export const cancel = (
  connected: Connected,
  operation: Operation,
  model: Option.Option<Capabilities.Capabilities>
): Effect.Effect<CancelOutcome, PollError> => {
  const { api, line, site } = connected
  const { cancel: way } = api
  // A model that is in no table any more may have been one that can be stopped.
  if (way === undefined || Option.exists(model, (model) => !model.cancel))
    return Effect.succeed("NotSupported")
  return Effect.gen(function* () {
    // In some APIs the same request deletes what is finished.
    const status = yield* poll(connected, operation)
    const before = outcome(status)
    if (before !== "Requested") return before
    const ask = (question: Http.Question) => Http.inquire(line, site, below(site, question))
    // Before it is sent: whoever else looks at the job may find it gone before the answer is here.
    connected.stopped.add(operation.id)
    const first = yield* ask(way.question(operation))
    const answer =
      isUnknown(first) && way.otherwise !== undefined ? yield* ask(way.otherwise(operation, status)) : first
    const isDone = Http.isSuccess(answer)
    if (!isDone) connected.stopped.delete(operation.id)
    if (answer.status === 405 || answer.status === 501) return "NotSupported"
    const said = way.read?.(answer) ?? Option.none()
    if (Option.isSome(said)) return said.value
    if (way.forgets && isDone) return "Cancelled"
    return yield* came(answer, poll(connected, operation))
  })
}

const isUnknown = ({ status }: Answer) => [404, 405, 501].includes(status)

/** What came of a request to stop a job, by its answer and a look afterwards. */
export const came = (
  answer: Answer,
  look: Effect.Effect<OperationStatus, PollError>
): Effect.Effect<CancelOutcome, PollError> => {
  const isDone = Http.isSuccess(answer)
  // What has just ended can't be stopped any more, and how it ended is another question.
  if (!isDone && !isAboutState(answer)) return Effect.fail(pollError(answer))
  return look.pipe(
    Effect.map((status) => {
      const after = outcome(status)
      return !isDone && after === "Requested" ? "Refused" : after
    }),
    // It knew the job a moment ago, and said that it would stop it.
    Effect.catchTag("OperationNotFound", (error) =>
      isDone ? Effect.succeed<CancelOutcome>("Cancelled") : Effect.fail(error)
    )
  )
}

/** Whether it was the job's state that spoke against a request to stop it. */
const isAboutState = ({ status }: Answer): boolean =>
  status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status)

/** What a cancel comes to, by how the job is doing then. */
export const outcome = ({ _tag }: OperationStatus): CancelOutcome =>
  _tag === "Cancelled"
    ? "Cancelled"
    : _tag === "Succeeded" || _tag === "Failed"
      ? "AlreadyFinished"
      : "Requested"
