/**
 * What a request comes to at a price: one bill for each way in which it may turn out, or why there is none.
 */
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import type { Capabilities } from "../Capabilities.ts"
import * as Money from "../Money.ts"
import type { Extra, Input, Price, Rate } from "../Price.ts"
import type { AspectRatio, Resolution, VideoRequest } from "../VideoRequest.ts"
import * as Cases from "./cases.ts"

/** One line of a bill. */
export interface BillLine {
  readonly what: string
  readonly amount: Money.MicroUsd
}

/** What a request may cost in one of its outcomes: the lines add up to `most`. */
export interface Bill {
  readonly least: Money.MicroUsd
  readonly most: Money.MicroUsd
  readonly lines: ReadonlyArray<BillLine>
}

/** A bill for each outcome of a request, or the reasons why its price is unknown. */
export type Bills = Either.Either<Arr.NonEmptyReadonlyArray<Bill>, Arr.NonEmptyReadonlyArray<string>>

/** The bills of a request that is legal for the model. */
export const bills = (can: Capabilities, request: VideoRequest): Bills => {
  const { price } = can
  if (price === undefined) return Either.left([`no price of ${can.provider}/${can.model} is known`])
  const reasons = [...unknownOptions(price, request), ...unknownExtras(price, request)]
  if (Arr.isNonEmptyReadonlyArray(reasons)) return Either.left(reasons)
  const extras = (price.extras ?? []).flatMap((extra) => lineOf(extra, request))
  const made = Either.all(
    outcomes(can, request).map((outcome) =>
      Either.map(rateOf(price, request, outcome), (rate) => billOf(price, rate, outcome, extras))
    )
  )
  return Either.flatMap(
    Either.mapLeft(made, (reason): Arr.NonEmptyReadonlyArray<string> => [reason]),
    (all) =>
      Arr.isNonEmptyReadonlyArray(all)
        ? Either.right(all)
        : Either.left<Arr.NonEmptyReadonlyArray<string>>(["the model has no resolution"])
  )
}

// --- what is not known -------------------------------------------------------------------------------------------

const unknownOptions = ({ freeOptions = [] }: Price, { providerOptions = {} }: VideoRequest) =>
  freeOptions.includes("*")
    ? []
    : Object.keys(providerOptions)
        .filter((name) => !freeOptions.includes(name))
        .map((name) => `what the provider option ${name} costs is not known`)

const unknownExtras = ({ extras = [] }: Price, request: VideoRequest) =>
  Arr.dedupe(
    extras
      .filter((extra) => extra.price === undefined && countOf(extra, request) > 0)
      .map(({ name }) => `the price of ${name} is not known`)
  )

// --- the outcomes ------------------------------------------------------------------------------------------------

interface Outcome {
  readonly seconds: number
  readonly resolution: Resolution
  /** Whether the request decides on the resolution. */
  readonly isChosen: boolean
  /** Absent where the provider chooses the shape. */
  readonly aspectRatio: AspectRatio | undefined
  readonly sound: boolean
}

/** All that may come of a request: what it leaves open, or its provider ignores, is not settled. */
const outcomes = (can: Capabilities, request: VideoRequest): ReadonlyArray<Outcome> =>
  lengths(can, request).flatMap((seconds) =>
    resolutions(can, request).flatMap((resolution) =>
      sounds(can, request).map((sound) => ({
        seconds,
        resolution,
        isChosen: !Cases.isIgnored(can, request, "resolution"),
        aspectRatio: Cases.isIgnored(can, request, "aspectRatio") ? undefined : request.aspectRatio,
        sound
      }))
    )
  )

const lengths = (can: Capabilities, request: VideoRequest): ReadonlyArray<number> => {
  if (!Cases.isIgnored(can, request, "duration")) return [request.duration]
  const { durations } = can
  return durations._tag === "OneOf" ? durations.seconds : [durations.minimum, durations.maximum]
}

