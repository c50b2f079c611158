/**
 * The video APIs that the fixture was made against, and that a test goes on with it against: three dialects at one address.
 * What becomes of a job follows from the first word of its prompt, which its id holds, so that a server that was started
 * a minute ago knows every job of the fixture.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { videoOf } from "../video.ts"

/** When a server lives: while the fixture is made, or long after, when every job has come to its end. */
export type Era = "then" | "now"

/** A paid request that arrived. */
export interface Post {
  readonly prompt: string
  /** The job it made; none where it was refused. */
  readonly job: string | undefined
  readonly body: string
}

/** A request for the bytes of a video. */
export interface Fetch {
  readonly job: string
  readonly range: string | undefined
  readonly status: number
}

export interface Api {
  readonly url: string
  readonly posts: ReadonlyArray<Post>
  readonly fetches: ReadonlyArray<Fetch>
  readonly cancels: ReadonlyArray<string>
  /** Requests under way that will not be answered. */
  readonly held: () => number
  readonly close: () => Promise<void>
}

export interface Options {
  readonly era: Era
  /** 0, any free port, unless told. */
  readonly port?: number
  /** The first words of the prompts whose jobs still run. */
  readonly running?: ReadonlyArray<string>
  /** Called with the first word of the prompt when its job is made, before it is answered. */
  readonly onAccepted?: (role: string) => void
}

/** Bytes of pictures in a video. */
export const videoBytes = 20_000

/** Bytes of the video that has arrived in part: after the first connection, which breaks, and the second, which stalls. */
export const arrived = { first: 8_000, second: 5_000 }

/** The first word of a prompt, or of the prompt behind a job's id. */
export const roleOf = (text: string): string => /^(?:video_)?(?:fixture-)?([a-z]+)/.exec(text)?.[1] ?? ""

