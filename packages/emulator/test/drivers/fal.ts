import { Emulator } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { call, json, post } from "../support/api.ts"
import type { Driver, Headers, State } from "./Driver.ts"

export const model = "fal-ai/veo3.1/fast"

const requests = "/fal-ai/veo3.1/requests"

const to = (path: string) => Effect.map(Emulator, ({ urlOf }) => `${urlOf("fal")}${path}`)

export const get = (path: string, headers: Headers = {}) =>
  Effect.flatMap(to(path), (url) => call(url, { headers }))

export const enqueue = (body: unknown, headers: Headers = {}, path = `/${model}`) =>
  Effect.flatMap(to(path), (url) => post(url, body, headers))

export const cancel = (job: string) =>
  Effect.flatMap(to(`${requests}/${job}/cancel`), (url) => call(url, { method: "PUT" }))

export const Enqueued = Schema.Struct({
  status: Schema.Literal("IN_QUEUE"),
  queue_position: Schema.NonNegativeInt,
  request_id: Schema.UUID,
  response_url: Schema.String,
  status_url: Schema.String,
  cancel_url: Schema.String
})

export const Status = Schema.Struct({
  status: Schema.Literal("IN_QUEUE", "IN_PROGRESS", "COMPLETED"),
  queue_position: Schema.optional(Schema.NonNegativeInt),
  logs: Schema.optional(
    Schema.NullOr(Schema.Array(Schema.Struct({ message: Schema.String, timestamp: Schema.DateTimeUtc })))
  ),
  metrics: Schema.optional(Schema.Struct({ inference_time: Schema.Number }))
})

export const Output = Schema.Struct({
  video: Schema.NullOr(
    Schema.Struct({ url: Schema.String, content_type: Schema.Literal("video/mp4"), file_size: Schema.Int })
  ),
  seed: Schema.Int,
  notice: Schema.String,
  ignored_inputs: Schema.optional(Schema.Array(Schema.Struct({ field: Schema.String })))
})

const Issues = Schema.Struct({
  detail: Schema.NonEmptyArray(
    Schema.Struct({ loc: Schema.Array(Schema.String), msg: Schema.String, type: Schema.String })
  )
})
const Sentence = Schema.Struct({ detail: Schema.NonEmptyString, error_type: Schema.optional(Schema.String) })

export const Refusal = Schema.Union(Issues, Sentence)

/** As its clients do, asks for the result of what is completed. */
const poll = (job: string, headers: Headers = {}) =>
  Effect.flatMap(get(`${requests}/${job}/status?logs=1`, headers), (response) =>
    response.status === 200 ? get(`${requests}/${job}`, headers) : Effect.succeed(response)
  )

export const outputOf = (job: string, headers: Headers = {}) =>
  get(`${requests}/${job}`, headers).pipe(Effect.flatMap(json), Effect.flatMap(Schema.decodeUnknown(Output)))

export const fal: Driver = {
  keyed: (key) => ({ authorization: `Key ${key}` }),
  submit: (prompt, { scenario, headers } = {}) =>
    enqueue(
      { prompt, duration: "2s", ...(scenario === undefined ? {} : { emulator_scenario: scenario }) },
      headers
    ),
  jobIn: (body) => Schema.decodeUnknownSync(Enqueued)(body).request_id,
  poll,
  stateIn: (body) => stateOf(Schema.decodeUnknownSync(Schema.Union(Status, Output, Refusal))(body)),
  cancel,
  download: (job, headers = {}) =>
    Effect.flatMap(outputOf(job, headers), ({ video }) =>
      call(video?.url ?? "", headers["range"] === undefined ? {} : { headers })
    ),
  unknownJob: "00000000-0000-0000-0000-000000000000",
  Refusal,
  statuses: { quota: 403 }
}

const stateOf = (answer: typeof Status.Type | typeof Output.Type | typeof Refusal.Type): State => {
  if ("status" in answer) return "waiting"
  if ("video" in answer) return answer.video === null ? "empty" : "done"
  if (typeof answer.detail !== "string")
    return answer.detail[0].type === "content_policy_violation" ? "refused" : "failed"
  return "error_type" in answer && answer.error_type === "client_cancelled" ? "cancelled" : "failed"
}
