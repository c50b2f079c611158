/**
 * What ComfyUI says of a job: newer servers at one address, older ones in their queue and then in their history.
 */
import { EmptyResult, GenerationFailed, type OperationFailure } from "@mutoscope/core/GenerationError"
import type { OperationStatus, VideoOutput } from "@mutoscope/core/Operation"
import { isNonEmptyReadonlyArray } from "effect/Array"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Answer } from "../JobApi.ts"
import { strip } from "./secrets.ts"
import { stateOf, underway } from "./statusWords.ts"
import { ifSensible, maybe } from "./wireFields.ts"

/** The id that a server gave to a job, or took from us. */
export const accepted = ({ body }: Answer): Option.Option<string> =>
  Option.map(decodeAccepted(body), ({ prompt_id }) => prompt_id)

/** The name of an uploaded image, as nodes take it. */
export const uploaded = ({ body }: Answer): Option.Option<string> =>
  Option.map(decodeUpload(body), ({ name, subfolder = "" }) =>
    subfolder === "" ? name : `${subfolder}/${name}`
  )

/** A job at its own address. */
export const ofJob = (provider: string, answer: Answer): Option.Option<OperationStatus> =>
  Option.map(decodeJob(readable(answer.body)), (job): OperationStatus => {
    switch (stateOf(job.status)) {
      case "Pending":
        return { _tag: "Pending" }
      case "Succeeded":
        return finished(provider, job.outputs ?? {})
      case "Failed":
      case "Expired":
        // Servers of some months had no word for it.
        return message(job.execution_status, "execution_interrupted") === undefined
          ? { _tag: "Failed", error: failure(provider, job.execution_error, answer) }
          : { _tag: "Cancelled" }
      case "Cancelled":
        return { _tag: "Cancelled" }
      default:
        return underway(job.status)
    }
  })

/** A job in the queue, if it is there. The queue is a heap: only the numbers tell the order. */
export const ofQueue = (id: string, { body }: Answer): Option.Option<Option.Option<OperationStatus>> =>
  Option.map(decodeQueue(readable(body)), ({ queue_pending, queue_running }) => {
    const running = queue_running.flatMap(entry)
    const pending = queue_pending.flatMap(entry)
    if (running.some((job) => job.id === id)) return Option.some({ _tag: "Running" })
    return Option.map(
      Option.fromNullable(pending.find((job) => job.id === id)),
      ({ number }): OperationStatus => ({
        _tag: "Pending",
        position: running.length + pending.filter((job) => job.number < number).length
      })
    )
  })

/** A job in the history, if it is there: then it has ended. */
export const ofHistory = (
  provider: string,
  id: string,
  answer: Answer
): Option.Option<Option.Option<OperationStatus>> =>
  Option.map(decodeHistory(readable(answer.body)), (history) =>
    Option.map(Option.fromNullable(history[id]), ({ outputs, status }): OperationStatus => {
      if (message(status, "execution_interrupted") !== undefined) return { _tag: "Cancelled" }
      const trouble = message(status, "execution_error")
      return trouble !== undefined || status?.status_str === "error"
        ? {
            _tag: "Failed",
            error: failure(provider, Option.getOrUndefined(decodeTrouble(trouble?.[1])), answer)
          }
        : finished(provider, outputs ?? {})
    })
  )

const message = (status: typeof Status.Type | undefined, name: string) =>
  status?.messages?.find(([event]) => event === name)

// --- how a job ended ----------------------------------------------------------------------------------------------

/** A workflow may show pictures on the way and save more than one video; what is saved comes before what is not. */
const finished = (provider: string, outputs: Readonly<Record<string, unknown>>): OperationStatus => {
  const files = Object.values(outputs).flatMap(filesOf)
  const videos = files.filter(isVideo).sort((a, b) => rank(a) - rank(b))
  const [first, ...others] = videos.map(output)
  if (first !== undefined) return { _tag: "Succeeded", videos: [first, ...others] }
  const names = files.map(({ filename }) => filename)
  return {
    _tag: "Failed",
    error: isNonEmptyReadonlyArray(names)
      ? new GenerationFailed({
          provider,
          reason: `the workflow saved no video but ${names.slice(0, 3).join(", ")}: end it with Save Video as MP4`,
          code: "no_video"
        })
      : new EmptyResult({ provider })
  }
}

