/**
 * The wire of OpenRouter's video API: `/api/v1/videos`, and a catalogue of models with what each can do.
 *
 * @since 0.1.0
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { answering, baseUrl, type Dialect, type Handler, type Routes, type Wire } from "../Dialect.ts"
import * as Delivery from "../internal/delivery.ts"
import { ignoredInputsNotice, notice } from "../internal/description.ts"
import * as Jobs from "../internal/jobs.ts"
import * as Key from "../internal/key.ts"
import { costOf, models } from "../internal/openRouterModels.ts"
import { refuse } from "../internal/openRouterRefusal.ts"
import * as OpenRouterRequest from "../internal/openRouterRequest.ts"
import { submit } from "../internal/submission.ts"
import type { OperationRecord } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"

const routes = (wire: Wire): Routes => {
  const answered = answering(wire)
  return HttpRouter.empty.pipe(
    HttpRouter.get("/videos/models", listModels),
    HttpRouter.post("/videos", answered(generate(wire))),
    HttpRouter.get("/videos/:id", answered(getGeneration(wire))),
    HttpRouter.get("/videos/:id/content", answered(content(wire)))
  )
}

const id = Effect.map(HttpRouter.params, (params) => params["id"] ?? "")

/** The catalogue is for everybody. */
const listModels = Effect.sync(() => HttpServerResponse.unsafeJson({ data: models }))

const generate = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const ask = {
      ...(yield* OpenRouterRequest.read(wire)),
      known: (id: string) => ({ name: `gen-vid-${id}` })
    }
    return yield* submit(wire, ask, ({ name }) =>
      HttpServerResponse.unsafeJson(
        { id: name, polling_url: pollingUrl(wire, request, name), status: "pending" },
        { status: 202 }
      )
    )
  })

const getGeneration = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const operation = yield* Jobs.ask(wire, yield* id)
    return HttpServerResponse.unsafeJson(toGeneration(wire, request, operation))
  })

/** There is one video a job, at index 0. */
const content = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const params = yield* HttpServerRequest.ParsedSearchParams
    const { record } = yield* Jobs.find(wire, yield* id)
    return (params["index"] ?? "0") === "0"
      ? yield* Delivery.send(wire, record)
      : yield* refuse({ why: "not-found", what: `The video ${String(params["index"])} of ${record.name}` })
  })

// --- answers ---------------------------------------------------------------------------------------------------

/** A path without a host, which a client has to resolve against the address that it asked. */
const pollingUrl = (wire: Wire, request: HttpServerRequest.HttpServerRequest, name: string) =>
  `${new URL(baseUrl(wire, request)).pathname}/videos/${name}`

/** Cost and address come with the end of a job; the address wants the key, although it is called unsigned. */
const toGeneration = (wire: Wire, request: HttpServerRequest.HttpServerRequest, operation: Operation) => {
  const { record } = operation
  return {
    id: record.name,
    generation_id: record.name.replace("gen-vid-", "gen-"),
    polling_url: pollingUrl(wire, request, record.name),
    status: statusOf(operation),
    ...ending(record, `${baseUrl(wire, request)}/videos/${record.name}/content?index=0`),
    metadata: {
      notice,
      seed: record.video.seed,
      ...(record.ignoredInputs.length === 0
        ? {}
        : { ignored_inputs: record.ignoredInputs, ignored_inputs_notice: ignoredInputsNotice })
    }
  }
}

/** A job that nothing came of, and nobody knows why, is completed here, and has no videos. */
const statusOf = ({ record: { outcome }, progress }: Operation) => {
  switch (outcome._tag) {
    case "Pending":
      return Option.isSome(progress) ? "in_progress" : "pending"
    case "Rendered":
      return "completed"
    case "Withheld":
      return outcome.reasons.length === 0 ? "completed" : "failed"
    case "Failed":
      return "failed"
    case "Cancelled":
      return "cancelled"
  }
}

const ending = ({ model, outcome, video }: OperationRecord, url: string) => {
  const usage = { cost: costOf(model, video.duration), is_byok: false }
  switch (outcome._tag) {
    case "Rendered":
      return { unsigned_urls: [url], usage }
    case "Withheld":
      return outcome.reasons.length === 0
        ? { unsigned_urls: [], usage }
        : { error: `Content policy violation: ${outcome.reasons.join(" ")}` }
    case "Failed":
      return { error: outcome.message }
    default:
      return {}
  }
}

/** OpenRouter's video API. */
export const dialect: Dialect = {
  name: "openrouter",
  title: "OpenRouter",
  prefix: "/openrouter/api/v1",
  keys: [Key.authorization("Bearer")],
  scenarioField: "provider.options.fake-provider.emulator_scenario",
  lacks: {},
  refuse,
  routes
}
