import { Emulator } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { call, json, post } from "../support/api.ts"
import type { Driver, Headers, State } from "./Driver.ts"

const version = { "x-runway-version": "2024-11-06" }

const to = (path: string) => Effect.map(Emulator, ({ urlOf }) => `${urlOf("runway")}/v1${path}`)

export const get = (path: string, headers: Headers = {}) =>
  Effect.flatMap(to(path), (url) => call(url, { headers: { ...version, ...headers } }))

export const create = (body: object, headers: Headers = {}, path = "/text_to_video") =>
  Effect.flatMap(to(path), (url) =>
    post(url, { model: "gen4.5", ratio: "1280:720", duration: 2, ...body }, { ...version, ...headers })
  )

export const remove = (job: string) =>
  Effect.flatMap(to(`/tasks/${job}`), (url) => call(url, { method: "DELETE", headers: version }))

const Credits = Schema.Struct({ credits: Schema.Number })

export const Task = Schema.Struct({
  id: Schema.UUID,
  createdAt: Schema.Date,
  status: Schema.Literal("PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"),
  progress: Schema.optional(Schema.Number.pipe(Schema.between(0, 1))),
  output: Schema.optional(Schema.Array(Schema.String)),
  failure: Schema.optional(Schema.String),
  failureCode: Schema.optional(Schema.String),
  estimatedCost: Schema.optional(Credits),
  cost: Schema.optional(Credits),
  metadata: Schema.Struct({
    notice: Schema.String,
    seed: Schema.Int,
    ignoredInputs: Schema.optional(Schema.Array(Schema.Struct({ field: Schema.String })))
  })
})
export type Task = typeof Task.Type

export const taskOf = (response: Response) => Effect.flatMap(json(response), Schema.decodeUnknown(Task))

const Created = Schema.Struct({ id: Schema.UUID, estimatedCost: Credits })

export const runway: Driver = {
  keyed: (key) => ({ authorization: `Bearer ${key}` }),
  submit: (prompt, { scenario, headers } = {}) =>
    create(
      { promptText: prompt, ...(scenario === undefined ? {} : { emulatorScenario: scenario }) },
      headers
    ),
  jobIn: (body) => Schema.decodeUnknownSync(Created)(body).id,
  poll: (job, headers) => get(`/tasks/${job}`, headers),
  stateIn: (body) => stateOf(Schema.decodeUnknownSync(Task)(body)),
  cancel: remove,
  afterCancel: 404,
  download: (job, headers) =>
    Effect.flatMap(Effect.flatMap(get(`/tasks/${job}`, headers), taskOf), ({ output }) =>
      call(output?.[0] ?? "", headers?.["range"] === undefined ? {} : { headers })
    ),
  unknownJob: "0".repeat(32),
  Refusal: Schema.Struct({ error: Schema.NonEmptyString, docUrl: Schema.String }),
  statuses: { quota: 400, "retired-model": 400 }
}

const stateOf = ({ failureCode = "", output = [], status }: Task): State => {
  switch (status) {
    case "SUCCEEDED":
      return output.length === 0 ? "empty" : "done"
    case "FAILED":
      return failureCode.startsWith("SAFETY.") ? "refused" : "failed"
    case "CANCELLED":
      return "cancelled"
    default:
      return "waiting"
  }
}