/** Starts the APIs on loopback. */
export const open = async ({ era, onAccepted, port = 0, running = [] }: Options): Promise<Api> => {
  const posts: Array<Post> = []
  const fetches: Array<Fetch> = []
  const cancels: Array<string> = []
  let held = 0
  let origin = ""

  const hold = (response: ServerResponse) => {
    held++
    response.on("close", () => held--)
  }

  const submit = async (
    request: IncomingMessage,
    response: ServerResponse,
    promptIn: (body: string) => string,
    answer: (job: string) => unknown
  ) => {
    const body = await textOf(request)
    const prompt = promptIn(body)
    const role = roleOf(prompt)
    if (era === "then" && role === "waiting") {
      posts.push({ prompt, job: undefined, body })
      return json(response, { error: { message: "slow down" } }, 429, { "retry-after": "86400" })
    }
    const job = `fixture-${role}-${era === "then" ? "" : "now-"}${posts.length + 1}`
    posts.push({ prompt, job, body })
    onAccepted?.(role)
    if (era === "then" && role === "hanging") return hold(response)
    if (era === "then" && role === "lost") return void response.destroy()
    return json(response, answer(job))
  }

  const bytes = (job: string, request: IncomingMessage, response: ServerResponse) => {
    const whole = videoOf(job, videoBytes)
    const etag = `"${job}"`
    const { range } = request.headers
    const ifRange = String(request.headers["if-range"])
    const from = ifRange === etag ? Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0) : 0
    const role = roleOf(job)
    const missing = era === "then" && role === "expired"
    const status = missing ? 404 : from === 0 ? 200 : 206
    fetches.push({ job, range, status })
    if (missing) return json(response, { error: { message: "not found" } }, 404)
    if (era === "then" && role === "page") {
      const page = Buffer.from("<html>Please sign in to see your video</html>")
      response.writeHead(200, { "content-type": "video/mp4", "content-length": page.length })
      return void response.end(page)
    }
    response.writeHead(status, {
      "content-type": "video/mp4",
      "content-length": whole.length - from,
      etag,
      "accept-ranges": "bytes",
      ...(from === 0 ? {} : { "content-range": `bytes ${from}-${whole.length - 1}/${whole.length}` })
    })
    if (era === "now" || role !== "part") return void response.end(whole.subarray(from))
    if (from > 0) {
      hold(response)
      return void response.write(whole.subarray(from, from + arrived.second))
    }
    response.write(whole.subarray(0, arrived.first), () => setTimeout(() => response.destroy(), 200))
  }

  /** How a job stands. */
  const standing = (job: string): "running" | "completed" | "failed" | "blocked" | "cancelled" => {
    const role = roleOf(job)
    if (role === "failed" || role === "blocked") return role
    if (cancels.includes(job) && (era === "now" || role === "cancelled")) return "cancelled"
    return running.includes(role) ? "running" : "completed"
  }

  // --- OpenAI's Videos dialect, as LiteLLM has it ---------------------------------------------------------------------

  const openai = async (path: string, request: IncomingMessage, response: ServerResponse) => {
    const [, id, what] = /^\/videos(?:\/([^/]+))?(?:\/(content))?$/.exec(path) ?? []
    const object = (job: string) => ({ object: "video", model: "wan2.2", ...openaiStatus[standing(job)] })
    if (request.method === "POST" && id === undefined)
      return submit(request, response, fieldOfForm("prompt"), (job) => ({
        id: `video_${job}`,
        object: "video",
        model: "wan2.2",
        status: "queued"
      }))
    if (id === undefined) return json(response, { data: [] })
    const job = id.replace(/^video_/, "")
    return what === "content" ? bytes(job, request, response) : json(response, { id, ...object(job) })
  }

  // --- fal's queue ----------------------------------------------------------------------------------------------------

  const fal = async (path: string, request: IncomingMessage, response: ServerResponse) => {
    const [, app, job = "", what] =
      /^\/((?:[^/]+)\/(?:[^/]+))\/requests\/([^/]+)(?:\/(status|cancel))?$/.exec(path) ?? []
    if (app === undefined)
      return submit(request, response, fieldOfJson("prompt"), (made) => {
        const at = `${origin}/fal/${path.split("/").slice(1, 3).join("/")}/requests/${made}`
        return {
          status: "IN_QUEUE",
          request_id: made,
          response_url: at,
          status_url: `${at}/status`,
          cancel_url: `${at}/cancel`
        }
      })
    if (what === "cancel") {
      const isOver = standing(job) === "completed"
      cancels.push(job)
      if (isOver) return json(response, { status: "ALREADY_COMPLETED" }, 400)
      return json(response, { status: roleOf(job) === "cancelled" ? "OK" : "CANCELLATION_REQUESTED" }, 202)
    }
    if (what === "status")
      return standing(job) === "running"
        ? json(response, { status: "IN_PROGRESS", logs: [] }, 202)
        : json(response, { status: "COMPLETED", logs: [] })
    if (standing(job) === "cancelled")
      return json(response, { detail: "Request was cancelled", error_type: "client_cancelled" }, 499)
    return json(response, { video: { url: `${origin}/files/${job}.mp4`, content_type: "video/mp4" } })
  }

  // --- Veo's API-key form ---------------------------------------------------------------------------------------------

  const veo = async (path: string, request: IncomingMessage, response: ServerResponse) => {
    const name = path.replace(/^\/v1beta\//, "")
    const job = name.split("/").at(-1) ?? ""
    if (path.endsWith(":predictLongRunning"))
      return submit(request, response, promptOfVeo, (made) => ({
        name: `models/veo-3.1-generate-preview/operations/${made}`
      }))
    if (standing(job) === "running") return json(response, { name, done: false })
    const uri = `${origin}/veo/v1beta/files/${job}:download?alt=media`
    return json(response, {
      name,
      done: true,
      response: { generateVideoResponse: { generatedSamples: [{ video: { uri } }] } }
    })
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname } = new URL(request.url ?? "", origin)
    const file = /\/files\/([\w-]+)(?::download|\.mp4)$/.exec(pathname)?.[1]
    if (file !== undefined) return bytes(file, request, response)
    if (pathname.startsWith("/openai/v1/"))
      return openai(pathname.slice("/openai/v1".length), request, response)
    if (pathname.startsWith("/fal/")) return fal(pathname.slice("/fal".length), request, response)
    return veo(pathname.slice("/veo".length), request, response)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject)
    server.listen(port, "127.0.0.1", resolve)
  })
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: origin,
    posts,
    fetches,
    cancels,
    held: () => held,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** The settings by which a command finds the APIs, without the prefix of their names. */
export const settings = (url: string): Readonly<Record<string, string>> => ({
  OPENAI_BASE_URL: `${url}/openai/v1`,
  OPENAI_API_KEY: "any",
  OPENAI_SERVER: "litellm",
  OPENAI_MODEL: "wan2.2",
  FAL_BASE_URL: `${url}/fal`,
  FAL_API_KEY: "any",
  VEO_URL: `${url}/veo`,
  VEO_API_KEY: "any",
  DURATION: "4",
  RESOLUTION: "720p",
  RETRY_DELAY: "0.2",
  POLL_INTERVAL: "0.2"
})

const openaiStatus = {
  running: { status: "in_progress", progress: 40 },
  completed: { status: "completed", progress: 100 },
  failed: { status: "failed", error: { code: "render_error", message: "The renderer ran out of memory" } },
  blocked: {
    status: "failed",
    error: { code: "moderation_blocked", message: "Your request was blocked by our moderation system" }
  },
  cancelled: { status: "cancelled" }
}

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString("latin1")
}

const fieldOfForm = (name: string) => (body: string) =>
  new RegExp(`name="${name}"\\r\\n(?:[^\\r\\n]+\\r\\n)*\\r\\n([^\\r]*)\\r\\n`).exec(body)?.[1] ?? ""

const fieldOfJson = (name: string) => (body: string) => {
  const fields = JSON.parse(body) as Readonly<Record<string, unknown>>
  return String(fields[name])
}

const promptOfVeo = (body: string) => {
  const { instances } = JSON.parse(body) as { readonly instances: ReadonlyArray<{ readonly prompt: string }> }
  return instances[0]?.prompt ?? ""
}

const json = (
  response: ServerResponse,
  value: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {}
) => {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(JSON.stringify(value))
}
