/**
 * The wire of ComfyUI: graphs of nodes in, files out. Below `/old` it is a server of before jobs had addresses of their
 * own, which knows its queue and its history alone and interrupts whatever it is at.
 *
 * @since 0.1.0
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { answering, type Dialect, type Handler, type Routes, type Wire } from "../Dialect.ts"
import * as Body from "../internal/body.ts"
import * as Graph from "../internal/comfyGraph.ts"
import * as Job from "../internal/comfyJobs.ts"
import * as Memory from "../internal/comfyMemory.ts"
import { news } from "../internal/comfyNews.ts"
import { objectInfo } from "../internal/comfyNodes.ts"
import { refuse, refuseGraph } from "../internal/comfyRefusal.ts"
import * as Delivery from "../internal/delivery.ts"
import * as Fields from "../internal/fields.ts"
import * as Jobs from "../internal/jobs.ts"
import * as Key from "../internal/key.ts"
import { submit } from "../internal/submission.ts"
import { OperationId } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"

const routes = (wire: Wire): Routes => {
  const memory = Memory.make()
  const newer = HttpRouter.concat(common(wire, memory, true), jobs(wire))
  return newer.pipe(
    HttpRouter.mount("/api", common(wire, memory, true)),
    HttpRouter.mount("/old", common(wire, memory, false))
  )
}

/** What every server answers to, under `/api` as well. */
const common = (wire: Wire, memory: Memory.Memory, isNew: boolean): Routes => {
  const answered = answering(wire)
  return HttpRouter.empty.pipe(
    HttpRouter.post("/prompt", answered(prompt(wire, memory))),
    HttpRouter.get("/queue", answered(queue(wire))),
    HttpRouter.post("/queue", answered(dequeue(wire))),
    HttpRouter.get("/history/:id", answered(history(wire))),
    HttpRouter.post("/interrupt", answered(interrupt(wire, isNew))),
    HttpRouter.post("/upload/image", answered(upload(wire, memory))),
    HttpRouter.get("/view", answered(view(wire))),
    HttpRouter.get("/ws", answered(news(wire, memory, isNew))),
    HttpRouter.get("/object_info", answered(Effect.sync(() => HttpServerResponse.unsafeJson(objectInfo())))),
    HttpRouter.get(
      "/object_info/:id",
      answered(Effect.map(id, (name) => HttpServerResponse.unsafeJson(objectInfo(name))))
    ),
    HttpRouter.get("/system_stats", answered(systemStats(isNew)))
  )
}

const jobs = (wire: Wire): Routes => {
  const answered = answering(wire)
  return HttpRouter.empty.pipe(
    HttpRouter.get("/api/jobs/:id", answered(job(wire))),
    HttpRouter.post("/api/jobs/:id/cancel", answered(cancel(wire)))
  )
}

const id = Effect.map(HttpRouter.params, (params) => params["id"] ?? "")

const query = (name: string) =>
  Effect.map(
    HttpServerRequest.HttpServerRequest,
    ({ url }) => new URLSearchParams(url.split("?")[1] ?? "").get(name) ?? ""
  )

// --- submit ------------------------------------------------------------------------------------------------------

const Prompt = Schema.Struct({
  prompt: Fields.maybe(Graph.Graph),
  prompt_id: Fields.maybe(Schema.String),
  client_id: Fields.maybe(Schema.String),
  extra_data: Fields.maybe(Schema.Struct({ emulator_scenario: Fields.maybe(Fields.ScenarioText) }))
})

const prompt = (wire: Wire, memory: Memory.Memory): Handler =>
  Effect.gen(function* () {
    const { client_id, extra_data, prompt, prompt_id } = yield* Body.json(wire, Prompt)
    if (prompt === undefined)
      return yield* refuseGraph("no_prompt", "No prompt provided", "No prompt provided")
    const own = yield* ownId(prompt_id)
    yield* Graph.check(prompt, memory.images)
    const ask = {
      model: "comfyui",
      video: yield* Graph.describeGraph(prompt),
      ignoredInputs: Object.values(prompt)
        .filter(({ class_type }) => class_type === "LoadImage")
        .map(({ inputs }) => ({ field: String(inputs["image"]) })),
      echo: { prompt, client_id },
      known: (id: OperationId) => {
        Memory.sent(memory, client_id ?? "", id)
        return { name: Job.uuidOf(id) }
      },
      scenario: extra_data?.emulator_scenario,
      ...(own === undefined ? {} : { id: own })
    }
    return yield* submit(wire, ask, ({ name }) =>
      HttpServerResponse.unsafeJson({ prompt_id: name, number: 0, node_errors: {} })
    )
  })

