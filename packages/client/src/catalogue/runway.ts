/**
 * What Runway renders with, its own models and others', and how each is told the size of the picture. Limits are those of
 * `@runwayml/sdk` 4.20.1. Prices, and lengths that it leaves open, are second-hand: what others said of them on 2026-10-04,
 * not held against Runway's own pages, which decide.
 */
import type { Capabilities, Case } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import type { AspectRatio, Resolution } from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"
import { promptLimit } from "./hailuo.ts"

/**
 * How a picture's size is said: as one of the pairs of pixels that the model knows, as words for shape and height, or as
 * a height alone, where the shape is that of the first image.
 */
export type Sizing =
  | { readonly _tag: "Pixels"; readonly pairs: Pairs }
  | { readonly _tag: "Words"; readonly heights: Heights }
  | { readonly _tag: "Height"; readonly heights: Heights }
  | { readonly _tag: "AutoRatio" }

type Pairs = { readonly [R in Resolution]?: { readonly [A in AspectRatio]?: string } }
type Heights = { readonly [R in Resolution]?: string }

/** A model, and how the size is said with a text alone (if that is enough for it) and with a first image. */
export interface Model extends Omit<Capabilities, "provider"> {
  readonly fromText?: Sizing
  readonly fromImage: Sizing
  /** The resolutions that are left where reference images are given, if not all. */
  readonly withReferences?: Arr.NonEmptyReadonlyArray<Resolution>
}

// --- sizes -----------------------------------------------------------------------------------------------------------

const wide = { "720p": { "16:9": "1280:720", "9:16": "720:1280" } } as const

const wideTo1080 = { ...wide, "1080p": { "16:9": "1920:1080", "9:16": "1080:1920" } } as const

const wideTo4K = { ...wideTo1080, "4K": { "16:9": "3840:2160", "9:16": "2160:3840" } } as const

const gen4 = { "720p": { ...wide["720p"], "1:1": "960:960", "4:3": "1104:832" } } as const

const seedanceTo720 = {
  "480p": { "16:9": "864:496", "9:16": "496:864", "1:1": "640:640", "4:3": "752:560" },
  "720p": { ...wide["720p"], "1:1": "960:960", "4:3": "1112:834" }
} as const

const seedanceTo1080 = {
  ...seedanceTo720,
  "1080p": { ...wideTo1080["1080p"], "1:1": "1440:1440", "4:3": "1664:1248" }
} as const

const seedanceTo4K = {
  ...seedanceTo1080,
  "4K": { ...wideTo4K["4K"], "1:1": "3840:3840", "4:3": "3840:2880" }
} as const

const seedance25 = {
  ...seedanceTo1080,
  "480p": { ...seedanceTo720["480p"], "16:9": "854:480", "9:16": "480:854" }
} as const

const happyHorse = {
  "720p": { ...wide["720p"], "1:1": "960:960", "4:3": "1108:832" },
  "1080p": { ...wideTo1080["1080p"], "1:1": "1440:1440", "4:3": "1662:1248" }
} as const

const wan = {
  "480p": { "16:9": "832:480", "9:16": "480:832", "1:1": "624:624", "4:3": "720:544" },
  "720p": { ...wide["720p"], "1:1": "960:960", "4:3": "1104:832" },
  "1080p": { ...wideTo1080["1080p"], "1:1": "1440:1440", "4:3": "1648:1248" }
} as const

/** Hailuo's 768 lines are what it has for 720; its 2k is asked for with a provider option. */
const hailuoHeights = { "720p": "768p" } as const

const pixels = (pairs: Pairs): Sizing => ({ _tag: "Pixels", pairs })
const words = (heights: Heights): Sizing => ({ _tag: "Words", heights })
const height = (heights: Heights): Sizing => ({ _tag: "Height", heights })

// --- models ----------------------------------------------------------------------------------------------------------

const twoShapes = ["16:9", "9:16"] as const
const fourShapes = ["16:9", "9:16", "1:1", "4:3"] as const

const all = {
  negativePrompt: false,
  startImage: true,
  lastFrame: false,
  referenceImages: 0,
  cancel: true,
  progress: true,
  minimumPollInterval: 5,
  outputLifetime: 24 * 3600
} as const

const seconds = (minimum: number, maximum: number) => ({ _tag: "Range", minimum, maximum }) as const

const utf16 = (most: number) => ({ unit: "UTF-16 units", most }) as const

/** A credit is a cent. */
const perSecond = (credits: number) => ({ perSecond: Money.times(Money.dollars(0.01), credits) })

/** What all prices have in common: they are of whole credits. */
const inCredits = {
  asOf: "2026-10-04",
  source: "what others said of Runway's prices",
  unit: Money.dollars(0.01),
  freeOptions: ["contentModeration"]
} as const

const priced = (credits: { readonly [R in Resolution]?: number }) => {
  const [first, ...others] = (["480p", "720p", "1080p", "4K"] as const).flatMap((resolution) => {
    const each = credits[resolution]
    return each === undefined ? [] : [{ resolution, ...perSecond(each) }]
  })
  return first === undefined ? {} : { price: { ...inCredits, rates: [first, ...others] as const } }
}

