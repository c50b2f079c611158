/**
 * Which of a model's special cases a request is, and how that is said.
 */
import type { Capabilities, Case, Ignorable, Input } from "../Capabilities.ts"
import type { VideoRequest } from "../VideoRequest.ts"

/** Whether a request comes with an input. */
export const isGiven = (request: VideoRequest, input: Input): boolean =>
  input === "referenceImages" ? (request.referenceImages ?? []).length > 0 : request[input] !== undefined

/** The cases that a request is, in their order. */
export const applying = ({ cases = [] }: Capabilities, request: VideoRequest): ReadonlyArray<Case> =>
  cases.filter((one) => one.with === undefined || isGiven(request, one.with))

/** Whether the provider takes an option of a request and does not look at it, or is not told of it at all. */
export const isIgnored = (can: Capabilities, request: VideoRequest, option: Ignorable): boolean =>
  can.ignored?.includes(option) === true ||
  applying(can, request).some(({ ignored }) => ignored?.includes(option))

/** ` with a start image`: which case it is; nothing where it is any request. */
export const circumstance = (one: Case): string => (one.with === undefined ? "" : ` with ${some[one.with]}`)

/** An input with its article. */
export const some: { readonly [Name in Input]: string } = {
  startImage: "a start image",
  lastFrame: "a last frame",
  referenceImages: "reference images",
  extend: "a video to extend"
}
