/**
 * The wire of Veo: `predictLongRunning` in the API-key form of the Gemini API, and in the form of Vertex AI.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import type { Emulation } from "../Emulation.ts"
import { authorize } from "../internal/access.ts"
import * as Downloads from "../internal/veoDownloads.ts"
import {
  apiKeyModel,
  call,
  findModel,
  type Handler,
  unknownMethod,
  vertexModel
} from "../internal/veoForms.ts"
import { describe, models } from "../internal/veoModels.ts"
import * as Questions from "../internal/veoOperations.ts"
import { submit } from "../internal/veoSubmit.ts"

type Routes = HttpRouter.HttpRouter<never, FileSystem.FileSystem>

/** The routes of both forms. They need Node's HTTP server: scenarios reach for the connection itself. */
export const routes = (emulation: Emulation): Routes => {
  const answered = answeredBy(emulation)
  return HttpRouter.empty.pipe(
    HttpRouter.get("/v1beta/models", answered(listModels)),
    HttpRouter.get("/v1beta/models/:model", answered(getModel)),
    HttpRouter.post("/v1beta/models/:call", answered(apiKeyCall(emulation))),
    HttpRouter.get("/v1beta/models/:model/operations", answered(listOperations(emulation))),
    HttpRouter.get("/v1beta/models/:model/operations/:operation", answered(getOperation(emulation))),
    HttpRouter.post("/v1beta/models/:model/operations/:call", answered(apiKeyCancel(emulation))),
    HttpRouter.get("/v1beta/files/*", answered(Downloads.file(emulation))),
    HttpRouter.get("/download/storage/v1/b/:bucket/o/*", answered(Downloads.object(emulation))),
    HttpRouter.concat(vertexRoutes(emulation))
  )
}

const vertexRoutes = (emulation: Emulation): Routes => {
  const answered = answeredBy(emulation)
  const parents = [
    "/v1/projects/:project/locations/:location",
    "/v1beta1/projects/:project/locations/:location"
  ] as const
  // Vertex in its express mode has keys, and no projects.
  return [...parents, "/v1" as const, "/v1beta1" as const].reduce<Routes>(
    (router, parent) =>
      router.pipe(
        HttpRouter.post(`${parent}/publishers/google/models/:call`, answered(vertexCall(emulation))),
        HttpRouter.post(
          `${parent}/publishers/google/models/:model/operations/:call`,
          answered(vertexCancel(emulation))
        )
      ),
    HttpRouter.empty
  )
}

/** Checks the key first, and says no in Google's shape. */
const answeredBy = (emulation: Emulation) => (handler: Handler) =>
  HttpServerRequest.HttpServerRequest.pipe(
    Effect.flatMap((request) => authorize(request, emulation.apiKey)),
    Effect.zipRight(handler),
    Effect.catchTag("GoogleError", (error) => Effect.succeed(error.response))
  )

const parameter = (name: string) => Effect.map(HttpRouter.params, (params) => params[name] ?? "")

const listModels: Handler = Effect.sync(() => HttpServerResponse.unsafeJson({ models: models.map(describe) }))

const getModel: Handler = parameter("model").pipe(
  Effect.flatMap(findModel),
  Effect.map((model) => HttpServerResponse.unsafeJson(describe(model)))
)

// --- the API-key form ------------------------------------------------------------------------------------------

const apiKeyCall = (emulation: Emulation): Handler =>
  Effect.flatMap(call, ({ target, method }) =>
    method === "predictLongRunning"
      ? submit(emulation, apiKeyModel(target))
      : Effect.fail(unknownMethod(method))
  )

const listOperations = (emulation: Emulation): Handler =>
  Effect.flatMap(parameter("model"), (model) => Questions.list(emulation, model))

const getOperation = (emulation: Emulation): Handler =>
  Effect.flatMap(HttpRouter.params, ({ model = "", operation = "" }) =>
    Questions.get(emulation, `${apiKeyModel(model).path}/operations/${operation}`)
  )

const apiKeyCancel = (emulation: Emulation): Handler =>
  Effect.flatMap(parameter("model"), (model) => cancelIn(emulation, apiKeyModel(model).path))

// --- the Vertex form -------------------------------------------------------------------------------------------

const vertexCall = (emulation: Emulation): Handler =>
  Effect.gen(function* () {
    const { target, method } = yield* call
    const model = vertexModel(yield* HttpRouter.params, target)
    switch (method) {
      case "predictLongRunning":
        return yield* submit(emulation, model)
      case "fetchPredictOperation":
        return yield* Questions.fetch(emulation, model)
      default:
        return yield* unknownMethod(method)
    }
  })

const vertexCancel = (emulation: Emulation): Handler =>
  Effect.flatMap(HttpRouter.params, (params) =>
    cancelIn(emulation, vertexModel(params, params["model"] ?? "").path)
  )

const cancelIn = (emulation: Emulation, parent: string): Handler =>
  Effect.flatMap(call, ({ target, method }) =>
    method === "cancel"
      ? Questions.cancel(emulation, `${parent}/operations/${target}`)
      : Effect.fail(unknownMethod(method))
  )
