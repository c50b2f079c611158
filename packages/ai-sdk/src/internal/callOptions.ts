/**
 * A request in the words of the AI SDK.
 */
import type {
  Experimental_VideoModelV4CallOptions as CallOptions,
  Experimental_VideoModelV4File as File,
  SharedV4ProviderOptions
} from "@ai-sdk/provider"
import { frame } from "@mutoscope/client/Frame"
import { type InputError, load, type Place } from "@mutoscope/client/Inputs"
import { InvalidRequest } from "@mutoscope/core/GenerationError"
import { type Intent, label } from "@mutoscope/core/VideoProvider"
import type { MediaInput, VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Images that SDKs take inside a request have their limits with the vendors; this is the least of them. */
const largest = 20_000_000

/** The options of the call. Files are read, addresses are passed on. */
export const callOptions = (
  intent: Intent,
  place: Pick<Place, "provider" | "model" | "fileSystem">
): Effect.Effect<CallOptions, InputError> =>
  Effect.gen(function* () {
    const { request } = intent
    const file = (field: string) => (input: MediaInput) =>
      toFile(input, { ...place, field, kind: "image", most: largest })
    return optionsOf(
      request,
      {
        startImage: request.startImage && (yield* file("start image")(request.startImage)),
        lastFrame: request.lastFrame && (yield* file("last frame")(request.lastFrame)),
        references: yield* Effect.forEach(request.referenceImages ?? [], file("reference image"))
      },
      { "idempotency-key": label(intent) },
      yield* providerOptions(request.providerOptions ?? {})
    )
  })

/** The images of a request, as the SDK takes them. */
export interface Images {
  readonly startImage: File | undefined
  readonly lastFrame: File | undefined
  readonly references: ReadonlyArray<File>
}

/** The options for a request whose images are at hand. */
export const optionsOf = (
  request: VideoRequest,
  { lastFrame, references, startImage }: Images,
  headers: Record<string, string>,
  providerOptions: SharedV4ProviderOptions
): CallOptions => {
  const { height, width } = frame(request)
  return {
    prompt: request.prompt,
    n: 1,
    aspectRatio: request.aspectRatio,
    resolution: `${width}x${height}`,
    duration: request.duration,
    fps: undefined,
    seed: request.seed,
    image: startImage,
    frameImages:
      lastFrame === undefined
        ? undefined
        : [
            ...(startImage === undefined ? [] : [{ image: startImage, frameType: "first_frame" as const }]),
            { image: lastFrame, frameType: "last_frame" }
          ],
    inputReferences: references.length === 0 ? undefined : [...references],
    generateAudio: request.audio,
    providerOptions,
    headers
  }
}

const toFile = (input: MediaInput, place: Place): Effect.Effect<File, InputError> =>
  input._tag === "Url"
    ? Effect.succeed({ type: "url", url: input.url })
    : Effect.map(load(input, place), ({ bytes, mimeType }) => ({
        type: "file",
        mediaType: mimeType,
        data: bytes
      }))

const Options = Schema.Record({
  key: Schema.String,
  value: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

const isOptions = (value: unknown): value is SharedV4ProviderOptions => Schema.is(Options)(value)

/** The SDK's are grouped by vendor: `{"fal": {"loop": true}}`. */
export const providerOptions = (options: unknown): Effect.Effect<SharedV4ProviderOptions, InvalidRequest> =>
  isOptions(options)
    ? Effect.succeed(options)
    : new InvalidRequest({
        field: "providerOptions",
        value: "",
        reason: 'Options of an AI SDK model are grouped by vendor, like {"fal": {"loop": true}}'
      })
