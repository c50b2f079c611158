/**
 * The dialects that the emulator speaks: a file each, and a line each.
 *
 * @since 0.1.0
 */
import type { Dialect } from "./Dialect.ts"
import * as ComfyUi from "./dialects/comfyui.ts"
import * as Fal from "./dialects/fal.ts"
import * as GeminiOmni from "./dialects/geminiOmni.ts"
import * as OpenAi from "./dialects/openai.ts"
import * as OpenRouter from "./dialects/openrouter.ts"
import * as Replicate from "./dialects/replicate.ts"
import * as Runway from "./dialects/runway.ts"
import * as Seedance from "./dialects/seedance.ts"
import * as Veo from "./dialects/veo.ts"
import * as Xai from "./dialects/xai.ts"

/** Every dialect by its name. Google's stay at the root, the others have a prefix each. */
export const dialects = {
  veo: Veo.dialect,
  geminiOmni: GeminiOmni.dialect,
  openai: OpenAi.dialect,
  openrouter: OpenRouter.dialect,
  runway: Runway.dialect,
  xai: Xai.dialect,
  seedance: Seedance.dialect,
  comfyui: ComfyUi.dialect,
  fal: Fal.dialect,
  replicate: Replicate.dialect
} as const satisfies { readonly [name: string]: Dialect }

export type DialectName = keyof typeof dialects

/** All of them, in the order of the registry. */
export const all: ReadonlyArray<Dialect> = Object.values(dialects)

/** Whose address that is: the dialect mounted above a path, or the one at the root. */
export const at = (path: string): Dialect =>
  all.find(({ prefix }) => prefix !== "" && `${path.split("?")[0]}/`.startsWith(`${prefix}/`)) ?? Veo.dialect

/** The address to give a client of that dialect, of an emulator at `url`. */
export const urlOf = (url: string, name: DialectName): string => `${url}${dialects[name].prefix}`
