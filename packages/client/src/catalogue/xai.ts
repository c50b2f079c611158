/**
 * What xAI renders with. Limits are those of `@ai-sdk/xai` 5.0.12 and its page. Prices of seconds are those that OpenRouter
 * lists for the same models, which a receipt of xAI's own bears out (2 s at 480p for $0.16). An image costs what xAI's pages of
 * the models say: $0.01 with 1.5 (read by others on 2026-06-10), $0.002 with the first (2026-05-09), where a video that goes
 * along costs a cent a second; how long that is, is not known here. Sound costs nothing more.
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import type { Price, Rate } from "@mutoscope/core/Price"
import type { Resolution } from "@mutoscope/core/VideoRequest"

const both = {
  aspectRatios: ["16:9", "9:16", "1:1", "4:3"],
  durations: { _tag: "Range", minimum: 1, maximum: 15 },
  audio: "optional",
  negativePrompt: false,
  seed: false,
  startImage: true,
  referenceImages: 7,
  extend: true,
  exclusive: [
    ["extend", "startImage"],
    ["extend", "lastFrame"],
    ["extend", "referenceImages"]
  ],
  cases: [
    // What goes on with a video is as large as that, and sounds like it.
    { with: "extend", ignored: ["aspectRatio", "resolution"], excludes: ["audio"] },
    { with: "referenceImages", resolutions: ["480p", "720p"] }
  ],
  cancel: false,
  progress: true,
  minimumPollInterval: 5
} as const

const rate = (resolution: Resolution, dollars: number): Rate => ({
  resolution,
  perSecond: Money.dollars(dollars)
})

/** A price: of seconds by resolution, and of each image. */
const priced = (image: number, rates: Price["rates"]): Price => ({
  asOf: "2026-08-22",
  source: "OpenRouter's list and xAI's pages of the models",
  rates,
  extras: [
    {
      name: "an input image",
      count: "inputs",
      inputs: ["startImage", "lastFrame", "referenceImages"],
      price: Money.dollars(image)
    },
    { name: "the seconds of the video to extend", count: "inputs", inputs: ["extend"] }
  ],
  freeOptions: ["user"]
})

/** Every model that makes videos, as an account of that name has them. */
export const of = (provider: string): ReadonlyArray<Capabilities> => [
  {
    ...both,
    provider,
    model: "grok-imagine-video-1.5",
    aliases: ["grok-imagine-1.5", "grok-imagine"],
    title: "Grok Imagine 1.5",
    resolutions: ["480p", "720p", "1080p"],
    lastFrame: true,
    price: priced(0.01, [rate("480p", 0.08), rate("720p", 0.14), rate("1080p", 0.25)])
  },
  {
    ...both,
    provider,
    model: "grok-imagine-video",
    aliases: ["grok-imagine-1.0"],
    title: "Grok Imagine",
    resolutions: ["480p", "720p"],
    lastFrame: false,
    price: priced(0.002, [rate("480p", 0.05), rate("720p", 0.07)])
  }
]
