/**
 * All that is known of a model, a line for each thing.
 */
import type { Capabilities, Case, Input, Price } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import { nameOf } from "@mutoscope/core/Nearest"
import type { Extra } from "@mutoscope/core/Price"
import * as DateTime from "effect/DateTime"
import { seconds } from "./wording.ts"

/** The sheet of a model on a day, in milliseconds since 1970. */
export const lines = (one: Capabilities, today: number): ReadonlyArray<string> => {
  const facts: ReadonlyArray<readonly [string, string | undefined]> = [
    ["model", nameOf(one)],
    ["title", one.title],
    ["also", [one.model, ...one.aliases.slice(1)].filter((name) => name !== one.aliases[0]).join(", ")],
    ["state", state(one, today)],
    ["seconds", lengths(one)],
    ["sizes", one.resolutions.join(", ")],
    ["ratios", one.aspectRatios.join(", ")],
    ["sound", sounds[one.audio]],
    ["inputs", inputs(one).join(", ") || "a prompt alone"],
    ...(one.exclusive ?? []).map((some) => ["not both", some.map((name) => words[name]).join(", ")] as const),
    ["prompt", one.promptLimit && `at most ${one.promptLimit.most} ${one.promptLimit.unit}`],
    ["negative", yesOrNo(one.negativePrompt)],
    ["seed", yesOrNo(one.seed)],
    ["ignores", one.ignored?.map((name) => optionWords[name]).join(", ")],
    ...(one.cases ?? []).map((some) => ["but", caseOf(some)] as const),
    ["cancel", one.cancel ? "yes" : "not offered"],
    ["progress", one.progress ? "reported" : "estimated"],
    [
      "asked",
      one.minimumPollInterval === 0 ? undefined : `at most every ${seconds(one.minimumPollInterval)}`
    ],
    [
      "kept",
      one.outputLifetime === undefined ? "unknown" : `a finished video for ${seconds(one.outputLifetime)}`
    ],
    ...prices(one)
  ]
  return facts.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`${name.padEnd(10)} ${value}`]
  )
}

/** `4, 6, 8` or `2-60`. */
export const lengths = ({ durations }: Pick<Capabilities, "durations">): string =>
  durations._tag === "OneOf" ? durations.seconds.join(", ") : `${durations.minimum}-${durations.maximum}`

/** `$0.20-$0.60`: from the cheapest to the dearest second; `$1.00 a clip` where only clips have a price. */
export const perSecond = ({ price }: Capabilities): string => {
  if (price === undefined) return "unknown"
  const seconds = price.rates.flatMap((rate) => rate.perSecond ?? [])
  const clips = price.rates.flatMap((rate) => rate.perClip ?? [])
  return seconds.length > 0 ? range(seconds) : clips.length > 0 ? `${range(clips)} a clip` : "unknown"
}

const range = (amounts: ReadonlyArray<Money.MicroUsd>): string => {
  const [least, most] = [Math.min(...amounts), Math.max(...amounts)].map((amount) =>
    Money.format(Money.MicroUsd.make(amount))
  )
  return least === most ? `${least}` : `${least}-${most}`
}

/** Whether it no longer answers, on a day in milliseconds since 1970. */
export const isRetired = ({ retiredOn }: Capabilities, today: number): boolean =>
  retiredOn !== undefined && retiredOn <= DateTime.formatIsoDateUtc(DateTime.unsafeMake(today))

const state = (one: Capabilities, today: number): string => {
  if (one.retiredOn === undefined) return "available"
  const instead = one.replacement === undefined ? "" : `; ask for ${one.replacement} instead`
  return isRetired(one, today)
    ? `retired on ${one.retiredOn}${instead}`
    : `available until ${one.retiredOn}${instead}`
}

const sounds = { always: "always", optional: "--audio or --no-audio", never: "never" } as const

const yesOrNo = (can: boolean) => (can ? "yes" : "no")

