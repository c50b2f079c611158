/**
 * Replicate: official models by their name, any other by its version, and deployments of one's own, all as predictions.
 * What a prediction put out is removed after an hour.
 *
 * @since 0.1.0
 */
import {
  ContentBlocked,
  EmptyResult,
  GenerationFailed,
  type OperationFailure,
  OutputExpired,
  UnsupportedOption
} from "@mutoscope/core/GenerationError"
import * as Money from "@mutoscope/core/Money"
import type { Operation, OperationStatus } from "@mutoscope/core/Operation"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Adapter from "./Adapter.ts"
import * as Catalogue from "./catalogue/replicate.ts"
import { ownPath } from "./internal/address.ts"
import { input } from "./internal/hostedInput.ts"
import { progressIn } from "./internal/logProgress.ts"
import { explained, isModerated, verdictOf } from "./internal/moderation.ts"
import { keep, kept } from "./internal/namedPaths.ts"
import { videosIn } from "./internal/outputVideos.ts"
import { strip } from "./internal/secrets.ts"
import { stateOf, underway } from "./internal/statusWords.ts"
import * as Webhook from "./internal/webhookAddress.ts"
import { ifSensible, maybe, sensible } from "./internal/wireFields.ts"
import { type Answer, type Ask, bearer, type JobApi, type Question } from "./JobApi.ts"

/**
 * The token, where the API is if not at its own address, after how long a prediction is stopped (`90s`, `20m`), and where a
 * webhook is sent when it has come to its end.
 */
export const Options = Schema.Struct({
  apiKey: Adapter.secret,
  baseUrl: Schema.optional(Adapter.text),
  cancelAfter: Schema.optional(Schema.String.pipe(Schema.pattern(/^\d{1,5}[smh]$/))),
  webhook: Schema.optional(Webhook.WebhookAddress)
})
export type Options = typeof Options.Type

const ownUrl = "https://api.replicate.com/v1"

/** Replicate under the name of an account. */
export const api = (provider: string, { apiKey, baseUrl = ownUrl, ...wishes }: Options): JobApi => ({
  provider,
  baseUrl,
  ownUrl,
  credential: bearer(apiKey),
  models: Catalogue.of(provider),
  inputLimits: { image: mostImage },
  other: (name) => Catalogue.assumed(provider, name),
  submit: (ask) => submit(ask, wishes),
  accepted: ({ body }) =>
    Option.map(decodeAccepted(body), ({ id, urls }) => ({
      id,
      metadata: keep(baseUrl, { get: urls?.get, cancel: urls?.cancel })
    })),
  poll: (operation) => ({ ...at(operation, "get"), method: "GET" }),
  status: (answer) =>
    Option.map(decodePrediction(answer.body), (prediction) => status(prediction, provider, answer)),
  cancel: { question: (operation) => ({ ...at(operation, "cancel"), method: "POST" }), forgets: false },
  jobs: {
    question: (_, model) => ({ model, method: "GET", path: "/predictions" }),
    read: ({ body }, wanted) =>
      Option.map(decodeList(body), ({ results }) =>
        listed(results).map(({ created_at, id, ...made }) => ({
          id,
          createdAt: created_at,
          label: Webhook.labelIn(made.webhook),
          isOther: !isBy(Catalogue.target(wanted), made)
        }))
      ),
    next: ({ body }, { model }) =>
      Option.filterMap(decodeList(body), ({ next }) =>
        Option.map(
          Option.fromNullable(ownPath(baseUrl, next)),
          (path): Question => ({ model, method: "GET", path })
        )
      ),
    label: ({ body }) => Webhook.labelIn(Option.getOrUndefined(decodePrediction(body))?.webhook),
    // Only the address of a webhook has room for it.
    keepsLabels: wishes.webhook !== undefined
  }
})

/** One for a registry. */
export const adapter = Adapter.make({
  name: "replicate",
  title: "Replicate",
  settings: Options,
  secrets: ["apiKey"],
  about: {
    apiKey: "A token of replicate.com/account/api-tokens",
    baseUrl: "Where the API is, with its version: https://api.replicate.com/v1 (default)",
    cancelAfter: "After how long a prediction is stopped: 90s, 20m, 1h",
    webhook: "Where Replicate sends a webhook when a prediction has ended: an https address"
  },
  api
})

// --- the request -----------------------------------------------------------------------------------------------------

/** The most that an image may weigh, in bytes, for its `data:` address to keep within ten megabytes. */
const mostImage = 7_000_000

const submit = (ask: Ask, { cancelAfter, webhook }: Pick<Options, "cancelAfter" | "webhook">) =>
  Effect.gen(function* () {
    const { model, provider } = ask.capabilities
    const target = Catalogue.target(model)
    if (target === undefined)
      return yield* new UnsupportedOption({ provider, model, option: "model", value: model, supported: [] })
    const wanted = yield* input(ask, Catalogue.fieldsOf(model), mostImage)
    return {
      model,
      method: "POST",
      path: pathOf(target),
      headers: cancelAfter === undefined ? {} : { "cancel-after": cancelAfter },
      body: {
        ...(target._tag === "Version" ? { version: target.version } : {}),
        ...(webhook === undefined
          ? {}
          : { webhook: Webhook.labelled(webhook, ask.intent), webhook_events_filter: ["completed"] }),
        input: wanted
      }
    } satisfies Question
  })

