/**
 * What is known of the Veo models, as data, in both ways of speaking to them. `apiKeyId` is the name of a model in the
 * API-key form, `vertexId` that on Vertex AI.
 */
import type { Capabilities, Case } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import type { Price } from "@mutoscope/core/Price"

/** The two ways of speaking to Veo. */
export type Form = "ApiKey" | "Vertex"

type Abilities = Pick<
  Capabilities,
  | "aspectRatios"
  | "resolutions"
  | "durations"
  | "cases"
  | "audio"
  | "lastFrame"
  | "referenceImages"
  | "extend"
>

interface Model extends Abilities {
  readonly name: string
  readonly title: string
  readonly apiKeyId: string
  /** Absent where nobody has told of one: a made-up name would be refused by the server. */
  readonly vertexId?: string
  /** What to ask for on Vertex AI where this is not there. */
  readonly onVertexInstead?: string
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
    source: "OpenRouter's list for the same models",
    // Seconds are all that is charged for, and which of them when a video goes on is not told.
    extras: [{ name: "going on with a video", count: "inputs", inputs: ["extend"] }],
    freeOptions: ["compressionQuality", "personGeneration", "pubsubTopic", "resizeMode", "storageUri"],
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

const eight = { _tag: "OneOf", seconds: [8] } as const

/**
 * 1080p, 4K and references come in eight seconds alone: so the parameter tables of both Veo APIs, as resellers and a report of
 * 2026-07-26 quote them (ArcReel/ArcReel, issue 1333); start images and last frames have all lengths.
 */
const inEightSeconds = {
  "1080p": { resolution: "1080p", durations: eight },
  "4K": { resolution: "4K", durations: eight },
  references: { with: "referenceImages", durations: eight }
} as const satisfies Readonly<Record<string, Case>>

const veo2 = {
  aspectRatios: ["16:9", "9:16"],
  resolutions: ["720p"],
  durations: { _tag: "Range", minimum: 5, maximum: 8 },
  audio: "never",
  lastFrame: true,
  referenceImages: 0,
  extend: true
} as const satisfies Abilities

const veo3 = {
  aspectRatios: ["16:9", "9:16"],
  resolutions: ["720p", "1080p"],
  durations: { _tag: "OneOf", seconds: [4, 6, 8] },
  cases: [inEightSeconds["1080p"]],
  audio: "optional",
  lastFrame: false,
  referenceImages: 0,
  extend: false
} as const satisfies Abilities

const veo31 = {
  ...veo3,
  resolutions: ["720p", "1080p", "4K"],
  cases: [inEightSeconds["1080p"], inEightSeconds["4K"], inEightSeconds.references],
  lastFrame: true,
  referenceImages: 3,
  extend: true
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
    cases: [inEightSeconds["1080p"]],
    referenceImages: 0,
    extend: false,
    apiKeyId: "veo-3.1-lite-generate-preview",
    onVertexInstead: "veo-3.1-fast",
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

/** What a model of that name makes, in either form or by a name of its own; nothing where no Veo has it. */
export const factsOf = (
  name: string
): Pick<Abilities, "aspectRatios" | "resolutions" | "durations" | "cases"> | undefined => {
  const model = known.find((one) => [one.name, one.apiKeyId, one.vertexId].includes(name))
  if (model === undefined) return undefined
  const { aspectRatios, cases, durations, resolutions } = model
  return { aspectRatios, durations, resolutions, ...(cases === undefined ? {} : { cases }) }
}

/** When a model's API-key form ended at Google, by any of its names. */
export const retiredOn = (model: string): string | undefined =>
  known.find(({ name, apiKeyId }) => name === model || apiKeyId === model)?.apiKeyRetiredOn

/**
 * The models of a provider in one of the forms. In the API-key form none is retired: Google has switched all of them off,
 * and who speaks it now is a proxy or a server of one's own, which has them for as long as its owner likes. On Vertex AI
 * the names of that form are retired.
 */
export const models = (form: Form, provider: string): ReadonlyArray<Capabilities> =>
  form === "ApiKey"
    ? known.map((model) => inApiKeyForm(provider, model))
    : [...known.flatMap((model) => onVertex(provider, model)), ...retired(known.filter(isRenamed), provider)]

/** The models that Google's own API-key endpoint had, for a provider that is that endpoint: each with its last day. */
export const switchedOff = (provider: string, replacement: string): ReadonlyArray<Capabilities> =>
  retired(known, provider).map((model) => ({ ...model, replacement }))

const isRenamed = ({ apiKeyId, vertexId }: Model): boolean => apiKeyId !== vertexId

const retired = (models: ReadonlyArray<Model>, provider: string): ReadonlyArray<Capabilities> =>
  models.map((model) => ({
    ...inApiKeyForm(provider, model),
    aliases: [],
    title: `${model.title} (Gemini API)`,
    retiredOn: model.apiKeyRetiredOn,
    replacement: model.onVertexInstead ?? model.name
  }))

const inApiKeyForm = (provider: string, model: Model): Capabilities => ({
  ...common(provider, model),
  model: model.apiKeyId,
  aliases: isRenamed(model) && model.vertexId !== undefined ? [model.name, model.vertexId] : [model.name],
  // The API-key form leaves sound to the model and takes no seed.
  audio: model.audio === "optional" ? "always" : model.audio,
  seed: false,
  // Veo 2 goes on with videos on Vertex AI only.
  extend: model.extend === true && model.audio !== "never",
  outputLifetime: 48 * 60 * 60
})

const onVertex = (provider: string, model: Model): ReadonlyArray<Capabilities> =>
  model.vertexId === undefined
    ? []
    : [
        {
          ...common(provider, model),
          model: model.vertexId,
          aliases: [model.name],
          audio: model.audio,
          seed: true,
          ...(model.extend === undefined ? {} : { extend: model.extend }),
          ...(model.price === undefined ? {} : { price: model.price })
        }
      ]

/** How long a prompt may be, Google says in tokens (1024), which nobody else can count: it is left to the server. */
const common = (
  provider: string,
  { aspectRatios, cases, durations, lastFrame, referenceImages, resolutions, title }: Model
) => ({
  provider,
  title,
  aspectRatios,
  resolutions,
  durations,
  ...(cases === undefined ? {} : { cases }),
  lastFrame,
  referenceImages,
  exclusive: [
    ["startImage", "referenceImages", "extend"],
    ["lastFrame", "referenceImages", "extend"]
  ] as const,
  negativePrompt: true,
  startImage: true,
  cancel: false,
  progress: false,
  minimumPollInterval: 5
})