const flat = (credits: number) => ({ price: { ...inCredits, rates: [perSecond(credits)] as const } })

const bySound = (sound: number, silent: number) => ({
  price: {
    ...inCredits,
    rates: [
      { audio: true, ...perSecond(sound) },
      { audio: false, ...perSecond(silent) }
    ] as const
  }
})

/** Either frames or pictures of what shall be in it. */
const framesOrReferences = [
  ["startImage", "referenceImages"],
  ["lastFrame", "referenceImages"]
] as const

const seedance = {
  ...all,
  aspectRatios: fourShapes,
  durations: seconds(4, 15),
  audio: "optional",
  seed: true,
  lastFrame: true,
  referenceImages: 9,
  exclusive: framesOrReferences,
  promptLimit: utf16(3500)
} as const

const veo = {
  ...all,
  aspectRatios: twoShapes,
  resolutions: ["720p", "1080p"],
  durations: { _tag: "OneOf", seconds: [4, 6, 8] },
  audio: "optional",
  negativePrompt: true,
  seed: true,
  lastFrame: true,
  promptLimit: utf16(1000),
  fromText: pixels(wideTo1080),
  fromImage: pixels(wideTo1080)
} as const

const wan3 = {
  ...all,
  aspectRatios: fourShapes,
  resolutions: ["480p", "720p", "1080p"],
  durations: seconds(2, 30),
  audio: "optional",
  seed: false,
  lastFrame: true,
  referenceImages: 10,
  exclusive: framesOrReferences,
  fromText: pixels(wan),
  fromImage: { _tag: "AutoRatio" }
} as const

const own = {
  ...all,
  aspectRatios: fourShapes,
  resolutions: ["720p"],
  durations: seconds(2, 10),
  audio: "never",
  seed: true,
  promptLimit: utf16(1000),
  fromImage: pixels(gen4)
} as const

