import { Emulator } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { call, json, post } from "../support/api.ts"
import type { Driver, Headers, State } from "./Driver.ts"

/** The server's address, or that of an older one. */
export const to = (path: string) => Effect.map(Emulator, ({ urlOf }) => `${urlOf("comfyui")}${path}`)

export const get = (path: string, headers: Headers = {}) =>
  Effect.flatMap(to(path), (url) => call(url, { headers }))

export const send = (path: string, body: unknown, headers: Headers = {}) =>
  Effect.flatMap(to(path), (url) => post(url, body, headers))

/** A workflow as people export it, for a text. */
export const graph = (text: string) => ({
  "1": { class_type: "UNETLoader", inputs: { unet_name: "wan.safetensors", weight_dtype: "default" } },
  "2": { class_type: "CLIPLoader", inputs: { clip_name: "umt5.safetensors", type: "wan" } },
  "3": { class_type: "VAELoader", inputs: { vae_name: "wan_vae.safetensors" } },
  "4": { class_type: "CLIPTextEncode", inputs: { text, clip: ["2", 0] } },
  "5": { class_type: "CLIPTextEncode", inputs: { text: "rain", clip: ["2", 0] } },
  "6": {
    class_type: "EmptyHunyuanLatentVideo",
    inputs: { width: 832, height: 480, length: 33, batch_size: 1 }
  },
  "7": {
    class_type: "KSampler",
    inputs: {
      model: ["1", 0],
      seed: 7,
      steps: 20,
      cfg: 6,
      sampler_name: "uni_pc",
      scheduler: "simple",
      positive: ["4", 0],
      negative: ["5", 0],
      latent_image: ["6", 0],
      denoise: 1
    }
  },
  "8": { class_type: "VAEDecode", inputs: { samples: ["7", 0], vae: ["3", 0] } },
  "9": { class_type: "CreateVideo", inputs: { images: ["8", 0], fps: 16 } },
  "10": {
    class_type: "SaveVideo",
    inputs: { video: ["9", 0], filename_prefix: "video/ComfyUI", format: "mp4", codec: "h264" }
  }
})

const Accepted = Schema.Struct({
  prompt_id: Schema.String,
  number: Schema.Number,
  node_errors: Schema.Struct({})
})

const File = Schema.Struct({ filename: Schema.String, subfolder: Schema.String, type: Schema.String })

export const Job = Schema.Struct({
  id: Schema.String,
  status: Schema.Literal("pending", "in_progress", "completed", "failed", "cancelled"),
  outputs: Schema.optional(
    Schema.Record({ key: Schema.String, value: Schema.Struct({ images: Schema.Array(File) }) })
  ),
  execution_error: Schema.optional(
    Schema.Struct({ node_type: Schema.String, exception_message: Schema.String })
  )
})

const filesOf = (body: unknown) =>
  Object.values(Schema.decodeUnknownSync(Job)(body).outputs ?? {}).flatMap(({ images }) => images)

export const comfyui: Driver = {
  keyed: (key) => ({ authorization: `Bearer ${key}` }),
  submit: (prompt, { scenario, headers } = {}) =>
    send(
      "/prompt",
      {
        prompt: graph(prompt),
        ...(scenario === undefined ? {} : { extra_data: { emulator_scenario: scenario } })
      },
      headers
    ),
  jobIn: (body) => Schema.decodeUnknownSync(Accepted)(body).prompt_id,
  poll: (job, headers) => get(`/api/jobs/${job}`, headers),
  stateIn: (body) => stateOf(Schema.decodeUnknownSync(Job)(body).status, filesOf(body).length),
  cancel: (job) => send(`/api/jobs/${job}/cancel`, {}),
  // What waited in the queue is nowhere once it is taken out.
  afterCancel: 404,
  download: (job, headers) =>
    get(`/api/jobs/${job}`, headers).pipe(
      Effect.flatMap(json),
      Effect.flatMap((body) => get(`/view?${new URLSearchParams(filesOf(body)[0])}`, headers))
    ),
  unknownJob: "00000000-0000-4000-8000-000000000000",
  Refusal: Schema.Struct({
    error: Schema.Union(
      Schema.Literal("Job not found"),
      Schema.Struct({ type: Schema.NonEmptyString, message: Schema.NonEmptyString, details: Schema.String })
    )
  })
}

const stateOf = (status: (typeof Job.Type)["status"], files: number): State => {
  switch (status) {
    case "completed":
      return files === 0 ? "empty" : "done"
    case "failed":
    case "cancelled":
      return status
    default:
      return "waiting"
  }
}
