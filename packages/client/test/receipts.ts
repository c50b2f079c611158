/**
 * Receipts: what was asked of a provider, the prices that were known, its answer, and what that charges. Answers have the formats
 * that the providers document, or were recorded in; an amount that no answer tells is what the prices make of it. `source` says
 * where format and amount are from.
 */
import type { VideoRequest } from "@mutoscope/core/VideoRequest"

/** One receipt. */
export interface Receipt {
  readonly provider:
    | "fal"
    | "gemini"
    | "openai"
    | "openrouter"
    | "replicate"
    | "runway"
    | "seedance"
    | "vertex"
    | "xai"
  readonly what: string
  readonly model: string
  readonly fields: Partial<typeof VideoRequest.Type>
  /** The provider's entry for the model in its own list, as of OpenRouter. */
  readonly listed?: object
  /** Prices that the user set. */
  readonly prices?: unknown
  /** The answers to the looks at the job. */
  readonly answers: ReadonlyArray<{ readonly status?: number; readonly body: unknown }>
  /** What is charged, in millionths of a dollar. */
  readonly charged: number
  /** Where the answer tells it: as an amount, as tokens at a price of the table; or nowhere. */
  readonly told: "cost" | "tokens" | "nowhere"
  /** Whether the request has a quote. */
  readonly quote: "known" | "unknown"
  readonly source: string
}

const url = "https://cdn.example/a.mp4"
const image = { _tag: "Url", url: "https://images.example/1.png" } as const
const clip = { _tag: "Url", url: "https://images.example/1.mp4" } as const
const stored = { _tag: "Url", url: "gs://bucket/1.png" } as const
const bytes = {
  _tag: "Bytes",
  mimeType: "image/png",
  data: Uint8Array.from(
    Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64"
    )
  )
} as const
const images = (count: number) => Array.from({ length: count }, () => image)
const ok = (body: unknown) => [{ body }]

// --- OpenRouter --------------------------------------------------------------------------------------------------

const openRouter = (
  what: string,
  model: string,
  listed: object,
  fields: Receipt["fields"],
  cost: number,
  more: Partial<Receipt> = {}
): Receipt => ({
  provider: "openrouter",
  what,
  model,
  listed,
  fields,
  answers: ok({ id: "job-1", status: "completed", unsigned_urls: [url], usage: { cost } }),
  charged: Math.round(cost * 1e6),
  told: "cost",
  quote: "known",
  source:
    "format: @openrouter/sdk 1.3.19; prices: the list of models as others read it from August to November 2026",
  ...more
})

const openRouters = [
  openRouter(
    "nine reference images at four cents",
    "minimax/hailuo-3",
    { supported_resolutions: ["2K"], pricing_skus: { duration_seconds: "0.13", reference_images: "0.04" } },
    { duration: 5, referenceImages: images(9) },
    1.01
  ),
  openRouter(
    "a cent for a first frame",
    "x-ai/grok-imagine-video-1.5",
    {
      supported_resolutions: ["480p", "720p", "1080p"],
      pricing_skus: {
        cents_per_image_input: "1",
        cents_per_video_output_second_480p: "8",
        cents_per_video_output_second_720p: "14"
      }
    },
    { duration: 2, resolution: "480p", startImage: image },
    0.17
  ),
  openRouter(
    "sound of a size",
    "google/veo-3.1-fast",
    {
      supported_resolutions: ["720p", "1080p", "4K"],
      pricing_skus: {
        duration_seconds_with_audio: "0.12",
        duration_seconds_without_audio: "0.1",
        duration_seconds_with_audio_720p: "0.1",
        duration_seconds_without_audio_720p: "0.08"
      }
    },
    { duration: 4, audio: true },
    0.4
  ),
  openRouter(
    "a price of going on with an earlier job, which this is not",
    "black-forest-labs/flux-3-video",
    {
      supported_resolutions: ["720p", "1080p"],
      pricing_skus: {
        cents_per_second_output: "17",
        cents_per_second_output_720p: "17",
        cents_per_second_output_1080p: "29",
        cents_per_second_video_continuation_720p: "41"
      }
    },
    { duration: 5, resolution: "1080p" },
    1.45
  ),
  openRouter(
    "the least that a clip costs",
    "runway/aleph-2",
    {
      supported_resolutions: ["720p"],
      pricing_skus: { cents_per_second_output: "12", minimum_cents_per_generation: "56" }
    },
    { duration: 2 },
    0.56
  ),
  openRouter(
    "tokens: those of 121 frames",
    "bytedance/seedance-2.0",
    {
      supported_resolutions: ["480p", "720p", "1080p", "4K"],
      pricing_skus: { video_tokens: "0.000007", video_tokens_with_video_input: "0.0000043" }
    },
    { duration: 5 },
    0.7623
  ),
  openRouter(
    "an option of the vendor's",
    "google/veo-3.1-fast",
    { supported_resolutions: ["720p"], pricing_skus: { duration_seconds: "0.1" } },
    {
      duration: 4,
      providerOptions: { provider: { options: { google: { parameters: { sampleCount: 2 } } } } }
    },
    0.8,
    { quote: "unknown" }
  )
]

