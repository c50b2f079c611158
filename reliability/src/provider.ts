/**
 * A video API that is told how to behave, and the ledger of what it accepted: kept outside of the product, so that it
 * can bear witness. It speaks the API-key form of Veo.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { hashOf, videoOf } from "./video.ts"

/** A job that was accepted, and so is charged. Times are milliseconds since 1970. */
export interface Job {
  readonly operation: string
  readonly prompt: string
  readonly acceptedAt: number
  readonly readyAt: number
  readonly sha256: string
}

/** How slow it is, in milliseconds; asked for anew each time. */
export interface Pace {
  /** From the accepted job to its answer. */
  readonly submit: () => number
  /** From the accepted job to its video. */
  readonly render: () => number
  /** Between two looks at a job and their answers. */
  readonly look: () => number
  /** From the first byte of a video to its last. */
  readonly download: () => number
}

/** What it is doing at this moment: requests of each kind that have no whole answer yet. */
export interface Activity {
  readonly posts: number
  readonly looks: number
  readonly downloads: number
}

/** Where something else than usual may be done: before a job is accepted, before its answer, before a look's, a video's. */
export type Point = "arrival" | "submit" | "look" | "download"

/** A request on its way to its answer. `count` numbers those that came to the same point, from 1. */
export interface Asked {
  readonly point: Point
  readonly count: number
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The job it is about; none before it is accepted. */
  readonly job: Job | undefined
}

/** Answers in the provider's place, or lets it go on. */
export type Twist = (asked: Asked) => "answered" | "go on"

export interface Provider {
  readonly url: string
  readonly apiKey: string
  /** Every accepted submit, in order. */
  readonly ledger: ReadonlyArray<Job>
  readonly activity: () => Activity
  /** Requests of all kinds until now, those with a wrong key included. */
  readonly requests: () => number
  /** Requests whose key was not ours. */
  readonly strangers: () => number
  readonly sockets: () => number
  /** Downloads that were begun, and cancels that came. */
  readonly downloads: () => number
  readonly cancels: () => number
  twist: Twist | undefined
  readonly close: () => Promise<void>
}

/** Bytes of pictures in a video. */
export const videoBytes = 300_000

/** Answers at once. */
export const prompt: Pace = { submit: () => 0, render: () => 0, look: () => 0, download: () => 0 }

