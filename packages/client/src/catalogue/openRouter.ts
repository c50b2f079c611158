/**
 * What OpenRouter renders with, for when its own list cannot be had: that list as it was on 2026-08-22 (by way of
 * `@tanstack/ai-openrouter` 0.19.6), without what needs a video to begin with. Prices are those that are known of that day.
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import { type Listed, toCapabilities } from "../internal/openRouterModels.ts"

const asOf = "2026-08-22"

/** Every model that makes videos, as an account of that name has them. */
export const of = (provider: string): ReadonlyArray<Capabilities> =>
  models.map((model) => toCapabilities(provider, model, asOf))

/** Any other model of which only the name is known. */
export const other = (provider: string, id: string): Capabilities => toCapabilities(provider, { id }, asOf)

const seconds = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

const first = ["first_frame"]
const both = ["first_frame", "last_frame"]
const wide = ["16:9", "9:16"]
const five = ["16:9", "4:3", "1:1", "3:4", "9:16"]
const six = [...five, "21:9"]
const seven = [...six, "9:21"]

const model = (id: string, name: string, more: Omit<Listed, "id" | "name">): Listed => ({ id, name, ...more })

const happyHorse = {
  supported_durations: seconds(3, 15),
  supported_resolutions: ["720p", "1080p"],
  supported_aspect_ratios: seven,
  supported_frame_images: first,
  seed: true
}

const wan3 = {
  supported_durations: seconds(2, 30),
  supported_resolutions: ["480p", "720p", "1080p"],
  supported_aspect_ratios: five,
  supported_frame_images: first,
  generate_audio: true,
  seed: true
}

const seedance2 = {
  supported_durations: seconds(4, 15),
  supported_resolutions: ["480p", "720p"],
  supported_aspect_ratios: seven,
  supported_frame_images: both,
  generate_audio: true,
  seed: true
}

const veo = {
  supported_durations: [4, 6, 8],
  supported_resolutions: ["720p", "1080p", "4K"],
  supported_aspect_ratios: wide,
  supported_frame_images: both,
  generate_audio: true,
  seed: true
}

const kling = {
  supported_durations: seconds(3, 15),
  supported_resolutions: ["720p"],
  supported_aspect_ratios: [...wide, "1:1"],
  supported_frame_images: both,
  generate_audio: true,
  seed: false
}

const grok = {
  supported_durations: seconds(1, 15),
  supported_aspect_ratios: [...five, "3:2", "2:3"],
  supported_frame_images: first
}

