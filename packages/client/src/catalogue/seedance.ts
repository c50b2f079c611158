/**
 * Seedance on BytePlus ModelArk. Prices are by the token there, and a frame has WIDTH x HEIGHT / 1024 of them, at 24 frames a
 * second and one more: receipts of 5 s show 246,840 tokens for 1920x1088 and 108,900 for 1280x720. Sizes are those of
 * BytePlus's pages on 2026-11-30. Prices of tokens are second-hand: what others said of them on 2026-10-02, not held against
 * BytePlus's own list, which decides. Limits are second-hand too, and of that time.
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import { ofTokens, type Price, type Rate, type Tokens } from "@mutoscope/core/Price"
import type { AspectRatio, Resolution } from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"

// --- tokens ------------------------------------------------------------------------------------------------------

/** Width and height of a picture, wider than high. */
type Size = readonly [width: number, height: number]

/** The sizes of a resolution, by shape. The last is that of a shape that only the model itself chooses. */
type Sizes = { readonly [R in Resolution]?: readonly [wide: Size, classic: Size, square: Size, cinema: Size] }

const sizes25: Sizes = {
  "480p": [
    [854, 480],
    [752, 560],
    [640, 640],
    [992, 432]
  ],
  "720p": [
    [1280, 720],
    [1112, 834],
    [960, 960],
    [1470, 630]
  ],
  "1080p": [
    [1920, 1080],
    [1664, 1248],
    [1440, 1440],
    [2206, 946]
  ]
}

/** Of 2.0 and 1.5. */
const sizes20: Sizes = {
  ...sizes25,
  "480p": [
    [864, 496],
    [752, 560],
    [640, 640],
    [992, 432]
  ],
  "4K": [
    [3840, 2160],
    [3326, 2494],
    [2880, 2880],
    [4398, 1886]
  ]
}

const sizes10: Sizes = {
  "480p": [
    [864, 480],
    [736, 544],
    [640, 640],
    [960, 416]
  ],
  "720p": [
    [1248, 704],
    [1120, 832],
    [960, 960],
    [1504, 640]
  ],
  "1080p": [
    [1920, 1088],
    [1664, 1248],
    [1440, 1440],
    [2176, 928]
  ]
}

const shapes: ReadonlyArray<readonly [AspectRatio, index: 0 | 1 | 2]> = [
  ["16:9", 0],
  ["9:16", 0],
  ["4:3", 1],
  ["1:1", 2]
]

const tokensIn = (sizes: Sizes): Tokens => {
  const rows = (["480p", "720p", "1080p", "4K"] as const).flatMap((resolution) => {
    const known = sizes[resolution]
    if (known === undefined) return []
    const frame = ([width, height]: Size) => (width * height) / 1024
    const row = (perFrame: number) => ({ resolution, ...ofFrames(perFrame) })
    return [
      ...shapes.map(([aspectRatio, index]) => ({ aspectRatio, ...row(frame(known[index])) })),
      // A shape that the model chooses has the most that any has.
      row(Math.max(...known.map(frame)))
    ]
  })
  return Arr.isNonEmptyReadonlyArray(rows) ? { output: rows } : { output: [{ perSecond: 0 }] }
}

/** Tokens of 24 frames a second and one more. What is counted in whole tokens is not counted as less. */
const ofFrames = (perFrame: number) => {
  const perSecond = 24 * perFrame
  return { perSecond, perClip: Math.ceil(perFrame) + (Number.isInteger(perSecond) ? 0 : 1) }
}

/** The tokens of a video of a model, by any name that it has anywhere. */
export const tokensOf = (model: string): Tokens => {
  if (/seedance-1[-.]0/.test(model)) return tokens10
  return /seedance-2[-.]5/.test(model) ? tokens25 : tokens20
}

const [tokens25, tokens20, tokens10] = [tokensIn(sizes25), tokensIn(sizes20), tokensIn(sizes10)]

// --- prices ------------------------------------------------------------------------------------------------------

/** Dollars for a million tokens: in a resolution, or in all that are not named; silent where that is cheaper. */
interface TokenPrice {
  readonly any: number
  readonly silent?: number
  readonly "1080p"?: number
  readonly "4K"?: number
}

const tokenPrices: { readonly [model: string]: TokenPrice | undefined } = {
  "dreamina-seedance-2-5-260628": { any: 10.7, "1080p": 11.7 },
  "dreamina-seedance-2-0-260128": { any: 7, "1080p": 7.7, "4K": 4 },
  "dreamina-seedance-2-0-fast-260128": { any: 5.6 },
  "dreamina-seedance-2-0-mini-260615": { any: 3.5 },
  "seedance-1-5-pro-251215": { any: 2.4, silent: 1.2 },
  "seedance-1-0-pro-250528": { any: 2.5 },
  "seedance-1-0-pro-fast-251015": { any: 1 }
}

/**
 * What so many tokens of a model cost, in millionths of a dollar, rounded up; undefined where their price is not known, or
 * depends on what is not told. Dollars for a million tokens are millionths of a dollar for one.
 */
export const costOfTokens = (model: string, tokens: number, told: Told): number | undefined => {
  const { silent, ...loud } = tokenPrices[model] ?? { any: undefined }
  const byResolution = Object.keys(loud).length > 1
  if (loud.any === undefined || (byResolution && told.resolution === undefined)) return undefined
  if (silent !== undefined && told.sound === undefined) return undefined
  const resolution = told.resolution?.toLowerCase()
  const named = resolution === "1080p" ? loud["1080p"] : resolution === "4k" ? loud["4K"] : undefined
  const each = named ?? loud.any
  return Math.ceil(tokens * (told.sound === false ? (silent ?? each) : each) - slack)
}

