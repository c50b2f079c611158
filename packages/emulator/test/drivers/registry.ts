import type { DialectName } from "@mutoscope/emulator/Dialects"
import { comfyui } from "./comfyui.ts"
import type { Driver } from "./Driver.ts"
import { fal } from "./fal.ts"
import { geminiOmni } from "./geminiOmni.ts"
import { openai } from "./openai.ts"
import { openrouter } from "./openrouter.ts"
import { replicate } from "./replicate.ts"
import { runway } from "./runway.ts"
import { seedance } from "./seedance.ts"
import { veo } from "./veo.ts"
import { xai } from "./xai.ts"

/** A line for every dialect: one without is a type error. */
export const drivers: { readonly [Name in DialectName]: Driver } = {
  veo,
  geminiOmni,
  openai,
  openrouter,
  runway,
  xai,
  seedance,
  comfyui,
  fal,
  replicate
}
