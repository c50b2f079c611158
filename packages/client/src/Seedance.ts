/**
 * Seedance, the video models of ByteDance, on BytePlus ModelArk, or on Volcengine Ark in China. A job can be stopped while
 * it waits for its turn, and not any more once it runs.
 *
 * @since 0.1.0
 */
import { ignores } from "@mutoscope/core/Capabilities"
import {
  ContentBlocked,
  EmptyResult,
  GenerationFailed,
  type OperationFailure,
  QuotaExceeded
} from "@mutoscope/core/GenerationError"
import * as Money from "@mutoscope/core/Money"
import type { OperationStatus } from "@mutoscope/core/Operation"
import { label } from "@mutoscope/core/VideoProvider"
import type { MediaInput } from "@mutoscope/core/VideoRequest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Adapter from "./Adapter.ts"
import * as Catalogue from "./catalogue/seedance.ts"
import { given } from "./internal/hostedInput.ts"
import { explained, isModerated, verdictOf } from "./internal/moderation.ts"
import { strip } from "./internal/secrets.ts"
import { stateOf, underway } from "./internal/statusWords.ts"
import { errorField, ifSensible, maybe, saidBy, sensible, UnixSeconds } from "./internal/wireFields.ts"
import { type Answer, type Ask, bearer, type JobApi, type Question } from "./JobApi.ts"

/** The key, and where the API is if not at BytePlus's address in Singapore. */
export const Options = Schema.Struct({
  apiKey: Adapter.secret,
  baseUrl: Schema.optional(Adapter.text)
})
export type Options = typeof Options.Type

const ownUrl = "https://ark.ap-southeast.bytepluses.com/api/v3"

/** Seedance under the name of an account. */
export const api = (provider: string, { apiKey, baseUrl = ownUrl }: Options): JobApi => ({
  provider,
  baseUrl,
  ownUrl,
  credential: bearer(apiKey),
  models: Catalogue.of(provider),
  inputLimits: { image: mostImage },
  other: (model) => Option.some(Catalogue.assumed(provider, model)),
  submit: (ask) => Effect.map(body(ask), (body) => ({ ...at("POST", ask.capabilities.model), body })),
  accepted: (answer) => Option.map(decodeAccepted(answer.body), ({ id }) => ({ id })),
  poll: ({ id, model }) => at("GET", model, `/${encodeURIComponent(id)}`),
  status: (answer, { model }) =>
    Option.map(decodeTask(answer.body), (task) => status(task, { provider, model }, answer)),
  // The same request deletes what has ended; a stopped task is found for a day, as a cancelled one.
  cancel: {
    question: ({ id, model }) => at("DELETE", model, `/${encodeURIComponent(id)}`),
    forgets: false
  },
  jobs: {
    question: (_, model) => page(model, 1),
    read: (answer, wanted) =>
      Option.map(decodeList(answer.body), ({ items = [] }) =>
        listed(items).map(({ created_at, id, model, safety_identifier }) => ({
          id,
          createdAt: DateTime.unsafeMake(created_at * 1000),
          label: safety_identifier,
          isOther: model !== wanted
        }))
      ),
    next: (answer, { model, pages }) =>
      Option.filterMap(decodeList(answer.body), ({ items = [] }) =>
        items.length < pageSize ? Option.none() : Option.some(page(model, pages + 1))
      ),
    label: (answer) => Option.getOrUndefined(decodeTask(answer.body))?.safety_identifier,
    keepsLabels: true
  }
})

/** One for a registry. */
export const adapter = Adapter.make({
  name: "seedance",
  title: "Seedance on BytePlus ModelArk",
  settings: Options,
  secrets: ["apiKey"],
  about: {
    apiKey: "An API key of ModelArk",
    baseUrl: "Where the API is, with its version: https://ark.ap-southeast.bytepluses.com/api/v3 (default)"
  },
  api
})

// --- the request -----------------------------------------------------------------------------------------------------

/** The most that an image may weigh, in bytes. */
const mostImage = 20_000_000

/** What a model does not know is refused, so nothing is said that was not asked. */
const body = (ask: Ask) =>
  Effect.gen(function* () {
    const { capabilities, request } = ask
    return given({
      model: capabilities.model,
      content: [{ type: "text", text: request.prompt }, ...(yield* images(ask))],
      // Kept with the task and shown with it: what tells our task from another's.
      safety_identifier: label(ask.intent),
      ratio: ignores(capabilities, request, "aspectRatio") ? "adaptive" : request.aspectRatio,
      resolution: request.resolution.toLowerCase(),
      duration: request.duration,
      ...(request.seed === undefined ? {} : { seed: request.seed }),
      ...(request.audio === undefined || capabilities.audio !== "optional"
        ? {}
        : { generate_audio: request.audio }),
      ...request.providerOptions
    })
  })

