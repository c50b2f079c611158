/**
 * How the two forms of Veo name things in their paths.
 *
 * @internal
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as Effect from "effect/Effect"
import { refuse } from "./googleRefusal.ts"
import type { Refusal } from "./refusal.ts"
import { models, type VeoModel } from "./veoModels.ts"

/** A model as one of the forms addresses it; `path` stands before `/operations/ID` in the names of its jobs. */
export interface Addressed {
  readonly form: "veo" | "veo-vertex"
  readonly path: string
  readonly model: string
}

/** `models/veo-3.1`, as the API-key form says it. */
export const apiKeyModel = (model: string): Addressed => ({ form: "veo", path: `models/${model}`, model })

/** `projects/P/locations/L/publishers/google/models/veo-3.1`; keys without a project get a project here too. */
export const vertexModel = (params: Params, model: string): Addressed => ({
  form: "veo-vertex",
  path: `projects/${params["project"] ?? "emulator"}/locations/${params["location"] ?? "global"}/publishers/google/models/${model}`,
  model
})

type Params = Readonly<Record<string, string | undefined>>

/** `veo-3.1:predictLongRunning` as the thing and what is to be done with it. */
export const call: Effect.Effect<
  { readonly target: string; readonly method: string },
  never,
  HttpRouter.RouteContext
> = Effect.map(HttpRouter.params, (params) => {
  const text = params["call"] ?? ""
  const colon = text.lastIndexOf(":")
  return colon < 0
    ? { target: text, method: "" }
    : { target: text.slice(0, colon), method: text.slice(colon + 1) }
})

export const unknownMethod = (method: string): Refusal =>
  refuse({ why: "not-found", what: `The method ${method === "" ? "(none)" : method}` })

export const findModel = (id: string): Effect.Effect<VeoModel, Refusal> => {
  const model = models.find((known) => known.id === id)
  return model === undefined
    ? Effect.fail(refuse({ why: "unknown-model", model: id }))
    : Effect.succeed(model)
}
