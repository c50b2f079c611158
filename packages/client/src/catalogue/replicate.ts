/**
 * The main video models on Replicate, and how each is told what is wanted. Fields are those of the models' pages and of
 * examples there; prices are not in the API, and are not known here.
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import * as Option from "effect/Option"
import { type Fields, usual } from "../internal/hostedInput.ts"
import { promptLimit } from "./hailuo.ts"

interface Model extends Omit<Capabilities, "provider"> {
  readonly fields: Fields
}

/** Inputs and outputs are removed an hour after a prediction has ended. */
const all = {
  lastFrame: false,
  startImage: true,
  referenceImages: 0,
  cancel: true,
  progress: false,
  minimumPollInterval: 2,
  outputLifetime: 3600
} as const

const twoShapes = ["16:9", "9:16"] as const
const threeShapes = [...twoShapes, "1:1"] as const
const fourShapes = [...threeShapes, "4:3"] as const

const between = (minimum: number, maximum: number) => ({ _tag: "Range", minimum, maximum }) as const
const oneOf = (...seconds: readonly [number, ...Array<number>]) => ({ _tag: "OneOf", seconds }) as const

const words = { "480p": "480p", "720p": "720p", "1080p": "1080p" } as const

/** The shape is that of the first image; a ratio beside it is not looked at. */
const shapeOfImage = { with: "startImage", ignored: ["aspectRatio"] } as const

const veo = {
  ...all,
  aspectRatios: twoShapes,
  resolutions: ["720p", "1080p"],
  durations: oneOf(4, 6, 8),
  audio: "optional",
  negativePrompt: true,
  seed: true
} as const
const veoFields = {
  duration: "number",
  aspectRatio: true,
  resolution: words,
  audio: true,
  negativePrompt: true,
  seed: true,
  startImage: "image"
} as const

const kling = {
  ...all,
  cases: [shapeOfImage],
  aspectRatios: threeShapes,
  resolutions: ["1080p"],
  ignored: ["resolution"],
  durations: oneOf(5, 10),
  negativePrompt: true,
  seed: false
} as const
const klingFields = {
  duration: "number",
  aspectRatio: true,
  negativePrompt: true,
  startImage: "start_image"
} as const

const seedance = {
  ...all,
  cases: [shapeOfImage, { with: "lastFrame", requires: "startImage" }],
  aspectRatios: fourShapes,
  resolutions: ["480p", "720p", "1080p"],
  negativePrompt: false,
  seed: true,
  lastFrame: true
} as const
const seedanceFields = {
  duration: "number",
  aspectRatio: true,
  resolution: words,
  seed: true,
  startImage: "image",
  lastFrame: "last_frame_image"
} as const

/** From a text it is 16:9, from an image as wide as that; 720p is 768p, and in 1080p it lasts for six seconds. */
const hailuo = {
  ...all,
  cases: [shapeOfImage, { resolution: "1080p", durations: oneOf(6) }],
  aspectRatios: ["16:9"],
  resolutions: ["720p", "1080p"],
  durations: oneOf(6, 10),
  audio: "never",
  negativePrompt: false,
  seed: false,
  promptLimit
} as const
const hailuoFields = {
  duration: "number",
  resolution: { "720p": "768p", "1080p": "1080p" },
  startImage: "first_frame_image"
} as const

