import { Emulator } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { call, json, post } from "../support/api.ts"
import type { Driver, Headers, State } from "./Driver.ts"

const to = (path: string) => Effect.map(Emulator, ({ urlOf }) => `${urlOf("replicate")}${path}`)

export const get = (path: string, headers: Headers = {}) =>
  Effect.flatMap(to(path), (url) => call(url, { headers }))

export const create = (body: unknown, headers: Headers = {}, path = "/models/google/veo-3.1/predictions") =>
  Effect.flatMap(to(path), (url) => post(url, body, headers))

export const cancel = (job: string) =>
  Effect.flatMap(to(`/predictions/${job}/cancel`), (url) => call(url, { method: "POST" }))

export const Prediction = Schema.Struct({
  id: Schema.String,
  model: Schema.String,
  version: Schema.String,
  status: Schema.Literal("starting", "processing", "succeeded", "failed", "canceled"),
  input: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  output: Schema.NullOr(Schema.String),
  error: Schema.NullOr(Schema.String),
  logs: Schema.String,
  metrics: Schema.Struct({ predict_time: Schema.optional(Schema.Number) }),
  urls: Schema.Struct({ get: Schema.String, cancel: Schema.String }),
  created_at: Schema.DateTimeUtc,
  completed_at: Schema.optional(Schema.DateTimeUtc),
  data_removed: Schema.Literal(false),
  notice: Schema.String,
  ignored_inputs: Schema.optional(Schema.Array(Schema.Struct({ field: Schema.String })))
})
export type Prediction = typeof Prediction.Type

export const predictionOf = (response: Response) =>
  Effect.flatMap(json(response), Schema.decodeUnknown(Prediction))

export const replicate: Driver = {
  keyed: (key) => ({ authorization: `Bearer ${key}` }),
  submit: (prompt, { scenario, headers } = {}) =>
    create(
      {
        input: { prompt, duration: 2, ...(scenario === undefined ? {} : { emulator_scenario: scenario }) }
      },
      headers
    ),
  jobIn: (body) => Schema.decodeUnknownSync(Prediction)(body).id,
  poll: (job, headers) => get(`/predictions/${job}`, headers),
  stateIn: (body) => stateOf(Schema.decodeUnknownSync(Prediction)(body)),
  cancel,
  download: (job, headers = {}) =>
    Effect.flatMap(Effect.flatMap(get(`/predictions/${job}`, headers), predictionOf), ({ output }) =>
      call(output ?? "", headers["range"] === undefined ? {} : { headers })
    ),
  unknownJob: "0".repeat(32),
  Refusal: Schema.Struct({
    title: Schema.NonEmptyString,
    detail: Schema.NonEmptyString,
    status: Schema.Int
  }),
  statuses: { accepted: 201, quota: 402 }
}

const stateOf = ({ error, output, status }: Prediction): State => {
  switch (status) {
    case "succeeded":
      return output === null ? "empty" : "done"
    case "failed":
      return error?.includes("flagged as sensitive") === true ? "refused" : "failed"
    case "canceled":
      return "cancelled"
    default:
      return "waiting"
  }
}
