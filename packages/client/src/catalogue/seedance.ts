/**
 * Seedance on BytePlus ModelArk. Prices are by the token there, and a second has WIDTH x HEIGHT x 24 / 1024 of them; what
 * is here is the price of a token times those of a 16:9 picture. Other shapes have as many or fewer. Prices of tokens are
 * second-hand: what others said of them on 2026-10-02, not held against BytePlus's own list, which decides. Limits are
 * second-hand too, and of that time.
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import type { Resolution } from "@mutoscope/core/VideoRequest"

/** Tokens of a second. */
const tokens: { readonly [R in Resolution]: number } = {
  "480p": (864 * 496 * 24) / 1024,
  "720p": (1280 * 720 * 24) / 1024,
  "1080p": (1920 * 1080 * 24) / 1024,
  "4K": (3840 * 2160 * 24) / 1024
}

/** A rate from the price of a million tokens in dollars, which is that of one token in millionths of a dollar. */
const rate = (resolution: Resolution, million: number) => ({
  resolution,
  perSecond: Money.MicroUsd.make(Math.round(million * tokens[resolution]))
})

/** When the prices were told to us, by others than BytePlus. */
const asOf = "2026-10-02"

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
    model: "dreamina-seedance-2-5-260628",
    aliases: ["seedance-2.5"],
    title: "Seedance 2.5",
    cases: [endNeedsBeginning, shapeOfFrame],
    durations: seconds(4, 30),
    referenceImages: 30,
    price: { asOf, rates: [rate("480p", 10.7), rate("720p", 10.7), rate("1080p", 11.7)] }
  },
  {
    ...all,
    provider,
    model: "dreamina-seedance-2-0-260128",
    aliases: ["seedance-2.0"],
    title: "Seedance 2.0",
    resolutions: ["480p", "720p", "1080p", "4K"],
    durations: seconds(4, 15),
    referenceImages: 9,
    price: { asOf, rates: [rate("480p", 7), rate("720p", 7), rate("1080p", 7.7), rate("4K", 4)] }
  },
  {
    ...all,
    provider,
    model: "dreamina-seedance-2-0-fast-260128",
    aliases: ["seedance-2.0-fast"],
    title: "Seedance 2.0 Fast",
    resolutions: ["480p", "720p"],
    durations: seconds(4, 15),
    referenceImages: 9,
    price: { asOf, rates: [rate("480p", 5.6), rate("720p", 5.6)] }
  },
  {
    ...all,
    provider,
    model: "dreamina-seedance-2-0-mini-260615",
    aliases: ["seedance-2.0-mini"],
    title: "Seedance 2.0 Mini",
    resolutions: ["480p", "720p"],
    durations: seconds(4, 15),
    referenceImages: 9,
    price: { asOf, rates: [rate("480p", 3.5), rate("720p", 3.5)] }
  },
  {
    ...all,
    provider,
    model: "seedance-1-5-pro-251215",
    aliases: ["seedance-1.5-pro"],
    title: "Seedance 1.5 Pro",
    durations: seconds(4, 12),
    price: {
      asOf,
      rates: [
        { audio: true, ...rate("480p", 2.4) },
        { audio: true, ...rate("720p", 2.4) },
        { audio: true, ...rate("1080p", 2.4) },
        { audio: false, ...rate("480p", 1.2) },
        { audio: false, ...rate("720p", 1.2) },
        { audio: false, ...rate("1080p", 1.2) }
      ]
    }
  },
  {
    ...all,
    provider,
    model: "seedance-1-0-pro-250528",
    aliases: ["seedance-1.0-pro"],
    title: "Seedance 1.0 Pro",
    audio: "never",
    durations: seconds(2, 12),
    price: { asOf, rates: [rate("480p", 2.5), rate("720p", 2.5), rate("1080p", 2.5)] }
  },
  {
    ...all,
    provider,
    model: "seedance-1-0-pro-fast-251015",
    aliases: ["seedance-1.0-pro-fast"],
    title: "Seedance 1.0 Pro Fast",
    audio: "never",
    lastFrame: false,
    durations: seconds(2, 12),
    price: { asOf, rates: [rate("480p", 1), rate("720p", 1), rate("1080p", 1)] }
  }
]

/**
 * What is assumed of any other: an endpoint of one's own, or a model under the name that it has in China. Whatever it is may be
 * as new as 2.5, unless its name says otherwise.
 */
export const assumed = (provider: string, model: string): Capabilities => ({
  ...all,
  provider,
  model,
  aliases: [],
  title: model,
  cases: /seedance-(1|2-0)/.test(model) ? all.cases : [endNeedsBeginning, shapeOfFrame],
  resolutions: ["480p", "720p", "1080p", "4K"],
  durations: seconds(2, 30),
  referenceImages: 30
})