const pathOf = (target: Catalogue.Target): string => {
  switch (target._tag) {
    case "Version":
      return "/predictions"
    case "Model":
      return `/models/${target.owner}/${target.name}/predictions`
    case "Deployment":
      return `/deployments/${target.owner}/${target.name}/predictions`
  }
}

// --- where a prediction is asked about -------------------------------------------------------------------------------

/** Under the address that the API named, or where predictions are. */
const at = (operation: Operation, what: "get" | "cancel") => {
  const { id, model } = operation
  const usual = `/predictions/${encodeURIComponent(id)}${what === "get" ? "" : "/cancel"}`
  return { model, path: kept(operation, what) ?? usual }
}

// --- the wire --------------------------------------------------------------------------------------------------------

const urls = ifSensible(Schema.Struct({ get: maybe(Schema.String), cancel: maybe(Schema.String) }))

const Accepted = Schema.Struct({ id: Schema.NonEmptyString, urls })

const Prediction = Schema.Struct({
  status: maybe(Schema.String),
  output: Schema.optional(Schema.Unknown),
  error: Schema.optional(Schema.Unknown),
  logs: ifSensible(Schema.String),
  metrics: ifSensible(Schema.Struct({ predict_time: maybe(Schema.JsonNumber) })),
  data_removed: ifSensible(Schema.Boolean),
  webhook: ifSensible(Schema.String)
})
type Prediction = typeof Prediction.Type

const decodeAccepted = Schema.decodeOption(Schema.parseJson(Accepted))
const decodePrediction = Schema.decodeOption(Schema.parseJson(Prediction))
const decodeList = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ results: Schema.Array(Schema.Unknown), next: ifSensible(Schema.String) }))
)

const word = ifSensible(Schema.String)

const Listed = Schema.Struct({
  id: Schema.NonEmptyString,
  created_at: Schema.DateTimeUtc,
  model: word,
  version: word,
  deployment: word,
  webhook: word
})

const listed = sensible(Listed)

/** Whether a prediction was made by a model, a version of one, or a deployment; not known is not so. */
const isBy = (
  target: Catalogue.Target | undefined,
  { deployment, model, version }: Pick<typeof Listed.Type, "model" | "version" | "deployment">
): boolean => {
  switch (target?._tag) {
    case undefined:
      return false
    case "Version":
      return version === target.version
    case "Model":
      return model === `${target.owner}/${target.name}`
    case "Deployment":
      return deployment === `${target.owner}/${target.name}`
  }
}

/** An `aborted` prediction had not begun; any other word is of the common table. */
const status = (prediction: Prediction, provider: string, { secrets }: Answer): OperationStatus => {
  if (prediction.status?.toLowerCase() === "aborted")
    return {
      _tag: "Failed",
      error: new GenerationFailed({ provider, reason: tooLate, code: "aborted" }),
      cost: Money.zero
    }
  switch (stateOf(prediction.status)) {
    case "Pending":
      return { _tag: "Pending" }
    case "Succeeded":
      return succeeded(prediction, provider)
    case "Failed":
    case "Expired":
      return { _tag: "Failed", error: failure(prediction, provider, secrets) }
    case "Cancelled":
      return { _tag: "Cancelled" }
    default:
      return underway(prediction.status, progressIn(prediction.logs ?? "", secrets))
  }
}

const tooLate = "it had not begun when its time was over, and is not charged"

const succeeded = ({ data_removed, metrics, output }: Prediction, provider: string): OperationStatus => {
  const videos = videosIn(output)
  if (Arr.isNonEmptyReadonlyArray(videos))
    return {
      _tag: "Succeeded",
      videos,
      ...(metrics?.predict_time === undefined ? {} : { metadata: { predictSeconds: metrics.predict_time } })
    }
  // An hour after the end of a prediction (https://replicate.com/docs/topics/predictions/data-retention).
  const removed = new OutputExpired({ provider, reason: "its output has been removed (data_removed)" })
  return { _tag: "Failed", error: data_removed === true ? removed : new EmptyResult({ provider }) }
}

const failure = ({ error }: Prediction, provider: string, secrets: Answer["secrets"]): OperationFailure => {
  const told = typeof error === "string" ? error : error == null ? "" : JSON.stringify(error)
  const reason = strip(told === "" ? "it does not say why" : told, secrets)
  const code = /\((E\d{3,5})\)/.exec(told)?.[1]
  return isModerated(reason) || verdictOf(told) === "Named"
    ? new ContentBlocked({ provider, reasons: [explained(reason)] })
    : new GenerationFailed({ provider, reason, ...(code === undefined ? {} : { code }) })
}