const models: ReadonlyArray<Model> = [
  {
    ...veo,
    model: "google/veo-3.1",
    aliases: ["veo-3.1"],
    title: "Veo 3.1 on Replicate",
    lastFrame: true,
    referenceImages: 3,
    exclusive: [
      ["startImage", "referenceImages"],
      ["lastFrame", "referenceImages"]
    ],
    fields: { ...veoFields, lastFrame: "last_frame", referenceImages: "reference_images" }
  },
  {
    ...veo,
    model: "google/veo-3.1-fast",
    aliases: ["veo-3.1-fast"],
    title: "Veo 3.1 Fast on Replicate",
    lastFrame: true,
    fields: { ...veoFields, lastFrame: "last_frame" }
  },
  {
    ...veo,
    model: "google/veo-3",
    aliases: ["veo-3.0"],
    title: "Veo 3 on Replicate",
    fields: veoFields
  },
  {
    ...veo,
    model: "google/veo-3-fast",
    aliases: ["veo-3.0-fast"],
    title: "Veo 3 Fast on Replicate",
    fields: veoFields
  },
  {
    ...kling,
    model: "kwaivgi/kling-v2.6",
    aliases: ["kling-2.6"],
    title: "Kling 2.6 on Replicate",
    audio: "optional",
    fields: { ...klingFields, audio: true }
  },
  {
    ...kling,
    model: "kwaivgi/kling-v2.5-turbo-pro",
    aliases: ["kling-2.5-turbo"],
    title: "Kling 2.5 Turbo Pro on Replicate",
    audio: "never",
    fields: klingFields
  },
  {
    ...seedance,
    model: "bytedance/seedance-1.5-pro",
    aliases: ["seedance-1.5-pro"],
    title: "Seedance 1.5 Pro on Replicate",
    durations: between(4, 12),
    audio: "optional",
    fields: { ...seedanceFields, audio: true }
  },
  {
    ...seedance,
    model: "bytedance/seedance-1-pro",
    aliases: ["seedance-1.0-pro"],
    title: "Seedance 1 Pro on Replicate",
    durations: between(2, 12),
    audio: "never",
    fields: seedanceFields
  },
  {
    ...hailuo,
    model: "minimax/hailuo-2.3",
    aliases: ["hailuo-2.3"],
    title: "Hailuo 2.3 on Replicate",
    fields: hailuoFields
  },
  {
    ...hailuo,
    model: "minimax/hailuo-02",
    aliases: ["hailuo-02"],
    title: "Hailuo 02 on Replicate",
    lastFrame: true,
    fields: { ...hailuoFields, lastFrame: "last_frame_image" }
  },
  {
    ...all,
    model: "wan-video/wan-2.5-t2v",
    aliases: ["wan-2.5"],
    title: "Wan 2.5 from a text on Replicate",
    aspectRatios: twoShapes,
    resolutions: ["720p", "1080p"],
    durations: oneOf(5, 10),
    audio: "always",
    negativePrompt: true,
    seed: true,
    startImage: false,
    fields: { duration: "number", resolution: "size", negativePrompt: true, seed: true }
  },
  {
    ...all,
    model: "wan-video/wan-2.5-i2v",
    aliases: ["wan-2.5-i2v"],
    title: "Wan 2.5 from an image on Replicate",
    cases: [{ requires: "startImage" }],
    aspectRatios: fourShapes,
    ignored: ["aspectRatio"],
    resolutions: ["480p", "720p", "1080p"],
    durations: oneOf(5, 10),
    audio: "always",
    negativePrompt: true,
    seed: true,
    fields: {
      duration: "number",
      resolution: words,
      negativePrompt: true,
      seed: true,
      startImage: "image"
    }
  }
]

/** The models as an account of that name has them. */
export const of = (provider: string): ReadonlyArray<Capabilities> =>
  models.map(({ fields: _, ...model }) => ({ ...model, provider }))

/**
 * What a name leads to: an official model, a version of any model (`owner/name:version`, or the version alone), or a
 * deployment of one's own.
 */
export type Target =
  | { readonly _tag: "Model" | "Deployment"; readonly owner: string; readonly name: string }
  | { readonly _tag: "Version"; readonly version: string }

/** The target of a name, if it can be one. */
export const target = (model: string): Target | undefined => {
  const [, deployments, owner = "", name = "", version] =
    /^(?:(deployments\/)?([\w.-]+)\/([\w.-]+))?(?::?([0-9a-f]{64}))?$/.exec(model) ?? []
  if (version !== undefined && deployments === undefined) return { _tag: "Version", version }
  if ([owner, name].some((part) => /^\.*$/.test(part)) || version !== undefined) return undefined
  return { _tag: deployments === undefined ? "Model" : "Deployment", owner, name }
}

/** What is assumed of a model that is in no table: that it looks at the usual fields, or is told otherwise. */
export const assumed = (provider: string, model: string): Option.Option<Capabilities> =>
  target(model) === undefined
    ? Option.none()
    : Option.some({
        ...all,
        provider,
        model,
        aliases: [],
        title: `${model} on Replicate (what it can do is not known)`,
        aspectRatios: fourShapes,
        resolutions: ["480p", "720p", "1080p", "4K"],
        durations: between(1, 60),
        audio: "optional",
        negativePrompt: true,
        seed: true,
        lastFrame: true,
        referenceImages: 9
      })

/** How a model is told what is wanted. */
export const fieldsOf = (model: string): Fields =>
  models.find((known) => known.model === model)?.fields ?? {
    ...usual,
    duration: "number",
    startImage: "image",
    lastFrame: "last_frame_image",
    referenceImages: "reference_images"
  }
