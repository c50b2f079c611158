/**
 * Every provider of this package, under the name of its kind, and what else its kind has models of.
 */
import type * as Testing from "../../src/testing.ts"
import { geminiOmni, veo, vertex, vertexOmni } from "./google.ts"
import { liteLlm, openAiVideos, openRouter, runway, seedance, xai } from "./makers.ts"
import { comfyUi, fal, replicate, replicateUnlabelled } from "./queues.ts"

export const subjects: Readonly<Record<string, Testing.Subject>> = {
  vertex,
  "vertex, Omni": vertexOmni,
  veo,
  gemini: geminiOmni,
  openai: openAiVideos,
  "openai, LiteLLM": liteLlm,
  runway,
  xai,
  seedance,
  fal,
  replicate,
  "replicate, without a webhook": replicateUnlabelled,
  openrouter: openRouter,
  comfyui: comfyUi
}
