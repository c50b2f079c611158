/**
 * Where a request and a model do not fit, what would fit, and what the provider does not look at.
 */
import type { Capabilities, Durations, Ignorable, Input, PromptLimit } from "../Capabilities.ts"
import { nearestAspectRatio, nearestResolution, VideoRequest } from "../VideoRequest.ts"

/** Something that a model cannot do. `change` is what to ask for instead, where there is something near. */
export interface Fault {
  readonly field: keyof VideoRequest
  readonly option: string
  readonly value: string
  readonly supported: ReadonlyArray<string>
  readonly nearest?: string
  readonly change?: Partial<VideoRequest>
}

/** All that a model cannot do of a request. What its provider ignores is no fault. */
export const faults = (can: Capabilities, request: VideoRequest): ReadonlyArray<Fault> =>
  [
    ...aspectRatio(can, request),
    ...resolution(can, request),
    ...duration(can.durations, request.duration),
    ...audio(can.audio, request.audio),
    ...given("negativePrompt", request.negativePrompt, can.negativePrompt),
    ...given("seed", request.seed, can.seed),
    ...given("startImage", request.startImage && "(an image)", can.startImage),
    ...given("lastFrame", request.lastFrame && "(an image)", can.lastFrame),
    ...references(can.referenceImages, request.referenceImages ?? []),
    ...given("extend", request.extend && "(a video)", can.extend ?? false),
    ...(can.exclusive ?? []).flatMap((inputs) => together(inputs, request)),
    ...(can.promptLimit === undefined ? [] : prompt(can.promptLimit, request.prompt))
  ].filter(({ field }) => !isIgnored(can, field))

/** A request with the nearest value for each fault that has one, and what was changed, by the name that was asked for. */
export const snapped = (can: Capabilities, request: VideoRequest) => {
  const near = faults(can, request).filter(({ change }) => change !== undefined)
  if (near.length === 0) return { request, changes: [] }
  const changes = near.map(
    ({ nearest, option, value }) =>
      `${request.model} does not support ${option} ${value}: ${nearest} was taken instead`
  )
  const fields = Object.assign({}, request, ...near.map(({ change }) => change))
  // The nearest of legal values is legal.
  return { request: new VideoRequest(fields, { disableValidation: true }), changes }
}

/** What was asked for in vain, a sentence each. What comes anyway, since the model does nothing else, is not in vain. */
export const ignored = (can: Capabilities, request: VideoRequest): ReadonlyArray<string> =>
  (can.ignored ?? []).flatMap((field) => {
    const value = request[field]
    return value === undefined || isCertain(can, field, value)
      ? []
      : [`${request.model} ignores the ${names[field]} (${shown(field, value)})`]
  })

/** The length in seconds that a model renders and that is closest to the one asked for (the longer of two). */
export const nearestDuration = (durations: Durations, seconds: number): number =>
  durations._tag === "Range"
    ? Math.min(durations.maximum, Math.max(durations.minimum, seconds))
    : durations.seconds.reduce((best, next) => {
        const gain = Math.abs(best - seconds) - Math.abs(next - seconds)
        return gain > 0 || (gain === 0 && next > best) ? next : best
      })

const names: { readonly [Name in Input | Ignorable]: string } = {
  aspectRatio: "aspect ratio",
  resolution: "resolution",
  duration: "duration",
  audio: "audio",
  negativePrompt: "negative prompt",
  seed: "seed",
  startImage: "start image",
  lastFrame: "last frame",
  referenceImages: "reference images",
  extend: "video to extend"
}

// --- what is ignored ---------------------------------------------------------------------------------------------

const isIgnored = (can: Capabilities, field: keyof VideoRequest) =>
  can.ignored?.some((name) => name === field) ?? false

const isCertain = (can: Capabilities, field: Ignorable, value: string | number | boolean): boolean => {
  switch (field) {
    case "aspectRatio":
      return can.aspectRatios.every((only) => only === value)
    case "resolution":
      return can.resolutions.every((only) => only === value)
    case "duration":
      return can.durations._tag === "OneOf"
        ? can.durations.seconds.every((only) => only === value)
        : can.durations.minimum === value && can.durations.maximum === value
    case "audio":
      return can.audio === (value === true ? "always" : "never")
    default:
      return false
  }
}

