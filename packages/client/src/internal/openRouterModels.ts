/**
 * OpenRouter's list of models, and what it says of each in our own words.
 */
import type { Capabilities, Ignorable } from "@mutoscope/core/Capabilities"
import type { Price, Tokens } from "@mutoscope/core/Price"
import { AspectRatio, durationRange, Resolution } from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { promptLimit } from "../catalogue/hailuo.ts"
import { tokensOf as seedanceTokens } from "../catalogue/seedance.ts"
import { priceOf } from "./openRouterPrices.ts"
import { ifSensible, maybe } from "./wireFields.ts"

const texts = ifSensible(Schema.Array(Schema.String))

/** A model in the list. What is null or absent is not known. */
export const Listed = Schema.Struct({
  id: Schema.NonEmptyString,
  name: ifSensible(Schema.NonEmptyString),
  supported_resolutions: texts,
  supported_aspect_ratios: texts,
  supported_durations: ifSensible(Schema.Array(Schema.JsonNumber)),
  supported_frame_images: texts,
  generate_audio: ifSensible(Schema.Boolean),
  seed: ifSensible(Schema.Boolean),
  upscale_factor: maybe(Schema.Unknown),
  pricing_skus: ifSensible(
    Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Schema.JsonNumber) })
  )
})
export type Listed = typeof Listed.Type

const decodeList = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ data: Schema.Array(Schema.Unknown) }))
)
const decodeListed = Schema.decodeUnknownOption(Listed)

/** The models of a list, read on that day (YYYY-MM-DD). What makes videos larger but makes none is left out. */
export const read = (
  provider: string,
  body: string,
  asOf: string
): Option.Option<ReadonlyArray<Capabilities>> =>
  Option.map(decodeList(body), ({ data }) =>
    data
      .flatMap((model) => Option.toArray(decodeListed(model)))
      .filter(({ upscale_factor }) => upscale_factor === undefined)
      .map((model) => toCapabilities(provider, model, asOf))
  )

/** What is known of a model; what is not known is left to the provider to refuse. */
export const toCapabilities = (provider: string, listed: Listed, asOf: string): Capabilities => {
  const { generate_audio: audio, id, name = id, pricing_skus, seed, supported_frame_images: frames } = listed
  const ratios = among(AspectRatio.literals, listed.supported_aspect_ratios)
  const resolutions = among(Resolution.literals, listed.supported_resolutions)
  const ignored: ReadonlyArray<Ignorable> = [
    ...(ratios === undefined ? (["aspectRatio"] as const) : []),
    ...(resolutions === undefined ? (["resolution"] as const) : [])
  ]
  const tokens = tokensOf(id)
  const price = priceOf(pricing_skus ?? {}, {
    resolutions: listed.supported_resolutions ?? [],
    asOf,
    tokens
  })
  return {
    provider,
    model: id,
    aliases: short(id),
    title: name,
    aspectRatios: ratios ?? AspectRatio.literals,
    resolutions: resolutions ?? Resolution.literals,
    durations: durationsOf(listed.supported_durations ?? []),
    audio: audio === false ? "never" : "optional",
    negativePrompt: false,
    seed: seed ?? true,
    startImage: frames?.includes("first_frame") ?? true,
    lastFrame: frames?.includes("last_frame") ?? true,
    referenceImages: mostReferences,
    exclusive: [
      ["startImage", "referenceImages"],
      ["lastFrame", "referenceImages"]
    ],
    ...(ignored.length === 0 ? {} : { ignored }),
    // The list tells no limits of prompts.
    ...(id.startsWith("minimax/") ? { promptLimit } : {}),
    cancel: false,
    progress: false,
    minimumPollInterval: 10,
    ...(price === undefined ? {} : ({ price } satisfies { readonly price: Price })),
    ...(tokens === undefined ? {} : { tokens })
  }
}

/** Of ByteDance's models it is known how many tokens a video has. */
const tokensOf = (id: string): Tokens | undefined =>
  id.startsWith("bytedance/seedance-") ? seedanceTokens(id) : undefined

/** The list does not say how many a model takes; no model is known to take more. */
const mostReferences = 9

/** A model's name without its vendor's. */
const short = (id: string): ReadonlyArray<string> => {
  const name = id.slice(id.lastIndexOf("/") + 1)
  return name === id || name === "" ? [] : [name]
}

/** Ours among theirs; undefined where a model has only such as we have no word for: then it does as it always does. */
const among = <A extends string>(
  ours: Arr.NonEmptyReadonlyArray<A>,
  theirs: ReadonlyArray<string> | undefined
): Arr.NonEmptyReadonlyArray<A> | undefined => {
  if (theirs === undefined || theirs.length === 0) return ours
  const known = new Set(theirs.map((word) => word.toLowerCase()))
  const some = ours.filter((word) => known.has(word.toLowerCase()))
  return Arr.isNonEmptyReadonlyArray(some) ? some : undefined
}

const durationsOf = (listed: ReadonlyArray<number>): Capabilities["durations"] => {
  const seconds = [...new Set(listed)].filter((n) => Number.isInteger(n) && n > 0).sort((a, b) => a - b)
  const [minimum, maximum] = [seconds[0], seconds.at(-1)]
  if (!Arr.isNonEmptyReadonlyArray(seconds) || minimum === undefined || maximum === undefined)
    return { _tag: "Range", ...durationRange }
  return maximum - minimum === seconds.length - 1 && seconds.length > 1
    ? { _tag: "Range", minimum, maximum }
    : { _tag: "OneOf", seconds }
}
