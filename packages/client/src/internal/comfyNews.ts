/**
 * What ComfyUI tells of a running job over a WebSocket: how far its nodes are. It is news and nothing more: a socket that
 * is lost, or never opens, changes nothing about the job, and none keeps a process alive.
 */
import * as Effect from "effect/Effect"
import * as FiberMap from "effect/FiberMap"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { Agent, buildConnector, type Dispatcher, WebSocket } from "undici"
import type { News } from "../JobApi.ts"

/** Where a server tells of a job, and the headers that go there. */
export interface Place {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Listens to each job from when it is first asked for until it ends. `nodes` tells how many nodes a model's workflow has:
 * each is an equal part of the whole.
 */
export const listen = (
  place: (id: string) => Place,
  nodes: (model: string) => number | undefined
): Effect.Effect<News, never, Scope.Scope> =>
  Effect.gen(function* () {
    const dispatcher = yield* Effect.acquireRelease(Effect.sync(quietAgent), (agent) =>
      Effect.promise(() => agent.destroy())
    )
    const listeners = yield* FiberMap.make<string>()
    const known = new Map<string, Progress>()
    return ({ id, model }) => {
      const total = nodes(model)
      if (total === undefined) return Effect.succeed(undefined)
      const progress =
        known.get(id) ?? remember(known, id, (other) => Option.isSome(FiberMap.unsafeGet(listeners, other)))
      const heard = hear(dispatcher, place(id), (text) => take(text, id, progress))
      return Effect.as(
        FiberMap.run(listeners, id, heard, { onlyIfMissing: true }),
        percentage(progress, total)
      )
    }
  })

const connect = buildConnector({ timeout: 5_000 })

/** Whoever waits for nothing but news may end. */
const quietAgent = () =>
  new Agent({
    allowH2: false,
    connect: (options, callback) =>
      connect(options, (...result) => {
        result[1]?.unref()
        callback(...result)
      })
  })

/** Hands on the texts that come, until one was the last or the socket ends. Previews are binary, and skipped. */
const hear = (
  dispatcher: Dispatcher,
  { headers, url }: Place,
  take: (text: string) => "more" | "over"
): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    const socket = new WebSocket(url, { dispatcher, headers })
    socket.binaryType = "arraybuffer"
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string" && take(data) === "over") socket.close()
    })
    for (const event of ["close", "error"] as const) socket.addEventListener(event, () => resume(Effect.void))
    return Effect.sync(() => socket.close())
  })

// --- progress ----------------------------------------------------------------------------------------------------

/** The nodes that are done, and how far (0-1) others are. `most` is the highest percentage that was told: it never falls. */
interface Progress {
  readonly done: Set<string>
  readonly running: Map<string, number>
  most: number
}

/** So many jobs are remembered, and all that are listened to: what is heard of those goes into what is remembered. */
const mostJobs = 64

const remember = (known: Map<string, Progress>, id: string, isHeard: (id: string) => boolean): Progress => {
  const oldest = known.size < mostJobs ? undefined : [...known.keys()].find((one) => !isHeard(one))
  if (oldest !== undefined) known.delete(oldest)
  const progress: Progress = { done: new Set(), running: new Map(), most: 0 }
  known.set(id, progress)
  return progress
}

const percentage = (progress: Progress, total: number): number | undefined => {
  if (progress.done.size + progress.running.size === 0) return undefined
  const begun = [...progress.running.values()].reduce((sum, part) => sum + part, 0)
  progress.most = Math.max(progress.most, Math.min(100, (100 * (progress.done.size + begun)) / total))
  return progress.most
}

/** Takes in one frame; what is about another job, or makes no sense, is passed over. */
const take = (text: string, id: string, progress: Progress): "more" | "over" => {
  const frame = Option.getOrUndefined(decodeFrame(text))
  if (frame?.data.prompt_id !== id) return "more"
  switch (frame.type) {
    case "execution_cached":
      for (const node of frame.data.nodes) progress.done.add(node)
      return "more"
    case "executing":
      return executing(frame.data.node, progress)
    case "progress":
      begun(progress, frame.data.node, frame.data)
      return "more"
    case "progress_state":
      for (const [node, state] of Object.entries(frame.data.nodes))
        if (state.state === "finished") finished(progress, node)
        else if (state.state === "running") begun(progress, node, state)
      return "more"
    default:
      return "over"
  }
}

/** Older servers tell nothing but which node it is now: then the others are done. */
const executing = (node: string | null, progress: Progress) => {
  if (node === null) return "over"
  for (const other of [...progress.running.keys()]) if (other !== node) finished(progress, other)
  progress.running.set(node, progress.running.get(node) ?? 0)
  return "more"
}

const begun = ({ done, running }: Progress, node: string, { max, value }: Steps) => {
  done.delete(node)
  running.set(node, max > 0 ? Math.min(1, Math.max(0, value / max)) : 0)
}

const finished = ({ done, running }: Progress, node: string) => {
  running.delete(node)
  done.add(node)
}

// --- the wire ----------------------------------------------------------------------------------------------------

const prompt_id = Schema.String

const Steps = Schema.Struct({ value: Schema.JsonNumber, max: Schema.JsonNumber })
type Steps = typeof Steps.Type

const State = Schema.Struct({ ...Steps.fields, state: Schema.String })

const Frame = Schema.parseJson(
  Schema.Union(
    Schema.Struct({
      type: Schema.Literal("execution_cached"),
      data: Schema.Struct({ prompt_id, nodes: Schema.Array(Schema.String) })
    }),
    Schema.Struct({
      type: Schema.Literal("executing"),
      data: Schema.Struct({ prompt_id, node: Schema.NullOr(Schema.String) })
    }),
    Schema.Struct({
      type: Schema.Literal("progress"),
      data: Schema.Struct({ prompt_id, node: Schema.String, ...Steps.fields })
    }),
    Schema.Struct({
      type: Schema.Literal("progress_state"),
      data: Schema.Struct({ prompt_id, nodes: Schema.Record({ key: Schema.String, value: State }) })
    }),
    Schema.Struct({
      type: Schema.Literal("execution_success", "execution_error", "execution_interrupted"),
      data: Schema.Struct({ prompt_id })
    })
  )
)

const decodeFrame = Schema.decodeOption(Frame)