const shown = (field: Ignorable, value: string | number | boolean): string => {
  if (field === "duration") return `${value} s`
  return typeof value === "boolean" ? onOrOff(value) : String(value).slice(0, 80)
}

const onOrOff = (on: boolean) => (on ? "on" : "off")

// --- what does not fit -------------------------------------------------------------------------------------------

const aspectRatio = ({ aspectRatios }: Capabilities, { aspectRatio: wanted }: VideoRequest) =>
  choice("aspectRatio", wanted, aspectRatios, nearestAspectRatio(wanted, aspectRatios))

const resolution = ({ resolutions }: Capabilities, { resolution: wanted }: VideoRequest) =>
  choice("resolution", wanted, resolutions, nearestResolution(wanted, resolutions))

const choice = <Name extends "aspectRatio" | "resolution">(
  field: Name,
  value: VideoRequest[Name],
  supported: ReadonlyArray<VideoRequest[Name]>,
  nearest: VideoRequest[Name] | undefined
): ReadonlyArray<Fault> =>
  supported.includes(value)
    ? []
    : [
        {
          field,
          option: names[field],
          value,
          supported,
          ...(nearest === undefined ? {} : { nearest, change: { [field]: nearest } })
        }
      ]

const duration = (durations: Durations, seconds: number): ReadonlyArray<Fault> => {
  const nearest = nearestDuration(durations, seconds)
  const supported =
    durations._tag === "OneOf"
      ? durations.seconds.map((n) => `${n} s`)
      : [`${durations.minimum}-${durations.maximum} s`]
  return nearest === seconds
    ? []
    : [
        {
          field: "duration",
          option: names.duration,
          value: `${seconds} s`,
          supported,
          nearest: `${nearest} s`,
          change: { duration: nearest }
        }
      ]
}

const audio = (can: Capabilities["audio"], wanted: boolean | undefined): ReadonlyArray<Fault> =>
  wanted === undefined || can === "optional" || wanted === (can === "always")
    ? []
    : [
        {
          field: "audio",
          option: names.audio,
          value: onOrOff(wanted),
          supported: [onOrOff(can === "always")]
        }
      ]

const given = (
  field: Exclude<Input | Ignorable, "referenceImages">,
  value: string | number | undefined,
  can: boolean
): ReadonlyArray<Fault> =>
  value === undefined || can
    ? []
    : [{ field, option: names[field], value: String(value).slice(0, 80), supported: [] }]

/** Some fewer images are near to what was meant; none at all is something else. */
const references = (
  most: number,
  images: NonNullable<VideoRequest["referenceImages"]>
): ReadonlyArray<Fault> =>
  images.length <= most
    ? []
    : [
        {
          field: "referenceImages",
          option: names.referenceImages,
          value: String(images.length),
          supported: [`at most ${most}`],
          ...(most === 0 ? {} : { nearest: String(most), change: { referenceImages: images.slice(0, most) } })
        }
      ]

const together = (inputs: ReadonlyArray<Input>, request: VideoRequest): ReadonlyArray<Fault> => {
  const [first, ...others] = inputs.filter((input) => isGiven(request, input))
  return first === undefined || others.length === 0
    ? []
    : [
        {
          field: first,
          option: [first, ...others].map((input) => names[input]).join(" with "),
          value: others.length === 1 ? "(both)" : "(all)",
          supported: [`one of ${inputs.map((input) => names[input]).join(", ")}`]
        }
      ]
}

const isGiven = (request: VideoRequest, input: Input): boolean =>
  input === "referenceImages" ? (request.referenceImages ?? []).length > 0 : request[input] !== undefined

const prompt = ({ most, unit }: PromptLimit, text: string): ReadonlyArray<Fault> => {
  const length = lengthIn[unit](text)
  return length <= most
    ? []
    : [
        {
          field: "prompt",
          option: "prompt length",
          value: `${length} ${unit}`,
          supported: [`at most ${most} ${unit}`]
        }
      ]
}

const lengthIn: { readonly [Unit in PromptLimit["unit"]]: (text: string) => number } = {
  "code points": (text) => Array.from(text).length,
  "UTF-16 units": (text) => text.length,
  bytes: (text) => new TextEncoder().encode(text).length
}