/** What a provider tells of a video that it made. */
export interface Told {
  readonly resolution?: string | undefined
  readonly sound?: boolean | undefined
}

// What a product of doubles may be too large by.
const slack = 1e-6

const priced = (model: string): { readonly price?: Price; readonly tokens: Tokens } => {
  const tokens = tokensOf(model)
  const price = tokenPrices[model]
  if (price === undefined) return { tokens }
  const rates = (million: number, audio?: boolean): ReadonlyArray<Rate> =>
    ofTokens(tokens, { output: Money.dollars(million) }).rates.map((rate) =>
      audio === undefined ? rate : { ...rate, audio }
    )
  const all =
    price.silent === undefined
      ? rates(price.any).map((rate) => {
          const own =
            rate.resolution === "1080p" || rate.resolution === "4K" ? price[rate.resolution] : undefined
          return own === undefined ? rate : (rates(own).find((other) => isSameCase(other, rate)) ?? rate)
        })
      : [...rates(price.any, true), ...rates(price.silent, false)]
  return Arr.isNonEmptyReadonlyArray(all)
    ? {
        tokens,
        price: {
          asOf: "2026-10-02",
          source: "what others said of BytePlus's price of a token",
          rates: all,
          freeOptions: [
            "callback_url",
            "camera_fixed",
            "execution_expires_after",
            "safety_identifier",
            "watermark"
          ]
        }
      }
    : { tokens }
}

const isSameCase = (a: Rate, b: Rate) => a.resolution === b.resolution && a.aspectRatio === b.aspectRatio

// --- models ------------------------------------------------------------------------------------------------------

const endNeedsBeginning = { with: "lastFrame", requires: "startImage" } as const

/** From 2.5 on the shape is that of the first frame, and a ratio beside it is refused. */
const shapeOfFrame = { with: "startImage", ignored: ["aspectRatio"] } as const

const all = {
  cases: [endNeedsBeginning],
  aspectRatios: ["16:9", "9:16", "1:1", "4:3"],
  resolutions: ["480p", "720p", "1080p"],
  audio: "optional",
  negativePrompt: false,
  seed: true,
  startImage: true,
  lastFrame: true,
  referenceImages: 0,
  exclusive: [
    ["startImage", "referenceImages"],
    ["lastFrame", "referenceImages"]
  ],
  cancel: true,
  progress: false,
  minimumPollInterval: 5,
  outputLifetime: 24 * 3600
} as const

const seconds = (minimum: number, maximum: number) => ({ _tag: "Range", minimum, maximum }) as const

/** Every model whose id is known, as an account of that name has them. */
export const of = (provider: string): ReadonlyArray<Capabilities> => [
  {
    ...all,
    provider,
    ...priced("dreamina-seedance-2-5-260628"),
    model: "dreamina-seedance-2-5-260628",
    aliases: ["seedance-2.5"],
    title: "Seedance 2.5",
    cases: [endNeedsBeginning, shapeOfFrame],
    durations: seconds(4, 30),
    referenceImages: 30
  },
  {
    ...all,
    provider,
    ...priced("dreamina-seedance-2-0-260128"),
    model: "dreamina-seedance-2-0-260128",
    aliases: ["seedance-2.0"],
    title: "Seedance 2.0",
    resolutions: ["480p", "720p", "1080p", "4K"],
    durations: seconds(4, 15),
    referenceImages: 9
  },
  {
    ...all,
    provider,
    ...priced("dreamina-seedance-2-0-fast-260128"),
    model: "dreamina-seedance-2-0-fast-260128",
    aliases: ["seedance-2.0-fast"],
    title: "Seedance 2.0 Fast",
    resolutions: ["480p", "720p"],
    durations: seconds(4, 15),
    referenceImages: 9
  },
  {
    ...all,
    provider,
    ...priced("dreamina-seedance-2-0-mini-260615"),
    model: "dreamina-seedance-2-0-mini-260615",
    aliases: ["seedance-2.0-mini"],
    title: "Seedance 2.0 Mini",
    resolutions: ["480p", "720p"],
    durations: seconds(4, 15),
    referenceImages: 9
  },
  {
    ...all,
    provider,
    ...priced("seedance-1-5-pro-251215"),
    model: "seedance-1-5-pro-251215",
    aliases: ["seedance-1.5-pro"],
    title: "Seedance 1.5 Pro",
    durations: seconds(4, 12)
  },
  {
    ...all,
    provider,
    ...priced("seedance-1-0-pro-250528"),
    model: "seedance-1-0-pro-250528",
    aliases: ["seedance-1.0-pro"],
    title: "Seedance 1.0 Pro",
    audio: "never",
    durations: seconds(2, 12)
  },
  {
    ...all,
    provider,
    ...priced("seedance-1-0-pro-fast-251015"),
    model: "seedance-1-0-pro-fast-251015",
    aliases: ["seedance-1.0-pro-fast"],
    title: "Seedance 1.0 Pro Fast",
    audio: "never",
    lastFrame: false,
    durations: seconds(2, 12)
  }
]

/**
 * What is assumed of any other: an endpoint of one's own, or a model under the name that it has in China. Whatever it is may be
 * as new as 2.5, unless its name says otherwise.
 */
export const assumed = (provider: string, model: string): Capabilities => ({
  ...all,
  provider,
  ...priced(model),
  model,
  aliases: [],
  title: model,
  cases: /seedance-(1|2-0)/.test(model) ? all.cases : [endNeedsBeginning, shapeOfFrame],
  resolutions: ["480p", "720p", "1080p", "4K"],
  durations: seconds(2, 30),
  referenceImages: 30
})
