/**
 * From a request that could be read to an accepted job, or to what its scenario wants instead.
 *
 * @internal
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Handler, Wire } from "../Dialect.ts"
import * as Faults from "../Faults.ts"
import type { OperationId, OperationRecord } from "../OperationRecord.ts"
import { type NewOperation, newId } from "../Operations.ts"
import type { Reason } from "./refusal.ts"
import * as Socket from "./socket.ts"

/**
 * What a dialect has read from a submit. `form` is a form of the dialect with a name of its own; `known` tells what
 * the job of an id is called on the wire (and where its video goes); `id` is the client's choice, where it has one;
 * `scenario` is the text in the body.
 */
export interface Ask extends Pick<NewOperation, "model" | "video" | "ignoredInputs" | "echo" | "label"> {
  readonly form?: string
  readonly id?: OperationId
  readonly known: (id: OperationId) => Pick<NewOperation, "name" | "destination">
  readonly scenario: string | undefined
}

/** The whole of a submit. `answer` is what an accepted job is answered with, in JSON. */
export const submit = (
  wire: Wire,
  ask: Ask,
  answer: (record: OperationRecord) => HttpServerResponse.HttpServerResponse
): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { prompt } = ask.video
    const scenario = yield* scenarioOf(wire, request, ask)
    const refusal = yield* wire.faults.at("submit", scenario, prompt)
    if (Option.isSome(refusal)) return yield* refuse(wire, refusal.value, ask, request)
    const record = yield* accept(wire, ask, scenario)
    const accident = yield* wire.faults.at("answer", scenario, prompt)
    return yield* answerAfter(Option.getOrUndefined(accident), answer(record), request)
  })

const dialectOf = (wire: Wire, { form }: Ask) => form ?? wire.dialect.name

/** The scenario of a submit: the program's choice, or the header's, or the body's. */
const scenarioOf = (wire: Wire, request: HttpServerRequest.HttpServerRequest, ask: Ask) =>
  Effect.gen(function* () {
    const submission = { dialect: dialectOf(wire, ask), model: ask.model, prompt: ask.video.prompt }
    const text = wire.choose?.(submission) ?? request.headers["x-emulator-scenario"] ?? ask.scenario
    if (text === undefined) return undefined
    const scenario = yield* Effect.mapError(Faults.parse(text), () => badScenario(wire, Faults.advice))
    const lack = wire.dialect.lacks[scenario.name]
    return lack === undefined
      ? scenario
      : yield* badScenario(wire, `${scenario.name} cannot happen in this dialect: ${lack}`)
  })

const badScenario = (wire: Wire, description: string) =>
  wire.dialect.refuse({ why: "invalid", violations: [{ field: "x-emulator-scenario", description }] })

const refuse = (
  wire: Wire,
  scenario: Faults.ScenarioName,
  { model }: Ask,
  request: HttpServerRequest.HttpServerRequest
) =>
  scenario === "reset" ? Socket.reset(request) : Effect.fail(wire.dialect.refuse(reasonOf(scenario, model)))

const reasonOf = (scenario: Faults.ScenarioName, model: string): Reason => {
  switch (scenario) {
    case "quota":
    case "rate-limit":
    case "retired-model":
      return { why: scenario, model }
    case "unauthorized":
      return { why: scenario }
    default:
      return { why: "unavailable" }
  }
}

/** Takes the job: it is on disk and in the ledger when this returns. */
const accept = (wire: Wire, ask: Ask, scenario: Faults.Scenario | undefined) =>
  Effect.gen(function* () {
    const id = ask.id ?? (yield* newId)
    const record = yield* wire.operations.accept({
      id,
      dialect: dialectOf(wire, ask),
      ...ask.known(id),
      model: ask.model,
      video: ask.video,
      ignoredInputs: ask.ignoredInputs,
      ...(ask.echo === undefined ? {} : { echo: ask.echo }),
      ...(ask.label === undefined ? {} : { label: ask.label }),
      ...(scenario === undefined ? {} : { scenario })
    })
    yield* wire.ledger.write({
      at: yield* Clock.currentTimeMillis,
      dialect: record.dialect,
      id,
      operation: record.name,
      model: record.model,
      prompt: record.video.prompt,
      ...(record.label === undefined ? {} : { label: record.label })
    })
    return record
  }).pipe(
    Effect.uninterruptible,
    Effect.tapError((error) => Effect.logError("The emulator could not write a job down", error)),
    Effect.mapError(() => wire.dialect.refuse({ why: "not-stored" }))
  )

const answerAfter = (
  accident: Faults.ScenarioName | undefined,
  answer: HttpServerResponse.HttpServerResponse,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  switch (accident) {
    case "lost-response":
      return Socket.hangUp(request)
    case "malformed-json":
      return Effect.succeed(cut(answer))
    default:
      return Effect.succeed(answer)
  }
}

/** The first half of an answer, as if that were all of it. */
const cut = (answer: HttpServerResponse.HttpServerResponse) =>
  answer.body._tag === "Uint8Array"
    ? HttpServerResponse.uint8Array(answer.body.body.subarray(0, answer.body.body.length / 2), {
        status: answer.status,
        contentType: answer.body.contentType
      })
    : answer
