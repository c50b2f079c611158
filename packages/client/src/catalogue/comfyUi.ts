/**
 * What a workflow of ComfyUI can do: what it has a place for.
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import { references, type Workflow } from "../internal/workflow.ts"

/** A workflow as a model. It costs nothing: it runs on one's own machine, and no key for anybody's paid nodes is sent. */
export const capabilitiesOf = (provider: string, model: string, workflow: Workflow): Capabilities => {
  const has = (name: string) => workflow.uses.has(name)
  const ignored = [
    ...(has("width") && has("height") ? [] : (["aspectRatio", "resolution"] as const)),
    ...(has("frames") || has("seconds") ? [] : (["duration"] as const))
  ]
  return {
    provider,
    model,
    aliases: [],
    title: `ComfyUI: ${model}`,
    aspectRatios: ["16:9", "9:16", "1:1", "4:3"],
    resolutions: ["480p", "720p", "1080p", "4K"],
    durations: { _tag: "Range", minimum: 2, maximum: 60 },
    audio: has("audio") ? "optional" : "never",
    negativePrompt: has("negative_prompt"),
    seed: has("seed"),
    startImage: has("start_image"),
    lastFrame: has("last_frame"),
    referenceImages: references(workflow),
    ...(ignored.length === 0 ? {} : { ignored }),
    cancel: true,
    progress: true,
    minimumPollInterval: 1,
    price: {
      asOf: "2026-11-22",
      source: "it runs on your own machine",
      rates: [{ perSecond: Money.zero }],
      freeOptions: ["*"]
    }
  }
}
