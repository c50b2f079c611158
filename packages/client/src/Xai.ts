/**
 * Grok Imagine, the video models of xAI. A job that is waited for is answered with 202, sometimes without a word, and one
 * whose video was held back with a refusal that is the job's end, and is charged.
 *
 * @since 0.1.0
 */
import {
  ContentBlocked,
  EmptyResult,
  GenerationFailed,
  type OperationFailure
} from "@mutoscope/core/GenerationError"
import type { OperationStatus } from "@mutoscope/core/Operation"
import { label } from "@mutoscope/core/VideoProvider"
import type { MediaInput } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Adapter from "./Adapter.ts"
import * as Catalogue from "./catalogue/xai.ts"
import * as Charge from "./internal/charge.ts"
import { given } from "./internal/hostedInput.ts"
import { explained, isModerated, verdictOf } from "./internal/moderation.ts"
import { strip } from "./internal/secrets.ts"
import { stateOf, underway } from "./internal/statusWords.ts"
import { errorField, ifSensible, maybe, saidBy } from "./internal/wireFields.ts"
import { type Answer, type Ask, bearer, type JobApi, resultsIn } from "./JobApi.ts"

/** The key, and where the API is if not at xAI's own address. */
export const Options = Schema.Struct({
  apiKey: Adapter.secret,
  baseUrl: Schema.optional(Adapter.text)
})
export type Options = typeof Options.Type

const ownUrl = "https://api.x.ai/v1"

/** xAI under the name of an account. */
export const api = (provider: string, { apiKey, baseUrl = ownUrl }: Options): JobApi => ({
  provider,
  baseUrl,
  ownUrl,
  credential: bearer(apiKey),
  models: Catalogue.of(provider),
  inputLimits: most,
  submit,
  accepted: ({ body }) => Option.map(decodeAccepted(body), ({ request_id: id }) => ({ id })),
  poll: ({ id, model }) => ({ model, method: "GET", path: `/videos/${encodeURIComponent(id)}` }),
  status: (answer) => status(answer, provider),
  // `url`, and with storage options a copy beside it.
  elsewhere: resultsIn
})

/** One for a registry. */
export const adapter = Adapter.make({
  name: "xai",
  title: "xAI Grok Imagine",
  settings: Options,
  secrets: ["apiKey"],
  about: {
    apiKey: "A key of console.x.ai",
    baseUrl: "Where the API is, with its version: https://api.x.ai/v1 (default)"
  },
  api
})

// --- the request -----------------------------------------------------------------------------------------------------

const submit: JobApi["submit"] = (ask) => {
  const { capabilities, request } = ask
  const { extend, providerOptions } = request
  const fields = { model: capabilities.model, prompt: request.prompt, duration: request.duration }
  const question = (path: string) => (more: object) => ({
    model: capabilities.model,
    method: "POST" as const,
    path,
    body: given({ ...fields, ...more, ...providerOptions })
  })
  return extend === undefined
    ? Effect.map(generation(ask), question("/videos/generations"))
    : Effect.map(extension(ask, extend), question("/videos/extensions"))
}

/** The most that an image or a video may weigh on its way, in bytes. */
const most = { image: 20_000_000, video: 50_000_000 } as const

const generation = (ask: Ask) =>
  Effect.gen(function* () {
    const { request } = ask
    const references = request.referenceImages ?? []
    const image = (field: string) => (input: MediaInput) =>
      Effect.map(ask.toUrl(input, { field, kind: "image", most: most.image }), (url) => ({ url }))
    return {
      // Extensions have no such field.
      user: label(ask.intent),
      aspect_ratio: request.aspectRatio,
      resolution: request.resolution,
      ...(request.audio === undefined ? {} : { generate_audio: request.audio }),
      ...(request.startImage === undefined ? {} : { image: yield* image("start image")(request.startImage) }),
      ...(request.lastFrame === undefined
        ? {}
        : { last_frame: yield* image("last frame")(request.lastFrame) }),
      ...(references.length === 0
        ? {}
        : { reference_images: yield* Effect.forEach(references, image("reference image")) })
    }
  })

/** Of what goes on with a video, `duration` is what is new. */
const extension = (ask: Ask, video: MediaInput) =>
  Effect.map(ask.toUrl(video, { field: "video to extend", kind: "video", most: most.video }), (url) => ({
    video: { url }
  }))

// --- the wire --------------------------------------------------------------------------------------------------------

const decodeAccepted = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ request_id: Schema.NonEmptyString }))
)

const Job = Schema.Struct({
  status: maybe(Schema.String),
  progress: ifSensible(Schema.JsonNumber),
  video: maybe(
    Schema.Struct({
      url: maybe(Schema.String),
      respect_moderation: ifSensible(Schema.Boolean),
      file_output: ifSensible(Schema.Struct({ public_url: maybe(Schema.String) }))
    })
  ),
  usage: ifSensible(Charge.Usage),
  error: errorField
})
type Job = typeof Job.Type

const decodeJob = Schema.decodeOption(Schema.parseJson(Job))

/** A 202 is a job that runs, whatever its body is: it may be empty. */
const status = (answer: Answer, provider: string): Option.Option<OperationStatus> => {
  const told = Option.map(decodeJob(answer.body), (job) => statusOf(job, provider, answer))
  return answer.status === 202 ? Option.orElseSome(told, () => ({ _tag: "Running" as const })) : told
}

const statusOf = (job: Job, provider: string, answer: Answer): OperationStatus => {
  const word = job.status ?? (job.video === undefined ? "pending" : "done")
  switch (stateOf(word)) {
    case "Succeeded":
      return done(job, provider)
    case "Cancelled":
      return { _tag: "Cancelled", ...Charge.ofTicks(job.usage) }
    case "Failed":
    case "Expired":
      return { _tag: "Failed", error: failure(job, provider, answer), ...Charge.ofTicks(job.usage) }
    default:
      return underway(
        word,
        job.progress === undefined ? {} : { progress: Math.min(100, Math.max(0, job.progress)) }
      )
  }
}

const done = ({ usage, video }: Job, provider: string): OperationStatus => {
  const failed = (error: OperationFailure): OperationStatus => ({
    _tag: "Failed",
    error,
    ...Charge.ofTicks(usage)
  })
  if (video?.respect_moderation === false) return failed(new ContentBlocked({ provider, reasons: [] }))
  const uri = video?.url || video?.file_output?.public_url
  return uri
    ? { _tag: "Succeeded", videos: [{ _tag: "Remote", uri }], ...Charge.ofTicks(usage) }
    : failed(new EmptyResult({ provider }))
}

const failure = ({ error, status }: Job, provider: string, { body, secrets }: Answer): OperationFailure => {
  const said = saidBy(error)
  const code = said.code ?? (stateOf(status) === "Expired" ? status : undefined)
  const reason = strip(said.message ?? code ?? "it does not say why", secrets)
  if (isModerated(reason, code ?? "") || verdictOf(body) === "Named")
    return new ContentBlocked({ provider, reasons: [explained(reason)] })
  return new GenerationFailed({ provider, reason, ...(code === undefined ? {} : { code }) })
}
