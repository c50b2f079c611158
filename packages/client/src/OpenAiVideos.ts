/**
 * The Videos dialect of OpenAI (`/v1/videos`), which OpenAI itself switched off on 2026-09-24 and which lives on in
 * gateways and on people's own machines: LiteLLM, vLLM-Omni, SGLang. There is no default address.
 *
 * @since 0.1.0
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import {
  ContentBlocked,
  GenerationFailed,
  type OperationFailure,
  QuotaExceeded
} from "@mutoscope/core/GenerationError"
import { JsonObject } from "@mutoscope/core/Json"
import type { Operation, OperationStatus } from "@mutoscope/core/Operation"
import { type Intent, label } from "@mutoscope/core/VideoProvider"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import * as Adapter from "./Adapter.ts"
import { knownOf } from "./catalogue/behindGateways.ts"
import { openAiOff } from "./catalogue/retired.ts"
import * as Charge from "./internal/charge.ts"
import { frame } from "./internal/frame.ts"
import { explained, isModerated, verdictOf } from "./internal/moderation.ts"
import { strip } from "./internal/secrets.ts"
import { stateOf, underway } from "./internal/statusWords.ts"
import { errorField, ifSensible, maybe, saidBy, sensible, UnixSeconds } from "./internal/wireFields.ts"
import { type Answer, type Ask, bearer, form, type JobApi, resultsIn } from "./JobApi.ts"

/** How the servers that speak the dialect differ. `label` is where there is room for our name of the job. */
const servers = {
  openai: { encoding: "multipart", seconds: "string", stops: false, image: "as the rest", label: "none" },
  litellm: {
    encoding: "multipart",
    seconds: "string",
    stops: false,
    image: "as the rest",
    label: "spend logs"
  },
  "vllm-omni": { encoding: "multipart", seconds: "string", stops: true, image: "as the rest", label: "user" },
  // In its JSON an image is a path on its own machine; its DELETE forgets a job that goes on all the same.
  sglang: { encoding: "json", seconds: "number", stops: false, image: "multipart", label: "none" }
} as const

/** Which of the servers it is. Those that are none of these behave like `openai`. */
export const Server = Schema.Literal("openai", "litellm", "vllm-omni", "sglang")
export type Server = typeof Server.Type

const Extra = Schema.Union(JsonObject, Schema.parseJson(JsonObject))

/** Where the server is and what it is. */
export const Options = Schema.Struct({
  baseUrl: Adapter.text,
  apiKey: Schema.optional(Adapter.secret),
  server: Schema.optional(Server),
  encoding: Schema.optional(Schema.Literal("multipart", "json")),
  secondsType: Schema.optional(Schema.Literal("string", "number")),
  audioField: Schema.optional(Schema.String.pipe(Schema.pattern(/^[A-Za-z]\w*$/))),
  model: Schema.optional(Adapter.text),
  extra: Schema.optional(Extra)
})
export type Options = typeof Options.Type

/** What is assumed of a model, since such a server tells little of what it runs; what its name tells behind a gateway holds. */
export const assumed = (
  provider: string,
  model: string,
  { audioField, server = "openai" }: Pick<Options, "server" | "audioField"> = {}
): Capabilities => ({
  provider,
  model,
  aliases: [],
  title: model,
  aspectRatios: ["16:9", "9:16", "1:1", "4:3"],
  resolutions: ["480p", "720p", "1080p"],
  durations: { _tag: "Range", minimum: 2, maximum: 60 },
  audio:
    audioFieldOf({ audioField, server }) !== undefined
      ? "optional"
      : server === "litellm" && isVeoWithSound(model)
        ? "always"
        : "never",
  negativePrompt: isOwn(server),
  seed: isOwn(server),
  startImage: true,
  lastFrame: false,
  referenceImages: 0,
  cancel: servers[server].stops,
  progress: true,
  minimumPollInterval: 2,
  ...(isOwn(server) ? {} : knownOf(model))
})