// --- xAI ---------------------------------------------------------------------------------------------------------

const xai = (
  what: string,
  model: string,
  fields: Receipt["fields"],
  dollars: number,
  more: Partial<Receipt> = {}
): Receipt => ({
  provider: "xai",
  what,
  model,
  fields,
  answers: ok({
    status: "done",
    video: { url, respect_moderation: true },
    usage: { cost_in_usd_ticks: Math.round(dollars * 1e10) }
  }),
  charged: Math.round(dollars * 1e6),
  told: "cost",
  quote: "known",
  source: "format: recorded on 2026-10-06; prices: xAI's pages of the models",
  ...more
})

const xais = [
  xai("two seconds, as recorded", "grok-imagine-video-1.5", { duration: 2, resolution: "480p" }, 0.16),
  xai(
    "a cent for a first frame",
    "grok-imagine-video-1.5",
    { duration: 2, resolution: "480p", startImage: image },
    0.17
  ),
  xai(
    "a fifth of a cent for a first frame",
    "grok-imagine-video",
    { duration: 2, resolution: "480p", startImage: image },
    0.102
  ),
  xai("seven references", "grok-imagine-video-1.5", { duration: 5, referenceImages: images(7) }, 0.77),
  xai("sound costs nothing more", "grok-imagine-video", { duration: 10, audio: true }, 0.7),
  xai("a video that was held back", "grok-imagine-video-1.5", { duration: 2, resolution: "480p" }, 0.16, {
    answers: [
      {
        status: 400,
        body: {
          code: "imagine:content-moderated",
          error: "held back",
          usage: { cost_in_usd_ticks: 1_600_000_000 }
        }
      }
    ]
  }),
  xai("a video that goes on", "grok-imagine-video", { duration: 5, extend: clip }, 0.43, { quote: "unknown" })
]

// --- Gemini Omni -------------------------------------------------------------------------------------------------

const omni = (
  what: string,
  fields: Receipt["fields"],
  usage: { readonly input: number; readonly video: number; readonly text: number; readonly thought: number },
  more: Partial<Receipt> = {}
): Receipt => ({
  provider: "gemini",
  what,
  model: "gemini-omni-1.1-flash",
  fields,
  answers: ok({
    status: "completed",
    usage: {
      total_input_tokens: usage.input,
      total_output_tokens: usage.video + usage.text,
      total_thought_tokens: usage.thought,
      output_tokens_by_modality: [{ modality: "video", tokens: usage.video }]
    },
    steps: [{ type: "model_output", content: [{ type: "video", uri: url, mime_type: "video/mp4" }] }]
  }),
  charged: Math.ceil(usage.input * 1.5 + (usage.text + usage.thought) * 9 + usage.video * 17.5),
  told: "tokens",
  quote: "known",
  source: "format and the first's tokens: recorded on 2026-10-06; 5,792 tokens of video a second",
  ...more
})

const omnis = [
  omni(
    "words and thoughts beside the video, as recorded",
    { duration: 3 },
    {
      input: 19,
      video: 17_376,
      text: 497,
      thought: 235
    }
  ),
  omni("ten seconds", { duration: 10 }, { input: 40, video: 57_920, text: 600, thought: 900 }),
  omni(
    "a first frame",
    { duration: 4, startImage: image },
    { input: 1_130, video: 23_168, text: 500, thought: 300 }
  ),
  omni(
    "three references",
    { duration: 5, referenceImages: images(3) },
    {
      input: 3_370,
      video: 28_960,
      text: 480,
      thought: 700
    }
  ),
  omni(
    "a long prompt of letters that are bytes each",
    { duration: 3, prompt: "x ".repeat(1_000) },
    {
      input: 1_010,
      video: 17_376,
      text: 497,
      thought: 1_200
    }
  ),
  omni(
    "a size whose tokens are not known",
    { duration: 3, resolution: "1080p" },
    {
      input: 19,
      video: 17_376,
      text: 497,
      thought: 235
    },
    { quote: "unknown" }
  )
]

// --- Seedance ----------------------------------------------------------------------------------------------------

const seedance = (
  what: string,
  model: string,
  fields: Receipt["fields"],
  [tokens, million]: readonly [number, number],
  told: object,
  more: Partial<Receipt> = {}
): Receipt => ({
  provider: "seedance",
  what,
  model,
  fields,
  answers: ok({
    status: "succeeded",
    content: { video_url: url },
    usage: { completion_tokens: tokens, total_tokens: tokens },
    framespersecond: 24,
    ...told
  }),
  charged: Math.ceil(tokens * million),
  told: "tokens",
  quote: "known",
  source:
    "format, 246,840 and 108,900 tokens: BytePlus's pages of the API; frames of 24 a second and one, sizes of its pages",
  ...more
})

