/**
 * fal: a queue before some hundred models, each an endpoint with fields of its own. The queue says only that a request was
 * worked off; whether a video or a refusal came of it is in its result.
 *
 * @since 0.1.0
 */
import {
  ContentBlocked,
  EmptyResult,
  GenerationFailed,
  type OperationFailure
} from "@mutoscope/core/GenerationError"
import type { Operation, OperationStatus } from "@mutoscope/core/Operation"
import type { Intent } from "@mutoscope/core/VideoProvider"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Adapter from "./Adapter.ts"
import * as Catalogue from "./catalogue/fal.ts"
import { ownPath } from "./internal/address.ts"
import { isBare } from "./internal/bareWords.ts"
import * as FalSchema from "./internal/falSchema.ts"
import { input } from "./internal/hostedInput.ts"
import { progressIn } from "./internal/logProgress.ts"
import { explained, isModerated } from "./internal/moderation.ts"
import { keep, kept } from "./internal/namedPaths.ts"
import { videosIn } from "./internal/outputVideos.ts"
import { blockedIn } from "./internal/refusedPoll.ts"
import { spoken } from "./internal/rpcStatus.ts"
import { strip } from "./internal/secrets.ts"
import { stateOf, underway } from "./internal/statusWords.ts"
import * as Webhook from "./internal/webhookAddress.ts"
import { ifSensible, maybe, sensible } from "./internal/wireFields.ts"
import type { Answer, Ask, Credential, Further, JobApi, Jobs, Question, Sheets } from "./JobApi.ts"

const Seconds = Schema.Union(Schema.Number, Schema.NumberFromString).pipe(Schema.greaterThan(1))

/**
 * The key, where the queue is if not at fal's own address, where endpoints say what they take, where requests are listed
 * (an address that gets the key too), and what is asked of it with
 * each request: its priority, within how many seconds work must begin (else it fails), for how many seconds videos are
 * kept, and where a webhook is sent when it is worked off.
 */
export const Options = Schema.Struct({
  apiKey: Adapter.secret,
  baseUrl: Schema.optional(Adapter.text),
  schemaUrl: Schema.optional(Adapter.text.pipe(Schema.filter((address) => URL.canParse(address)))),
  listUrl: Schema.optional(Adapter.text),
  priority: Schema.optional(Schema.Literal("normal", "low")),
  startTimeout: Schema.optional(Seconds),
  keepFor: Schema.optional(Seconds),
  webhook: Schema.optional(Webhook.WebhookAddress)
})
export type Options = typeof Options.Type

const ownQueue = "https://queue.fal.run"

/** Where fal lists an account's requests; it wants the same key. */
const ownList = "https://api.fal.ai/v1"

/** It answers to everybody. */
const ownSchemas = "https://fal.ai/api/openapi/queue/openapi.json"

/** fal under the name of an account. */
export const api = (provider: string, options: Options): JobApi => {
  const { apiKey, baseUrl = ownQueue, schemaUrl = baseUrl === ownQueue ? ownSchemas : undefined } = options
  const listUrl = options.listUrl ?? (baseUrl === ownQueue ? ownList : undefined)
  const ways = new Map<string, Catalogue.Way>()
  const credential: Credential = { header: "authorization", prefix: "Key ", secret: apiKey }
  const lifetime = options.keepFor === undefined ? {} : { outputLifetime: options.keepFor }
  return {
    provider,
    baseUrl,
    ownUrl: ownQueue,
    credential,
    models: Catalogue.of(provider).map((model) => ({ ...model, ...lifetime })),
    other: (name) => Option.map(Catalogue.assumed(provider, name), (model) => ({ ...model, ...lifetime })),
    inputLimits: { image: mostImage },
    catalogue: schemaUrl === undefined ? undefined : schemas(schemaUrl, ways),
    submit: (ask) => submit(ask, options, ways),
    accepted: ({ body }) =>
      Option.map(decodeAccepted(body), ({ cancel_url, request_id, response_url, status_url }) => ({
        id: request_id,
        metadata: keep(baseUrl, { status: status_url, result: response_url, cancel: cancel_url })
      })),
    poll: (operation) => ({ ...at(operation, "status"), method: "GET" }),
    status: (answer, operation) => status(answer, operation, baseUrl),
    cancel: {
      question: (operation) => ({ ...at(operation, "cancel"), method: "PUT" }),
      forgets: false,
      read: ({ body }) => Option.flatMap(decodeCancelled(body), cameOfIt)
    },
    jobs: listUrl === undefined ? undefined : requests(listUrl, ways)
  }
}

