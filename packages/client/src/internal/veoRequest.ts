/**
 * A wish for a video in the words of Veo's `predictLongRunning`.
 */
import type { FileSystem } from "@effect/platform/FileSystem"
import type { Capabilities } from "@mutoscope/core/Capabilities"
import type { MediaInput, VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import { type InputError, within } from "./inputs.ts"
import { largest, type WireMedia, wireMedia } from "./veoInputs.ts"

/** Parameters that the settings have. */
export interface Extras {
  readonly storageUri?: string
}

/** What the settings and the intent add to a request. */
export interface Additions {
  readonly extras?: Extras
  /** Labels of the request, where the API has a place for them. */
  readonly labels?: Readonly<Record<string, string>> | undefined
}

/** The body of the submit. What the request leaves open is left out; the provider's own options come last. */
export const body = (
  request: VideoRequest,
  capabilities: Capabilities,
  fileSystem: Option.Option<FileSystem>,
  { extras = {}, labels }: Additions = {}
): Effect.Effect<unknown, InputError> => {
  const { model, provider } = capabilities
  const media = (kind: "image" | "video", field: string) => (input: MediaInput) =>
    wireMedia(input, { provider, model, field, kind, most: largest, fileSystem })
  const image = (field: string) => media("image", field)
  return Effect.all({
    image: optional(request.startImage, image("start image")),
    lastFrame: optional(request.lastFrame, image("last frame")),
    video: optional(request.extend, media("video", "video to extend")),
    references: Effect.forEach(request.referenceImages ?? [], image("reference image"))
  }).pipe(
    Effect.tap(({ image, lastFrame, references, video }) =>
      within(largest, [image, lastFrame, video, ...references].map(inlined), { model, provider })
    ),
    Effect.map(({ image, lastFrame, references, video }) => ({
      instances: [
        {
          prompt: request.prompt,
          ...present("image", image),
          ...present("lastFrame", lastFrame),
          ...present("video", video),
          ...present("referenceImages", references.length === 0 ? undefined : references.map(asset))
        }
      ],
      parameters: { ...parameters(request), ...extras, ...request.providerOptions },
      ...present("labels", labels)
    }))
  )
}

/** What of an input goes along with the request, as base64. */
const inlined = (media: WireMedia | undefined): string =>
  media !== undefined && "bytesBase64Encoded" in media ? media.bytesBase64Encoded : ""

const asset = (image: WireMedia) => ({ image, referenceType: "asset" })

const parameters = (request: VideoRequest) => ({
  aspectRatio: request.aspectRatio,
  resolution: request.resolution === "4K" ? "4k" : request.resolution,
  durationSeconds: request.duration,
  sampleCount: 1,
  ...present("negativePrompt", request.negativePrompt),
  ...present("seed", request.seed),
  ...present("generateAudio", request.audio)
})

const present = <Key extends string, A>(
  key: Key,
  value: A | undefined
): { readonly [K in Key]?: A } | object => (value === undefined ? {} : { [key]: value })

const optional = <A, B, E>(
  value: A | undefined,
  f: (value: A) => Effect.Effect<B, E>
): Effect.Effect<B | undefined, E> => (value === undefined ? Effect.succeed(undefined) : f(value))
