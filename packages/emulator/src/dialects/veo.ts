/**
 * The wire of Veo: `predictLongRunning` in the API-key form of the Gemini API, and in the form of Vertex AI.
 *
 * @since 0.1.0
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import { answering, type Dialect, type Handler, type Routes, type Wire } from "../Dialect.ts"
import * as Downloads from "../internal/googleDownloads.ts"
import { refuse } from "../internal/googleRefusal.ts"
import * as Key from "../internal/key.ts"
import { apiKeyModel, call, findModel, unknownMethod, vertexModel } from "../internal/veoForms.ts"
import { describe, models } from "../internal/veoModels.ts"
import * as Questions from "../internal/veoOperations.ts"
import { submit } from "../internal/veoSubmit.ts"

/** The routes of both forms. */
const routes = (wire: Wire): Routes => {
  const answered = answering(wire)
  return HttpRouter.empty.pipe(
    HttpRouter.get("/v1beta/models", answered(listModels)),
    HttpRouter.get("/v1beta/models/:model", answered(getModel)),
    HttpRouter.post("/v1beta/models/:call", answered(apiKeyCall(wire))),
    HttpRouter.get("/v1beta/models/:model/operations", answered(listOperations(wire))),
    HttpRouter.get("/v1beta/models/:model/operations/:operation", answered(getOperation(wire))),
    HttpRouter.post("/v1beta/models/:model/operations/:call", answered(apiKeyCancel(wire))),
    HttpRouter.get("/v1beta/files/*", answered(Downloads.file(wire))),
    HttpRouter.get("/v1/files/*", answered(Downloads.file(wire))),
    HttpRouter.get("/download/storage/v1/b/:bucket/o/*", answered(Downloads.object(wire))),
    HttpRouter.concat(vertexRoutes(wire))
  )
}

const vertexRoutes = (wire: Wire): Routes => {
  const answered = answering(wire)
  const parents = [
    "/v1/projects/:project/locations/:location",
    "/v1beta1/projects/:project/locations/:location"
  ] as const
  // Vertex in its express mode has keys, and no projects.
  return [...parents, "/v1" as const, "/v1beta1" as const].reduce<Routes>(
    (router, parent) =>
      router.pipe(
        HttpRouter.post(`${parent}/publishers/google/models/:call`, answered(vertexCall(wire))),
        HttpRouter.post(
          `${parent}/publishers/google/models/:model/operations/:call`,
          answered(vertexCancel(wire))
        )
      ),
    HttpRouter.empty
  )
}

const parameter = (name: string) => Effect.map(HttpRouter.params, (params) => params[name] ?? "")

const listModels: Handler = Effect.sync(() => HttpServerResponse.unsafeJson({ models: models.map(describe) }))

const getModel: Handler = parameter("model").pipe(
  Effect.flatMap(findModel),
  Effect.map((model) => HttpServerResponse.unsafeJson(describe(model)))
)

// --- the API-key form ------------------------------------------------------------------------------------------

const apiKeyCall = (wire: Wire): Handler =>
  Effect.flatMap(call, ({ target, method }) =>
    method === "predictLongRunning" ? submit(wire, apiKeyModel(target)) : Effect.fail(unknownMethod(method))
  )

const listOperations = (wire: Wire): Handler =>
  Effect.flatMap(parameter("model"), (model) => Questions.list(wire, model))

const getOperation = (wire: Wire): Handler =>
  Effect.flatMap(HttpRouter.params, ({ model = "", operation = "" }) =>
    Questions.get(wire, `${apiKeyModel(model).path}/operations/${operation}`)
  )

const apiKeyCancel = (wire: Wire): Handler =>
  Effect.flatMap(parameter("model"), (model) => cancelIn(wire, apiKeyModel(model).path))

// --- the Vertex form -------------------------------------------------------------------------------------------

const vertexCall = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const { target, method } = yield* call
    const model = vertexModel(yield* HttpRouter.params, target)
    switch (method) {
      case "predictLongRunning":
        return yield* submit(wire, model)
      case "fetchPredictOperation":
        return yield* Questions.fetch(wire, model)
      default:
        return yield* unknownMethod(method)
    }
  })

const vertexCancel = (wire: Wire): Handler =>
  Effect.flatMap(HttpRouter.params, (params) =>
    cancelIn(wire, vertexModel(params, params["model"] ?? "").path)
  )

const cancelIn = (wire: Wire, parent: string): Handler =>
  Effect.flatMap(call, ({ target, method }) =>
    method === "cancel"
      ? Questions.cancel(wire, `${parent}/operations/${target}`)
      : Effect.fail(unknownMethod(method))
  )

/** Google's API for Veo, at the root. */
export const dialect: Dialect = {
  name: "veo",
  title: "Google Veo (Gemini API and Vertex AI)",
  prefix: "",
  keys: [Key.header("x-goog-api-key"), Key.authorization("Bearer"), Key.query("key")],
  scenarioField: "parameters.emulatorScenario",
  lacks: {},
  refuse,
  routes
}
