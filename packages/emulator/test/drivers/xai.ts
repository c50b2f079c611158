import { Emulator } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { call, json, post } from "../support/api.ts"
import type { Driver, Headers, State } from "./Driver.ts"

const to = (path: string) => Effect.map(Emulator, ({ urlOf }) => `${urlOf("xai")}${path}`)

export const get = (path: string, headers: Headers = {}) =>
  Effect.flatMap(to(path), (url) => call(url, { headers }))

export const generate = (body: object, headers: Headers = {}, path = "/videos/generations") =>
  Effect.flatMap(to(path), (url) => post(url, { model: "grok-imagine-video", duration: 2, ...body }, headers))

const Usage = Schema.Struct({ cost_in_usd_ticks: Schema.Int })

export const Pending = Schema.Struct({
  status: Schema.Literal("pending"),
  progress: Schema.Int.pipe(Schema.between(0, 100))
})

export const Done = Schema.Struct({
  status: Schema.Literal("done"),
  progress: Schema.Literal(100),
  model: Schema.String,
  video: Schema.NullOr(
    Schema.Struct({ url: Schema.String, duration: Schema.Number, respect_moderation: Schema.Literal(true) })
  ),
  usage: Usage,
  metadata: Schema.Struct({
    notice: Schema.String,
    seed: Schema.Int,
    ignored_inputs: Schema.optional(Schema.Array(Schema.Struct({ field: Schema.String })))
  })
})

const Failed = Schema.Struct({
  status: Schema.Literal("failed"),
  error: Schema.Struct({ code: Schema.String, message: Schema.String })
})

const HeldBack = Schema.Struct({
  code: Schema.Literal("imagine:content-moderated"),
  error: Schema.NonEmptyString,
  usage: Usage
})

const Answer = Schema.Union(Pending, Done, Failed, HeldBack)

/** As its clients do, takes a 202 without a word for a job that is waited for. */
const read = (response: Response) =>
  response.status === 202 && response.headers.get("content-type") === null
    ? new Response(JSON.stringify({ status: "pending", progress: 0 }), { status: 202 })
    : response

export const xai: Driver = {
  keyed: (key) => ({ authorization: `Bearer ${key}` }),
  submit: (prompt, { scenario, headers } = {}) =>
    generate({ prompt, ...(scenario === undefined ? {} : { emulator_scenario: scenario }) }, headers),
  jobIn: (body) => Schema.decodeUnknownSync(Schema.Struct({ request_id: Schema.UUID }))(body).request_id,
  poll: (job, headers) => Effect.map(get(`/videos/${job}`, headers), read),
  stateIn: (body) => stateOf(Schema.decodeUnknownSync(Answer)(body)),
  download: (job, headers) =>
    get(`/videos/${job}`, headers).pipe(
      Effect.flatMap(json),
      Effect.flatMap(Schema.decodeUnknown(Done)),
      Effect.flatMap(({ video }) =>
        call(video?.url ?? "", headers?.["range"] === undefined ? {} : { headers })
      )
    ),
  unknownJob: "0".repeat(32),
  Refusal: Schema.Struct({ code: Schema.NonEmptyString, error: Schema.NonEmptyString })
}

const stateOf = (answer: typeof Answer.Type): State => {
  if (!("status" in answer)) return "refused"
  if (answer.status === "done") return answer.video === null ? "empty" : "done"
  return answer.status === "failed" ? "failed" : "waiting"
}
