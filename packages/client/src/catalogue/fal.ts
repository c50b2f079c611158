/**
 * The main video models on fal, and the ways into each: a text, an image and two images are different endpoints, with
 * fields of their own. Fields and limits are those of the types in `@fal-ai/client` 1.10.1. Prices are per model, are billed in units
 * of the model's own, and are not known here.
 */
import type { Capabilities, Case } from "@mutoscope/core/Capabilities"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Option from "effect/Option"
import { type Fields, usual } from "../internal/hostedInput.ts"
import { promptLimit } from "./hailuo.ts"

/** An endpoint, and what it is told. */
export interface Way extends Fields {
  readonly endpoint: string
}

/** A model, and its endpoints by what a request comes with. Its id is that of the first of them. */
interface Model extends Omit<Capabilities, "provider" | "model"> {
  readonly fromText: Way
  readonly fromImage?: Way
  readonly fromFrames?: Way
  readonly fromReferences?: Way
}

const all = {
  lastFrame: false,
  startImage: true,
  referenceImages: 0,
  cancel: true,
  progress: false,
  minimumPollInterval: 2
} as const

const twoShapes = ["16:9", "9:16"] as const
const threeShapes = [...twoShapes, "1:1"] as const
const fourShapes = [...threeShapes, "4:3"] as const

const between = (minimum: number, maximum: number) => ({ _tag: "Range", minimum, maximum }) as const
const oneOf = (...seconds: readonly [number, ...Array<number>]) => ({ _tag: "OneOf", seconds }) as const

/** A resolution that cannot be chosen. */
const only = <const R extends Capabilities["resolutions"][number]>(resolution: R) =>
  ({ resolutions: [resolution], ignored: ["resolution"] }) as const

const words = { "480p": "480p", "720p": "720p", "1080p": "1080p" } as const

// --- Veo -------------------------------------------------------------------------------------------------------------

const veoFields = { duration: "seconds", aspectRatio: true, resolution: words, audio: true } as const
const veoText = { ...veoFields, negativePrompt: true, seed: true } as const

const veo = {
  ...all,
  aspectRatios: twoShapes,
  resolutions: ["720p", "1080p"],
  durations: oneOf(4, 6, 8),
  audio: "optional",
  negativePrompt: true,
  seed: true
} as const

const veoWays = (endpoint: string) => ({
  fromText: { ...veoText, endpoint },
  fromImage: { ...veoText, endpoint: `${endpoint}/image-to-video`, startImage: "image_url" }
})

const veoFrames = (endpoint: string) => ({
  fromFrames: {
    ...veoText,
    endpoint: `${endpoint}/first-last-frame-to-video`,
    startImage: "first_frame_url",
    lastFrame: "last_frame_url"
  }
})

// --- the others: what a text and an image share ----------------------------------------------------------------------

/** Endpoints of the usual names, from the fields of both, and those of each alone. */
const textAndImage = (
  name: string,
  both: Fields,
  textOnly: Fields,
  imageOnly: Fields & { readonly startImage: string }
) => ({
  fromText: { ...both, ...textOnly, endpoint: `${name}/text-to-video` },
  fromImage: { ...both, ...imageOnly, endpoint: `${name}/image-to-video` }
})

const wanFields = { duration: "text", resolution: words, negativePrompt: true, seed: true } as const

const wan = {
  ...all,
  aspectRatios: fourShapes,
  resolutions: ["720p", "1080p"],
  audio: "always",
  negativePrompt: true,
  seed: true
} as const

const kling = { ...all, aspectRatios: threeShapes, negativePrompt: true, seed: false } as const
const klingFields = { duration: "text", negativePrompt: true } as const
const klingFrames = { startImage: "start_image_url", lastFrame: "end_image_url" } as const

const seedance = {
  ...all,
  aspectRatios: fourShapes,
  resolutions: ["480p", "720p", "1080p"],
  negativePrompt: false,
  seed: true,
  lastFrame: true
} as const
const seedanceFields = { duration: "text", aspectRatio: true, resolution: words, seed: true } as const
const imageAndEnd = { startImage: "image_url", lastFrame: "end_image_url" } as const

/** From a text it is 16:9, from an image as wide as that. */
const hailuo = {
  ...all,
  aspectRatios: ["16:9"],
  audio: "never",
  negativePrompt: false,
  seed: false,
  promptLimit
} as const

