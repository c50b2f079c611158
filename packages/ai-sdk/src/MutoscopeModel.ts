/**
 * Mutoscope as a video model of the AI SDK: `generateVideo` of the `ai` package runs on our engine, with a record behind each
 * job that outlives the process and is paid at most once.
 *
 * @since 0.1.0
 */
import type {
  Experimental_VideoModelV4CallOptions as CallOptions,
  Experimental_VideoModelV4File as File,
  Experimental_VideoModelV4OperationStatusResult as Status,
  Experimental_VideoModelV4 as VideoModel,
  SharedV4Warning as Warning
} from "@ai-sdk/provider"
import { FileSystem } from "@effect/platform/FileSystem"
import type { Ignorable } from "@mutoscope/core/Capabilities"
import * as Generation from "@mutoscope/core/Generation"
import { type GenerationError, InvalidRequest } from "@mutoscope/core/GenerationError"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"

/**
 * The model of that name, as `VideoGenerator` knows it. A job's key is the `idempotency-key` of the call, which
 * `generateVideo` mints for each: give one of your own in `headers`, and the same key is the same video, paid once. Errors are
 * those of `VideoGenerator`, thrown. What the SDK can say and a request cannot (frames a second, several videos) is a
 * warning.
 */
export const make = (model: string): Effect.Effect<VideoModel, never, VideoGenerator | FileSystem> =>
  Effect.map(Effect.runtime<VideoGenerator | FileSystem>(), (runtime) => {
    const run = Runtime.runPromise(runtime)
    return {
      specificationVersion: "v4",
      provider: "mutoscope",
      modelId: model,
      maxVideosPerCall: 1,
      doStart: (options) => run(start(model, options)),
      doStatus: ({ operation }) => run(status(model, operation))
    } satisfies VideoModel
  })

const start = (model: string, options: CallOptions) =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator
    const request = yield* VideoRequest.decode(fieldsOf(model, options))
    const key = yield* Effect.transposeMapOption(keyOf(options), (key) =>
      Effect.mapError(
        Schema.decode(Generation.JobKey)(key),
        () =>
          new InvalidRequest({
            field: "idempotency-key",
            value: key.slice(0, 80),
            reason: "A key has 1 to 256 characters"
          })
      )
    )
    const { id } = yield* generator.start(request, {
      unasked: unasked(options),
      ...(Option.isSome(key) ? { key: key.value } : {})
    })
    return { operation: id, warnings: warnings(options), response: yield* response(model) }
  })

const keyOf = ({ headers = {} }: CallOptions): Option.Option<string> =>
  Option.fromNullable(Object.entries(headers).find(([name]) => name.toLowerCase() === "idempotency-key")?.[1])

const response = (modelId: string) =>
  Effect.sync(() => ({ timestamp: new Date(), modelId, headers: undefined }))

// --- the request -------------------------------------------------------------------------------------------------

const fieldsOf = (model: string, options: CallOptions) => {
  const { defaults } = VideoRequest
  const last = options.frameImages?.find(({ frameType }) => frameType === "last_frame")?.image
  const first =
    options.frameImages?.find(({ frameType }) => frameType === "first_frame")?.image ?? options.image
  const [aspectRatio, resolution] = shapeOf(options)
  return given({
    model,
    prompt: options.prompt ?? "",
    aspectRatio: aspectRatio ?? defaults.aspectRatio,
    resolution: resolution ?? defaults.resolution,
    duration: options.duration ?? defaults.duration,
    seed: options.seed,
    audio: options.generateAudio,
    startImage: first && mediaOf(first),
    lastFrame: last && mediaOf(last),
    referenceImages: options.inputReferences?.map(mediaOf),
    providerOptions: options.providerOptions["mutoscope"]
  })
}

/** What the call does not say, so that a default stands for it. */
const unasked = (options: CallOptions): ReadonlyArray<Ignorable> => {
  const [aspectRatio, resolution] = shapeOf(options)
  const said = { aspectRatio, resolution, duration: options.duration }
  return (["aspectRatio", "resolution", "duration"] as const).filter((name) => said[name] === undefined)
}

const given = (fields: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** `1280x720` is both a shape and a resolution; a shape of its own comes first. */
const shapeOf = ({
  aspectRatio,
  resolution
}: CallOptions): readonly [string | undefined, string | undefined] => {
  const ratio = aspectRatio === "adaptive" ? undefined : aspectRatio
  const [width, height] = resolution?.split("x").map(Number) ?? []
  if (width === undefined || height === undefined) return [ratio, undefined]
  return [
    ratio ?? VideoRequest.nearestAspectRatio(`${width}:${height}`),
    VideoRequest.nearestResolution(String(Math.min(width, height)))
  ]
}

const mediaOf = (file: File): typeof VideoRequest.MediaInput.Encoded =>
  file.type === "url"
    ? { _tag: "Url", url: file.url }
    : { _tag: "Bytes", data: file.data, mimeType: file.mediaType }

const warnings = ({ aspectRatio, fps, n }: CallOptions): Array<Warning> => [
  ...(fps === undefined ? [] : [unsupported("fps", "The model decides how many frames a second has.")]),
  ...(n <= 1 ? [] : [unsupported("n", "One video is made for each call.")]),
  ...(aspectRatio === "adaptive" ? [unsupported("aspectRatio: adaptive", "16:9 is taken.")] : [])
]

const unsupported = (feature: string, details: string): Warning => ({ type: "unsupported", feature, details })

// --- how it is doing ---------------------------------------------------------------------------------------------

const status = (
  model: string,
  operation: unknown
): Effect.Effect<Status, GenerationError, VideoGenerator | FileSystem> =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator
    const files = yield* FileSystem
    const { state } = (yield* generator.status(String(operation))).generation
    const about = { response: yield* response(model) }
    switch (state._tag) {
      case "Completed": {
        // The SDK holds videos in memory, so that this one has to be.
        const data = yield* Effect.orDie(files.readFile(state.video.path))
        return {
          ...about,
          status: "completed",
          videos: [{ type: "binary", data, mediaType: "video/mp4" }],
          warnings: [],
          providerMetadata: { mutoscope: { generationId: String(operation), ...state.video } }
        }
      }
      case "Failed":
        return { ...about, status: "error", error: state.error.message }
      case "SubmitUnknown":
        return {
          ...about,
          status: "error",
          error: `${state.error.message} (generation ${String(operation)} waits for a decision; it may have been charged)`
        }
      case "Cancelled":
        return { ...about, status: "error", error: `Generation ${String(operation)} was cancelled` }
      default:
        return { ...about, status: "pending" }
    }
  })
