/**
 * The models of an API with the most bytes that it takes of one input.
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import * as Option from "effect/Option"
import type { Answer, JobApi } from "../JobApi.ts"

/** An API whose models, listed and assumed, say how large an input may be. */
export const withInputLimits = (api: JobApi): JobApi => {
  const { inputLimits, other } = api
  if (inputLimits === undefined) return api
  const limited = (model: Capabilities): Capabilities => ({ inputLimits, ...model })
  return {
    ...api,
    models: api.models.map(limited),
    other: other === undefined ? undefined : (name) => Option.map(other(name), limited),
    catalogue: limitedCatalogue(api.catalogue, limited)
  }
}

const limitedCatalogue = (
  catalogue: JobApi["catalogue"],
  limited: (model: Capabilities) => Capabilities
): JobApi["catalogue"] => {
  if (catalogue?._tag !== "List") return catalogue
  const { read } = catalogue
  return { ...catalogue, read: (answer: Answer) => Option.map(read(answer), (models) => models.map(limited)) }
}
