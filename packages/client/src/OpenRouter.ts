/**
 * OpenRouter's video API: one key for some two dozen models of many vendors, and a list that says what each can do.
 *
 * @since 0.1.0
 */
import {
  ContentBlocked,
  EmptyResult,
  GenerationFailed,
  type OperationFailure,
  QuotaExceeded
} from "@mutoscope/core/GenerationError"
import type { Operation, OperationStatus, VideoOutput } from "@mutoscope/core/Operation"
import { label } from "@mutoscope/core/VideoProvider"
import type { MediaInput } from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Adapter from "./Adapter.ts"
import * as Catalogue from "./catalogue/openRouter.ts"
import * as Decimal from "./internal/decimal.ts"
import { given } from "./internal/hostedInput.ts"
import { explained, isModerated, verdictOf } from "./internal/moderation.ts"
import { read } from "./internal/openRouterModels.ts"
import { strip } from "./internal/secrets.ts"
import { stateOf, underway } from "./internal/statusWords.ts"
import { errorField, ifSensible, maybe, saidBy } from "./internal/wireFields.ts"
import { type Answer, type Ask, bearer, type JobApi, resultsIn } from "./JobApi.ts"

const HeaderText = Adapter.text.pipe(Schema.pattern(/^[\x20-\x7e]+$/))

/** The key, where the API is if not at OpenRouter's own address, and what it shall say of us in its statistics. */
export const Options = Schema.Struct({
  apiKey: Adapter.secret,
  baseUrl: Schema.optional(Adapter.text),
  referer: Schema.optional(HeaderText),
  title: Schema.optional(HeaderText)
})
export type Options = typeof Options.Type

const ownUrl = "https://openrouter.ai/api/v1"

/** OpenRouter under the name of an account. */
export const api = (provider: string, options: Options): JobApi => {
  const { apiKey, baseUrl = ownUrl, referer, title } = options
  return {
    provider,
    baseUrl,
    ownUrl,
    credential: bearer(apiKey),
    headers: {
      ...(referer === undefined ? {} : { "http-referer": referer }),
      ...(title === undefined ? {} : { "x-title": title })
    },
    models: Catalogue.of(provider),
    inputLimits: { image: mostOfImage },
    other: (id) => Option.liftPredicate(Catalogue.other(provider, id), ({ model }) => model.includes("/")),
    catalogue: {
      _tag: "List",
      question: { model: "", method: "GET", path: "/videos/models" },
      read: ({ body, now }) => read(provider, body, DateTime.formatIsoDateUtc(DateTime.unsafeMake(now)))
    },
    submit: (ask) =>
      Effect.map(body(ask), (body) => ({
        model: ask.capabilities.model,
        method: "POST",
        path: "/videos",
        body,
        // What another job is the beginning of has to be done before.
        ...("previous_job_id" in body ? { declines: 409 } : {})
      })),
    accepted: (answer) => Option.map(decodeAccepted(answer.body), (job) => accepted(job, baseUrl)),
    poll: (operation) => ({ model: operation.model, method: "GET", path: pathOf(operation) }),
    status: (answer, operation) =>
      Option.map(decodeJob(answer.body), (job) => status(job, operation, provider, answer)),
    charged: ({ body }) => Option.match(decodeJob(body), { onNone: () => ({}), onSome: charged }),
    // Behind a gateway a job names addresses of OpenRouter's, which the key of the gateway does not open.
    elsewhere: (answer, { id }) => [contentPath(id), ...resultsIn(answer)]
  }
}

/** One for a registry. */
export const adapter = Adapter.make({
  name: "openrouter",
  title: "OpenRouter",
  settings: Options,
  secrets: ["apiKey"],
  about: {
    apiKey: "A key of openrouter.ai",
    baseUrl: "Where the API is, with its version: https://openrouter.ai/api/v1 (default)",
    referer: "The address of your program, for OpenRouter's statistics",
    title: "The name of your program, for OpenRouter's statistics"
  },
  api
})

// --- the request -----------------------------------------------------------------------------------------------------

/** The most bytes of an image. A whole request may have 50 MiB, in which it is a third larger. */
const mostOfImage = 20_000_000

const body = ({ capabilities, intent, request, toUrl }: Ask) =>
  Effect.gen(function* () {
    const does = (option: "aspectRatio" | "resolution") => capabilities.ignored?.includes(option) !== true
    const image = (field: string) => (input: MediaInput) =>
      Effect.map(toUrl(input, { field, kind: "image", most: mostOfImage }), (url) => ({
        type: "image_url",
        image_url: { url }
      }))
    const frame = (name: string, field: string, input: MediaInput | undefined) =>
      Effect.map(Effect.forEach(Arr.fromNullable(input), image(field)), (images) =>
        images.map((given) => ({ ...given, frame_type: name }))
      )
    const frames = [
      ...(yield* frame("first_frame", "start image", request.startImage)),
      ...(yield* frame("last_frame", "last frame", request.lastFrame))
    ]
    const references = yield* Effect.forEach(request.referenceImages ?? [], image("reference image"))
    return given({
      model: capabilities.model,
      prompt: request.prompt,
      duration: request.duration,
      ...(does("resolution") ? { resolution: request.resolution } : {}),
      ...(does("aspectRatio") ? { aspect_ratio: request.aspectRatio } : {}),
      ...(request.audio === undefined ? {} : { generate_audio: request.audio }),
      ...(request.seed === undefined ? {} : { seed: request.seed }),
      ...(frames.length === 0 ? {} : { frame_images: frames }),
      ...(references.length === 0 ? {} : { input_references: references }),
      // It groups requests in the user's own logs, and goes no further than OpenRouter.
      session_id: label(intent),
      ...request.providerOptions
    })
  })