const filesOf = (node: unknown): ReadonlyArray<File> =>
  Option.match(decodeNode(node), {
    onNone: () => [],
    onSome: (lists) =>
      Object.values(lists).flatMap((list) =>
        Array.isArray(list) ? list.flatMap((item) => Option.toArray(decodeFile(item))) : []
      )
  })

const isVideo = ({ filename, format }: File): boolean =>
  /\.(mp4|m4v|mov|webm|mkv)$/i.test(filename) || (format ?? "").startsWith("video/")

const rank = ({ filename, type = "output" }: File): number =>
  (type === "output" ? 0 : 2) + (/\.(mp4|m4v)$/i.test(filename) ? 0 : 1)

const output = ({ filename, subfolder = "", type = "output" }: File): VideoOutput => ({
  _tag: "Remote",
  uri: `view?${new URLSearchParams({ filename, subfolder, type })}`
})

const failure = (
  provider: string,
  trouble: typeof Trouble.Type | undefined,
  { secrets }: Answer
): OperationFailure => {
  const { exception_message, exception_type, node_id, node_type } = trouble ?? {}
  const node =
    node_type === undefined ? "" : `${node_type}${node_id === undefined ? "" : ` (node ${node_id})`}: `
  const said = (exception_message ?? exception_type ?? "the server does not say why").trim()
  const reason = strip(`${node}${said}`, secrets)
  return new GenerationFailed({
    provider,
    reason,
    ...(exception_type === undefined ? {} : { code: exception_type })
  })
}

// --- the wire -----------------------------------------------------------------------------------------------------

/** Python writes numbers that JSON has not got, and workflows come back with them in. */
const readable = (body: string): string =>
  /NaN|Infinity/.test(body)
    ? body.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
        token.startsWith('"') ? token : "null"
      )
    : body

const Anything = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const File = Schema.Struct({
  filename: Schema.NonEmptyString,
  subfolder: maybe(Schema.String),
  type: maybe(Schema.String),
  format: maybe(Schema.String)
})
type File = typeof File.Type

const Trouble = Schema.Struct({
  node_id: maybe(Schema.Union(Schema.String, Schema.Number)),
  node_type: maybe(Schema.String),
  exception_message: maybe(Schema.String),
  exception_type: maybe(Schema.String)
})

const Status = Schema.Struct({
  status_str: maybe(Schema.String),
  messages: maybe(Schema.Array(Schema.Tuple(Schema.String, Schema.Unknown)))
})

const Job = Schema.Struct({
  status: Schema.String,
  outputs: maybe(Anything),
  execution_error: ifSensible(Trouble),
  execution_status: ifSensible(Status)
})

const Entry = Schema.Tuple([Schema.Number, Schema.String], Schema.Unknown)

const Queue = Schema.Struct({
  queue_running: Schema.Array(Schema.Unknown),
  queue_pending: Schema.Array(Schema.Unknown)
})

const History = Schema.Record({
  key: Schema.String,
  value: Schema.Struct({ outputs: maybe(Anything), status: maybe(Status) })
})

const Upload = Schema.Struct({ name: Schema.NonEmptyString, subfolder: maybe(Schema.String) })

const decodeAccepted = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ prompt_id: Schema.NonEmptyString }))
)
const decodeUpload = Schema.decodeOption(Schema.parseJson(Upload))
const decodeJob = Schema.decodeOption(Schema.parseJson(Job))
const decodeQueue = Schema.decodeOption(Schema.parseJson(Queue))
const decodeHistory = Schema.decodeOption(Schema.parseJson(History))
const decodeEntry = Schema.decodeUnknownOption(Entry)
const decodeNode = Schema.decodeUnknownOption(Anything)
const decodeFile = Schema.decodeUnknownOption(File)
const decodeTrouble = Schema.decodeUnknownOption(Trouble)

const entry = (value: unknown) =>
  Option.toArray(Option.map(decodeEntry(value), ([number, id]) => ({ number, id })))