/** One for a registry. */
export const adapter = Adapter.make({
  name: "fal",
  title: "fal",
  settings: Options,
  secrets: ["apiKey"],
  about: {
    apiKey: "A key of fal.ai/dashboard/keys",
    baseUrl: `Where the queue is: ${ownQueue} (default)`,
    schemaUrl: `Where endpoints say what they take: ${ownSchemas} (default, for fal's own queue)`,
    listUrl: `Where requests are listed, with the key: ${ownList} (default, for fal's own queue)`,
    priority: "normal (default) or low",
    startTimeout: "Within how many seconds work must begin, or the request fails",
    keepFor: "For how many seconds videos are kept",
    webhook: "Where fal sends a webhook when a request is worked off: an https address"
  },
  api
})

// --- the request -----------------------------------------------------------------------------------------------------

/** The most that an image may weigh, in bytes: it travels inside the request. */
const mostImage = 10_000_000

type Ways = ReadonlyMap<string, Catalogue.Way>

const wayOf = (model: string, request: VideoRequest, ways: Ways) =>
  ways.get(model) ?? Catalogue.wayFor(model, request)

const submit = (ask: Ask, options: Options, ways: Ways) => {
  const { model } = ask.capabilities
  const way = wayOf(model, ask.request, ways)
  return Effect.map(
    input(ask, way, mostImage),
    (body): Question => ({
      model,
      method: "POST",
      path: `/${way.endpoint}${webhookOf(ask, options)}`,
      headers: wishes(options),
      body
    })
  )
}

const webhookOf = ({ intent }: Ask, { webhook }: Options): string =>
  webhook === undefined ? "" : `?${new URLSearchParams({ fal_webhook: Webhook.labelled(webhook, intent) })}`

const wishes = ({ keepFor, priority, startTimeout }: Options): Record<string, string> => ({
  ...(priority === undefined ? {} : { "x-fal-queue-priority": priority }),
  ...(startTimeout === undefined ? {} : { "x-fal-request-timeout": String(startTimeout) }),
  ...(keepFor === undefined
    ? {}
    : { "x-fal-object-lifecycle-preference": JSON.stringify({ expiration_duration_seconds: keepFor }) })
})

// --- what endpoints say they take ------------------------------------------------------------------------------------

/** How endpoints that are in no table are told what is asked of them goes into `ways`. */
const schemas = (address: string, ways: Map<string, Catalogue.Way>): Sheets => {
  const { origin, pathname } = new URL(address)
  return {
    _tag: "Sheets",
    at: origin,
    questions: ({ model }) => [
      { model, method: "GET", path: `${pathname}?${new URLSearchParams({ endpoint_id: model })}` }
    ],
    read: ([{ body }], model) =>
      Option.match(Catalogue.textWay(model.model), {
        onNone: () =>
          Option.map(
            FalSchema.learnt(body, model),
            Either.map(({ capabilities, way }) => {
              ways.set(model.model, way)
              return capabilities
            })
          ),
        onSome: (way) => FalSchema.updated(body, model, way)
      })
  }
}

// --- where a job is asked about --------------------------------------------------------------------------------------

const Accepted = Schema.Struct({
  request_id: Schema.NonEmptyString,
  status_url: ifSensible(Schema.String),
  response_url: ifSensible(Schema.String),
  cancel_url: ifSensible(Schema.String)
})

const decodeAccepted = Schema.decodeOption(Schema.parseJson(Accepted))

/** Under the address that the queue named, or where it has its requests: under the app, without what follows that. */
const at = (operation: Operation, what: "status" | "result" | "cancel") => {
  const { id, model } = operation
  const [namespace = "", ...rest] = model.split("/")
  const app = [namespace, ...rest.slice(0, namespace === "workflows" || namespace === "comfy" ? 2 : 1)]
  const usual = `/${[...app, "requests", id].map(encodeURIComponent).join("/")}${what === "result" ? "" : `/${what}`}`
  const path = kept(operation, what) ?? usual
  return { model, path: what === "status" ? `${path}${path.includes("?") ? "&" : "?"}logs=1` : path }
}

// --- the requests of an account --------------------------------------------------------------------------------------

