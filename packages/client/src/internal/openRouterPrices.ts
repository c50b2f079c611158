/**
 * The prices in OpenRouter's list of models, as far as they are prices of a second: `duration_seconds_with_audio_720p` in
 * dollars, `cents_per_video_output_second_720p` in cents. Where a model is billed by anything else, no price is known.
 */
import type { Price } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import { Resolution } from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import * as Decimal from "./decimal.ts"

type Rate = Price["rates"][number]

/** What a second costs, as read on that day; undefined where the list does not say, or says 0, or is not understood. */
export const priceOf = (
  skus: Readonly<Record<string, string | number>>,
  resolutions: ReadonlyArray<string>,
  asOf: string
): Price | undefined => {
  const read = Object.entries(skus)
    .filter(([sku]) => !isBesides(sku))
    .map(([sku, amount]) => rateOf(sku, String(amount), resolutions))
  if (!read.every(Option.isSome)) return undefined
  const rates = dearest(read.flatMap((rate) => rate.value)).sort((a, b) => specific(b) - specific(a))
  return Arr.isNonEmptyReadonlyArray(rates) ? { asOf, rates } : undefined
}

/** For inputs that come on top, or that we never send. */
const isBesides = (sku: string): boolean =>
  /^(reference_images|cents_per_image_input)$|_with_video_input$/.test(sku)

/** A rate, or none where it is for a resolution that we have no word for. */
const rateOf = (
  sku: string,
  amount: string,
  resolutions: ReadonlyArray<string>
): Option.Option<ReadonlyArray<Rate>> => {
  const [, unit, rest = ""] =
    /^(?:(?:text|image)_to_video_)?(duration_seconds|cents_per_video_output_second|cents_per_second_output)(.*)$/.exec(
      sku
    ) ?? []
  const [, sound] = /_(with|without)_audio/.exec(rest) ?? []
  const [matches, size] = /^(?:_(\d+[pk]))?$/i.exec(rest.replace(/_with(out)?_audio/, "")) ?? []
  if (unit === undefined || matches === undefined) return Option.none()
  const perSecond = unit === "duration_seconds" ? Decimal.dollars(amount) : Decimal.cents(amount)
  return Option.map(
    Option.filter(perSecond, (rate) => rate > Money.zero),
    (perSecond) => {
      const audio = sound === undefined ? {} : { audio: sound === "with" }
      if (size === undefined || isOnly(size, resolutions)) return [{ ...audio, perSecond }]
      const resolution = Resolution.literals.find((name) => name.toLowerCase() === size.toLowerCase())
      return resolution === undefined ? [] : [{ resolution, ...audio, perSecond }]
    }
  )
}

const isOnly = (size: string, resolutions: ReadonlyArray<string>) =>
  resolutions.length === 1 && resolutions[0]?.toLowerCase() === size.toLowerCase()

/** One rate for each case. Text and image may cost differently; it is better to have expected more. */
const dearest = (rates: ReadonlyArray<Rate>): Array<Rate> =>
  Object.values(Arr.groupBy(rates, ({ audio, resolution }) => `${resolution} ${audio}`)).map((same) =>
    same.reduce((a, b) => (b.perSecond > a.perSecond ? b : a))
  )

/** The first that fits is taken. Sound counts for more than size: what costs extra for sound does so in every size. */
const specific = ({ audio, resolution }: Rate) =>
  (audio === undefined ? 0 : 2) + (resolution === undefined ? 0 : 1)
