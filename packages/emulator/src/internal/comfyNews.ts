/**
 * The socket on which ComfyUI tells a client how its jobs are doing: `{type, data}` as text, and previews as bytes.
 *
 * @internal
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Socket from "@effect/platform/Socket"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type { Handler, Wire } from "../Dialect.ts"
import type { OperationId } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"
import { graphOf, isRunning, isWaiting } from "./comfyJobs.ts"
import type { Memory } from "./comfyMemory.ts"
import { progressOf } from "./jobs.ts"

/** `GET /ws?clientId=`. `states` says whether the server is so new that it tells of all nodes at once. */
export const news = (wire: Wire, memory: Memory, states: boolean): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const client = new URLSearchParams(request.url.split("?")[1] ?? "").get("clientId") ?? ""
    const socket = yield* Effect.mapError(request.upgrade, () =>
      wire.dialect.refuse({ why: "malformed", detail: "It is no WebSocket." })
    )
    const write = yield* socket.writer
    const told = new Map<OperationId, string>()
    const greet = write(JSON.stringify({ type: "status", data: { status: { exec_info: {} }, sid: client } }))
    const tell = Effect.forEach(memory.jobs.get(client) ?? [], (job) =>
      tellOf(wire, job, told, states, write)
    )
    // What is written waits for the socket to be open, and it opens as it is read.
    yield* Effect.raceFirst(
      socket.runRaw(() => {}),
      Effect.zipRight(greet, Effect.repeat(tell, Schedule.spaced("20 millis")))
    )
    return HttpServerResponse.empty()
  }).pipe(
    Effect.scoped,
    // Whoever has gone is told nothing more.
    Effect.catchTag("SocketError", () => Effect.succeed(HttpServerResponse.empty()))
  )

type Write = (chunk: Uint8Array | string | Socket.CloseEvent) => Effect.Effect<void, Socket.SocketError>

/** Tells what is new of a job: nothing while it waits, and nothing more once it has ended. */
const tellOf = (
  wire: Wire,
  id: OperationId,
  told: Map<OperationId, string>,
  states: boolean,
  write: Write
): Effect.Effect<void, Socket.SocketError> =>
  Effect.gen(function* () {
    const found = Option.getOrUndefined(yield* wire.operations.find(id))
    if (found === undefined || (isWaiting(found) && !isRunning(found))) return
    const frames = isWaiting(found) ? progress(found, states) : last(found)
    const text = frames.map((frame) => JSON.stringify(frame)).join("\n")
    if (told.get(id) === text) return
    told.set(id, text)
    yield* write(preview)
    for (const frame of frames) yield* write(JSON.stringify(frame))
  })

/** A preview as the original sends it: its kind in four bytes, and then a picture. */
const preview = Uint8Array.from([0, 0, 0, 1, 0, 0, 0, 1, 0xff, 0xd8])

/** Every node takes the same part of the time, and twenty steps. */
const steps = 20

const progress = (job: Operation, states: boolean) => {
  const prompt_id = job.record.name
  const ids = Object.keys(graphOf(job.record))
  const far = progressOf(job) * ids.length
  const now = Math.min(ids.length - 1, Math.floor(far))
  const node = ids[now] ?? "1"
  const value = Math.round((far - now) * steps)
  return [
    { type: "execution_start", data: { prompt_id } },
    { type: "execution_cached", data: { nodes: [], prompt_id } },
    { type: "executing", data: { node, display_node: node, prompt_id } },
    ...(states ? [{ type: "progress_state", data: { prompt_id, nodes: statesOf(ids, now, value) } }] : []),
    { type: "progress", data: { value, max: steps, prompt_id, node } }
  ]
}

const statesOf = (ids: ReadonlyArray<string>, now: number, value: number) =>
  Object.fromEntries(
    ids
      .slice(0, now + 1)
      .map((id, index) => [
        id,
        index < now ? { value: 1, max: 1, state: "finished" } : { value, max: steps, state: "running" }
      ])
  )

const last = ({ record: { name, outcome } }: Operation) => [
  { type: ends[outcome._tag] ?? "execution_success", data: { prompt_id: name } },
  { type: "executing", data: { node: null, prompt_id: name } }
]

const ends: { readonly [Tag in Operation["record"]["outcome"]["_tag"]]?: string } = {
  Failed: "execution_error",
  Cancelled: "execution_interrupted"
}
