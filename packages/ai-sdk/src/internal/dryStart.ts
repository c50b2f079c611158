/**
 * What a model passes on of a request. The model is started with a `fetch` that sends nothing: with the request, and again
 * without each of its parts. A part without which the same would be sent is dropped by the model.
 */
import type {
  Experimental_VideoModelV4CallOptions as CallOptions,
  Experimental_VideoModelV4File as File
} from "@ai-sdk/provider"
import type { Capabilities, Ignorable } from "@mutoscope/core/Capabilities"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Images, optionsOf, providerOptions } from "./callOptions.ts"
import type { SdkModel } from "./unresumable.ts"

/** What of a request does not reach the vendor. */
export interface Dropped {
  readonly options: ReadonlyArray<Ignorable>
  readonly startImage: boolean
  readonly lastFrame: boolean
  /** How many of the reference images do reach the vendor, from the first on. */
  readonly referencesKept: number
}

/** Makes a model that sends by the given `fetch` alone. */
export type Make = (fetch: typeof globalThis.fetch) => SdkModel

/** What the model drops of a request; none where its start sends nothing that could be compared. */
export const dropped = (make: Make, request: VideoRequest): Effect.Effect<Option.Option<Dropped>> =>
  providerOptions(request.providerOptions ?? {}).pipe(
    Effect.flatMap((vendors) => Effect.promise(() => compare(make, request, vendors))),
    // A model that waits for something else first, a token of its own, is not waited for.
    Effect.timeoutOption("5 seconds"),
    Effect.map(Option.flatten),
    // The start refuses such options, in words of its own.
    Effect.orElseSucceed(() => Option.none())
  )

/** The capabilities without what is dropped: images are refused, options count as ignored. */
export const without = (can: Capabilities, request: VideoRequest, dropped: Dropped): Capabilities => ({
  ...can,
  startImage: can.startImage && !dropped.startImage,
  lastFrame: can.lastFrame && !dropped.lastFrame,
  referenceImages: isGiven(request.referenceImages)
    ? Math.min(can.referenceImages, dropped.referencesKept)
    : can.referenceImages,
  ignored: [
    ...(can.ignored ?? []),
    ...dropped.options.filter((option) => !can.ignored?.includes(option) && admits(can, request, option))
  ]
})

const isGiven = (images: VideoRequest["referenceImages"]) => images !== undefined && images.length > 0

/** What a model cannot do is refused, and stays so. */
const admits = (can: Capabilities, request: VideoRequest, option: Ignorable): boolean => {
  switch (option) {
    case "aspectRatio":
      return can.aspectRatios.includes(request.aspectRatio)
    case "resolution":
      return can.resolutions.includes(request.resolution)
    case "duration":
      return can.durations._tag === "OneOf"
        ? can.durations.seconds.includes(request.duration)
        : request.duration >= can.durations.minimum && request.duration <= can.durations.maximum
    case "audio":
      return can.audio === "optional"
    case "seed":
      return can.seed
    case "negativePrompt":
      return can.negativePrompt
  }
}

// --- what is compared ------------------------------------------------------------------------------------------------

