/**
 * The prices in OpenRouter's list of models. Each has a name of its own there: `duration_seconds_with_audio_720p` is of a
 * second in dollars, `cents_per_video_output_second_720p` in cents, `reference_images` of an image in dollars. What the names
 * mean is from the list itself, as programs that read it understood it on 2026-11-30; the names have no documentation.
 */

import * as Money from "@mutoscope/core/Money"
import { type Extra, type Input, ofTokens, type Price, type Rate, type Tokens } from "@mutoscope/core/Price"
import { Resolution } from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import * as Decimal from "./decimal.ts"

/** What else has to be known to read a model's prices. */
export interface Model {
  /** The names of its resolutions, as the list has them. */
  readonly resolutions: ReadonlyArray<string>
  /** The day on which the list was read, as YYYY-MM-DD. */
  readonly asOf: string
  /** How many tokens a video has; absent where that is not known, and so a price of a token says nothing. */
  readonly tokens?: Tokens | undefined
}

/**
 * What a model costs; undefined where the list does not say, or says 0, or has a price that may be of any request and is not
 * understood. One that is not understood and is of an input makes unknown only what such a request costs.
 */
export const priceOf = (skus: Readonly<Record<string, string | number>>, model: Model): Price | undefined => {
  const isListed = (sku: string) => Object.hasOwn(skus, sku)
  const parts = Object.entries(skus).map(([sku, amount]) =>
    partOf({ sku, amount: String(amount), isListed }, model)
  )
  if (parts.some(({ _tag }) => _tag === "Unknown")) return undefined
  const rates = ordered(parts.flatMap((part) => (part._tag === "Rates" ? part.rates : [])))
  const extras = parts.flatMap((part) => (part._tag === "Extras" ? part.extras : []))
  const minimum = parts.flatMap((part) => (part._tag === "Minimum" ? [part.amount] : []))
  if (!Arr.isNonEmptyReadonlyArray(rates)) return undefined
  return {
    asOf: model.asOf,
    source: "OpenRouter's list of models",
    rates,
    ...(extras.length === 0 ? {} : { extras }),
    ...(minimum.length === 0 ? {} : { minimum: minimum.reduce(Money.larger) }),
    freeOptions
  }
}

/** What of a request is for its sender: it changes nothing of the video. */
const freeOptions = ["callback_url", "session_id", "trace", "user"]

/** What one price of the list is of. */
type Part =
  | { readonly _tag: "Rates"; readonly rates: ReadonlyArray<Rate> }
  | { readonly _tag: "Extras"; readonly extras: ReadonlyArray<Extra> }
  | { readonly _tag: "Minimum"; readonly amount: Money.MicroUsd }
  /** Of something that no request of ours comes with. */
  | { readonly _tag: "Elsewhere" }
  | { readonly _tag: "Unknown" }

const frames: readonly [Input, ...Array<Input>] = ["startImage", "lastFrame"]
const images: readonly [Input, ...Array<Input>] = [...frames, "referenceImages"]

/** A price of the list, and whether that has another. */
interface Listed {
  readonly sku: string
  readonly amount: string
  readonly isListed: (sku: string) => boolean
}

const partOf = (listed: Listed, model: Model): Part => {
  const { amount, sku } = listed
  if (isElsewhere(sku)) return { _tag: "Elsewhere" }
  const minimum = sku === "minimum_cents_per_generation" ? Decimal.priceInCents(amount) : Option.none()
  if (Option.isSome(minimum)) return { _tag: "Minimum", amount: minimum.value }
  return Option.getOrElse(
    Option.firstSomeOf<Part>([
      Option.map(ratesOf(listed, model), (rates) => ({ _tag: "Rates", rates })),
      Option.map(extrasOf(sku, amount), (extras) => ({ _tag: "Extras", extras }))
    ]),
    () => ({ _tag: "Unknown" })
  )
}

/** Of a video or a sound that goes along, of going on with an earlier job, of making a video larger. */
const isElsewhere = (sku: string): boolean =>
  /video_input|input_video|reference_video|video_to_video|video_continuation|audio_input|input_audio|reference_audio|upscale/.test(
    sku
  )

/** On top of the seconds. Whether a frame counts as a reference is not said, so it may. */
const extrasOf = (sku: string, amount: string): Option.Option<ReadonlyArray<Extra>> => {
  if (sku === "cents_per_image_input")
    return Option.map(Decimal.priceInCents(amount), (price) => [
      { name: "an input image", count: "inputs", inputs: images, price }
    ])
  if (sku === "reference_images")
    return Option.map(Decimal.priceInDollars(amount), (price) => [
      { name: "a reference image", count: "inputs", inputs: ["referenceImages"], price },
      {
        name: "a frame, if it counts as a reference image",
        count: "inputs",
        inputs: frames,
        price,
        perhaps: true
      }
    ])
  return /image|frame|reference/.test(sku)
    ? Option.some([{ name: `${sku} in OpenRouter's list`, count: "inputs", inputs: images }])
    : Option.none()
}

