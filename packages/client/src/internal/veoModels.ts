/**
 * What is known of the Veo models, as data. `apiKeyId` is the name of a model in the API-key form, `vertexId` that on
 * Vertex AI.
 */
import type { Capabilities, Price } from "@videogen/core/Capabilities"
import * as Money from "@videogen/core/Money"

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
  /** On Vertex AI; what a proxy charges nobody knows but its owner. */
  readonly price?: Price
}

/** Dollars for a second: with sound, and silent. */
type Rate = readonly [sound: number, silent: number]

/** Prices by resolution, and for all others. From the list of a reseller for the same models: Google's own may differ. */
const priced = (byResolution: Partial<Record<"720p" | "4K", Rate>>, others: Rate): Price => {
  const perSecond = ([sound, silent]: Rate, audio: boolean) => Money.dollars(audio ? sound : silent)
  const rate = (resolution: "720p" | "4K", audio: boolean) => ({
    resolution,
    audio,
    perSecond: perSecond(byResolution[resolution] ?? others, audio)
  })
  return {
    asOf: "2026-08-01",
    rates: [
      rate("720p", true),
      rate("720p", false),
      rate("4K", true),
      rate("4K", false),
      { audio: true, perSecond: perSecond(others, true) },
      { audio: false, perSecond: perSecond(others, false) }
    ]
  }
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
    price: priced({ "4K": [0.6, 0.4] }, [0.4, 0.2]),
    apiKeyId: "veo-3.1-generate-preview",
    vertexId: "veo-3.1-generate-001",
    apiKeyRetiredOn: "2026-10-22"
  },
  {
    ...veo31,
    name: "veo-3.1-fast",
    title: "Veo 3.1 Fast",
    price: priced({ "720p": [0.1, 0.08], "4K": [0.3, 0.25] }, [0.12, 0.1]),
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
    price: priced({ "720p": [0.05, 0.03] }, [0.08, 0.05]),
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
  known.map(({ name, title, apiKeyId, vertexId, apiKeyRetiredOn: _, price, ...abilities }) => {
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
      minimumPollInterval: 5,
      ...(form === "Vertex" && price !== undefined ? { price } : {})
    }
  })
