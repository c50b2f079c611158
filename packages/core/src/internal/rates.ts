/**
 * The rates of a table of prices.
 */
import * as Option from "effect/Option"
import type { Capabilities } from "../Capabilities.ts"
import type { MicroUsd } from "../Money.ts"
import type { Resolution } from "../VideoRequest.ts"

/** What a second costs in a resolution, with or without sound: the first rate that says so, or says nothing of it. */
export const perSecond = (
  { price }: Capabilities,
  resolution: Resolution,
  sound: boolean
): Option.Option<MicroUsd> =>
  Option.map(
    Option.fromNullable(
      price?.rates.find(
        (rate) => (rate.resolution ?? resolution) === resolution && (rate.audio ?? sound) === sound
      )
    ),
    (rate) => rate.perSecond
  )
