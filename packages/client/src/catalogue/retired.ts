/**
 * Models that are gone wherever their vendors offered them. Who asks for one by its bare name is told so, unless a provider
 * that is configured has it all the same.
 */
import { UnsupportedOption } from "@mutoscope/core/GenerationError"
import * as Option from "effect/Option"
import * as GeminiOmni from "./geminiOmni.ts"
import * as Veo from "./veo.ts"

interface Retired {
  readonly provider: string
  readonly model: string
  readonly retiredOn?: string | undefined
  readonly replacement?: string | undefined
}

/** The day on which OpenAI switched its Videos API off, all of its models with it. */
export const openAiOff = "2026-09-24"

const all: ReadonlyArray<Retired> = [
  { provider: "openai", model: "sora-2", retiredOn: openAiOff },
  { provider: "openai", model: "sora-2-pro", retiredOn: openAiOff },
  ...GeminiOmni.models("gemini").filter(({ model }) => model.startsWith("gemini-omni-")),
  // Some ids of the API-key form are also those of Vertex AI, and not gone.
  ...Veo.models("Vertex", "veo")
]

/** The refusal of a model by the id that it had, with the name of its provider before it or not. */
export const refusalOf = (name: string): Option.Option<UnsupportedOption> =>
  Option.flatMapNullable(
    Option.fromNullable(all.find(({ model, provider }) => name === model || name === `${provider}/${model}`)),
    ({ model, provider, replacement, retiredOn }) =>
      retiredOn === undefined
        ? undefined
        : new UnsupportedOption({
            provider,
            model,
            option: "model",
            value: model,
            supported: [],
            retiredOn,
            ...(replacement === undefined ? {} : { nearest: replacement })
          })
  )