/** Opens an API on a free port of this machine. */
export const open = async (apiKey: string, pace: Pace = prompt): Promise<Provider> => {
  const ledger: Array<Job> = []
  const byName = new Map<string, Job>()
  const sockets = new Set<Socket>()
  const now = { posts: 0, looks: 0, downloads: 0 }
  const counts = { requests: 0, strangers: 0, downloads: 0, cancels: 0 }
  const cancelled = new Set<string>()
  let url = ""

  const came = new Map<Point, number>()
  const isTwisted = (point: Point, request: IncomingMessage, response: ServerResponse, job?: Job) => {
    const count = (came.get(point) ?? 0) + 1
    came.set(point, count)
    return provider.twist?.({ point, count, request, response, job }) === "answered"
  }

  const submit = async (request: IncomingMessage, response: ServerResponse) => {
    const body: unknown = JSON.parse(await textOf(request))
    if (isTwisted("arrival", request, response)) return
    const acceptedAt = Date.now()
    const operation = `models/veo-3.1-generate-preview/operations/job-${ledger.length + 1}`
    const job: Job = {
      operation,
      prompt: promptIn(body),
      acceptedAt,
      readyAt: acceptedAt + pace.render(),
      sha256: hashOf(videoOf(operation, videoBytes))
    }
    ledger.push(job)
    byName.set(operation, job)
    if (isTwisted("submit", request, response, job)) return
    await pause(pace.submit())
    json(response, { name: operation })
  }

  const look = async (name: string, request: IncomingMessage, response: ServerResponse) => {
    await pause(pace.look())
    const job = byName.get(name)
    if (isTwisted("look", request, response, job)) return
    if (job === undefined) return json(response, { error: { code: 404, status: "NOT_FOUND" } }, 404)
    if (cancelled.has(name))
      return json(response, { name, done: true, error: { code: 1, message: "cancelled" } })
    if (Date.now() < job.readyAt) return json(response, { name, done: false })
    const uri = `${url}/v1beta/files/${name.split("/").at(-1)}:download?alt=media`
    const generateVideoResponse = { generatedSamples: [{ video: { uri } }] }
    return json(response, { name, done: true, response: { generateVideoResponse } })
  }

  const cancel = (name: string, response: ServerResponse) => {
    counts.cancels++
    const job = byName.get(name)
    if (job !== undefined && Date.now() < job.readyAt) cancelled.add(name)
    return json(response, {})
  }

  const list = (response: ServerResponse) =>
    json(response, {
      operations: ledger.map(({ acceptedAt, operation }) => ({
        name: operation,
        metadata: { createTime: new Date(acceptedAt).toISOString() }
      }))
    })

  const download = async (file: string, request: IncomingMessage, response: ServerResponse) => {
    const operation = `models/veo-3.1-generate-preview/operations/${file}`
    if (!byName.has(operation)) return json(response, { error: { code: 404 } }, 404)
    counts.downloads++
    if (isTwisted("download", request, response, byName.get(operation))) return
    const whole = videoOf(operation, videoBytes)
    const etag = `"${file}"`
    const { "if-range": condition, range } = request.headers
    const from = condition === etag ? Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0) : 0
    response.writeHead(from === 0 ? 200 : 206, {
      "content-type": "video/mp4",
      "content-length": whole.length - from,
      etag,
      ...(from === 0 ? {} : { "content-range": `bytes ${from}-${whole.length - 1}/${whole.length}` })
    })
    const rest = whole.subarray(from)
    const pieces = 8
    const wait = pace.download() / pieces
    for (let piece = 0; piece < pieces && !response.destroyed; piece++) {
      const [start, end] = [piece, piece + 1].map((at) => Math.floor((rest.length * at) / pieces))
      response.write(rest.subarray(start, end))
      await pause(wait)
    }
    response.end()
  }

  const during = async (kind: keyof Activity, response: ServerResponse, work: Promise<void> | void) => {
    now[kind]++
    response.once("close", () => now[kind]--)
    await work
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    counts.requests++
    if (request.headers["x-goog-api-key"] !== apiKey) {
      counts.strangers++
      return json(response, { error: { code: 401, status: "UNAUTHENTICATED" } }, 401)
    }
    const path = new URL(request.url ?? "", url).pathname.replace("/v1beta/", "")
    const file = /^files\/([\w-]+):download$/.exec(path)?.[1]
    if (path.endsWith(":predictLongRunning")) return during("posts", response, submit(request, response))
    if (file !== undefined) return during("downloads", response, download(file, request, response))
    if (path.endsWith("/operations")) return list(response)
    if (path.endsWith(":cancel")) return cancel(path.slice(0, -":cancel".length), response)
    return during("looks", response, look(path, request, response))
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  server.keepAliveTimeout = 60_000
  server.on("connection", (socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  url = await listening(server)
  const provider: Provider = {
    url,
    apiKey,
    ledger,
    activity: () => ({ ...now }),
    requests: () => counts.requests,
    strangers: () => counts.strangers,
    sockets: () => sockets.size,
    downloads: () => counts.downloads,
    cancels: () => counts.cancels,
    twist: undefined,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
  return provider
}

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const pause = (millis: number) =>
  millis <= 0 ? Promise.resolve() : new Promise<void>((resolve) => setTimeout(resolve, millis))

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}

const promptIn = (body: unknown): string => {
  const { instances } = body as { readonly instances?: ReadonlyArray<{ readonly prompt?: string }> }
  return instances?.[0]?.prompt ?? ""
}

const json = (response: ServerResponse, value: unknown, status = 200) => {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify(value))
}
