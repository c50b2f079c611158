/**
 * How options and inputs of a request are called.
 */
import type { Ignorable, Input } from "../Capabilities.ts"
import type { VideoRequest } from "../VideoRequest.ts"

/** Their names. */
export const names: { readonly [Name in Input | Ignorable]: string } = {
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

/** An input with its article. */
export const some: { readonly [Name in Input]: string } = {
  startImage: "a start image",
  lastFrame: "a last frame",
  referenceImages: "reference images",
  extend: "a video to extend"
}

/** What stands for an input where a value is shown. */
export const values: { readonly [Name in Input]: string } = {
  startImage: "(an image)",
  lastFrame: "(an image)",
  referenceImages: "(images)",
  extend: "(a video)"
}

/** The value of an option, cut where it is long. */
export const shown = (field: Ignorable, value: VideoRequest[Ignorable]): string => {
  if (field === "duration") return `${value} s`
  return typeof value === "boolean" ? onOrOff(value) : String(value).slice(0, 80)
}

/** `on` or `off`. */
export const onOrOff = (on: boolean) => (on ? "on" : "off")
