import { Emulator } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { call, json, post } from "../support/api.ts"
import type { Driver, Headers, State } from "./Driver.ts"

const to = (path: string) => Effect.map(Emulator, ({ urlOf }) => `${urlOf("openrouter")}${path}`)

export const get = (path: string, headers: Headers = {}) =>
  Effect.flatMap(to(path), (url) => call(url, { headers }))

export const generate = (body: object, headers: Headers = {}) =>
  Effect.flatMap(to("/videos"), (url) => post(url, { model: "mutoscope/emulator", ...body }, headers))

export const Generation = Schema.Struct({
  id: Schema.String,
  polling_url: Schema.String,
  status: Schema.Literal("pending", "in_progress", "completed", "failed", "cancelled", "expired"),
  generation_id: Schema.optional(Schema.String),
  unsigned_urls: Schema.optional(Schema.Array(Schema.String)),
  usage: Schema.optional(Schema.Struct({ cost: Schema.Number, is_byok: Schema.Boolean })),
  error: Schema.optional(Schema.String),
  metadata: Schema.optional(
    Schema.Struct({
      notice: Schema.String,
      seed: Schema.Int,
      ignored_inputs: Schema.optional(Schema.Array(Schema.Struct({ field: Schema.String })))
    })
  )
})
export type Generation = typeof Generation.Type

export const generationOf = (response: Response) =>
  Effect.flatMap(json(response), Schema.decodeUnknown(Generation))

export const openrouter: Driver = {
  keyed: (key) => ({ authorization: `Bearer ${key}` }),
  submit: (prompt, { scenario, headers } = {}) =>
    generate(
      {
        prompt,
        ...(scenario === undefined
          ? {}
          : { provider: { options: { "fake-provider": { emulator_scenario: scenario } } } })
      },
      headers
    ),
  jobIn: (body) => Schema.decodeUnknownSync(Generation)(body).id,
  poll: (job, headers) => get(`/videos/${job}`, headers),
  stateIn: (body) => stateOf(Schema.decodeUnknownSync(Generation)(body)),
  download: (job, headers = {}) =>
    Effect.flatMap(Effect.flatMap(get(`/videos/${job}`, headers), generationOf), ({ unsigned_urls }) =>
      call(unsigned_urls?.[0] ?? "", { headers })
    ),
  unknownJob: `gen-vid-${"0".repeat(32)}`,
  Refusal: Schema.Struct({ error: Schema.Struct({ code: Schema.Int, message: Schema.NonEmptyString }) }),
  statuses: { accepted: 202, quota: 402, expired: 410 }
}

const stateOf = ({ error = "", status, unsigned_urls = [] }: Generation): State => {
  switch (status) {
    case "completed":
      return unsigned_urls.length === 0 ? "empty" : "done"
    case "failed":
      return error.startsWith("Content policy") ? "refused" : "failed"
    case "cancelled":
      return "cancelled"
    default:
      return "waiting"
  }
}
