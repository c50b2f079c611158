import { Emulator } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { call, json, post } from "../support/api.ts"
import type { Driver, Headers, State } from "./Driver.ts"

const to = (path: string) => Effect.map(Emulator, ({ urlOf }) => `${urlOf("geminiOmni")}${path}`)

export const create = (body: object, headers: Headers = {}, parent = "/v1beta") =>
  Effect.flatMap(to(`${parent}/interactions`), (url) =>
    post(
      url,
      {
        model: "gemini-omni-1.1-flash",
        background: true,
        response_format: { type: "video", delivery: "uri" },
        ...body
      },
      headers
    )
  )

export const get = (job: string, headers: Headers = {}, parent = "/v1beta") =>
  Effect.flatMap(to(`${parent}/interactions/${job}`), (url) => call(url, { headers }))

const Content = Schema.Struct({
  type: Schema.Literal("text", "video"),
  text: Schema.optional(Schema.String),
  uri: Schema.optional(Schema.String),
  data: Schema.optional(Schema.String),
  mime_type: Schema.optional(Schema.String)
})

export const Interaction = Schema.Struct({
  id: Schema.String,
  status: Schema.Literal("queued", "in_progress", "completed", "failed", "cancelled"),
  object: Schema.Literal("interaction"),
  model: Schema.String,
  created: Schema.String,
  updated: Schema.String,
  errors: Schema.optional(Schema.Array(Schema.Struct({ code: Schema.String, message: Schema.String }))),
  usage: Schema.optional(
    Schema.Struct({
      total_output_tokens: Schema.Int,
      output_tokens_by_modality: Schema.Array(Schema.Struct({ modality: Schema.String, tokens: Schema.Int }))
    })
  ),
  steps: Schema.optional(
    Schema.Array(
      Schema.Struct({
        type: Schema.Literal("user_input", "thought", "model_output"),
        content: Schema.optional(Schema.Array(Content)),
        signature: Schema.optional(Schema.String)
      })
    )
  ),
  metadata: Schema.Struct({
    notice: Schema.String,
    seed: Schema.Int,
    ignored_inputs: Schema.optional(Schema.Array(Schema.Unknown))
  })
})
export type Interaction = typeof Interaction.Type

/** What the model made, or said instead. */
export const contentOf = ({ steps = [] }: Interaction): ReadonlyArray<typeof Content.Type> =>
  steps.flatMap(({ content = [], type }) => (type === "model_output" ? content : []))

export const geminiOmni: Driver = {
  keyed: (key) => ({ "x-goog-api-key": key }),
  submit: (prompt, { scenario, headers } = {}) =>
    create({ input: prompt, ...(scenario === undefined ? {} : { emulator_scenario: scenario }) }, headers),
  jobIn: (body) => Schema.decodeUnknownSync(Interaction)(body).id,
  poll: get,
  stateIn: (body) => stateOf(Schema.decodeUnknownSync(Interaction)(body)),
  cancel: (job) =>
    Effect.flatMap(to(`/v1beta/interactions/${job}/cancel`), (url) => call(url, { method: "POST" })),
  download: (job, headers = {}) =>
    get(job, headers).pipe(
      Effect.flatMap(json),
      Effect.flatMap(Schema.decodeUnknown(Interaction)),
      Effect.flatMap((interaction) => call(contentOf(interaction)[0]?.uri ?? "", { headers }))
    ),
  unknownJob: `v1_${"0".repeat(32)}`,
  Refusal: Schema.Struct({
    error: Schema.Struct({
      message: Schema.NonEmptyString,
      code: Schema.Union(Schema.NonEmptyString, Schema.Int)
    })
  }),
  statuses: { unknownJob: 400, expired: 403 }
}

const stateOf = (interaction: Interaction): State => {
  switch (interaction.status) {
    case "completed": {
      const [content] = contentOf(interaction)
      return content === undefined ? "empty" : content.type === "video" ? "done" : "refused"
    }
    case "failed":
    case "cancelled":
      return interaction.status
    default:
      return "waiting"
  }
}
