import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type Answer, answerOf, call, path, post, submission, uriOf } from "../support/api.ts"
import type { Driver } from "./Driver.ts"

/** The driver reads as loosely as a client may: the exact answers are in the tests of the wire. */
export const veo: Driver = {
  keyed: (key) => ({ "x-goog-api-key": key }),
  submit: (prompt, { scenario, headers } = {}) =>
    post(
      `${path}:predictLongRunning`,
      submission(prompt, scenario === undefined ? {} : { emulatorScenario: scenario }),
      headers
    ),
  jobIn: (body) => (body as Answer).name ?? "",
  poll: (job, headers = {}) => call(`/v1beta/${job}`, { headers }),
  stateIn: (body) => stateOf(body as Answer),
  cancel: (job) => post(`/v1beta/${job}:cancel`, {}),
  download: (job, headers = {}) =>
    call(`/v1beta/${job}`, { headers }).pipe(
      Effect.flatMap(answerOf),
      Effect.flatMap(uriOf),
      Effect.flatMap((uri) => call(uri, { headers }))
    ),
  unknownJob: `models/veo-3.1-generate-preview/operations/${"0".repeat(32)}`,
  Refusal: Schema.Struct({
    error: Schema.Struct({ code: Schema.Int, message: Schema.NonEmptyString, status: Schema.NonEmptyString })
  }),
  statuses: { unknownJob: 403 }
}

const stateOf = ({ done, error, response }: Answer) => {
  if (done !== true) return "waiting"
  if (error !== undefined) return error.code === 1 ? "cancelled" : "failed"
  const result = Object.keys(response?.["generateVideoResponse"] ?? {})
  return result.includes("generatedSamples")
    ? "done"
    : result.includes("raiMediaFilteredCount")
      ? "refused"
      : "empty"
}