const images = (ask: Ask) => {
  const { lastFrame, referenceImages = [], startImage } = ask.request
  const image = (field: string, role: string) => (input: MediaInput) =>
    Effect.map(ask.toUrl(input, { field, kind: "image", most: mostImage }), (url) => ({
      type: "image_url",
      image_url: { url },
      role
    }))
  return Effect.all([
    ...(startImage === undefined ? [] : [image("start image", "first_frame")(startImage)]),
    ...(lastFrame === undefined ? [] : [image("last frame", "last_frame")(lastFrame)]),
    ...referenceImages.map(image("reference image", "reference_image"))
  ])
}

// --- the wire --------------------------------------------------------------------------------------------------------

const at = (method: Question["method"], model: string, below = ""): Question => ({
  model,
  method,
  path: `/contents/generations/tasks${below}`
})

const pageSize = 100

const page = (model: string, number: number) => at("GET", model, `?page_num=${number}&page_size=${pageSize}`)

const decodeAccepted = Schema.decodeOption(Schema.parseJson(Schema.Struct({ id: Schema.NonEmptyString })))

/** Counts of tokens come as numbers or as text. */
const Count = Schema.Union(Schema.NonNegativeInt, Schema.NumberFromString.pipe(Schema.nonNegative()))

const Task = Schema.Struct({
  status: maybe(Schema.String),
  content: maybe(Schema.Struct({ video_url: maybe(Schema.String) })),
  usage: ifSensible(Schema.Struct({ total_tokens: maybe(Count) })),
  resolution: ifSensible(Schema.String),
  generate_audio: ifSensible(Schema.Boolean),
  safety_identifier: ifSensible(Schema.String),
  error: errorField
})
type Task = typeof Task.Type

/** Whose task it is. */
interface Of {
  readonly provider: string
  readonly model: string
}

const decodeTask = Schema.decodeOption(Schema.parseJson(Task))

const decodeList = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ items: maybe(Schema.Array(Schema.Unknown)) }))
)

/** What does not say when it was made may be of any time. */
const listed = sensible(
  Schema.Struct({
    id: Schema.NonEmptyString,
    created_at: UnixSeconds,
    model: ifSensible(Schema.String),
    safety_identifier: ifSensible(Schema.String)
  })
)

const status = (task: Task, of: Of, answer: Answer): OperationStatus => {
  switch (stateOf(task.status)) {
    case "Pending":
      return { _tag: "Pending" }
    case "Succeeded":
      return succeeded(task, of)
    case "Failed":
    case "Expired":
      return { _tag: "Failed", error: failure(task, of.provider, answer), ...costOf(task, of) }
    case "Cancelled":
      return { _tag: "Cancelled" }
    default:
      return underway(task.status)
  }
}

const succeeded = (task: Task, of: Of): OperationStatus => {
  const { content, usage } = task
  const tokens = usage?.total_tokens
  return content?.video_url
    ? {
        _tag: "Succeeded",
        videos: [{ _tag: "Remote", uri: content.video_url }],
        ...(tokens === undefined ? {} : { metadata: { tokens } }),
        ...costOf(task, of)
      }
    : { _tag: "Failed", error: new EmptyResult({ provider: of.provider }), ...costOf(task, of) }
}

/** What was charged is told in tokens: what they cost is from our own table, and nothing where that has no price of them. */
const costOf = ({ generate_audio: sound, resolution, usage }: Task, { model }: Of) => {
  const output = usage?.total_tokens
  if (output === undefined || !Number.isSafeInteger(output)) return {}
  const micros = Catalogue.costOfTokens(model, output, { resolution, sound })
  const estimate = micros === undefined ? Option.none() : Money.told(micros)
  return { tokens: { output }, ...(Option.isSome(estimate) ? { estimate: estimate.value } : {}) }
}

const failure = ({ error, status }: Task, provider: string, { body, secrets }: Answer): OperationFailure => {
  const said = saidBy(error)
  const code = said.code ?? (stateOf(status) === "Expired" ? status : undefined)
  const reason = strip(said.message ?? code ?? "it does not say why", secrets)
  if (isModerated(reason, code ?? "") || verdictOf(body) === "Named")
    return new ContentBlocked({ provider, reasons: [explained(reason)] })
  if (/quota|overdue/i.test(code ?? "")) return new QuotaExceeded({ provider, reason })
  return new GenerationFailed({ provider, reason, ...(code === undefined ? {} : { code }) })
}
