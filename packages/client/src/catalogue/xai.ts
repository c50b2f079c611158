/**
 * What xAI renders with. Limits are those of `@ai-sdk/xai` 5.0.12 and its page; prices are those that OpenRouter lists
 * for the same models, which a receipt of xAI's own bears out (2 s at 480p for $0.16).
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"

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

const asOf = "2026-08-22"

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
    price: {
      asOf,
      rates: [
        { resolution: "480p", perSecond: Money.dollars(0.08) },
        { resolution: "720p", perSecond: Money.dollars(0.14) },
        { resolution: "1080p", perSecond: Money.dollars(0.25) }
      ]
    }
  },
  {
    ...both,
    provider,
    model: "grok-imagine-video",
    aliases: ["grok-imagine-1.0"],
    title: "Grok Imagine",
    resolutions: ["480p", "720p"],
    lastFrame: false,
    price: {
      asOf,
      rates: [
        { resolution: "480p", perSecond: Money.dollars(0.05) },
        { resolution: "720p", perSecond: Money.dollars(0.07) }
      ]
    }
  }
]