/** The field that switches sound on and off, where there is one. */
const audioFieldOf = ({ audioField, server }: Pick<Options, "server" | "audioField">) =>
  audioField ?? (server === "vllm-omni" ? "generate_sound" : undefined)

/** Veo has had sound since 3.0, and LiteLLM's way to it has no switch. */
const isVeoWithSound = (model: string) => /(^|\/)veo-([3-9]|\d{2})/i.test(model)

/** A server on one's own GPU takes what its pipeline takes, under the names that they all use. */
const isOwn = (server: Server) => server === "vllm-omni" || server === "sglang"

/** Such a server. */
export const api = (provider: string, options: Options): JobApi => {
  const { apiKey, baseUrl, model, server = "openai" } = options
  return {
    provider,
    baseUrl,
    fault:
      URL.canParse(baseUrl) && new URL(baseUrl).hostname === "api.openai.com"
        ? `OpenAI switched its Videos API off at api.openai.com on ${openAiOff}: use another server that speaks it`
        : undefined,
    credential: apiKey === undefined ? undefined : bearer(apiKey),
    models: model === undefined ? [] : [assumed(provider, model, options)],
    inputLimits: { image: mostImage },
    other: (name) => Option.some(assumed(provider, name, options)),
    catalogue: {
      _tag: "List",
      namesOnly: true,
      // SGLang has it beside its versions.
      at: server === "sglang" ? baseUrl.replace(/\/v\d+\/*$/, "") : undefined,
      question: { model: "", method: "GET", path: "/models" },
      read: ({ body }) =>
        Option.map(decodeModels(body), ({ data }) =>
          data.flatMap(({ id }) =>
            id !== undefined && (isOwn(server) || isVideoModel.test(id))
              ? [inList(provider, id, options)]
              : []
          )
        )
    },
    submit: (ask) =>
      Effect.map(body(ask, options), (body) => ({
        ...at(ask.capabilities.model),
        method: "POST",
        headers: labelHeader(ask.intent, server),
        body
      })),
    accepted: (answer) => Option.map(decodeAccepted(answer.body), (id) => ({ id })),
    poll: ({ id, model }) => at(model, id),
    status: (answer, operation) =>
      Option.map(decodeJob(answer.body), (job) => status(job, operation, provider, answer)),
    cancel: servers[server].stops
      ? { question: ({ id, model }) => ({ ...at(model, id), method: "DELETE" }), forgets: true }
      : undefined,
    elsewhere: resultsIn,
    expired,
    jobs: {
      question: (_, model) => ({ model, method: "GET", path: "/videos?limit=100&order=desc" }),
      read: (answer, wanted) =>
        Option.map(decodeList(answer.body), ({ data }) =>
          listed(data).map(({ created_at, id, model: named }) => ({
            id,
            createdAt: DateTime.unsafeMake(created_at * 1000),
            // Where a server has one model, whatever it has is of that one.
            isOther: named === undefined ? model === undefined && !isOwn(server) : !isSame(named, wanted)
          }))
        ),
      next: ({ body }, { model }) =>
        Option.flatMap(decodeList(body), ({ data, has_more = data.length >= fullPage }) =>
          Option.map(Arr.last(listed(data)), ({ id }) => ({
            model,
            method: "GET" as const,
            path: `/videos?${new URLSearchParams({ limit: "100", order: "desc", after: id })}`
          })).pipe(Option.filter(() => has_more))
        )
    }
  }
}

/** One for a registry. */
export const adapter = Adapter.make({
  name: "openai",
  title: "A server that speaks OpenAI's Videos dialect",
  settings: Options,
  secrets: ["apiKey"],
  about: {
    baseUrl: "Where the server is, with the version in its path: http://localhost:8091/v1",
    apiKey: "What it wants as a bearer token, if anything",
    server: "openai (default), litellm, vllm-omni or sglang",
    encoding: "multipart or json, where the server is none of these",
    secondsType: "string or number: what seconds are in JSON, where the server is none of these",
    audioField:
      "The field that switches sound, if the server has one: generate_sound (of vllm-omni), generate_audio",
    model: "The model that it runs",
    extra:
      'More fields for each request, as JSON: {"fps": 16, "num_frames": 81}; one that is null is left out'
  },
  api
})

// --- its models ------------------------------------------------------------------------------------------------------

const decodeModels = Schema.decodeOption(
  Schema.parseJson(
    Schema.Struct({ data: Schema.Array(Schema.Struct({ id: ifSensible(Schema.NonEmptyString) })) })
  )
)

/** A gateway has models of every kind in its list, and does not say which make videos: only their names do. */
const isVideoModel =
  /video|veo|sora|\bwan|kling|seedance|hailuo|hunyuan|happyhorse|ltx|cogvideo|mochi|pixverse|vidu|luma|\bray-?\d|runway|gen-?[34]|imagine|omni-\d|[ti]2v|emulator/i

const inList = (provider: string, model: string, options: Options): Capabilities => {
  const short = model.slice(model.lastIndexOf("/") + 1)
  return { ...assumed(provider, model, options), aliases: short === model || short === "" ? [] : [short] }
}

// --- the wire ----------------------------------------------------------------------------------------------------

/** Ids of LiteLLM are base64 and hold `+`, `/` and `=`. */
const at = (model: string, id?: string) => ({
  model,
  method: "GET" as const,
  path: id === undefined ? "/videos" : `/videos/${encodeURIComponent(id)}`
})

/** What LiteLLM puts into its logs of what was spent, where whoever runs it can look for it. */
const labelHeader = (intent: Intent, server: Server): Record<string, string> =>
  servers[server].label === "spend logs"
    ? { "x-litellm-spend-logs-metadata": JSON.stringify({ mutoscope: label(intent) }) }
    : {}

/** The most that an image may weigh, in bytes. */
const mostImage = 20_000_000

const body = ({ capabilities, intent, load, request, toUrl }: Ask, options: Options) => {
  const server = servers[options.server ?? "openai"]
  const { height, width } = frame(request)
  const audio = audioFieldOf(options)
  const image = request.startImage
  const encoding =
    options.encoding ??
    (image === undefined || server.image === "as the rest" ? server.encoding : server.image)
  const fields = given({
    model: capabilities.model,
    prompt: request.prompt,
    seconds:
      (options.secondsType ?? server.seconds) === "string" ? String(request.duration) : request.duration,
    size: `${width}x${height}`,
    negative_prompt: request.negativePrompt,
    seed: request.seed,
    ...(audio === undefined || capabilities.audio !== "optional" ? {} : { [audio]: request.audio }),
    user: server.label === "user" ? label(intent) : undefined,
    ...options.extra,
    ...request.providerOptions
  })
  const about = { field: "start image", kind: "image", most: mostImage } as const
  if (encoding === "json")
    return Effect.map(
      Effect.forEach(Arr.fromNullable(image), (image) => toUrl(image, about)),
      ([image_url]): unknown =>
        image_url === undefined ? fields : { ...fields, input_reference: { image_url } }
    )
  return Effect.flatMap(
    Effect.forEach(Arr.fromNullable(image), (image) => load(image, about)),
    ([file]) => form({ ...texts(fields), input_reference: file })
  )
}

/** Without what is undefined, or null: so a user takes a field out. */
const given = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Record.filter(fields, (value) => value !== undefined && value !== null)

/** The fields of a form are texts; what is none is written as JSON. */
const texts = (fields: Readonly<Record<string, unknown>>): Record<string, string> =>
  Record.map(fields, (value) => (typeof value === "string" ? value : JSON.stringify(value)))

/** Some servers that speak the dialect count their jobs. A count beyond what a number holds exactly is no id. */
const Id = Schema.Union(
  Schema.NonEmptyString,
  Schema.NonNegativeInt.pipe(Schema.filter(Number.isSafeInteger))
)

/** The id of an accepted job: OpenAI's own place for it, or one that gateways put it in. */
const Accepted = Schema.Union(
  Schema.Struct({ id: Id }),
  Schema.Struct({ task_id: Id }),
  Schema.Struct({ data: Schema.Struct({ id: Id }) })
)

const decodeAccepted = (body: string): Option.Option<string> =>
  Option.map(Schema.decodeOption(Schema.parseJson(Accepted))(body), (answer) =>
    String("id" in answer ? answer.id : "task_id" in answer ? answer.task_id : answer.data.id)
  )

/** Its id is not read: gateways answer with that of the server behind them, or with none. */
const Job = Schema.Struct({
  status: maybe(Schema.String),
  progress: ifSensible(Schema.JsonNumber),
  expires_at: ifSensible(UnixSeconds),
  error: errorField
})
type Job = typeof Job.Type

const decodeJob = Schema.decodeOption(Schema.parseJson(Job))
const decodeList = Schema.decodeOption(
  Schema.parseJson(
    Schema.Struct({ data: Schema.Array(Schema.Unknown), has_more: ifSensible(Schema.Boolean) })
  )
)

/** A server that does not say whether there is more may have cut a list that is as long. */
const fullPage = 20

/** What does not say when it was made may be of any time. */
const listed = sensible(
  Schema.Struct({ id: Schema.NonEmptyString, created_at: UnixSeconds, model: ifSensible(Schema.String) })
)

/** A gateway puts a vendor before the name, or takes it away. */
const isSame = (named: string, wanted: string) => bare(named) === bare(wanted)

const bare = (model: string) => model.toLowerCase().replace(/^.*\//, "")

const status = (job: Job, { id }: Operation, provider: string, answer: Answer): OperationStatus => {
  switch (stateOf(job.status)) {
    case "Pending":
      return { _tag: "Pending" }
    case "Succeeded":
      return {
        _tag: "Succeeded",
        videos: [{ _tag: "Remote", uri: `videos/${encodeURIComponent(id)}/content` }]
      }
    case "Failed":
    case "Expired":
      // Who has no state of its own for it says so in the code; so may any, while a deleted job is on its way out.
      return isCancelled(saidBy(job.error).code)
        ? { _tag: "Cancelled" }
        : { _tag: "Failed", error: failure(job, provider, answer), ...Charge.inTicks(answer.body) }
    case "Cancelled":
      return { _tag: "Cancelled" }
    default:
      return underway(
        job.status,
        job.progress === undefined ? {} : { progress: Math.min(100, Math.max(0, job.progress)) }
      )
  }
}

/**
 * A job says until when its files are kept (`expires_at`, in OpenAI's specification the time at which "downloadable assets
 * expire"), and OpenAI refused them afterwards with a sentence of its own. Neither counts while the file is served, and of
 * two clocks the one that is behind is believed.
 */
const expired: JobApi["expired"] = ({ body, headers, now }, refusal) => {
  const there = Date.parse(headers["date"] ?? "")
  if (/no longer available\. Downloads expire after/i.test(refusal)) return Option.some(refusal)
  return decodeJob(body).pipe(
    Option.flatMapNullable(({ expires_at }) => expires_at),
    Option.filter((until) => until > 0 && until * 1000 < Math.min(now, Number.isNaN(there) ? now : there)),
    Option.map((until) => `its files expired at ${DateTime.formatIso(DateTime.unsafeMake(until * 1000))}`)
  )
}

const isCancelled = (code: string | undefined) => /^cancell?ed$/i.test(code ?? "")

const failure = ({ error, status }: Job, provider: string, { body, secrets }: Answer): OperationFailure => {
  const { code, message } = saidBy(error)
  const reason = strip(message ?? code ?? status ?? "", secrets)
  if (isModerated(reason, code ?? "") || verdictOf(body) === "Named")
    return new ContentBlocked({ provider, reasons: [explained(reason)] })
  if (/quota|billing|insufficient/i.test(code ?? "")) return new QuotaExceeded({ provider, reason })
  return new GenerationFailed({ provider, reason, ...(code === undefined ? {} : { code }) })
}
