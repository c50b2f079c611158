/**
 * What hosted models are asked with. A host has one envelope for all of them, and each has fields of its own for the same
 * wishes.
 */
import type { MediaInput, Resolution, VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import type { Ask } from "../JobApi.ts"
import { frame } from "./frame.ts"
import type { InputError } from "./inputs.ts"

/**
 * How a model, or one way into it, is told what a request says. What has no field here is not sent: a shape that comes
 * from an image, a length of which there is but one. The table says what of it is refused or ignored.
 */
export interface Fields {
  /** The length as a number, as `"8"` or as `"8s"`. */
  readonly duration?: "number" | "text" | "seconds"
  readonly aspectRatio?: boolean
  /** The words for the resolutions, or the size in pixels as `1280*720`. */
  readonly resolution?: { readonly [R in Resolution]?: string } | "size"
  readonly audio?: boolean
  readonly negativePrompt?: boolean
  readonly seed?: boolean
  readonly startImage?: string
  readonly lastFrame?: string
  readonly referenceImages?: string
}

/** Those that most models have, with which one is asked that is in no table. */
export const usual = {
  duration: "text",
  aspectRatio: true,
  resolution: { "480p": "480p", "720p": "720p", "1080p": "1080p", "4K": "4k" },
  audio: true,
  negativePrompt: true,
  seed: true
} as const satisfies Fields

/**
 * The input, as an object for JSON. Provider options come last, and one that is `null` leaves its field out. `most` is
 * what an image may weigh, in bytes.
 */
export const input = (
  ask: Ask,
  fields: Fields,
  most: number
): Effect.Effect<Readonly<Record<string, unknown>>, InputError> =>
  Effect.gen(function* () {
    const { request } = ask
    return given({
      prompt: request.prompt,
      duration: length(request.duration, fields.duration),
      aspect_ratio: fields.aspectRatio === true ? request.aspectRatio : undefined,
      ...resolution(request, fields),
      generate_audio: fields.audio === true ? request.audio : undefined,
      negative_prompt: request.negativePrompt,
      seed: request.seed,
      ...(yield* images(ask, fields, most)),
      ...request.providerOptions
    })
  })

/** Without what is undefined, or null: so a user leaves a field out. */
export const given = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))

const length = (seconds: number, form: Fields["duration"]): number | string | undefined => {
  switch (form) {
    case "number":
      return seconds
    case "text":
      return String(seconds)
    case "seconds":
      return `${seconds}s`
    default:
      return undefined
  }
}

const resolution = (request: VideoRequest, { resolution }: Fields): Readonly<Record<string, unknown>> => {
  if (resolution !== "size") return { resolution: resolution?.[request.resolution] }
  const { height, width } = frame(request)
  return { size: `${width}*${height}` }
}

const images = (ask: Ask, fields: Fields, most: number) => {
  const { lastFrame, referenceImages = [], startImage } = ask.request
  const url = (field: string) => (input: MediaInput) => ask.toUrl(input, { field, kind: "image", most })
  const one = (name: string | undefined, field: string, input: MediaInput | undefined) =>
    name === undefined || input === undefined
      ? Effect.succeed({})
      : Effect.map(url(field)(input), (address) => ({ [name]: address }))
  const several =
    fields.referenceImages === undefined || referenceImages.length === 0
      ? Effect.succeed({})
      : Effect.map(Effect.forEach(referenceImages, url("reference image")), (addresses) => ({
          [fields.referenceImages ?? ""]: addresses
        }))
  return Effect.map(
    Effect.all([
      one(fields.startImage, "start image", startImage),
      one(fields.lastFrame, "last frame", lastFrame),
      several
    ]),
    ([first, last, references]) => ({ ...first, ...last, ...references })
  )
}
