/**
 * OpenRouter's catalogue, as far as the emulator has it. All models are the same renderer; the prices are invented.
 *
 * @internal
 */

/** One of the catalogue. A list that is null is one that nobody knows; prices are US dollars for a second. */
export interface OpenRouterModel {
  readonly id: string
  readonly name: string
  readonly resolutions: ReadonlyArray<string> | null
  readonly ratios: ReadonlyArray<string> | null
  readonly durations: ReadonlyArray<number> | null
  readonly audio: boolean | null
  readonly seed: boolean | null
  readonly price: string
}

const known: ReadonlyArray<OpenRouterModel> = [
  {
    id: "google/veo-3.1",
    name: "Google: Veo 3.1",
    resolutions: ["720p", "1080p"],
    ratios: ["16:9", "9:16"],
    durations: [4, 6, 8],
    audio: true,
    seed: true,
    price: "0.4"
  },
  {
    id: "alibaba/wan-2.6",
    name: "Alibaba: Wan 2.6",
    resolutions: ["480p", "720p", "1080p"],
    ratios: ["16:9", "9:16", "1:1"],
    durations: [5, 10],
    audio: false,
    seed: null,
    price: "0.05"
  },
  {
    id: "x-ai/grok-imagine-video",
    name: "xAI: Grok Imagine Video",
    resolutions: null,
    ratios: null,
    durations: null,
    audio: null,
    seed: null,
    price: "0.07"
  },
  {
    id: "mutoscope/emulator",
    name: "Mutoscope: procedural preview",
    resolutions: ["480p", "720p", "1080p"],
    ratios: ["16:9", "9:16", "1:1", "4:3", "3:4"],
    durations: Array.from({ length: 60 }, (_, index) => index + 1),
    audio: true,
    seed: true,
    price: "0"
  }
]

export const findModel = (id: string): OpenRouterModel | undefined => known.find((model) => model.id === id)

/** What a video of that many seconds costs, in US dollars. */
export const costOf = (model: string, seconds: number): number =>
  Math.round(Number(findModel(model)?.price ?? 0) * seconds * 1e6) / 1e6

/** The catalogue as the wire has it. */
export const models = known.map(({ audio, durations, id, name, price, ratios, resolutions, seed }) => ({
  id,
  canonical_slug: id,
  name,
  description: "A procedural preview rendered by the emulator; no AI model is behind it.",
  hugging_face_id: null,
  created: 1_759_795_200,
  supported_resolutions: resolutions,
  supported_aspect_ratios: ratios,
  supported_sizes: null,
  supported_durations: durations,
  supported_frame_images: null,
  generate_audio: audio,
  seed,
  upscale_factor: null,
  creativity: null,
  pricing_skus: { duration_seconds: price },
  allowed_passthrough_parameters: []
}))
