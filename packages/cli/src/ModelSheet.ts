/**
 * All that is known of a model, a line for each thing.
 */
import type { Capabilities, Case, Input } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import { nameOf } from "@mutoscope/core/Nearest"
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

/** `$0.20-$0.60`: from the cheapest to the dearest rate. */
export const perSecond = ({ price }: Capabilities): string => {
  if (price === undefined) return "unknown"
  const rates = price.rates.map((rate) => rate.perSecond)
  const [least, most] = [Math.min(...rates), Math.max(...rates)].map((rate) =>
    Money.format(Money.MicroUsd.make(rate))
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

const prices = ({ price }: Capabilities): ReadonlyArray<readonly [string, string]> =>
  price === undefined
    ? [["price", "unknown"]]
    : [
        ...price.rates.map(({ audio, perSecond, resolution }) => {
          const sound = audio === undefined ? [] : [audio ? "with sound" : "without sound"]
          const rest = price.rates.some((rate) => rate.resolution !== undefined) ? ["other sizes"] : []
          const what = [...(resolution === undefined ? rest : [resolution]), ...sound].join(", ")
          return ["price", `${Money.format(perSecond)} a second${what === "" ? "" : `: ${what}`}`] as const
        }),
        ["as of", price.asOf]
      ]
