/**
 * Where a request and a model do not fit, and what would fit.
 */
import type {
  Capabilities,
  Case,
  Durations,
  Ignorable,
  Input,
  Latitude,
  PromptLimit
} from "../Capabilities.ts"
import { nearestAspectRatio, nearestResolution, VideoRequest } from "../VideoRequest.ts"
import * as Cases from "./cases.ts"
import { names, onOrOff, shown, some, values } from "./optionWords.ts"

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
  unfit(can, request).filter(({ field }) => !isIgnorable(field) || !Cases.isIgnored(can, request, field))

const unfit = (can: Capabilities, request: VideoRequest): ReadonlyArray<Fault> => [
  ...aspectRatio(can, request),
  ...resolution(can, request),
  ...duration(can, request),
  ...audio(can.audio, request.audio),
  ...given("negativePrompt", request.negativePrompt, can.negativePrompt),
  ...given("seed", request.seed, can.seed),
  ...given("startImage", request.startImage && values.startImage, can.startImage),
  ...given("lastFrame", request.lastFrame && values.lastFrame, can.lastFrame),
  ...references(can.referenceImages, request.referenceImages ?? []),
  ...given("extend", request.extend && values.extend, can.extend ?? false),
  ...Cases.applying(can, request).flatMap((one) => [...required(one, request), ...excluded(one, request)]),
  ...(can.exclusive ?? []).flatMap((inputs) => together(inputs, request)),
  ...(can.promptLimit === undefined ? [] : prompt(can.promptLimit, request.prompt))
]

/** A request with the nearest value for each fault that may be changed, and what was changed of what somebody asked for. */
export const snapped = (
  can: Capabilities,
  request: VideoRequest,
  { snap, unasked = [] }: Latitude,
  rounds = 3
): { readonly request: VideoRequest; readonly changes: ReadonlyArray<string> } => {
  const isUnasked = ({ field }: Fault) => isIgnorable(field) && unasked.includes(field)
  // What nobody asked for is what the model does anyway, be it told or not.
  const near = [
    ...(snap ? faults(can, request).filter((fault) => !isUnasked(fault)) : []),
    ...unfit(can, request).filter(isUnasked)
  ].filter(({ change }) => change !== undefined)
  if (near.length === 0 || rounds === 0) return { request, changes: [] }
  const changes = near
    .filter((fault) => !isUnasked(fault))
    .map(
      ({ nearest, option, value }) =>
        `${request.model} does not support ${option} ${value}: ${nearest} was taken instead`
    )
  const fields = Object.assign({}, request, ...near.map(({ change }) => change))
  const changed = new VideoRequest(fields, { disableValidation: true })
  // The nearest of legal values is legal; in another resolution something else may not be.
  const next = snapped(can, changed, { snap, unasked }, rounds - 1)
  return { request: next.request, changes: [...changes, ...next.changes] }
}

/** The length in seconds that a model renders and that is closest to the one asked for (the longer of two). */
export const nearestDuration = (durations: Durations, seconds: number): number =>
  durations._tag === "Range"
    ? Math.min(durations.maximum, Math.max(durations.minimum, seconds))
    : durations.seconds.reduce((best, next) => {
        const gain = Math.abs(best - seconds) - Math.abs(next - seconds)
        return gain > 0 || (gain === 0 && next > best) ? next : best
      })

const isIgnorable = (field: keyof VideoRequest): field is Ignorable => field in ignorable

const ignorable: { readonly [Name in Ignorable]: true } = {
  aspectRatio: true,
  resolution: true,
  duration: true,
  audio: true,
  negativePrompt: true,
  seed: true
}

// --- what does not fit -------------------------------------------------------------------------------------------

const aspectRatio = (can: Capabilities, request: VideoRequest) => {
  const { aspectRatio: wanted } = request
  const { aspectRatios } = Cases.narrowed(can, request)
  if (aspectRatios.includes(wanted)) return []
  const where = caseAgainst(can, request, (one) => one.aspectRatios?.includes(wanted))
  return notAmong("aspectRatio", wanted, aspectRatios, nearestAspectRatio(wanted, aspectRatios), where)
}

const resolution = (can: Capabilities, request: VideoRequest) => {
  const { resolution: wanted } = request
  const { resolutions } = Cases.narrowed(can, request)
  if (resolutions.includes(wanted)) return []
  const where = caseAgainst(can, request, (one) => one.resolutions?.includes(wanted))
  return notAmong("resolution", wanted, resolutions, nearestResolution(wanted, resolutions), where)
}

/** Which case stands against something that the model has as such. */
const caseAgainst = (
  can: Capabilities,
  request: VideoRequest,
  allows: (some: Pick<Case, "aspectRatios" | "resolutions" | "durations">) => boolean | undefined
): string =>
  allows(can) === true
    ? Cases.circumstance(Cases.applying(can, request).find((one) => allows(one) === false))
    : ""

const notAmong = <Name extends "aspectRatio" | "resolution">(
  field: Name,
  value: VideoRequest[Name],
  supported: ReadonlyArray<VideoRequest[Name]>,
  nearest: VideoRequest[Name] | undefined,
  where: string
): ReadonlyArray<Fault> => [
  {
    field,
    option: names[field] + where,
    value,
    supported,
    ...(nearest === undefined ? {} : { nearest, change: { [field]: nearest } })
  }
]

const duration = (can: Capabilities, request: VideoRequest): ReadonlyArray<Fault> => {
  const { duration: seconds } = request
  const { durations } = Cases.narrowed(can, request)
  const where = caseAgainst(can, request, (one) => one.durations && Cases.isAmong(one.durations, seconds))
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
          option: names.duration + where,
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

const required = (one: Case, request: VideoRequest): ReadonlyArray<Fault> => {
  if (one.requires === undefined || Cases.isGiven(request, one.requires)) return []
  const needed = some[one.requires]
  const what =
    one.with === undefined
      ? { option: "request", value: "(a text)", supported: [needed] }
      : { option: names[one.with], value: values[one.with], supported: [`${needed} with it`] }
  return [{ ...what, field: one.with ?? one.requires, option: `${what.option} without ${needed}` }]
}

const excluded = (one: Case, request: VideoRequest): ReadonlyArray<Fault> =>
  (one.excludes ?? []).flatMap((field) =>
    request[field] === undefined
      ? []
      : [
          {
            field,
            option: names[field] + Cases.circumstance(one),
            value: shown(field, request[field]),
            supported: []
          }
        ]
  )

const together = (inputs: ReadonlyArray<Input>, request: VideoRequest): ReadonlyArray<Fault> => {
  const [first, ...others] = inputs.filter((input) => Cases.isGiven(request, input))
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