const seedances = [
  seedance("121 frames", "dreamina-seedance-2-0-260128", { duration: 5 }, [108_900, 7], {
    resolution: "720p"
  }),
  seedance(
    "a picture of 1088 lines",
    "seedance-1-0-pro-250528",
    { duration: 5, resolution: "1080p" },
    [246_840, 2.5],
    {
      resolution: "1080p"
    }
  ),
  seedance("no sound", "seedance-1-5-pro-251215", { duration: 5, audio: false }, [108_900, 1.2], {
    resolution: "720p",
    generate_audio: false
  }),
  seedance(
    "the shape of the first frame, which is that of a cinema",
    "dreamina-seedance-2-5-260628",
    { duration: 5, resolution: "1080p", startImage: image },
    [246_593, 11.7],
    { resolution: "1080p", ratio: "21:9" }
  ),
  seedance(
    "an upright picture",
    "dreamina-seedance-2-0-mini-260615",
    { duration: 10, resolution: "480p", aspectRatio: "9:16" },
    [100_859, 3.5],
    {
      resolution: "480p"
    }
  ),
  seedance(
    "an option that makes it longer",
    "dreamina-seedance-2-0-mini-260615",
    { duration: 5, providerOptions: { duration: 15 } },
    [324_900, 3.5],
    {
      resolution: "720p"
    },
    { quote: "unknown" }
  )
]

// --- Runway ------------------------------------------------------------------------------------------------------

const runway = (
  what: string,
  model: string,
  fields: Receipt["fields"],
  credits: number,
  more: Partial<Receipt> = {}
): Receipt => ({
  provider: "runway",
  what,
  model,
  fields,
  answers: ok({ id: "job-1", status: "SUCCEEDED", output: [url], cost: { credits } }),
  charged: credits * 10_000,
  told: "cost",
  quote: "known",
  source: "format: @runwayml/sdk 4.20.1; credits of a second: what others said of Runway's prices",
  ...more
})

const runways = [
  runway("five seconds", "gen4.5", { duration: 5 }, 60),
  runway("sound", "veo3.1", { duration: 8, audio: true }, 320),
  runway("no sound", "veo3.1_fast", { duration: 4, audio: false }, 40),
  runway(
    "a part of a credit, charged as a whole one",
    "wan3_prime",
    { duration: 4, resolution: "480p", audio: true },
    28
  ),
  runway(
    "a job that was held back, charged all the same",
    "gen4_turbo",
    { duration: 5, startImage: image },
    25,
    {
      answers: ok({
        id: "job-1",
        status: "FAILED",
        failure: "no",
        failureCode: "SAFETY.OUTPUT.a",
        cost: { credits: 25 }
      })
    }
  ),
  runway("a size without a price", "gemini_omni_flash_1.1", { duration: 4, resolution: "4K" }, 160, {
    quote: "unknown"
  })
]

// --- no amount in the answer -------------------------------------------------------------------------------------

const vertex = (
  what: string,
  model: string,
  fields: Receipt["fields"],
  charged: number,
  more: Partial<Receipt> = {}
): Receipt => ({
  provider: "vertex",
  what,
  model,
  fields,
  answers: ok({ done: true, response: { videos: [{ gcsUri: "gs://bucket/a.mp4", mimeType: "video/mp4" }] } }),
  charged,
  told: "nowhere",
  quote: "known",
  source: "format: @google/genai 3.1.0; dollars of a second: OpenRouter's list for the same models",
  ...more
})

const vertexes = [
  vertex("no sound", "veo-3.1-generate-001", { duration: 4, audio: false }, 800_000),
  vertex("sound that was not spoken of", "veo-3.1-generate-001", { duration: 4 }, 1_600_000),
  vertex("4K", "veo-3.1-generate-001", { duration: 8, resolution: "4K", audio: true }, 4_800_000),
  vertex(
    "references",
    "veo-3.1-generate-001",
    { duration: 8, referenceImages: [stored, stored, stored], audio: true },
    3_200_000
  ),
  vertex("fast", "veo-3.1-fast-generate-001", { duration: 6, audio: true }, 600_000),
  vertex(
    "four videos at once",
    "veo-3.1-fast-generate-001",
    { duration: 4, audio: true, providerOptions: { sampleCount: 4 } },
    1_600_000,
    {
      quote: "unknown"
    }
  ),
  vertex(
    "a video that goes on",
    "veo-3.1-generate-001",
    { duration: 8, extend: { _tag: "Url", url: "gs://bucket/a.mp4" } },
    3_200_000,
    {
      quote: "unknown"
    }
  )
]

