/**
 * What a request would cost before it is sent: an amount, a range where it depends on what is not said, or unknown.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { type Capabilities, ignores } from "./Capabilities.ts"
import { perSecond } from "./internal/rates.ts"
import * as Money from "./Money.ts"
import type { VideoRequest } from "./VideoRequest.ts"

/** `asOf` (YYYY-MM-DD) is the day on which the prices were read. An unknown price is no amount, and never zero. */
export const Quote = Schema.Union(
  Schema.TaggedStruct("Exact", { amount: Money.MicroUsd, asOf: Schema.String }),
  Schema.TaggedStruct("Range", { least: Money.MicroUsd, most: Money.MicroUsd, asOf: Schema.String }),
  Schema.TaggedStruct("Unknown", {})
)
export type Quote = typeof Quote.Type

/** The quote for a request that is legal for the model. */
export const quote = (capabilities: Capabilities, request: VideoRequest): Quote => {
  const { price } = capabilities
  const amounts = Option.all(
    outcomes(capabilities, request).map(({ resolution, seconds, sound }) =>
      Option.map(perSecond(capabilities, resolution, sound), (rate) => Money.times(rate, seconds))
    )
  )
  if (price === undefined || Option.isNone(amounts)) return { _tag: "Unknown" }
  const { asOf } = price
  const [least, most] = [Math.min(...amounts.value), Math.max(...amounts.value)].map((n) =>
    Money.MicroUsd.make(n)
  )
  if (least === undefined || most === undefined) return { _tag: "Unknown" }
  return least === most ? { _tag: "Exact", amount: most, asOf } : { _tag: "Range", least, most, asOf }
}

/** The most that it may cost; none where that is unknown. */
export const most = (quote: Quote): Option.Option<Money.MicroUsd> => {
  switch (quote._tag) {
    case "Exact":
      return Option.some(quote.amount)
    case "Range":
      return Option.some(quote.most)
    case "Unknown":
      return Option.none()
  }
}

/** All that may come of a request: what it does not say, or its provider ignores, is not settled. */
const outcomes = (can: Capabilities, request: VideoRequest) =>
  lengths(can, request).flatMap((seconds) =>
    resolutions(can, request).flatMap((resolution) =>
      sounds(can, request).map((sound) => ({ seconds, resolution, sound }))
    )
  )

const lengths = (can: Capabilities, request: VideoRequest): ReadonlyArray<number> => {
  if (!ignores(can, request, "duration")) return [request.duration]
  const { durations } = can
  return durations._tag === "OneOf" ? durations.seconds : [durations.minimum, durations.maximum]
}

const resolutions = (can: Capabilities, request: VideoRequest) =>
  ignores(can, request, "resolution") ? can.resolutions : [request.resolution]

const sounds = (can: Capabilities, request: VideoRequest): ReadonlyArray<boolean> => {
  if (can.audio !== "optional") return [can.audio === "always"]
  return request.audio === undefined || ignores(can, request, "audio") ? [true, false] : [request.audio]
}