const compare = async (
  make: Make,
  asked: VideoRequest,
  vendors: CallOptions["providerOptions"]
): Promise<Option.Option<Dropped>> => {
  const request = new VideoRequest({ ...asked, prompt: mark }, { disableValidation: true })
  const images = placeholders(request)
  const options = optionsOf(request, images, {}, vendors)
  const whole = await sentBy(make, options)
  // Whatever is sent before the prompt says nothing about the rest.
  if (whole === undefined || !whole.text.includes(mark)) return Option.none()
  const isSame = async (other: Partial<CallOptions>) =>
    (await sentBy(make, { ...options, ...other }))?.text === whole.text
  /** The vendor is told nothing of an option without which, and without another value of which, it is told the same. */
  const isDropped = async (nothing: Partial<CallOptions>, another: Partial<CallOptions>) => {
    if (!(await isSame(nothing))) return false
    const other = await sentBy(make, { ...options, ...another })
    // Where the value is the model's own default, another one stands in the same place.
    return other === undefined || other.text === whole.text || other.places !== whole.places
  }
  const { duration, generateAudio, resolution, seed } = options
  const dropsResolution = await isDropped(
    { resolution: undefined },
    { resolution: resolution === "640x480" ? "1280x720" : "640x480" }
  )
  const isDroppedOption: { readonly [Name in Ignorable]: boolean } = {
    // A size in pixels has the shape too.
    aspectRatio:
      dropsResolution &&
      (await isDropped(
        { aspectRatio: undefined },
        { aspectRatio: request.aspectRatio === "1:1" ? "16:9" : "1:1" }
      )),
    resolution: dropsResolution,
    duration: await isDropped({ duration: undefined }, { duration: (duration ?? 0) + 1 }),
    audio:
      generateAudio !== undefined &&
      (await isDropped({ generateAudio: undefined }, { generateAudio: !generateAudio })),
    seed: seed !== undefined && (await isDropped({ seed: undefined }, { seed: seed + 1 })),
    // The SDK has no place for it.
    negativePrompt: request.negativePrompt !== undefined
  }
  const withImages = (other: Partial<Images>) => {
    const { frameImages, image, inputReferences } = optionsOf(request, { ...images, ...other }, {}, vendors)
    return { frameImages, image, inputReferences }
  }
  return Option.some({
    options: optionNames.filter((name) => isDroppedOption[name]),
    startImage: images.startImage !== undefined && (await isSame(withImages({ startImage: undefined }))),
    lastFrame: images.lastFrame !== undefined && (await isSame(withImages({ lastFrame: undefined }))),
    referencesKept: await keptOf(images.references, (references) => isSame(withImages({ references })))
  })
}

const optionNames = ["aspectRatio", "resolution", "duration", "audio", "seed", "negativePrompt"] as const

/** How many there are before those that change nothing. */
const keptOf = async (
  references: ReadonlyArray<File>,
  isSame: (fewer: ReadonlyArray<File>) => Promise<boolean>
): Promise<number> => {
  for (let kept = references.length; kept > 0; kept--)
    if (!(await isSame(references.slice(0, kept - 1)))) return kept
  return 0
}

/** By it the request that holds the prompt is known. */
const mark = "A lighthouse, seen by nobody (dry start)"

/** Images of the same kind as those that were asked for, each another. */
const placeholders = ({ lastFrame, referenceImages = [], startImage }: VideoRequest): Images => ({
  startImage: startImage && placeholder(startImage, 0),
  lastFrame: lastFrame && placeholder(lastFrame, 1),
  references: referenceImages.map((image, index) => placeholder(image, 2 + index))
})

const placeholder = (
  { _tag }: NonNullable<VideoRequest["startImage"]>,
  index: number
): NonNullable<Images["startImage"]> =>
  _tag === "Url"
    ? { type: "url", url: `https://dry-start.invalid/${index}.png` }
    : {
        type: "file",
        mediaType: "image/png",
        data: new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, index])
      }

// --- what would be sent ----------------------------------------------------------------------------------------------

/** A request that was not sent. `places` are where in its body something stands. */
interface Sent {
  readonly text: string
  readonly places: string
}

/**
 * The first request of a start, which is not sent. The start is aborted before it begins, so that a model that does not use
 * the `fetch` it is given has nothing sent either.
 */
const sentBy = async (make: Make, options: CallOptions): Promise<Sent | undefined> => {
  let sent: Sent | undefined
  const record: typeof globalThis.fetch = async (input, init) => {
    sent ??= seen(input, init)
    throw new Error("a dry start sends nothing")
  }
  try {
    await make(record).doStart?.({ ...options, abortSignal: AbortSignal.abort() })
  } catch {
    // It cannot but fail, since nothing is sent.
  }
  return sent
}

const seen = (input: string | URL | Request, init: RequestInit | undefined): Sent | undefined => {
  const address = input instanceof Request ? input.url : String(input)
  const body = init?.body
  if (typeof body === "string") {
    const json = Option.getOrElse(decodeJson(body), () => body)
    return { text: `${address}\n${body}`, places: JSON.stringify(placesIn(json)) }
  }
  if (!(body instanceof FormData)) return undefined
  const entries = Array.from(body, ([name, value]) => [
    name,
    typeof value === "string" ? value : `${value.type} ${value.size}`
  ])
  return { text: `${address}\n${JSON.stringify(entries)}`, places: JSON.stringify(placesIn(entries)) }
}

const decodeJson = Schema.decodeOption(Schema.parseJson())

/** The structure of a value, without the values in it. */
const placesIn = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(placesIn)
  if (typeof value !== "object" || value === null) return 0
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, placesIn(inner)]))
}