const unpriced =
  (provider: "fal" | "openai" | "replicate", answers: Receipt["answers"], source: string) =>
  (what: string, model: string, fields: Receipt["fields"], charged: number, prices?: unknown): Receipt => ({
    provider,
    what,
    model,
    fields,
    answers,
    charged,
    told: "nowhere",
    quote: prices === undefined ? "unknown" : "known",
    source,
    ...(prices === undefined ? {} : { prices })
  })

const fal = unpriced(
  "fal",
  [{ body: { status: "COMPLETED", metrics: { inference_time: 40.2 } } }, { body: { video: { url } } }],
  "format: @fal-ai/client 1.10.1; prices: set by the user"
)

const fals = [
  fal("no price of anybody's", "fal-ai/veo3.1", { duration: 4 }, 800_000),
  fal("seconds", "fal-ai/veo3.1", { duration: 4 }, 800_000, { "fal/*": { perSecond: 0.2 } }),
  fal("sound", "fal-ai/veo3.1", { duration: 8, audio: true }, 3_200_000, {
    "fal/veo-3.1": [{ perSecond: 0.2 }, { perSecond: 0.4, audio: true }]
  }),
  fal("a clip", "fal-ai/veo3.1", { duration: 8 }, 500_000, { "fal/fal-ai/*": { perClip: 0.5 } }),
  fal("an image", "fal-ai/veo3.1", { duration: 4, startImage: image }, 820_000, {
    "*": { perSecond: 0.2, perInputImage: 0.02 }
  }),
  fal("a size of two", "fal-ai/veo3.1", { duration: 4, resolution: "1080p" }, 1_200_000, {
    "fal/*": [{ perSecond: 0.2 }, { perSecond: 0.3, resolution: "1080p" }]
  })
]

const replicate = unpriced(
  "replicate",
  ok({ id: "job-1", status: "succeeded", output: url, metrics: { predict_time: 61.5, total_time: 63 } }),
  "format: replicate 1.4.0; prices: set by the user"
)

const replicates = [
  replicate("no price of anybody's", "google/veo-3.1", { duration: 4 }, 1_600_000),
  replicate("seconds", "google/veo-3.1", { duration: 4 }, 1_600_000, {
    "replicate/google/*": { perSecond: 0.4 }
  }),
  replicate("no sound", "google/veo-3.1", { duration: 4, audio: false }, 800_000, {
    "replicate/google/veo-3.1": [{ perSecond: 0.4 }, { perSecond: 0.2, audio: false }]
  }),
  replicate("a clip", "minimax/hailuo-2.3", { duration: 6 }, 280_000, {
    "replicate/minimax/*": { perClip: 0.28 }
  }),
  replicate("seconds and a clip", "google/veo-3.1-fast", { duration: 8 }, 1_300_000, {
    "replicate/*": { perSecond: 0.15, perClip: 0.1 }
  }),
  replicate(
    "an option that costs nothing",
    "google/veo-3.1",
    { duration: 4, providerOptions: { enhance: true } },
    1_600_000,
    {
      "replicate/*": { perSecond: 0.4, options: ["enhance"] }
    }
  )
]

const openAi = unpriced(
  "openai",
  ok({ id: "job-1", object: "video", model: "sora-2", status: "completed", progress: 100, seconds: "8" }),
  "format: openai 7.57.0; dollars of a second: those that OpenAI had for its models until 2026-09-24"
)

const openAis = [
  openAi("no price of anybody's", "sora-2", { duration: 8 }, 800_000),
  openAi("seconds", "sora-2", { duration: 8 }, 800_000, { "openai/sora-2": { perSecond: 0.1 } }),
  openAi("another model", "sora-2-pro", { duration: 4 }, 1_200_000, {
    "openai/*": { perSecond: 0.1 },
    "openai/sora-2-pro": { perSecond: 0.3 }
  }),
  openAi("a larger size", "wan-2.6-pro", { duration: 4, resolution: "1080p" }, 2_000_000, {
    "openai/wan-2.6-pro": [{ perSecond: 0.3 }, { perSecond: 0.5, resolution: "1080p" }]
  }),
  openAi("a machine of one's own", "wan", { duration: 12 }, 0, { "openai/*": { perClip: 0 } }),
  openAi("an image", "sora-2", { duration: 8, startImage: bytes }, 810_000, {
    "openai/*": { perSecond: 0.1, perInputImage: 0.01 }
  })
]

/** All of them. */
export const receipts: ReadonlyArray<Receipt> = [
  ...openRouters,
  ...xais,
  ...omnis,
  ...seedances,
  ...runways,
  ...vertexes,
  ...fals,
  ...replicates,
  ...openAis
]