/** Every model that makes a video of a text or an image. */
export const models: ReadonlyArray<Model> = [
  {
    ...own,
    model: "gen4.5",
    aliases: ["gen-4.5"],
    title: "Runway Gen-4.5",
    fromText: pixels(wide),
    ...flat(12)
  },
  { ...own, model: "gen4_turbo", aliases: ["gen-4-turbo"], title: "Runway Gen-4 Turbo", ...flat(5) },
  {
    ...own,
    model: "gen3a_turbo",
    aliases: ["gen-3a-turbo"],
    title: "Runway Gen-3 Alpha Turbo",
    retiredOn: "2026-07-30",
    replacement: "gen4_turbo"
  },
  { ...veo, model: "veo3.1", aliases: ["veo-3.1"], title: "Veo 3.1 on Runway", ...bySound(40, 20) },
  {
    ...veo,
    model: "veo3.1_fast",
    aliases: ["veo-3.1-fast"],
    title: "Veo 3.1 Fast on Runway",
    ...bySound(15, 10)
  },
  {
    ...seedance,
    model: "seedance2_5",
    aliases: ["seedance-2.5"],
    title: "Seedance 2.5 on Runway",
    resolutions: ["480p", "720p", "1080p"],
    durations: seconds(4, 30),
    referenceImages: 30,
    promptLimit: utf16(15_000),
    fromText: pixels(seedance25),
    fromImage: pixels(seedance25),
    ...priced({ "480p": 20, "720p": 30, "1080p": 68 })
  },
  {
    ...seedance,
    model: "seedance2",
    aliases: ["seedance-2.0"],
    title: "Seedance 2.0 on Runway",
    resolutions: ["480p", "720p", "1080p", "4K"],
    fromText: pixels(seedanceTo4K),
    fromImage: pixels(seedanceTo4K),
    ...priced({ "480p": 36, "720p": 36, "1080p": 40, "4K": 150 })
  },
  {
    ...seedance,
    model: "seedance2_fast",
    aliases: ["seedance-2.0-fast"],
    title: "Seedance 2.0 Fast on Runway",
    resolutions: ["480p", "720p"],
    fromText: pixels(seedanceTo720),
    fromImage: pixels(seedanceTo720),
    ...flat(29)
  },
  {
    ...seedance,
    model: "seedance2_mini",
    aliases: ["seedance-2.0-mini"],
    title: "Seedance 2.0 Mini on Runway",
    resolutions: ["480p", "720p"],
    fromText: pixels(seedanceTo720),
    fromImage: pixels(seedanceTo720),
    ...flat(16)
  },
  {
    ...all,
    model: "gemini_omni_flash_1.1",
    aliases: ["gemini-omni-1.1-flash"],
    title: "Gemini Omni Flash 1.1 on Runway",
    aspectRatios: twoShapes,
    resolutions: ["720p", "1080p", "4K"],
    durations: seconds(3, 10),
    audio: "always",
    seed: false,
    lastFrame: true,
    referenceImages: 5,
    exclusive: framesOrReferences,
    fromText: pixels(wideTo4K),
    fromImage: pixels(wideTo4K),
    ...priced({ "720p": 10 })
  },
  {
    ...all,
    model: "gemini_omni_flash",
    aliases: ["gemini-omni-flash"],
    title: "Gemini Omni Flash on Runway",
    aspectRatios: twoShapes,
    resolutions: ["720p"],
    durations: seconds(3, 10),
    audio: "always",
    seed: false,
    fromText: pixels(wide),
    fromImage: pixels(wide),
    promptLimit,
    ...flat(10)
  },
  {
    ...all,
    model: "grok_imagine_1_5",
    aliases: ["grok-imagine-video-1.5"],
    title: "Grok Imagine 1.5 on Runway",
    aspectRatios: fourShapes,
    resolutions: ["480p", "720p", "1080p"],
    durations: seconds(1, 15),
    audio: "always",
    seed: false,
    referenceImages: 7,
    exclusive: framesOrReferences,
    promptLimit: utf16(2500),
    fromText: words({ "480p": "480p", "720p": "720p", "1080p": "1080p" }),
    fromImage: height({ "480p": "480p", "720p": "720p", "1080p": "1080p" }),
    withReferences: ["480p", "720p"],
    ...priced({ "480p": 10, "720p": 16, "1080p": 29 })
  },
  {
    ...wan3,
    model: "wan3",
    aliases: ["wan-3.0"],
    title: "Wan 3 on Runway",
    ...priced({ "480p": 5, "720p": 10, "1080p": 20 })
  },
  {
    ...wan3,
    model: "wan3_prime",
    aliases: ["wan-3.0-prime"],
    title: "Wan 3 Prime on Runway",
    ...priced({ "480p": 6.8, "720p": 14, "1080p": 28 })
  },
  {
    ...all,
    model: "hailuo3",
    aliases: ["hailuo-3"],
    title: "Hailuo 3 on Runway",
    aspectRatios: fourShapes,
    resolutions: ["720p"],
    durations: seconds(5, 15),
    audio: "always",
    seed: false,
    lastFrame: true,
    referenceImages: 9,
    exclusive: framesOrReferences,
    fromText: words(hailuoHeights),
    fromImage: words(hailuoHeights),
    promptLimit,
    ...flat(10)
  },
  {
    ...all,
    model: "h3_max",
    aliases: ["hailuo-h3-max"],
    title: "MiniMax H3 Max on Runway",
    aspectRatios: fourShapes,
    ignored: ["aspectRatio"],
    resolutions: ["480p", "720p"],
    durations: seconds(5, 15),
    audio: "always",
    seed: true,
    lastFrame: true,
    fromText: height({ "480p": "480p", ...hailuoHeights }),
    fromImage: height({ "480p": "480p", ...hailuoHeights }),
    promptLimit,
    ...priced({ "480p": 5, "720p": 8 })
  },
  {
    ...all,
    model: "happyhorse_1_0",
    aliases: ["happyhorse-1.0"],
    title: "HappyHorse 1.0 on Runway",
    aspectRatios: fourShapes,
    resolutions: ["720p", "1080p"],
    durations: seconds(3, 15),
    audio: "always",
    seed: false,
    promptLimit: utf16(2500),
    fromText: pixels(happyHorse),
    fromImage: height({ "720p": "720p", "1080p": "1080p" }),
    ...priced({ "720p": 15, "1080p": 30 })
  }
]

/** The models as an account of that name has them. */
export const of = (provider: string): ReadonlyArray<Capabilities> =>
  models.map((known) => {
    const { fromImage, fromText, withReferences, ...model } = known
    return { ...model, provider, cases: casesOf(known) }
  })

/** What each way of saying the size leaves of the model's shapes and sizes. */
const casesOf = (model: Model): ReadonlyArray<Case> => {
  const { fromImage, fromText, lastFrame, withReferences } = model
  return [
    ...(fromText === undefined
      ? [{ requires: "startImage" } as const]
      : shapesOf({ without: "startImage" }, fromText, model)),
    ...shapesOf({ with: "startImage" }, fromImage, model),
    ...(lastFrame ? [{ with: "lastFrame", requires: "startImage" } as const] : []),
    ...(withReferences === undefined
      ? []
      : [{ with: "referenceImages", resolutions: withReferences } as const])
  ]
}

const shapesOf = (
  way: Pick<Case, "with" | "without">,
  sizing: Sizing,
  { aspectRatios, ignored, resolutions }: Model
): ReadonlyArray<Case> => {
  switch (sizing._tag) {
    case "Words":
      return []
    case "Height":
    case "AutoRatio":
      return ignored?.includes("aspectRatio") ? [] : [{ ...way, ignored: ["aspectRatio"] }]
    case "Pixels":
      return resolutions.flatMap((resolution) => {
        const left = aspectRatios.filter((ratio) => sizing.pairs[resolution]?.[ratio] !== undefined)
        return Arr.isNonEmptyReadonlyArray(left) && left.length < aspectRatios.length
          ? [{ ...way, resolution, aspectRatios: left }]
          : []
      })
  }
}
