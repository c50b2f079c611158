/**
 * What a request says and its provider does not look at.
 */
import * as Arr from "effect/Array"
import type { Capabilities, Ignorable } from "../Capabilities.ts"
import type { VideoRequest } from "../VideoRequest.ts"
import * as Cases from "./cases.ts"
import { names, shown } from "./optionWords.ts"

/** What was asked for in vain, a sentence each. */
export const warnings = (
  can: Capabilities,
  request: VideoRequest,
  unasked: ReadonlyArray<Ignorable> = []
): ReadonlyArray<string> =>
  inVain(can, request)
    .filter((field) => !unasked.includes(field))
    .map((field) => {
      const when = Cases.applying(can, request).find(({ ignored }) => ignored?.includes(field))
      const always = when === undefined || can.ignored?.includes(field) === true
      const circumstance = Cases.circumstance(always ? undefined : when)
      return `${request.model} ignores the ${names[field]} (${shown(field, request[field])})${circumstance}`
    })

/**
 * What a request says in vain. What comes anyway, since the model does nothing else, is not in vain; with an input that is
 * looked at instead, nobody knows what comes.
 */
export const inVain = (can: Capabilities, request: VideoRequest): ReadonlyArray<Ignorable> => {
  const always = (can.ignored ?? []).filter((field) => !isCertain(can, field, request[field]))
  const now = Cases.applying(can, request).flatMap(({ ignored = [] }) => ignored)
  return Arr.dedupe([...always, ...now]).filter((field) => request[field] !== undefined)
}

const isCertain = (can: Capabilities, field: Ignorable, value: VideoRequest[Ignorable]): boolean => {
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