// --- of a second -------------------------------------------------------------------------------------------------

/** The rates of a name, none of them where it is for a resolution that we have no word for. */
const ratesOf = ({ amount, isListed, sku }: Listed, model: Model): Option.Option<ReadonlyArray<Rate>> => {
  const [, way, unit, rest = ""] =
    /^(?:(text_to_video|image_to_video|reference)_)?(duration_seconds|cents_per_video_output_second|cents_per_second_output|video_tokens)(.*)$/.exec(
      sku
    ) ?? []
  const [, sound] = /_(with|without)_audio/.exec(rest) ?? []
  const [matches, size] = /^(?:_(\d+[pk]))?$/i.exec(rest.replace(/_with(out)?_audio/, "")) ?? []
  if (unit === undefined || matches === undefined) return Option.none()
  const where = {
    ...(way === "reference" ? { with: "referenceImages" as const } : {}),
    ...(sound === undefined ? {} : { audio: sound === "with" })
  }
  const rates = unit === "video_tokens" ? byToken(amount, model.tokens) : bySecond(unit, amount)
  const resolution = resolutionOf(size, model.resolutions)
  return Option.map(rates, (rates) =>
    resolution === "none of ours"
      ? []
      : rates
          .filter((rate) =>
            resolution === undefined
              ? rate.resolution === undefined || !isListed(`${sku}_${rate.resolution.toLowerCase()}`)
              : (rate.resolution ?? resolution) === resolution
          )
          .map((rate) => ({ ...where, ...(resolution === undefined ? {} : { resolution }), ...rate }))
  )
}

const bySecond = (unit: string, amount: string): Option.Option<ReadonlyArray<Rate>> =>
  Option.map(
    Option.filter(
      unit === "duration_seconds" ? Decimal.priceInDollars(amount) : Decimal.priceInCents(amount),
      (perSecond) => perSecond > Money.zero
    ),
    (perSecond) => [{ perSecond }]
  )

const byToken = (amount: string, tokens: Tokens | undefined): Option.Option<ReadonlyArray<Rate>> =>
  tokens === undefined
    ? Option.none()
    : Option.map(
        Option.filter(Decimal.priceOfMillion(amount), (output) => output > Money.zero),
        (output) => ofTokens(tokens, { output }).rates
      )

/** Undefined where it is for all of them: none is named, or the only one that there is. */
const resolutionOf = (size: string | undefined, all: ReadonlyArray<string>) => {
  if (size === undefined || isOnly(size, all)) return undefined
  return Resolution.literals.find((name) => name.toLowerCase() === size.toLowerCase()) ?? "none of ours"
}

const isOnly = (size: string, resolutions: ReadonlyArray<string>) =>
  resolutions.length === 1 && resolutions[0]?.toLowerCase() === size.toLowerCase()

// --- in which order ----------------------------------------------------------------------------------------------

/** The first that fits is taken. Sound counts for more than size: what costs extra for sound does so in every size. */
const ordered = (rates: ReadonlyArray<Rate>): Array<Rate> =>
  dearest([...rates, ...crossed(rates)]).sort((a, b) => specific(b) - specific(a))

/** One rate for each case. Text and image may cost differently; it is better to have expected more. */
const dearest = (rates: ReadonlyArray<Rate>): Array<Rate> =>
  Object.values(Arr.groupBy(rates, caseOf)).map((same) =>
    same.reduce((a, b) => ((b.perSecond ?? 0) > (a.perSecond ?? 0) ? b : a))
  )

const caseOf = ({ aspectRatio, audio, resolution, with: input }: Rate) =>
  `${resolution} ${audio} ${aspectRatio} ${input}`

/** Where one is for the sound in every size, and another for the size with every sound, both together may cost either. */
const crossed = (rates: ReadonlyArray<Rate>): ReadonlyArray<Rate> =>
  rates.flatMap((bySound) =>
    bySound.audio === undefined || bySound.resolution !== undefined
      ? []
      : rates
          .filter(
            ({ audio, resolution, with: input }) =>
              audio === undefined && resolution !== undefined && input === bySound.with
          )
          .filter(
            ({ resolution }) =>
              !rates.some(
                (rate) =>
                  rate.audio === bySound.audio && rate.resolution === resolution && rate.with === bySound.with
              )
          )
          .map((bySize) => ({
            ...bySize,
            audio: bySound.audio,
            perSecond: Money.larger(bySize.perSecond ?? Money.zero, bySound.perSecond ?? Money.zero)
          }))
  )

const specific = ({ aspectRatio, audio, resolution }: Rate) =>
  (audio === undefined ? 0 : 4) + (resolution === undefined ? 0 : 2) + (aspectRatio === undefined ? 0 : 1)