/** By endpoint and by time. Nothing in it is ours to name, so it proves nothing. */
const requests = (at: string, ways: Ways): Jobs => {
  const question = ({ request, startedAt }: Intent, model: string, cursor?: string): Question => {
    const query = new URLSearchParams({
      endpoint_id: wayOf(model, request, ways).endpoint,
      // A minute before, as far as two clocks may differ.
      start: DateTime.formatIso(DateTime.subtract(startedAt, { minutes: 1 })),
      limit: "100",
      ...(cursor === undefined ? {} : { cursor })
    })
    return { model, method: "GET", path: `/models/requests/by-endpoint?${query}` }
  }
  return {
    at,
    question: (intent, model) => question(intent, model),
    read: ({ body }) =>
      Option.map(decodeRequests(body), ({ items }) =>
        listed(items).map(({ request_id: id, sent_at: createdAt }) => ({ id, createdAt }))
      ),
    next: ({ body }, { intent, model }) =>
      Option.filterMap(decodeRequests(body), ({ has_more, next_cursor }) =>
        has_more === false || next_cursor === undefined
          ? Option.none()
          : Option.some(question(intent, model, next_cursor))
      )
  }
}

const decodeRequests = Schema.decodeOption(
  Schema.parseJson(
    Schema.Struct({
      items: Schema.Array(Schema.Unknown),
      has_more: ifSensible(Schema.Boolean),
      next_cursor: ifSensible(Schema.NonEmptyString)
    })
  )
)

/** What does not say when it was sent may be of any time. */
const listed = sensible(Schema.Struct({ request_id: Schema.NonEmptyString, sent_at: Schema.DateTimeUtc }))

// --- how it is doing -------------------------------------------------------------------------------------------------

const Status = Schema.Struct({
  status: maybe(Schema.String),
  queue_position: ifSensible(Schema.NonNegativeInt),
  response_url: ifSensible(Schema.String),
  logs: ifSensible(Schema.Array(Schema.Struct({ message: maybe(Schema.String) }))),
  metrics: ifSensible(Schema.Struct({ inference_time: maybe(Schema.JsonNumber) })),
  error: ifSensible(Schema.String),
  error_type: ifSensible(Schema.String)
})
type Status = typeof Status.Type

const decodeStatus = Schema.decodeOption(Schema.parseJson(Status))

const status = (
  answer: Answer,
  operation: Operation,
  baseUrl: string
): Option.Option<OperationStatus | Further> =>
  Option.match(decodeStatus(answer.body), {
    // Whoever says 202 still works, with a body or without.
    onNone: () => (answer.status === 202 ? Option.some({ _tag: "Pending" as const }) : Option.none()),
    onSome: (status) => Option.some(told(status, operation, baseUrl, answer.secrets))
  })

const told = (
  status: Status,
  operation: Operation,
  baseUrl: string,
  secrets: Answer["secrets"]
): OperationStatus | Further => {
  switch (stateOf(status.status)) {
    case "Pending":
      return {
        _tag: "Pending",
        ...(status.queue_position === undefined ? {} : { position: status.queue_position })
      }
    case "Succeeded": {
      const usual = at(operation, "result")
      const path = ownPath(baseUrl, status.response_url) ?? usual.path
      return {
        _tag: "Further",
        question: { ...usual, method: "GET", path },
        read: (answer) => result(answer, operation.provider, status)
      }
    }
    // fal itself says that a request failed in its result.
    case "Failed":
    case "Expired":
      return { _tag: "Failed", error: failure(status, operation.provider, secrets) }
    case "Cancelled":
      return { _tag: "Cancelled" }
    default:
      return underway(
        status.status,
        progressIn((status.logs ?? []).map(({ message = "" }) => message).join("\n"), secrets)
      )
  }
}

const failure = (
  { error, error_type: code, status }: Status,
  provider: string,
  secrets: Answer["secrets"]
): OperationFailure => {
  const reason = strip(error ?? code ?? status ?? "", secrets)
  return isModerated(reason, code ?? "")
    ? new ContentBlocked({ provider, reasons: [explained(reason)] })
    : new GenerationFailed({ provider, reason, ...(code === undefined ? {} : { code }) })
}

// --- what came of it -------------------------------------------------------------------------------------------------

/**
 * What the result of a request says that fal's queue has worked off, for whoever asks for it without the queue's status
 * before; none where it says nothing of the request.
 */
export const resultOf = (answer: Answer, provider: string): Option.Option<OperationStatus> =>
  result(answer, provider, {})

const decodeResult = Schema.decodeOption(
  Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
)

