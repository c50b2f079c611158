/**
 * What is known of the Veo models, as data. `apiKeyId` is the name of a model in the API-key form, `vertexId` that on
 * Vertex AI.
 */
import type { Capabilities } from "@videogen/core/Capabilities"

/** The two ways of speaking to Veo. */
export type Form = "ApiKey" | "Vertex"

/** Google's own API-key endpoint, which no longer has any Veo model. */
export const switchedOff = { host: "generativelanguage.googleapis.com", on: "2026-10-22" } as const

type Abilities = Pick<
  Capabilities,
  "aspectRatios" | "resolutions" | "durations" | "audio" | "lastFrame" | "referenceImages"
>

interface Model extends Abilities {
  readonly name: string
  readonly title: string
  readonly apiKeyId: string
  readonly vertexId: string
  /** When Google's own API-key endpoint stopped to answer for it. */
  readonly apiKeyRetiredOn: string
}

const veo2 = {
  aspectRatios: ["16:9", "9:16"],
  resolutions: ["720p"],
  durations: { _tag: "Range", minimum: 5, maximum: 8 },
  audio: "never",
  lastFrame: true,
  referenceImages: 0
} as const satisfies Abilities

const veo3 = {
  aspectRatios: ["16:9", "9:16"],
  resolutions: ["720p", "1080p"],
  durations: { _tag: "OneOf", seconds: [4, 6, 8] },
  audio: "optional",
  lastFrame: false,
  referenceImages: 0
} as const satisfies Abilities

const veo31 = {
  ...veo3,
  resolutions: ["720p", "1080p", "4K"],
  lastFrame: true,
  referenceImages: 3
} as const satisfies Abilities

const known: ReadonlyArray<Model> = [
  {
    ...veo31,
    name: "veo-3.1",
    title: "Veo 3.1",
    apiKeyId: "veo-3.1-generate-preview",
    vertexId: "veo-3.1-generate-001",
    apiKeyRetiredOn: "2026-10-22"
  },
  {
    ...veo31,
    name: "veo-3.1-fast",
    title: "Veo 3.1 Fast",
    apiKeyId: "veo-3.1-fast-generate-preview",
    vertexId: "veo-3.1-fast-generate-001",
    apiKeyRetiredOn: "2026-10-22"
  },
  {
    ...veo31,
    name: "veo-3.1-lite",
    title: "Veo 3.1 Lite",
    resolutions: ["720p", "1080p"],
    referenceImages: 0,
    apiKeyId: "veo-3.1-lite-generate-preview",
    vertexId: "veo-3.1-lite-generate-001",
    apiKeyRetiredOn: "2026-10-22"
  },
  {
    ...veo3,
    name: "veo-3.0",
    title: "Veo 3",
    apiKeyId: "veo-3.0-generate-001",
    vertexId: "veo-3.0-generate-001",
    apiKeyRetiredOn: "2026-06-30"
  },
  {
    ...veo3,
    name: "veo-3.0-fast",
    title: "Veo 3 Fast",
    apiKeyId: "veo-3.0-fast-generate-001",
    vertexId: "veo-3.0-fast-generate-001",
    apiKeyRetiredOn: "2026-06-30"
  },
  {
    ...veo2,
    name: "veo-2.0",
    title: "Veo 2",
    apiKeyId: "veo-2.0-generate-001",
    vertexId: "veo-2.0-generate-001",
    apiKeyRetiredOn: "2026-06-30"
  }
]

/** When a model's API-key form ended at Google, by any of its names. */
export const retiredOn = (model: string): string | undefined =>
  known.find(({ name, apiKeyId }) => name === model || apiKeyId === model)?.apiKeyRetiredOn

/** The models of a provider in one of the forms. */
export const models = (form: Form, provider: string): ReadonlyArray<Capabilities> =>
  known.map(({ name, title, apiKeyId, vertexId, apiKeyRetiredOn: _, ...abilities }) => {
    const [model, other] = form === "Vertex" ? [vertexId, apiKeyId] : [apiKeyId, vertexId]
    return {
      provider,
      model,
      aliases: other === model ? [name] : [name, other],
      title,
      ...abilities,
      // The API-key form leaves sound to the model and takes no seed.
      audio: form === "ApiKey" && abilities.audio === "optional" ? "always" : abilities.audio,
      negativePrompt: true,
      seed: form === "Vertex",
      startImage: true,
      cancel: false,
      progress: false,
      minimumPollInterval: 5
    }
  })
