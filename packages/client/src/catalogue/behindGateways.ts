/**
 * What is known of a model by its name alone, whoever serves it: a gateway passes a request on to its vendor, which refuses the
 * lengths and sizes that the model does not have.
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import * as Veo from "./veo.ts"

/** The facts that hold behind any gateway: what a model makes, not what a dialect has fields for. */
export type Known = Pick<Capabilities, "aspectRatios" | "resolutions" | "durations" | "cases">

/** Sora's lengths and sizes, as OpenAI's specification of its Videos API has them (`seconds`, `size`; openai 7.57). */
const sora: Known = {
  aspectRatios: ["16:9", "9:16"],
  resolutions: ["720p"],
  durations: { _tag: "OneOf", seconds: [4, 8, 12] }
}

/** The facts of a model of that name, with or without the prefixes of gateways (`vertex_ai/veo-3.1-generate-001`). */
export const knownOf = (model: string): Known | undefined => {
  const bare = model.toLowerCase().replace(/^.*\//, "")
  return /^sora-2(-pro)?(-\d{4}-\d{2}-\d{2})?$/.test(bare) ? sora : Veo.factsOf(bare)
}
