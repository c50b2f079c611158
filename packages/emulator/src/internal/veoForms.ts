/**
 * How the two forms of Veo name things in their paths.
 *
 * @internal
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as HttpRouter from "@effect/platform/HttpRouter"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Emulation } from "../Emulation.ts"
import { OperationId } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"
import { type GoogleError, notFound, unavailable, unknownModel, unknownOperation } from "./googleError.ts"
import { models, type VeoModel } from "./veoModels.ts"

/** Answers one request, or refuses it in Google's words. */
export type Handler = Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  GoogleError,
  HttpRouter.HttpRouter.Provided | FileSystem.FileSystem
>

/** A model as one of the forms addresses it; `path` stands before `/operations/ID` in the names of its jobs. */
export interface Addressed {
  readonly dialect: "veo" | "veo-vertex"
  readonly path: string
  readonly model: string
}

/** `models/veo-3.1`, as the API-key form says it. */
export const apiKeyModel = (model: string): Addressed => ({ dialect: "veo", path: `models/${model}`, model })

/** `projects/P/locations/L/publishers/google/models/veo-3.1`; keys without a project get a project here too. */
export const vertexModel = (params: Params, model: string): Addressed => ({
  dialect: "veo-vertex",
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

export const unknownMethod = (method: string) => notFound(`The method ${method === "" ? "(none)" : method}`)

export const findModel = (id: string): Effect.Effect<VeoModel, GoogleError> => {
  const model = models.find((known) => known.id === id)
  return model === undefined ? Effect.fail(unknownModel(id)) : Effect.succeed(model)
}

/** The job of that full name. Whoever asks in the other form, or for another model, learns nothing. */
export const findOperation = (emulation: Emulation, name: string): Effect.Effect<Operation, GoogleError> =>
  findById(emulation, name.slice(name.lastIndexOf("/") + 1)).pipe(
    Effect.map(Option.filter(({ record }) => record.name === name)),
    Effect.flatMap(Effect.mapError(() => unknownOperation(name)))
  )

/** The job of an id that came over the wire: only what has the shape of an id is looked for. */
export const findById = (emulation: Emulation, id: string): Effect.Effect<Option.Option<Operation>> =>
  Effect.flatMap(Effect.option(Schema.decode(OperationId)(id)), (known) =>
    Option.isSome(known) ? emulation.operations.find(known.value) : Effect.succeed(Option.none<Operation>())
  )

/** The job as {@link findOperation} finds it, unless its scenario keeps the answer back. */
export const askFor = (emulation: Emulation, name: string): Effect.Effect<Operation, GoogleError> =>
  findOperation(emulation, name).pipe(
    Effect.tap(({ record }) =>
      Effect.flatMap(emulation.faults.at("poll", record.scenario, record.id), (fault) =>
        Option.isSome(fault) ? Effect.fail(unavailable) : Effect.void
      )
    )
  )
