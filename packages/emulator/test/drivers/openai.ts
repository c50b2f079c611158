import { Emulator } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { call, post } from "../support/api.ts"
import type { Driver, Headers, State } from "./Driver.ts"

const to = (path: string) => Effect.map(Emulator, ({ urlOf }) => `${urlOf("openai")}${path}`)

export const get = (path: string, headers: Headers = {}) =>
  Effect.flatMap(to(path), (url) => call(url, { headers }))

export const create = (body: unknown, headers: Headers = {}) =>
  Effect.flatMap(to("/videos"), (url) => post(url, body, headers))

export const createByForm = (fields: Readonly<Record<string, string | Blob>>) =>
  Effect.flatMap(to("/videos"), (url) => {
    const body = new FormData()
    for (const [name, value] of Object.entries(fields)) body.append(name, value)
    return call(url, { method: "POST", body })
  })

export const remove = (job: string) =>
  Effect.flatMap(to(`/videos/${job}`), (url) => call(url, { method: "DELETE" }))

export const Video = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("video"),
  model: Schema.String,
  status: Schema.Literal("queued", "in_progress", "completed", "failed"),
  progress: Schema.Number,
  created_at: Schema.Int,
  completed_at: Schema.NullOr(Schema.Int),
  expires_at: Schema.NullOr(Schema.Int),
  prompt: Schema.String,
  seconds: Schema.String,
  size: Schema.String,
  error: Schema.NullOr(Schema.Struct({ code: Schema.String, message: Schema.String })),
  metadata: Schema.Struct({
    notice: Schema.String,
    seed: Schema.Int,
    ignored_inputs: Schema.optional(Schema.Array(Schema.Unknown))
  })
})

export const openai: Driver = {
  keyed: (key) => ({ authorization: `Bearer ${key}` }),
  submit: (prompt, { scenario, headers } = {}) =>
    create({ prompt, ...(scenario === undefined ? {} : { emulator_scenario: scenario }) }, headers),
  jobIn: (body) => Schema.decodeUnknownSync(Video)(body).id,
  poll: (job, headers) => get(`/videos/${job}`, headers),
  stateIn: (body) => stateOf(Schema.decodeUnknownSync(Video)(body)),
  cancel: remove,
  afterCancel: 404,
  download: (job, headers) => get(`/videos/${job}/content`, headers),
  unknownJob: `video_${"0".repeat(32)}`,
  Refusal: Schema.Struct({
    error: Schema.Struct({
      message: Schema.NonEmptyString,
      type: Schema.NonEmptyString,
      param: Schema.NullOr(Schema.String),
      code: Schema.NullOr(Schema.String)
    })
  })
}

const stateOf = ({ error, status }: typeof Video.Type): State => {
  switch (status) {
    case "completed":
      return "done"
    case "failed":
      return error?.code === "moderation_blocked" ? "refused" : "failed"
    default:
      return "waiting"
  }
}
