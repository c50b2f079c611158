import { Emulator } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { call, json, post } from "../support/api.ts"
import type { Driver, Headers, State } from "./Driver.ts"

const to = (path: string) =>
  Effect.map(Emulator, ({ urlOf }) => `${urlOf("seedance")}/contents/generations/tasks${path}`)

export const get = (path: string, headers: Headers = {}) =>
  Effect.flatMap(to(path), (url) => call(url, { headers }))

export const create = (body: object, headers: Headers = {}) =>
  Effect.flatMap(to(""), (url) =>
    post(url, { model: "dreamina-seedance-2-0-260128", duration: 4, ...body }, headers)
  )

export const remove = (job: string, headers: Headers = {}) =>
  Effect.flatMap(to(`/${job}`), (url) => call(url, { method: "DELETE", headers }))

export const text = (prompt: string) => ({ type: "text", text: prompt })

export const Task = Schema.Struct({
  id: Schema.String.pipe(Schema.startsWith("cgt-")),
  model: Schema.String,
  status: Schema.Literal("queued", "running", "succeeded", "failed", "cancelled"),
  content: Schema.optional(Schema.Struct({ video_url: Schema.optional(Schema.String) })),
  usage: Schema.optional(Schema.Struct({ completion_tokens: Schema.Int, total_tokens: Schema.Int })),
  error: Schema.optional(Schema.Struct({ code: Schema.NonEmptyString, message: Schema.NonEmptyString })),
  created_at: Schema.Int,
  updated_at: Schema.Int,
  seed: Schema.Int,
  resolution: Schema.String,
  ratio: Schema.String,
  duration: Schema.Number,
  framespersecond: Schema.Literal(24),
  generate_audio: Schema.Boolean,
  service_tier: Schema.Literal("default", "flex"),
  metadata: Schema.Struct({
    notice: Schema.String,
    ignored_inputs: Schema.optional(Schema.Array(Schema.Struct({ field: Schema.String })))
  })
})
export type Task = typeof Task.Type

export const taskOf = (response: Response) => Effect.flatMap(json(response), Schema.decodeUnknown(Task))

export const Refusal = Schema.Struct({
  error: Schema.Struct({
    code: Schema.NonEmptyString,
    message: Schema.NonEmptyString,
    param: Schema.String,
    type: Schema.NonEmptyString
  })
})

export const seedance: Driver = {
  keyed: (key) => ({ authorization: `Bearer ${key}` }),
  submit: (prompt, { scenario, headers } = {}) =>
    create(
      { content: [text(prompt)], ...(scenario === undefined ? {} : { emulator_scenario: scenario }) },
      headers
    ),
  jobIn: (body) => Schema.decodeUnknownSync(Schema.Struct({ id: Task.fields.id }))(body).id,
  poll: (job, headers) => get(`/${job}`, headers),
  stateIn: (body) => stateOf(Schema.decodeUnknownSync(Task)(body)),
  // What is stuck never runs, so it waits.
  cancel: remove,
  download: (job, headers) =>
    Effect.flatMap(Effect.flatMap(get(`/${job}`, headers), taskOf), ({ content }) =>
      call(content?.video_url ?? "", headers?.["range"] === undefined ? {} : { headers })
    ),
  unknownJob: `cgt-${"0".repeat(32)}`,
  Refusal
}

const stateOf = ({ content, error, status }: Task): State => {
  switch (status) {
    case "succeeded":
      return content?.video_url === undefined ? "empty" : "done"
    case "failed":
      return error?.code === "OutputVideoSensitiveContentDetected" ? "refused" : "failed"
    case "cancelled":
      return "cancelled"
    default:
      return "waiting"
  }
}
