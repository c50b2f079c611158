/**
 * What Veo answers, decoded: names of operations, and how they are doing.
 */
import {
  ContentBlocked,
  EmptyResult,
  GenerationFailed,
  type OperationFailure,
  QuotaExceeded
} from "@mutoscope/core/GenerationError"
import type { OperationStatus, VideoOutput } from "@mutoscope/core/Operation"
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { explained, isModerated } from "./moderation.ts"
import * as RpcStatus from "./rpcStatus.ts"
import { strip } from "./secrets.ts"

/** The name of an operation: a path that can be appended to an address as it is. */
export const OperationName = Schema.String.pipe(
  Schema.maxLength(1024),
  Schema.pattern(/^(models|projects)(\/[A-Za-z0-9._~@-]+)*\/operations\/[A-Za-z0-9._~-]+$/),
  Schema.filter((name) => !name.split("/").some((segment) => segment === "." || segment === ".."))
)

/** A name from a record, as it was once accepted. */
export const decodeName = Schema.decodeOption(OperationName)

/** The operation that a submit was answered with. */
export const decodeAccepted = Schema.decodeOption(Schema.parseJson(Schema.Struct({ name: OperationName })))

const nullable = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { nullable: true })

const Video = Schema.Struct({
  uri: nullable(Schema.String),
  gcsUri: nullable(Schema.String),
  bytesBase64Encoded: nullable(Schema.String),
  encodedVideo: nullable(Schema.String),
  mimeType: nullable(Schema.String),
  encoding: nullable(Schema.String)
})

const Results = Schema.Struct({
  videos: nullable(Schema.Array(Video)),
  generatedSamples: nullable(Schema.Array(Schema.Struct({ video: nullable(Video) }))),
  raiMediaFilteredCount: nullable(Schema.Number),
  raiMediaFilteredReasons: nullable(Schema.Array(Schema.String))
})

const Operation = Schema.parseJson(
  Schema.Struct({
    name: nullable(Schema.String),
    done: nullable(Schema.Boolean),
    metadata: nullable(Schema.Unknown),
    error: nullable(RpcStatus.RpcStatus),
    response: nullable(Schema.Struct({ ...Results.fields, generateVideoResponse: nullable(Results) }))
  })
)
type Operation = typeof Operation.Type

/** An operation as it stands. */
export const decodeOperation = Schema.decodeOption(Operation)

/** How an operation is doing; none where its answer makes no sense. */
export const status = (
  operation: Operation,
  provider: string,
  secrets: ReadonlyArray<Redacted.Redacted>
): Option.Option<OperationStatus> => {
  if (operation.done !== true) {
    // Only what is done can have failed; an error before that says that nobody could look.
    return operation.error === undefined ? Option.some(running(operation)) : Option.none()
  }
  if (operation.error !== undefined) return Option.some(ended(operation.error, provider, secrets))
  if (operation.response === undefined) return Option.none()
  return Option.some(finished(operation.response.generateVideoResponse ?? operation.response, provider))
}

const running = ({ metadata }: Operation): OperationStatus =>
  Option.match(decodeProgress(metadata), {
    onNone: () => ({ _tag: "Running" }),
    onSome: ({ progressPercent }) => ({
      _tag: "Running",
      progress: Math.min(100, Math.max(0, progressPercent))
    })
  })

const decodeProgress = Schema.decodeUnknownOption(Schema.Struct({ progressPercent: Schema.JsonNumber }))

const ended = (
  error: RpcStatus.RpcStatus,
  provider: string,
  secrets: ReadonlyArray<Redacted.Redacted>
): OperationStatus => {
  const reason = strip(error.message ?? `error ${error.code ?? ""}`, secrets)
  if (error.code === cancelled) return { _tag: "Cancelled" }
  if (error.code === resourceExhausted || error.code === "too_many_requests") {
    return failed(new QuotaExceeded({ provider, reason }))
  }
  if (isModerated(reason, String(error.code ?? ""), error.status ?? "")) {
    return failed(new ContentBlocked({ provider, reasons: [explained(reason)] }))
  }
  return failed(
    new GenerationFailed({
      provider,
      reason,
      ...(error.code === undefined ? {} : { code: String(error.code) })
    })
  )
}

// Of google.rpc.Code.
const cancelled = 1
const resourceExhausted = 8

const finished = (results: typeof Results.Type, provider: string): OperationStatus => {
  const videos = outputs(results)
  if (Arr.isNonEmptyReadonlyArray(videos)) return { _tag: "Succeeded", videos }
  const reasons = results.raiMediaFilteredReasons ?? []
  return (results.raiMediaFilteredCount ?? 0) > 0 || reasons.length > 0
    ? failed(new ContentBlocked({ provider, reasons: reasons.map((reason) => explained(strip(reason))) }))
    : failed(new EmptyResult({ provider }))
}

const outputs = (results: typeof Results.Type): ReadonlyArray<VideoOutput> =>
  (results.videos ?? results.generatedSamples?.map(({ video }) => video ?? {}) ?? []).flatMap(
    (video, index) => Option.toArray(output(video, index))
  )

/** An inline video is known by its place in the list. */
const output = (video: typeof Video.Type, index: number): Option.Option<VideoOutput> => {
  const uri = video.uri ?? video.gcsUri ?? ""
  const bytes = video.bytesBase64Encoded ?? video.encodedVideo ?? ""
  const mimeType = video.mimeType ?? video.encoding
  const type = mimeType === undefined ? {} : { mimeType }
  if (uri !== "") return Option.some({ _tag: "Remote", uri, ...type })
  return bytes === "" ? Option.none() : Option.some({ _tag: "Inline", index, ...type })
}

const failed = (error: OperationFailure): OperationStatus => ({ _tag: "Failed", error })