/** An id that the client chose, in the one form that a UUID is taken in. */
const ownId = (uuid: string | undefined) => {
  if (uuid === undefined) return Effect.succeed(undefined)
  const hex = uuid.replaceAll("-", "")
  return Effect.filterOrFail(
    Effect.mapError(Schema.decode(OperationId)(hex), () => invalidId),
    (id) => Job.uuidOf(id) === uuid,
    () => invalidId
  )
}

const invalidId = refuseGraph("invalid_prompt_id", "prompt_id must be a valid UUID")

const Upload = Schema.Struct({
  subfolder: Fields.maybe(Schema.String),
  overwrite: Fields.maybe(Schema.String)
})

/** Of an image nothing is kept but that it came, and its name. */
const upload = (wire: Wire, memory: Memory.Memory): Handler =>
  Effect.gen(function* () {
    const { fields, names } = yield* Body.jsonOrForm(wire, Upload)
    const name = names["image"]
    if (name === undefined)
      return yield* refuse({
        why: "invalid",
        violations: [{ field: "image", description: "must be a file" }]
      })
    const subfolder = fields.subfolder ?? ""
    memory.images.add(subfolder === "" ? name : `${subfolder}/${name}`)
    return HttpServerResponse.unsafeJson({ name, subfolder, type: "input" })
  })

// --- jobs --------------------------------------------------------------------------------------------------------

const job = (wire: Wire): Handler =>
  Effect.map(
    Effect.flatMap(id, (name) => Jobs.ask(wire, name)),
    (found) => HttpServerResponse.unsafeJson(Job.detail(found))
  )

const queue = (wire: Wire): Handler =>
  Effect.map(Jobs.list(wire), (all) => HttpServerResponse.unsafeJson(Job.queue(all)))

/** Whoever asks for what is not there is told that it is nothing. */
const history = (wire: Wire): Handler =>
  Effect.map(
    Effect.flatMap(id, (name) => Effect.option(Jobs.find(wire, name))),
    (found) => HttpServerResponse.unsafeJson(Option.match(found, { onNone: () => ({}), onSome: Job.history }))
  )

const cancel = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const found = Option.filter(yield* Effect.option(Jobs.find(wire, yield* id)), Job.isWaiting)
    yield* Effect.forEach(Option.toArray(found), (job) => stop(wire, job))
    return HttpServerResponse.unsafeJson({ cancelled: Option.isSome(found) })
  })

/** What runs is interrupted, and what waits is taken out of the queue: then nobody knows of it any more. */
const stop = (wire: Wire, job: Operation) =>
  Job.isRunning(job)
    ? wire.operations.cancel(job.record.id)
    : Effect.mapError(wire.operations.forget(job.record.id), () => refuse({ why: "not-stored" }))

const Dequeue = Schema.Struct({ delete: Fields.maybe(Schema.Array(Schema.String)) })

const dequeue = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const { delete: names = [] } = yield* Body.json(wire, Dequeue)
    const meant = (yield* Jobs.list(wire)).filter(
      (job) => Job.isWaiting(job) && !Job.isRunning(job) && names.includes(job.record.name)
    )
    yield* Effect.forEach(meant, (job) => stop(wire, job))
    return HttpServerResponse.empty({ status: 200 })
  })

const Interrupt = Schema.Struct({ prompt_id: Fields.maybe(Schema.String) })

/** Older servers did not look at whose job it is. */
const interrupt = (wire: Wire, isNew: boolean): Handler =>
  Effect.gen(function* () {
    const { prompt_id } = yield* Body.json(wire, Interrupt)
    const running = (yield* Jobs.list(wire)).filter(Job.isRunning)
    yield* Effect.forEach(
      running.filter(({ record }) => !isNew || prompt_id === undefined || record.name === prompt_id),
      (job) => stop(wire, job)
    )
    return HttpServerResponse.empty({ status: 200 })
  })

const view = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const filename = yield* query("filename")
    const found = yield* Jobs.findById(wire, Job.idIn(filename))
    return yield* Option.match(found, {
      onNone: () => Effect.fail(refuse({ why: "not-found", what: `The file ${filename}` })),
      onSome: ({ record }) => Delivery.send(wire, record)
    })
  })

const systemStats = (isNew: boolean): Handler =>
  Effect.sync(() =>
    HttpServerResponse.unsafeJson({
      system: { os: "emulated", comfyui_version: isNew ? "0.36.0" : "0.3.40", argv: [] },
      devices: []
    })
  )

/** ComfyUI. Whoever puts a key before it has a proxy do so. */
export const dialect: Dialect = {
  name: "comfyui",
  title: "ComfyUI",
  prefix: "/comfyui",
  keys: [Key.authorization("Bearer")],
  scenarioField: "extra_data.emulator_scenario",
  lacks: {
    quota: "a machine of one's own has no quota",
    "rate-limit": "whatever is submitted is queued, however much it is",
    "retired-model": "models are files, and an unknown one is a fault of its node",
    "content-block": "it has no safety filter"
  },
  refuse,
  routes
}
