/**
 * Runway's API: its own models and a dozen of others', as tasks that are paid for in credits. Asking for a task to be
 * deleted stops one that runs and destroys one that is done, so nothing here deletes unasked.
 *
 * @since 0.1.0
 */
import {
  ContentBlocked,
  EmptyResult,
  GenerationFailed,
  type OperationFailure,
  UnsupportedOption
} from "@mutoscope/core/GenerationError"
import type { OperationStatus } from "@mutoscope/core/Operation"
import type { MediaInput, VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Adapter from "./Adapter.ts"
import * as Catalogue from "./catalogue/runway.ts"
import * as Charge from "./internal/charge.ts"
import { explained, isModerated, verdictOf } from "./internal/moderation.ts"
import { strip } from "./internal/secrets.ts"
import { stateOf, underway } from "./internal/statusWords.ts"
import { ifSensible, maybe } from "./internal/wireFields.ts"
import { type Answer, type Ask, bearer, type JobApi, type Question } from "./JobApi.ts"

/** The key, and where the API is if not at Runway's own address. */
export const Options = Schema.Struct({
  apiKey: Adapter.secret,
  baseUrl: Schema.optional(Adapter.text)
})
export type Options = typeof Options.Type

/** The version of the API that this speaks; every request has to name one. */
const version = "2024-11-06"

const ownUrl = "https://api.dev.runwayml.com"

/** Runway under the name of an account. */
export const api = (provider: string, { apiKey, baseUrl = ownUrl }: Options): JobApi => ({
  provider,
  baseUrl,
  ownUrl,
  credential: bearer(apiKey),
  headers: { "x-runway-version": version },
  models: Catalogue.of(provider),
  inputLimits: { image: mostImage },
  submit,
  accepted: ({ body }) => Option.map(decodeAccepted(body), ({ id }) => ({ id })),
  poll: ({ id, model }) => task("GET", model, id),
  status: (answer) => Option.map(decodeTask(answer.body), (task) => status(task, provider, answer)),
  cancel: { question: ({ id, model }) => task("DELETE", model, id), forgets: true }
})

/** One for a registry. */
export const adapter = Adapter.make({
  name: "runway",
  title: "Runway",
  settings: Options,
  secrets: ["apiKey"],
  about: {
    apiKey: "A key of the developer portal, dev.runwayml.com",
    baseUrl: "Where the API is, without a version: https://api.dev.runwayml.com (default)"
  },
  api
})

// --- the request -----------------------------------------------------------------------------------------------------

const submit: JobApi["submit"] = (ask) =>
  Effect.gen(function* () {
    const { capabilities, request } = ask
    const sizing = yield* fitted(ask)
    return {
      model: capabilities.model,
      method: "POST",
      path: request.startImage === undefined ? "/v1/text_to_video" : "/v1/image_to_video",
      body: {
        model: capabilities.model,
        promptText: request.prompt,
        duration: request.duration,
        ...sizing,
        ...(request.seed === undefined ? {} : { seed: request.seed }),
        ...(request.negativePrompt === undefined ? {} : { negativePrompt: request.negativePrompt }),
        ...(request.audio === undefined || capabilities.audio !== "optional" ? {} : { audio: request.audio }),
        ...(yield* images(ask)),
        ...request.providerOptions
      }
    } satisfies Question
  })

/** The most that an image may weigh, in bytes, for its `data:` address to keep within five megabytes. */
const mostImage = 3_300_000

const images = ({ request, toUrl }: Ask) => {
  const { lastFrame, referenceImages, startImage } = request
  const one = (field: string) => (input: MediaInput) =>
    Effect.map(toUrl(input, { field, kind: "image", most: mostImage }), (uri) => ({ uri }))
  if (startImage === undefined)
    return Effect.map(Effect.forEach(referenceImages ?? [], one("reference image")), (references) =>
      references.length === 0 ? {} : { references }
    )
  const at = (position: string) => (image: { readonly uri: string }) => ({ ...image, position })
  const first = Effect.map(one("start image")(startImage), at("first"))
  const last = lastFrame === undefined ? [] : [Effect.map(one("last frame")(lastFrame), at("last"))]
  return Effect.map(Effect.all([first, ...last]), (promptImage) => ({ promptImage }))
}

/** The fields for the size of the picture; what cannot be had is refused by the table, before it comes to that. */
const fitted = ({ capabilities: { model, provider }, request }: Ask) => {
  const found = Catalogue.models.find((known) => known.model === model)
  const sizing = request.startImage === undefined ? found?.fromText : found?.fromImage
  const size = sizing && sizeOf(sizing, request)
  if (size !== undefined) return Effect.succeed(size)
  const value = `${request.aspectRatio} in ${request.resolution}`
  return Effect.fail(new UnsupportedOption({ provider, model, option: "size", value, supported: [] }))
}

const sizeOf = (sizing: Catalogue.Sizing, { aspectRatio, resolution }: VideoRequest) => {
  switch (sizing._tag) {
    case "Pixels": {
      const ratio = sizing.pairs[resolution]?.[aspectRatio]
      return ratio === undefined ? undefined : { ratio }
    }
    case "Words":
      return { ratio: aspectRatio, resolution: sizing.heights[resolution] }
    case "Height":
      return { resolution: sizing.heights[resolution] }
    case "AutoRatio":
      return { ratio: `auto_${resolution}` }
  }
}

// --- the wire --------------------------------------------------------------------------------------------------------

const task = (method: "GET" | "DELETE", model: string, id: string): Question => ({
  model,
  method,
  path: `/v1/tasks/${encodeURIComponent(id)}`
})

const decodeAccepted = Schema.decodeOption(Schema.parseJson(Schema.Struct({ id: Schema.NonEmptyString })))

const Task = Schema.Struct({
  status: maybe(Schema.String),
  progress: ifSensible(Schema.JsonNumber),
  output: maybe(Schema.Array(Schema.NullOr(Schema.String))),
  cost: ifSensible(Schema.Struct({ credits: maybe(Schema.JsonNumber) })),
  failure: ifSensible(Schema.String),
  failureCode: ifSensible(Schema.Union(Schema.String, Schema.Number))
})
type Task = typeof Task.Type

const decodeTask = Schema.decodeOption(Schema.parseJson(Task))

/** What waits for its turn because too many run already is `THROTTLED`. */
const status = (task: Task, provider: string, answer: Answer): OperationStatus => {
  switch (stateOf(task.status)) {
    case "Pending":
      return { _tag: "Pending" }
    case "Succeeded": {
      const videos = (task.output ?? []).flatMap((uri) => (uri ? [{ _tag: "Remote" as const, uri }] : []))
      return Arr.isNonEmptyReadonlyArray(videos)
        ? { _tag: "Succeeded", videos, ...charged(task) }
        : { _tag: "Failed", error: new EmptyResult({ provider }), ...charged(task) }
    }
    case "Failed":
    case "Expired":
      return { _tag: "Failed", error: failure(task, provider, answer), ...charged(task) }
    case "Cancelled":
      return { _tag: "Cancelled", ...charged(task) }
    default:
      return underway(
        task.status,
        task.progress === undefined ? {} : { progress: Math.min(100, Math.max(0, 100 * task.progress)) }
      )
  }
}

const failure = (
  { failure, failureCode }: Task,
  provider: string,
  { body, secrets }: Answer
): OperationFailure => {
  const code = failureCode === undefined ? undefined : String(failureCode)
  const reason = strip(failure ?? code ?? "it does not say why", secrets)
  if (
    /\bSAFETY\b/.test(code ?? "") ||
    (code === undefined && isModerated(reason)) ||
    verdictOf(body) === "Named"
  )
    return new ContentBlocked({ provider, reasons: [explained(reason)] })
  return new GenerationFailed({ provider, reason, ...(code === undefined ? {} : { code }) })
}

/** A credit is a cent, and what was blocked is charged too. */
const charged = ({ cost }: Pick<Task, "cost">) =>
  Charge.charged(cost?.credits === undefined ? undefined : cost.credits * 10_000)
