/**
 * The Gemini Omni models, and those that their API had before them. What is said of them here was seen in recorded answers
 * of 1.1 and in Google's own client 3.1.0; where they differ, 1.2 is taken to be like 1.1.
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import { ofTokens, type Price, type Tokens } from "@mutoscope/core/Price"
import * as Veo from "./veo.ts"

/**
 * The tokens of a request and of its video. A second at 720p has 5,792, as was recorded on 2026-10-06; of the other
 * resolutions it is not known. Words and thoughts beside the video came to 732 there, and have no limit that is told: they are
 * taken to be 4,096 at most. An image has 2,240 at most, the highest that Google tells of for its resolutions of media.
 */
const tokens: Tokens = {
  output: [{ resolution: "720p", perSecond: 5_792 }],
  words: 4_096,
  image: 2_240,
  prompt: true,
  unknown: ["extend"]
}

/** Dollars for a million tokens: of the request, of text (thoughts too), and of video. */
export interface TokenPrice {
  readonly input: number
  readonly text: number
  readonly video: number
}

/** What tokens cost, by model; read on 2026-11-22. Of 1.2 no price is known. */
export const tokenPrice = (model: string): TokenPrice | undefined =>
  /^gemini-omni-1\.1-flash/.test(model) ? { input: 1.5, text: 9, video: 17.5 } : undefined

/** What Google names as the way on from what it has switched off. */
const newest = "gemini-omni-1.2-flash"

/** What is known, or assumed of a newer model. */
export const model = (provider: string, id: string): Capabilities => ({
  provider,
  model: id,
  aliases: [],
  title: id,
  aspectRatios: ["16:9", "9:16"],
  resolutions: ["720p", "1080p", "4K"],
  durations: { _tag: "Range", minimum: 3, maximum: 10 },
  audio: "always",
  negativePrompt: false,
  // There is a field for it, but nobody knows whether it is looked at.
  seed: false,
  startImage: true,
  lastFrame: false,
  referenceImages: 3,
  extend: true,
  exclusive: [["startImage", "referenceImages", "extend"]],
  outputLifetime: 48 * 60 * 60,
  cancel: true,
  progress: false,
  minimumPollInterval: 5,
  tokens
})

/** What a model costs by its tokens; undefined where their price is not known. */
const priceOf = (model: string): Price | undefined => {
  const price = tokenPrice(model)
  if (price === undefined) return undefined
  const [output, words, input] = [price.video, price.text, price.input].map(Money.dollars)
  if (output === undefined) return undefined
  return {
    asOf: "2026-11-22",
    source: "what three others said of Google's price of a token",
    ...ofTokens(tokens, { output, words, input }),
    freeOptions: ["labels", "webhook_config"]
  }
}

const priced = (model: Capabilities): Capabilities => {
  const price = priceOf(model.model)
  return price === undefined ? model : { ...model, price }
}

/** The models behind an API key. */
export const models = (provider: string): ReadonlyArray<Capabilities> => [
  {
    ...model(provider, newest),
    title: "Gemini Omni 1.2 Flash",
    aliases: ["gemini-omni-1.2", "gemini-omni", "omni"]
  },
  priced({
    ...model(provider, "gemini-omni-1.1-flash"),
    title: "Gemini Omni 1.1 Flash",
    aliases: ["gemini-omni-1.1", "omni-1.1"]
  }),
  {
    ...model(provider, "gemini-omni-flash-preview"),
    title: "Gemini Omni Flash (preview)",
    retiredOn: "2026-09-30",
    replacement: newest
  },
  ...Veo.switchedOff(provider, newest)
]

/** The models on Vertex AI, whose 1.1 is still called a preview. */
export const onVertex = (provider: string): ReadonlyArray<Capabilities> =>
  models(provider)
    .filter(({ retiredOn }) => retiredOn === undefined)
    .map(({ outputLifetime: _, ...known }) =>
      known.model === "gemini-omni-1.1-flash"
        ? { ...known, model: "gemini-omni-1.1-flash-preview", aliases: [...known.aliases, known.model] }
        : known
    )