const result = (answer: Answer, provider: string, queue: Status): Option.Option<OperationStatus> => {
  if (answer.fault !== undefined) return Option.none()
  if (answer.status < 200 || answer.status > 299) return refusal(answer, provider, queue)
  return Option.map(decodeResult(answer.body), (output): OperationStatus => {
    const videos = videosIn(output)
    const metadata = {
      ...numberOf("billableUnits", answer.headers["x-fal-billable-units"]),
      ...numberOf("seed", output["seed"]),
      ...numberOf("inferenceSeconds", queue.metrics?.inference_time)
    }
    return Arr.isNonEmptyReadonlyArray(videos)
      ? { _tag: "Succeeded", videos, metadata }
      : { _tag: "Failed", error: new EmptyResult({ provider }) }
  })
}

const decodeNumber = Schema.decodeUnknownOption(
  Schema.Union(Schema.JsonNumber, Schema.NumberFromString.pipe(Schema.finite()))
)

const numberOf = (name: string, value: unknown): Record<string, number> =>
  Option.match(decodeNumber(value), { onNone: () => ({}), onSome: (number) => ({ [name]: number }) })

/**
 * The error types by which fal says how a request ended (https://docs.fal.ai/documentation/model-apis/request-errors).
 * `internal_error`, `client_disconnected` and what is not documented may be about our question as well.
 */
const ends = new Set([
  "request_timeout",
  "startup_timeout",
  "runner_scheduling_failure",
  "runner_connection_timeout",
  "runner_disconnected",
  "runner_connection_refused",
  "runner_connection_error",
  "runner_incomplete_response",
  "runner_server_error",
  "bad_request"
])

/**
 * A result that is refused is the end of the request only where words say so: an error type, a list of what is wrong with
 * the request, or a sentence about it. A bare status, whatever it is, says that the result could not be had now.
 */
const refusal = (answer: Answer, provider: string, queue: Status): Option.Option<OperationStatus> => {
  const { isListed, message, type } = said(answer)
  if (/still in progress/i.test(message)) return Option.some({ _tag: "Running" })
  const kind = type ?? queue.error_type
  if (kind === "client_cancelled") return Option.some({ _tag: "Cancelled" })
  const blocked = blockedIn(answer, provider)
  if (Option.isSome(blocked)) return Option.some({ _tag: "Failed", error: blocked.value })
  const isEnd = isListed || (kind !== undefined && ends.has(kind)) || isSentence(answer.status, message)
  if (!isEnd || isAboutAsking(answer.status)) return Option.none()
  const code = kind ?? String(answer.status)
  const reason = [message, strip(queue.error ?? "", answer.secrets), code].find((words) => words !== "")
  return Option.some({
    _tag: "Failed",
    error: isModerated(message, code)
      ? new ContentBlocked({ provider, reasons: [explained(message === "" ? code : message)] })
      : new GenerationFailed({ provider, reason: reason ?? code, code })
  })
}

/** Statuses that are about the asking: about the key, about too many questions. */
const isAboutAsking = (status: number) => [401, 403, 407, 408, 425, 429].includes(status)

/** Endpoints that do not keep to fal's own form of errors say in a sentence what is wrong with the request. */
const isSentence = (status: number, message: string): boolean =>
  status === 404 ? /^path \S+ not found/i.test(message) : [400, 422].includes(status) && !isBare(message)

/** What a model finds wrong with a request, each with its kind (https://fal.ai/docs/documentation/model-apis/errors). */
const decodeListed = Schema.decodeOption(
  Schema.parseJson(
    Schema.Struct({
      detail: Schema.NonEmptyArray(Schema.Struct({ msg: Schema.String, type: Schema.String }))
    })
  )
)

const said = ({ body, headers, secrets }: Answer) => {
  const error = Option.getOrUndefined(spoken(body))
  return {
    message: strip(error?.message ?? "", secrets),
    isListed: Option.isSome(decodeListed(body)),
    type: error?.type ?? headers["x-fal-error-type"]
  }
}

// --- what came of a cancel -------------------------------------------------------------------------------------------

const decodeCancelled = Schema.decodeOption(Schema.parseJson(Schema.Struct({ status: Schema.String })))

/** `OK` is a request that was taken out of the queue. That it was asked for means that the request has to be looked at. */
const cameOfIt = ({ status }: { readonly status: string }) =>
  status === "OK"
    ? Option.some("Cancelled" as const)
    : status === "ALREADY_COMPLETED"
      ? Option.some("AlreadyFinished" as const)
      : Option.none()
