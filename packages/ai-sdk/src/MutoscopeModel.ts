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
import { type CompletedGeneration, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"

/**
 * The model of that name, as `VideoGenerator` knows it. A job's key is the `idempotency-key` of the call, which
 * `generateVideo` mints for each: give one of your own in `headers`, and the same key is the same video, paid once. The `n`
 * videos of one call are `n` jobs, under the key and under `KEY#2`, `KEY#3`, .... With a `maxVideosPerCall` of your own the SDK
 * makes several calls under the same key, which are one video: give no key then. A call whose signal is aborted records and
 * sends nothing more; what was sent goes on. Errors are those of `VideoGenerator`, thrown. What the SDK can say and a request
 * cannot (frames a second) is a warning.
 */
export const make = (model: string): Effect.Effect<VideoModel, never, VideoGenerator | FileSystem> =>
  Effect.map(Effect.runtime<VideoGenerator | FileSystem>(), (runtime) => {
    const run = Runtime.runPromise(runtime)
    return {
      specificationVersion: "v4",
      provider: "mutoscope",
      modelId: model,
      // Jobs are numbered here, so that each has a key of its own: of several calls nobody could say which is which.
      maxVideosPerCall: mostVideos,
      doStart: async (options) => {
        const { abortSignal } = options
        abortSignal?.throwIfAborted()
        try {
          return await run(start(model, options), abortSignal === undefined ? {} : { signal: abortSignal })
        } catch (error) {
          abortSignal?.throwIfAborted()
          throw error
        }
      },
      doStatus: ({ operation }) => run(status(model, operation))
    } satisfies VideoModel
  })

/** The SDK counts calls by it, so that it has to be a number that can be divided by. */
const mostVideos = 1_000

const start = (model: string, options: CallOptions) =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator
    const request = yield* VideoRequest.decode(fieldsOf(model, options))
    const key = keyOf(options)
    const keys = yield* Effect.forEach(
      Array.from({ length: Math.max(1, options.n) }, (_, index) => Option.map(key, numbered(index))),
      (key) => Effect.transposeMapOption(key, decodeKey)
    )
    // One after another: where the caller aborts, the rest is neither recorded nor sent.
    const ids = yield* Effect.forEach(keys, (key) =>
      Effect.map(
        generator.start(request, {
          unasked: unasked(options),
          ...(Option.isSome(key) ? { key: key.value } : {})
        }),
        ({ id }) => id
      )
    )
    const [first] = ids
    return {
      operation: first !== undefined && ids.length === 1 ? first : ids,
      warnings: warnings(options),
      response: yield* response(model)
    }
  })

/** The first of a call has its key as it is, so that asking for more videos later makes only those. */
const numbered = (index: number) => (key: string) => (index === 0 ? key : `${key}#${index + 1}`)

const decodeKey = (key: string) =>
  Effect.mapError(
    Schema.decode(Generation.JobKey)(key),
    () =>
      new InvalidRequest({
        field: "idempotency-key",
        value: key.slice(0, 80),
        reason: "Expected a key of 1 to 256 characters, its number among several videos included"
      })
  )

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

const warnings = ({ aspectRatio, fps, n, seed }: CallOptions): Array<Warning> => [
  ...(fps === undefined ? [] : [unsupported("fps", "The model decides how many frames a second has.")]),
  ...(n > 1 && seed !== undefined
    ? [unsupported("seed", "The videos have the same seed, and may be alike.")]
    : []),
  ...(aspectRatio === "adaptive" ? [unsupported("aspectRatio: adaptive", "16:9 is taken.")] : [])
]

const unsupported = (feature: string, details: string): Warning => ({ type: "unsupported", feature, details })

// --- how it is doing ---------------------------------------------------------------------------------------------

const status = (
  model: string,
  operation: unknown
): Effect.Effect<Status, GenerationError, VideoGenerator | FileSystem> =>
  Effect.gen(function* () {
    const ids = isMany(operation) ? operation : [String(operation)]
    const ends = yield* Effect.forEach(ids, endOf, { concurrency: mostAtOnce })
    const about = { response: yield* response(model) }
    if (ends.some(Option.isNone)) return { ...about, status: "pending" }
    const [failures, completed] = Arr.separate(Arr.getSomes(ends))
    // Where some of several have a video, that is paid for, and the others are told of beside it.
    if (!Arr.isNonEmptyReadonlyArray(completed))
      return { ...about, status: "error", error: failures.join("; ") }
    const generations = completed.map(({ state: { video }, id }) => ({ generationId: id, ...video }))
    return {
      ...about,
      status: "completed",
      videos: yield* Effect.forEach(completed, videoOf),
      warnings: failures.map((message) => ({ type: "other", message })),
      providerMetadata: { mutoscope: { ...generations[0], ...(ids.length === 1 ? {} : { generations }) } }
    }
  })

const isMany = Schema.is(Schema.NonEmptyArray(Schema.String))

/** How many providers are asked about the jobs of one call at once. */
const mostAtOnce = 8

/** The SDK holds videos in memory, so that this one has to be. */
const videoOf = ({ state }: CompletedGeneration) =>
  Effect.map(
    Effect.flatMap(FileSystem, (files) => Effect.orDie(files.readFile(state.video.path))),
    (data) => ({ type: "binary" as const, data, mediaType: "video/mp4" })
  )

/** How a generation ended: on the left why it has no video; none while it goes on. */
const endOf = (
  id: string
): Effect.Effect<
  Option.Option<Either.Either<CompletedGeneration, string>>,
  GenerationError,
  VideoGenerator
> =>
  Effect.gen(function* () {
    const { generation } = yield* (yield* VideoGenerator).status(id)
    const { state } = generation
    if (Generation.isCompleted(generation)) return Option.some(Either.right(generation))
    switch (state._tag) {
      case "Failed":
        return Option.some(Either.left(state.error.message))
      case "SubmitUnknown":
        return Option.some(
          Either.left(
            `${state.error.message} (generation ${id} waits for a decision; it may have been charged)`
          )
        )
      case "Cancelled":
        return Option.some(Either.left(`Generation ${id} was cancelled`))
      default:
        return Option.none()
    }
  })
