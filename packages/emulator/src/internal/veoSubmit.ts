/**
 * `predictLongRunning`: from a request to an accepted job, or to what its scenario wants instead.
 *
 * @internal
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { accept, type Emulation, scenarioOf } from "../Emulation.ts"
import type { Scenario, ScenarioName } from "../Faults.ts"
import type { OperationRecord } from "../OperationRecord.ts"
import { newId } from "../Operations.ts"
import { invalidCredentials } from "./access.ts"
import * as GoogleError from "./googleError.ts"
import * as Socket from "./socket.ts"
import { type Addressed, findModel, type Handler } from "./veoForms.ts"
import { decode, type VeoRequest } from "./veoRequest.ts"

/** A body with images may be this long, in bytes: 32 MiB. */
const maximumBody = 32 * 1024 * 1024

export const submit = (emulation: Emulation, to: Addressed): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const model = yield* findModel(to.model)
    const ask = yield* Effect.flatMap(body(request), (text) => decode(text, model))
    const scenario = yield* scenarioOf(emulation, request, submission(to, ask), ask.scenario)
    const refusal = yield* emulation.faults.at("submit", scenario, ask.video.prompt)
    if (Option.isSome(refusal)) return yield* refuse(refusal.value, to, request)
    const record = yield* store(emulation, to, ask, scenario)
    const accident = yield* emulation.faults.at("answer", scenario, ask.video.prompt)
    return yield* answer(record, Option.getOrUndefined(accident), request)
  })

const submission = ({ dialect, model }: Addressed, { video: { prompt } }: VeoRequest) => ({
  dialect,
  model,
  prompt
})

/** Pages of other sites can send forms and plain text unasked, but not this. */
const body = (request: HttpServerRequest.HttpServerRequest) =>
  /^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "application/json")
    ? Socket.bodyText(request, maximumBody)
    : Effect.fail(GoogleError.malformedBody("The Content-Type must be application/json."))

const refuse = (
  scenario: ScenarioName,
  { model }: Addressed,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<never, GoogleError.GoogleError> => {
  switch (scenario) {
    case "quota":
      return Effect.fail(GoogleError.quotaExceeded(model))
    case "rate-limit":
      return Effect.fail(GoogleError.rateLimited(model))
    case "unauthorized":
      return Effect.fail(invalidCredentials)
    case "retired-model":
      return Effect.fail(GoogleError.retiredModel(model))
    case "reset":
      return Socket.reset(request)
    default:
      return Effect.fail(GoogleError.unavailable)
  }
}

const store = (emulation: Emulation, to: Addressed, ask: VeoRequest, scenario: Scenario | undefined) =>
  Effect.gen(function* () {
    const id = yield* newId
    return yield* accept(emulation, {
      id,
      dialect: to.dialect,
      name: `${to.path}/operations/${id}`,
      model: to.model,
      video: ask.video,
      ignoredInputs: ask.ignoredInputs,
      ...(ask.storageUri === undefined
        ? {}
        : { destination: `${ask.storageUri.replace(/\/+$/, "")}/${id}/sample_0.mp4` }),
      ...(scenario === undefined ? {} : { scenario })
    })
  })

const answer = (
  { name }: OperationRecord,
  accident: ScenarioName | undefined,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  switch (accident) {
    case "lost-response":
      return Socket.hangUp(request)
    case "malformed-json":
      return HttpServerResponse.text(`{"name": "${name.slice(0, name.length / 2)}`, {
        contentType: "application/json; charset=UTF-8"
      })
    default:
      return Effect.succeed(HttpServerResponse.unsafeJson({ name }))
  }
}