const resolutions = (can: Capabilities, request: VideoRequest) =>
  Cases.isIgnored(can, request, "resolution") ? can.resolutions : [request.resolution]

const sounds = (can: Capabilities, request: VideoRequest): ReadonlyArray<boolean> => {
  if (can.audio !== "optional") return [can.audio === "always"]
  return request.audio === undefined || Cases.isIgnored(can, request, "audio")
    ? [true, false]
    : [request.audio]
}

// --- the bill ----------------------------------------------------------------------------------------------------

const rateOf = (
  { rates }: Price,
  request: VideoRequest,
  { aspectRatio, resolution, sound }: Outcome
): Either.Either<Rate, string> => {
  const special = rates.filter((rate) => rate.with !== undefined && Cases.isGiven(request, rate.with))
  const found = (special.length > 0 ? special : rates.filter((rate) => rate.with === undefined)).find(
    (rate) =>
      (rate.resolution ?? resolution) === resolution &&
      (rate.aspectRatio === undefined || rate.aspectRatio === aspectRatio) &&
      (rate.audio ?? sound) === sound
  )
  return Either.fromNullable(
    found,
    () => `no price is known for ${resolution} ${sound ? "with" : "without"} sound`
  )
}

interface ExtraLine extends BillLine {
  readonly perhaps: boolean
}

const billOf = (price: Price, rate: Rate, outcome: Outcome, extras: ReadonlyArray<ExtraLine>): Bill => {
  const base = rateLines(rate, outcome)
  const certain = sum([...base, ...extras.filter(({ perhaps }) => !perhaps)])
  const all = sum([...base, ...extras])
  const most = Money.toWhole(atLeast(price, all), price.unit ?? Money.zero)
  const lines = [...base, ...extras.map(({ amount, what }) => ({ amount, what }))]
  return {
    least: atLeast(price, certain),
    most,
    lines: most === all ? lines : [...lines, { what: roundingOf(price, all), amount: Money.minus(most, all) }]
  }
}

const rateLines = ({ perClip, perSecond }: Rate, { isChosen, resolution, seconds }: Outcome) => [
  ...(perSecond === undefined
    ? []
    : [
        {
          what: `${seconds} s${isChosen ? ` in ${resolution}` : ""} at ${Money.format(perSecond)} a second`,
          amount: Money.timesUp(perSecond, seconds)
        }
      ]),
  ...(perClip === undefined ? [] : [{ what: "the clip", amount: perClip }])
]

const lineOf = (extra: Extra, request: VideoRequest): ReadonlyArray<ExtraLine> => {
  const { name, per = 1, perhaps = false, price } = extra
  const count = countOf(extra, request)
  if (price === undefined || count === 0) return []
  const what = extra.count === "inputs" ? `${count} x ${name} at ${Money.format(price)}` : name
  return [{ what, amount: Money.share(price, count, per), perhaps }]
}

const countOf = ({ count, inputs }: Extra, request: VideoRequest): number => {
  switch (count) {
    case "clip":
      return 1
    case "promptBytes":
      return new TextEncoder().encode(request.prompt + (request.negativePrompt ?? "")).length
    case "inputs":
      return (inputs ?? []).reduce((all, input) => all + numberOf(request, input), 0)
  }
}

const numberOf = (request: VideoRequest, input: Input): number =>
  input === "referenceImages" ? (request.referenceImages ?? []).length : Cases.isGiven(request, input) ? 1 : 0

const sum = (lines: ReadonlyArray<BillLine>) =>
  lines.reduce((all, { amount }) => Money.plus(all, amount), Money.zero)

const atLeast = ({ minimum = Money.zero }: Price, amount: Money.MicroUsd) => Money.larger(amount, minimum)

const roundingOf = ({ minimum = Money.zero }: Price, amount: Money.MicroUsd) =>
  amount < minimum
    ? `the least that a clip costs is ${Money.format(minimum)}`
    : "rounded up to a whole credit"
