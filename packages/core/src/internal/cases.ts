/**
 * Which of a model's special cases a request is, and what they leave of what the model can do.
 */
import * as Arr from "effect/Array"
import type { Capabilities, Case, Durations, Ignorable } from "../Capabilities.ts"
import type { Input } from "../Price.ts"
import type { VideoRequest } from "../VideoRequest.ts"
import { some } from "./optionWords.ts"

/** Whether a request comes with an input. */
export const isGiven = (request: VideoRequest, input: Input): boolean =>
  input === "referenceImages" ? (request.referenceImages ?? []).length > 0 : request[input] !== undefined

/** The cases that a request is, in their order. */
export const applying = ({ cases = [] }: Capabilities, request: VideoRequest): ReadonlyArray<Case> =>
  cases.filter(
    (one) =>
      (one.with === undefined || isGiven(request, one.with)) &&
      (one.without === undefined || !isGiven(request, one.without)) &&
      (one.resolution === undefined || one.resolution === request.resolution)
  )

/** Whether the provider takes an option of a request and does not look at it, or is not told of it at all. */
export const isIgnored = (can: Capabilities, request: VideoRequest, option: Ignorable): boolean =>
  can.ignored?.includes(option) === true ||
  applying(can, request).some(({ ignored }) => ignored?.includes(option))

/** The lists of a model as they are for one request. */
export const narrowed = (can: Capabilities, request: VideoRequest): Lists =>
  applying(can, request).reduce<Lists>(
    (left, { aspectRatios, durations, resolutions }) => ({
      aspectRatios: common(left.aspectRatios, aspectRatios),
      resolutions: common(left.resolutions, resolutions),
      durations: durations === undefined ? left.durations : shorter(left.durations, durations)
    }),
    can
  )

type Lists = Pick<Capabilities, "aspectRatios" | "resolutions" | "durations">

const common = <A>(
  ours: Arr.NonEmptyReadonlyArray<A>,
  left: ReadonlyArray<A> = ours
): Arr.NonEmptyReadonlyArray<A> => {
  const both = ours.filter((one) => left.includes(one))
  return Arr.isNonEmptyReadonlyArray(both) ? both : ours
}

const shorter = (ours: Durations, left: Durations): Durations => {
  if (ours._tag === "Range" && left._tag === "Range")
    return {
      _tag: "Range",
      minimum: Math.max(ours.minimum, left.minimum),
      maximum: Math.min(ours.maximum, left.maximum)
    }
  const [few, other] = ours._tag === "OneOf" ? [ours, left] : [left, ours]
  const both = few._tag === "OneOf" ? few.seconds.filter((seconds) => isAmong(other, seconds)) : []
  return Arr.isNonEmptyReadonlyArray(both) ? { _tag: "OneOf", seconds: both } : ours
}

/** Whether a length is one of those. */
export const isAmong = (durations: Durations, seconds: number): boolean =>
  durations._tag === "OneOf"
    ? durations.seconds.includes(seconds)
    : seconds >= durations.minimum && seconds <= durations.maximum

/** ` with a start image`, ` in 1080p`: which case it is; nothing where it is any request. */
export const circumstance = (one: Case | undefined): string =>
  [
    ...(one?.with === undefined ? [] : [` with ${some[one.with]}`]),
    ...(one?.without === undefined ? [] : [` without ${some[one.without]}`]),
    ...(one?.resolution === undefined ? [] : [` in ${one.resolution}`])
  ].join("")