const words: { readonly [Name in Input]: string } = {
  startImage: "a start image",
  lastFrame: "a last frame",
  referenceImages: "reference images",
  extend: "a video to go on with"
}

const optionWords: { readonly [Name in NonNullable<Capabilities["ignored"]>[number]]: string } = {
  aspectRatio: "the aspect ratio",
  resolution: "the resolution",
  duration: "the duration",
  audio: "the choice of sound",
  negativePrompt: "the negative prompt",
  seed: "the seed"
}

/** `with reference images: 8 s, no seed`. */
const caseOf = (one: Case): string => {
  const where = [
    ...(one.with === undefined ? [] : [`with ${words[one.with]}`]),
    ...(one.without === undefined ? [] : [`without ${words[one.without]}`]),
    ...(one.resolution === undefined ? [] : [`in ${one.resolution}`])
  ].join(" ")
  const what = [
    ...(one.requires === undefined ? [] : [`needs ${words[one.requires]}`]),
    ...(one.aspectRatios ?? []),
    ...(one.resolutions ?? []),
    ...(one.durations === undefined ? [] : [`${lengths({ durations: one.durations })} s`]),
    ...(one.excludes ?? []).map((name) => `no ${optionWords[name].replace("the ", "")}`),
    ...(one.ignored ?? []).map((name) => `ignores ${optionWords[name]}`)
  ].join(", ")
  return where === "" ? what : `${where}: ${what}`
}

const inputs = ({ extend, lastFrame, referenceImages, startImage }: Capabilities): ReadonlyArray<string> => [
  ...(startImage ? [words.startImage] : []),
  ...(lastFrame ? [words.lastFrame] : []),
  ...(referenceImages > 0 ? [`up to ${referenceImages} ${words.referenceImages}`] : []),
  ...(extend === true ? [words.extend] : [])
]

const prices = ({ price }: Capabilities): ReadonlyArray<readonly [string, string]> => {
  if (price === undefined) return [["price", "unknown; set your own: prices in the configuration"]]
  const { asOf, extras = [], minimum, rates, source, unit } = price
  return [
    ...rates.map((rate) => ["price", `${rateOf(rate)}${circumstance(rate, price)}`] as const),
    ...extras.map((extra) => ["and", extraOf(extra)] as const),
    ...(minimum === undefined ? [] : [["at least", Money.format(minimum)] as const]),
    ...(unit === undefined ? [] : [["rounded", `up to a multiple of ${Money.format(unit)}`] as const]),
    ["as of", source === undefined ? asOf : `${asOf}, ${source}`]
  ]
}

const rateOf = ({ perClip, perSecond }: Price["rates"][number]): string =>
  [
    ...(perSecond === undefined ? [] : [`${Money.format(perSecond)} a second`]),
    ...(perClip === undefined ? [] : [`${Money.format(perClip)} a clip`])
  ].join(" and ") || "nothing"

const circumstance = (rate: Price["rates"][number], { rates }: Price): string => {
  const { aspectRatio, audio, resolution, with: input } = rate
  const rest = rates.some((other) => other.resolution !== undefined) ? ["other sizes"] : []
  const what = [
    ...(resolution === undefined ? rest : [resolution]),
    ...(aspectRatio === undefined ? [] : [aspectRatio]),
    ...(audio === undefined ? [] : [audio ? "with sound" : "without sound"]),
    ...(input === undefined ? [] : [`with ${words[input]}`])
  ].join(", ")
  return what === "" ? "" : `: ${what}`
}

const extraOf = ({ count, name, per = 1, perhaps = false, price }: Extra): string => {
  const amount =
    price === undefined
      ? `an unknown price for ${name}`
      : count === "inputs"
        ? `${Money.format(price)} for ${name}`
        : `${Money.format(price)}${per === 1 ? "" : ` a ${per === 1_000_000 ? "million" : per}`} for ${name}`
  return perhaps ? `perhaps ${amount}` : amount
}