/** What is in the table, by its way from a text. */
export const models: ReadonlyArray<Model> = [
  {
    ...veo,
    ...veoWays("fal-ai/veo3.1"),
    ...veoFrames("fal-ai/veo3.1"),
    fromReferences: {
      ...veoFields,
      endpoint: "fal-ai/veo3.1/reference-to-video",
      referenceImages: "image_urls"
    },
    aliases: ["veo-3.1", "veo3.1"],
    title: "Veo 3.1 on fal",
    cases: [{ with: "referenceImages", durations: oneOf(8), excludes: ["negativePrompt", "seed"] }],
    lastFrame: true,
    referenceImages: 3,
    exclusive: [
      ["startImage", "referenceImages"],
      ["lastFrame", "referenceImages"]
    ]
  },
  {
    ...veo,
    ...veoWays("fal-ai/veo3.1/fast"),
    ...veoFrames("fal-ai/veo3.1/fast"),
    aliases: ["veo-3.1-fast", "veo3.1/fast"],
    title: "Veo 3.1 Fast on fal",
    lastFrame: true
  },
  {
    ...veo,
    ...veoWays("fal-ai/veo3.1/lite"),
    ...veoFrames("fal-ai/veo3.1/lite"),
    aliases: ["veo-3.1-lite", "veo3.1/lite"],
    title: "Veo 3.1 Lite on fal",
    lastFrame: true
  },
  {
    ...veo,
    ...veoWays("fal-ai/veo3"),
    aliases: ["veo-3.0", "veo3"],
    title: "Veo 3 on fal"
  },
  {
    ...veo,
    ...veoWays("fal-ai/veo3/fast"),
    aliases: ["veo-3.0-fast", "veo3/fast"],
    title: "Veo 3 Fast on fal"
  },
  {
    ...wan,
    ...textAndImage("fal-ai/wan/v2.7", wanFields, { aspectRatio: true }, imageAndEnd),
    aliases: ["wan-2.7"],
    title: "Wan 2.7 on fal",
    durations: between(2, 15),
    lastFrame: true
  },
  {
    ...wan,
    ...textAndImage("wan/v2.6", wanFields, { aspectRatio: true }, { startImage: "image_url" }),
    aliases: ["wan-2.6"],
    title: "Wan 2.6 on fal",
    durations: oneOf(5, 10, 15)
  },
  {
    ...wan,
    ...textAndImage("fal-ai/wan-25-preview", wanFields, { aspectRatio: true }, { startImage: "image_url" }),
    aliases: ["wan-2.5"],
    title: "Wan 2.5 on fal",
    durations: oneOf(5, 10)
  },
  ...(["pro", "standard"] as const).map((tier) => ({
    ...kling,
    ...textAndImage(
      `fal-ai/kling-video/v3/${tier}`,
      { ...klingFields, audio: true },
      { aspectRatio: true },
      klingFrames
    ),
    ...only(tier === "pro" ? "1080p" : "720p"),
    aliases: [`kling-3.0-${tier}`, ...(tier === "pro" ? ["kling-3.0"] : [])],
    title: `Kling 3.0 ${tier} on fal`,
    durations: between(3, 15),
    audio: "optional" as const,
    lastFrame: true
  })),
  {
    ...kling,
    ...textAndImage(
      "fal-ai/kling-video/v2.6/pro",
      { ...klingFields, audio: true },
      { aspectRatio: true },
      klingFrames
    ),
    ...only("1080p"),
    aliases: ["kling-2.6"],
    title: "Kling 2.6 pro on fal",
    durations: oneOf(5, 10),
    audio: "optional",
    lastFrame: true
  },
  {
    ...kling,
    ...textAndImage(
      "fal-ai/kling-video/v2.5-turbo/pro",
      klingFields,
      { aspectRatio: true },
      { startImage: "image_url", lastFrame: "tail_image_url" }
    ),
    ...only("1080p"),
    aliases: ["kling-2.5-turbo"],
    title: "Kling 2.5 Turbo pro on fal",
    durations: oneOf(5, 10),
    audio: "never",
    lastFrame: true
  },
  {
    ...seedance,
    ...textAndImage(
      "fal-ai/bytedance/seedance/v1.5/pro",
      { ...seedanceFields, audio: true },
      {},
      imageAndEnd
    ),
    aliases: ["seedance-1.5-pro"],
    title: "Seedance 1.5 pro on fal",
    durations: between(4, 12),
    audio: "optional"
  },
  {
    ...seedance,
    ...textAndImage("fal-ai/bytedance/seedance/v1/pro", seedanceFields, {}, imageAndEnd),
    aliases: ["seedance-1.0-pro"],
    title: "Seedance 1.0 pro on fal",
    durations: between(2, 12),
    audio: "never"
  },
  {
    ...hailuo,
    ...textAndImage("fal-ai/minimax/hailuo-2.3/pro", {}, {}, { startImage: "image_url" }),
    ...only("1080p"),
    aliases: ["hailuo-2.3-pro"],
    title: "Hailuo 2.3 pro on fal",
    durations: oneOf(6)
  },
  {
    ...hailuo,
    ...textAndImage(
      "fal-ai/minimax/hailuo-2.3/standard",
      { duration: "text" },
      {},
      { startImage: "image_url" }
    ),
    ...only("720p"),
    aliases: ["hailuo-2.3"],
    title: "Hailuo 2.3 standard on fal",
    durations: oneOf(6, 10)
  },
  {
    ...all,
    ...textAndImage(
      "fal-ai/ltx-2.3",
      {
        duration: "text",
        aspectRatio: true,
        resolution: { "1080p": "1080p", "4K": "2160p" },
        audio: true
      },
      {},
      imageAndEnd
    ),
    aliases: ["ltx-2.3"],
    title: "LTX-2.3 on fal",
    aspectRatios: twoShapes,
    resolutions: ["1080p", "4K"],
    durations: oneOf(6, 8, 10),
    audio: "optional",
    negativePrompt: false,
    seed: false,
    lastFrame: true
  },
  {
    ...all,
    ...textAndImage(
      "xai/grok-imagine-video",
      { duration: "number", aspectRatio: true, resolution: words },
      {},
      { startImage: "image_url" }
    ),
    aliases: ["grok-imagine-video"],
    title: "Grok Imagine on fal",
    aspectRatios: fourShapes,
    resolutions: ["480p", "720p"],
    durations: between(1, 15),
    audio: "always",
    negativePrompt: false,
    seed: false
  }
]