const models: ReadonlyArray<Listed> = [
  model("google/veo-3.1", "Google: Veo 3.1", {
    ...veo,
    pricing_skus: {
      duration_seconds_with_audio: "0.4",
      duration_seconds_without_audio: "0.2",
      duration_seconds_with_audio_4k: "0.6",
      duration_seconds_without_audio_4k: "0.4"
    }
  }),
  model("google/veo-3.1-fast", "Google: Veo 3.1 Fast", {
    ...veo,
    pricing_skus: {
      duration_seconds_with_audio: "0.12",
      duration_seconds_without_audio: "0.1",
      duration_seconds_with_audio_720p: "0.1",
      duration_seconds_without_audio_720p: "0.08",
      duration_seconds_with_audio_4k: "0.3",
      duration_seconds_without_audio_4k: "0.25"
    }
  }),
  model("google/veo-3.1-lite", "Google: Veo 3.1 Lite", {
    ...veo,
    supported_resolutions: ["720p", "1080p"],
    pricing_skus: {
      duration_seconds_with_audio: "0.08",
      duration_seconds_without_audio: "0.05",
      duration_seconds_with_audio_720p: "0.05",
      duration_seconds_without_audio_720p: "0.03"
    }
  }),
  model("bytedance/seedance-2.5", "ByteDance: Seedance 2.5", {
    ...seedance2,
    supported_durations: seconds(4, 30),
    supported_aspect_ratios: six
  }),
  model("bytedance/seedance-2.0", "ByteDance: Seedance 2.0", {
    ...seedance2,
    supported_resolutions: ["480p", "720p", "1080p", "4K"]
  }),
  model("bytedance/seedance-2.0-fast", "ByteDance: Seedance 2.0 Fast", seedance2),
  model("bytedance/seedance-2.0-mini", "ByteDance: Seedance 2.0 Mini", seedance2),
  model("bytedance/seedance-1-5-pro", "ByteDance: Seedance 1.5 Pro", {
    ...seedance2,
    supported_durations: seconds(4, 12),
    supported_resolutions: ["480p", "720p", "1080p"]
  }),
  model("alibaba/wan-3.0", "Alibaba: Wan 3.0", wan3),
  model("alibaba/wan-3.0-prime", "Alibaba: Wan 3.0 Prime", wan3),
  model("alibaba/wan-2.7", "Alibaba: Wan 2.7", {
    ...wan3,
    supported_durations: seconds(2, 10),
    supported_resolutions: ["720p", "1080p"],
    supported_frame_images: both
  }),
  model("alibaba/wan-2.6", "Alibaba: Wan 2.6", {
    ...wan3,
    supported_durations: [5, 10],
    supported_resolutions: ["720p", "1080p"],
    supported_aspect_ratios: wide
  }),
  model("alibaba/happyhorse-1.1", "Alibaba: HappyHorse 1.1", happyHorse),
  model("alibaba/happyhorse-1.0", "Alibaba: HappyHorse 1.0", happyHorse),
  model("kwaivgi/kling-v3.0-pro", "Kling: Video v3.0 Pro", kling),
  model("kwaivgi/kling-v3.0-std", "Kling: Video v3.0 Standard", kling),
  model("kwaivgi/kling-video-o1", "Kling: Video O1", { ...kling, supported_durations: [5, 10] }),
  model("minimax/hailuo-3", "MiniMax: H3", {
    supported_durations: seconds(5, 15),
    supported_resolutions: ["2K"],
    supported_aspect_ratios: six,
    supported_frame_images: both,
    generate_audio: true,
    seed: false
  }),
  model("minimax/hailuo-2.3", "MiniMax: Hailuo 2.3", {
    supported_durations: [6, 10],
    supported_resolutions: ["1080p"],
    supported_aspect_ratios: ["16:9"],
    supported_frame_images: first,
    generate_audio: false
  }),
  model("runway/gen-4.5", "Runway: Gen-4.5", {
    supported_durations: seconds(2, 10),
    supported_resolutions: ["720p"],
    supported_aspect_ratios: wide,
    supported_frame_images: first,
    generate_audio: false,
    seed: true
  }),
  model("x-ai/grok-imagine-video-1.5", "SpaceXAI: Grok Imagine Video 1.5", {
    ...grok,
    supported_resolutions: ["480p", "720p", "1080p"],
    pricing_skus: {
      cents_per_image_input: "1",
      cents_per_video_output_second_480p: "8",
      cents_per_video_output_second_720p: "14",
      cents_per_video_output_second_1080p: "25"
    }
  }),
  model("x-ai/grok-imagine-video", "SpaceXAI: Grok Imagine Video", {
    ...grok,
    supported_resolutions: ["480p", "720p"],
    pricing_skus: {
      // Of the same price at xAI: see the catalogue of that.
      cents_per_image_input: "0.2",
      cents_per_video_output_second_480p: "5",
      cents_per_video_output_second_720p: "7"
    }
  }),
  model("black-forest-labs/flux-3-video", "Black Forest Labs: FLUX.3 Video", {
    supported_durations: seconds(5, 20),
    supported_resolutions: ["720p", "1080p"],
    supported_aspect_ratios: six,
    supported_frame_images: both,
    generate_audio: true,
    seed: false
  })
]