// --- the wire --------------------------------------------------------------------------------------------------------

const Accepted = Schema.Struct({ id: Schema.NonEmptyString, polling_url: ifSensible(Schema.String) })

const decodeAccepted = Schema.decodeOption(Schema.parseJson(Accepted))

/** Where a job is asked about goes on record only where it is another address than ever. */
const accepted = ({ id, polling_url: address }: typeof Accepted.Type, baseUrl: string) => {
  const path = address === undefined ? undefined : pathBelow(new URL(baseUrl), address)
  return path === undefined || path === usualPath(id) ? { id } : { id, metadata: { pollingPath: path } }
}

const usualPath = (id: string) => `/videos/${encodeURIComponent(id)}`

/** An address that may be relative, as a path below the base; undefined where it leads away from there. */
const pathBelow = (base: URL, address: string): string | undefined => {
  if (!URL.canParse(address, base.href)) return undefined
  const url = new URL(address, base)
  const root = base.pathname.replace(/\/+$/, "")
  return url.origin === base.origin && url.pathname.startsWith(`${root}/`)
    ? url.pathname.slice(root.length) + url.search
    : undefined
}

const pathOf = ({ id, metadata }: Operation): string => {
  const path = metadata?.["pollingPath"]
  return typeof path === "string" ? path : usualPath(id)
}

const addresses = ifSensible(Schema.Array(Schema.NonEmptyString))

const Job = Schema.Struct({
  status: maybe(Schema.String),
  unsigned_urls: addresses,
  urls: addresses,
  usage: ifSensible(
    Schema.Struct({
      cost: ifSensible(Schema.JsonNumber.pipe(Schema.between(0, 1_000_000))),
      is_byok: maybe(Schema.Boolean)
    })
  ),
  error: errorField
})
type Job = typeof Job.Type

const decodeJob = Schema.decodeOption(Schema.parseJson(Job))

const status = (job: Job, operation: Operation, provider: string, answer: Answer): OperationStatus => {
  switch (stateOf(job.status)) {
    case "Pending":
      return { _tag: "Pending" }
    case "Succeeded": {
      const videos = videosOf(job, operation)
      return Arr.isNonEmptyReadonlyArray(videos)
        ? { _tag: "Succeeded", videos, ...charged(job) }
        : { _tag: "Failed", error: new EmptyResult({ provider }), ...charged(job) }
    }
    case "Failed":
    case "Expired":
      return { _tag: "Failed", error: failure(job, provider, answer), ...charged(job) }
    case "Cancelled":
      return { _tag: "Cancelled", ...charged(job) }
    default:
      return underway(job.status)
  }
}

/** Where the API itself serves the first video of a job, below its base address. */
const contentPath = (id: string) => `videos/${encodeURIComponent(id)}/content?index=0`

/** The addresses called unsigned want the key, and last as long as the job; the signed ones do for a while. */
const videosOf = ({ unsigned_urls, urls }: Job, { id }: Operation): ReadonlyArray<VideoOutput> => {
  const own = unsigned_urls ?? (urls === undefined ? [contentPath(id)] : [])
  return (own.length === 0 ? (urls ?? []) : own).map((uri) => ({ _tag: "Remote", uri }))
}

/** What the vendor behind it says is somewhere inside the error, where there is more than a sentence. */
const failure = ({ error, status }: Job, provider: string, { body, secrets }: Answer): OperationFailure => {
  const { message } = saidBy(error)
  const code = stateOf(status) === "Expired" ? status : undefined
  const reason = strip(message ?? (code === undefined ? "it does not say why" : "the job expired"), secrets)
  if (isModerated(reason) || verdictOf(body) === "Named")
    return new ContentBlocked({ provider, reasons: [explained(reason)] })
  if (/insufficient (credit|balance|funds)/i.test(reason)) return new QuotaExceeded({ provider, reason })
  return new GenerationFailed({ provider, reason, ...(code === undefined ? {} : { code }) })
}

/** With a key of one's own for the vendor, what is told is not what the vendor charges. */
const charged = ({ usage }: Job) =>
  usage?.cost === undefined || usage.is_byok === true
    ? {}
    : Option.match(Decimal.fromNumber(usage.cost), { onNone: () => ({}), onSome: (cost) => ({ cost }) })