const waysOf = ({ fromFrames, fromImage, fromReferences, fromText }: Model): ReadonlyArray<Way> =>
  [fromText, fromImage, fromFrames, fromReferences].filter((way) => way !== undefined)

/** The models as an account of that name has them: each answers to all of its endpoints. */
export const of = (provider: string): ReadonlyArray<Capabilities> =>
  models.map((model) => {
    const { fromFrames, fromImage, fromReferences, fromText, ...rest } = model
    const [, ...others] = waysOf(model).map(({ endpoint }) => endpoint)
    return {
      ...rest,
      provider,
      model: fromText.endpoint,
      aliases: [...rest.aliases, ...others],
      cases: casesOf(model)
    }
  })

/** What holds for one of the ways alone: its own cases, and those that follow from what it has fields for. */
const casesOf = ({ cases = [], fromImage, lastFrame }: Model): ReadonlyArray<Case> => [
  ...cases,
  ...(lastFrame ? [{ with: "lastFrame", requires: "startImage" } as const] : []),
  ...(fromImage === undefined || fromImage.aspectRatio === true
    ? []
    : [{ with: "startImage", ignored: ["aspectRatio"] } as const])
]

/** What is assumed of an endpoint that is in no table: that it looks at the usual fields, or is told otherwise. */
export const assumed = (provider: string, model: string): Option.Option<Capabilities> =>
  isEndpoint(model)
    ? Option.some({
        ...all,
        provider,
        model,
        aliases: [],
        title: `${model} on fal (what it can do is not known)`,
        aspectRatios: fourShapes,
        resolutions: ["480p", "720p", "1080p", "4K"],
        durations: between(1, 60),
        audio: "optional",
        negativePrompt: true,
        seed: true,
        lastFrame: true,
        referenceImages: 9
      })
    : Option.none()

/** `owner/app`, and what of its parts follow. */
const isEndpoint = (model: string): boolean =>
  /^[\w.-]+(\/[\w.-]+)+$/.test(model) && !model.split("/").some((part) => /^\.+$/.test(part))

/** The way from a text into a model of the table. */
export const textWay = (model: string): Option.Option<Way> =>
  Option.fromNullable(models.find(({ fromText }) => fromText.endpoint === model)?.fromText)

/** The endpoint for what a request comes with. */
export const wayFor = (model: string, request: VideoRequest): Way => {
  const known = models.find(({ fromText }) => fromText.endpoint === model)
  if (known === undefined) return { ...usual, ...imageAndEnd, referenceImages: "image_urls", endpoint: model }
  const { fromFrames, fromImage, fromReferences, fromText } = known
  if ((request.referenceImages ?? []).length > 0) return fromReferences ?? fromText
  if (request.startImage === undefined) return fromText
  return (request.lastFrame === undefined ? undefined : fromFrames) ?? fromImage ?? fromText
}
