/**
 * A server that speaks eight vendors' dialects, does one thing wrong for each job, and keeps a ledger outside of the product:
 * what was accepted, what was charged, and which videos it still serves.
 */
import { createHash } from "node:crypto"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { PCGRandom } from "effect/Utils"
import { hashOf, videoOf } from "./video.ts"

export const dialects = [
  "openai",
  "openrouter",
  "fal",
  "replicate",
  "runway",
  "xai",
  "seedance",
  "veo"
] as const
export type DialectName = (typeof dialects)[number]

/** What the world does to one job. */
export const faults = [
  "none",
  "lost answer",
  "blocked submit",
  "withheld video",
  "unknown for a while",
  "forgotten",
  "looks 503",
  "looks 429",
  "strange words",
  "changed id",
  "no id",
  "result 500",
  "file 404",
  "file 403",
  "file 410",
  "file 503",
  "file cut",
  "file shorter than said",
  "file a page",
  "file of two versions",
  "file elsewhere"
] as const
export type FaultName = (typeof faults)[number]

/** A prompt with its dialect and its fault. */
export interface Draw {
  readonly prompt: string
  readonly dialect: DialectName
  readonly fault: FaultName
}

/** An accepted submit. */
export interface Entry extends Draw {
  /** The id under which a person finds it in the vendor's console. */
  readonly operation: string
  /** In dollars; what the request was quoted at. */
  readonly charge: number
  /** The number of the process whose request it was. */
  readonly run: number
  readonly sha256: string
  /** Whether its video can be fetched at the end of everything. */
  readonly isServed: boolean
}

/** What each accepted job costs, in dollars. */
export const charge = 0.1

/** Deals each fault before any comes again, in an order of the seed, over the dialects in turn. */
export const draw = (seed: number, jobs: number): ReadonlyArray<Draw> => {
  const random = new PCGRandom(seed)
  let deck: Array<FaultName> = []
  return Array.from({ length: jobs }, (_, index) => {
    if (deck.length === 0) deck = [...faults]
    const [fault = "none"] = deck.splice(random.integer(deck.length), 1)
    const dialect = dialects[index % dialects.length] ?? "veo"
    return { prompt: `Clip ${index + 1} of a bad day`, dialect, fault }
  })
}

export interface Vendors {
  readonly url: string
  readonly ledger: ReadonlyArray<Entry>
  /** How many jobs met their fault. */
  readonly met: ReadonlyMap<FaultName, number>
  /** Requests of each kind that have no whole answer yet. */
  readonly activity: () => { readonly posts: number; readonly downloads: number }
  readonly requests: () => number
  /** Submits that come from now on belong to this process. */
  run: number
  /** Answers at once from now on. */
  readonly hurry: () => void
  readonly close: () => Promise<void>
}

/** The settings of a process that uses the server for every vendor but Veo, which is the world's own. */
export const environment = (url: string, key: string): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    dialects
      .filter((name) => name !== "veo")
      .flatMap((name) => [
        [`MUTOSCOPE_${name.toUpperCase()}_BASE_URL`, `${url}/${name}`],
        [`MUTOSCOPE_${name.toUpperCase()}_API_KEY`, key]
      ])
  ),
  MUTOSCOPE_OPENAI_SERVER: "litellm",
  MUTOSCOPE_PRICES: JSON.stringify({ "*": { perClip: charge } })
})

/** The model that is asked for in each dialect. */
export const models: Readonly<Record<DialectName, string>> = {
  openai: "openai/wan-video",
  openrouter: "openrouter/mutoscope/emulator",
  fal: "fal/veo-3.1-fast",
  replicate: "replicate/veo-3.1",
  runway: "runway/gen4.5",
  xai: "xai/grok-imagine-video",
  seedance: "seedance/seedance-2.0",
  veo: "veo/veo-3.1"
}

/** A job on its way; `looks` and `fetches` count what was asked about it. */
interface Job extends Entry {
  readonly id: string
  readonly readyAt: number
  looks: number
  fetches: number
  results: number
}

type Json = Readonly<Record<string, unknown>>
type Stage = "pending" | "done" | "withheld"

/** What differs from vendor to vendor. */
interface Dialect {
  readonly operation?: (id: string) => string
  readonly accepted: (id: string, base: string) => Json
  /** A job as a look shows it. `word` stands in the place of the status; undefined where it is the vendor's own. */
  readonly shown: (id: string | undefined, stage: Stage, file: string, word?: string) => Json
}

const sentence = "Your request was blocked by our moderation system."

const named = (id: string | undefined) => (id === undefined ? {} : { id })

const plain =
  (words: Readonly<Record<Stage, string>>, done: (file: string) => Json, withheld: Json): Dialect["shown"] =>
  (id, stage, file, word = words[stage]) => ({
    ...named(id),
    status: word,
    ...(stage === "done" ? done(file) : {}),
    ...(stage === "withheld" ? withheld : {})
  })

const wires: Readonly<Record<DialectName, Dialect>> = {
  openai: {
    accepted: (id) => ({ id, object: "video", status: "queued" }),
    shown: plain({ pending: "in_progress", done: "completed", withheld: "failed" }, () => ({}), {
      error: { code: "moderation_blocked", message: sentence }
    })
  },
  openrouter: {
    accepted: (id) => ({ id, polling_url: `/openrouter/videos/${id}`, status: "pending" }),
    shown: plain(
      { pending: "in_progress", done: "completed", withheld: "failed" },
      (file) => ({ unsigned_urls: [file], usage: { cost: charge } }),
      { error: `Content policy violation: ${sentence}` }
    )
  },
  fal: {
    accepted: (id, base) => {
      const url = `${base}/fal-ai/veo3.1/requests/${id}`
      return {
        status: "IN_QUEUE",
        request_id: id,
        response_url: url,
        status_url: `${url}/status`,
        cancel_url: `${url}/cancel`
      }
    },
    shown: (id, stage, _, word = stage === "pending" ? "IN_PROGRESS" : "COMPLETED") => ({
      ...(id === undefined ? {} : { request_id: id }),
      status: word
    })
  },
  replicate: {
    accepted: (id, base) => ({ id, status: "starting", urls: { get: `${base}/predictions/${id}` } }),
    shown: plain({ pending: "processing", done: "succeeded", withheld: "failed" }, (output) => ({ output }), {
      error: "The input or output was flagged as sensitive. (E005)"
    })
  },
  runway: {
    accepted: (id) => ({ id }),
    shown: plain(
      { pending: "RUNNING", done: "SUCCEEDED", withheld: "FAILED" },
      (file) => ({ output: [file] }),
      { failure: sentence, failureCode: "SAFETY.OUTPUT.VIDEO" }
    )
  },
  xai: {
    accepted: (id) => ({ request_id: id }),
    shown: plain(
      { pending: "pending", done: "done", withheld: "failed" },
      (url) => ({ video: { url, respect_moderation: true } }),
      {}
    )
  },
  seedance: {
    accepted: (id) => ({ id }),
    shown: plain(
      { pending: "running", done: "succeeded", withheld: "failed" },
      (video_url) => ({ content: { video_url } }),
      { error: { code: "OutputVideoSensitiveContentDetected", message: sentence } }
    )
  },
  veo: {
    operation: (id) => `models/veo-3.1-generate-preview/operations/${id}`,
    accepted: (id) => ({ name: `models/veo-3.1-generate-preview/operations/${id}` }),
    shown: (id, stage, uri) => ({
      ...(id === undefined ? {} : { name: `models/veo-3.1-generate-preview/operations/${id}` }),
      done: stage !== "pending",
      ...(stage === "pending"
        ? {}
        : {
            response: {
              generateVideoResponse:
                stage === "done"
                  ? { generatedSamples: [{ video: { uri } }] }
                  : { raiMediaFilteredCount: 1, raiMediaFilteredReasons: [sentence] }
            }
          })
    })
  }
}

/** How often a fault that passes is met before it is over. */
const times = 2

const videoBytes = 120_000

/** Opens the server; the same seed gives the same draws. */
export const open = async (draws: ReadonlyArray<Draw>, seed: number): Promise<Vendors> => {
  const random = new PCGRandom(seed + 1)
  const byPrompt = new Map(draws.map((one) => [one.prompt, one]))
  const jobs = new Map<string, Job>()
  const ledger: Array<Job> = []
  const metBy = new Map<FaultName, Set<string>>()
  const met = new Map<FaultName, number>()
  const now = { posts: 0, downloads: 0 }
  let [requests, isSlow, url] = [0, true, ""]
  const between = (least: number, most: number) =>
    isSlow ? Math.round(least + random.number() * (most - least)) : 0

  const meets = ({ fault, prompt }: Draw) => {
    const known = metBy.get(fault) ?? new Set()
    metBy.set(fault, known.add(prompt))
    met.set(fault, known.size)
  }

  const submit = async (dialect: DialectName, request: IncomingMessage, response: ServerResponse) => {
    const text = await textOf(request)
    const drawn = byPrompt.get(/Clip \d+ of a bad day/.exec(text)?.[0] ?? "")
    if (drawn === undefined || drawn.dialect !== dialect)
      return json(response, { error: { message: "This is no request of the campaign" } }, 400)
    const { fault } = drawn
    if (fault === "blocked submit") {
      meets(drawn)
      return json(response, { error: { code: "content_policy_violation", message: sentence } }, 400)
    }
    const id = uuidOf(`${drawn.prompt} ${ledger.length}`)
    const operation = wires[dialect].operation?.(id) ?? id
    const job: Job = {
      ...drawn,
      id,
      operation,
      charge,
      run: vendors.run,
      sha256: hashOf(videoOf(id, videoBytes)),
      isServed: fault !== "forgotten" && fault !== "withheld video",
      readyAt: performance.now() + between(0, 1_500),
      looks: 0,
      fetches: 0,
      results: 0
    }
    ledger.push(job)
    jobs.set(id, job)
    await pause(between(50, 300))
    if (fault === "lost answer") {
      meets(drawn)
      return void response.socket?.destroy()
    }
    return json(
      response,
      wires[dialect].accepted(id, `${url}/${dialect}`),
      dialect === "replicate" ? 201 : 200
    )
  }

  const look = async (job: Job, response: ServerResponse) => {
    await pause(between(5, 40))
    job.looks++
    const { dialect, fault, id } = job
    const isEarly = job.looks <= times
    if (fault === "forgotten" || (fault === "unknown for a while" && isEarly)) {
      meets(job)
      return json(
        response,
        { error: { code: 404, message: "There is no such job", status: "NOT_FOUND" } },
        404
      )
    }
    if (fault === "looks 503" && isEarly) {
      meets(job)
      return json(response, { error: { message: "Service Unavailable" } }, 503)
    }
    if (fault === "looks 429" && isEarly) {
      meets(job)
      return json(response, { error: { message: "Too many requests" } }, 429)
    }
    const isOver = performance.now() >= job.readyAt
    const stage = !isOver ? "pending" : fault === "withheld video" ? "withheld" : "done"
    if (fault === "strange words" && isEarly) {
      meets(job)
      const word = job.looks === 1 ? "Pre-Flight" : "RENDERING_2"
      return json(response, wires[dialect].shown(id, "pending", "", word))
    }
    // fal alone has a result of its own; elsewhere the end of a job is told by the look.
    if (fault === "result 500" && dialect !== "fal" && isOver && job.results++ < times) {
      meets(job)
      return json(response, { detail: "Internal Server Error" }, 500)
    }
    if (stage === "withheld") meets(job)
    if (stage === "withheld" && dialect === "xai")
      return json(response, { code: "imagine:content-moderated", error: sentence }, 400)
    if (fault === "changed id" || fault === "no id") meets(job)
    const shownId = fault === "changed id" ? uuidOf(`another ${id}`) : fault === "no id" ? undefined : id
    return json(response, wires[dialect].shown(shownId, stage, fileOf(job)))
  }

  /** The result of a request that is over, as fal has it. */
  const result = (job: Job, response: ServerResponse) => {
    if (job.fault === "result 500" && job.results++ < times) {
      meets(job)
      return json(response, { detail: "Internal Server Error" }, 500)
    }
    if (job.fault === "withheld video") {
      const type = "content_policy_violation"
      return json(response, { detail: [{ loc: ["body", "prompt"], msg: sentence, type }] }, 422)
    }
    return json(response, { video: { url: fileOf(job), content_type: "video/mp4" } })
  }

  const fileOf = ({ dialect, id }: Job) => {
    if (dialect === "veo") return `${url}/veo/v1beta/files/${id}:download?alt=media`
    return dialect === "openrouter" ? `${url}/openrouter/videos/${id}/content` : `${url}/files/${id}.mp4`
  }

  const file = async (job: Job, request: IncomingMessage, response: ServerResponse, isElsewhere = false) => {
    job.fetches++
    const whole = videoOf(job.id, videoBytes)
    const { fault } = job
    const isEarly = job.fetches <= times
    const refused = /^file (4\d\d|503)$/.exec(fault)?.[1]
    if (refused !== undefined && isEarly) {
      meets(job)
      return json(response, { error: { message: "not now" } }, Number(refused))
    }
    if (fault === "file elsewhere" && !isElsewhere) {
      meets(job)
      return void response.writeHead(302, { location: `${url}/elsewhere/${job.id}.mp4` }).end()
    }
    if (fault === "file cut" && isEarly) {
      meets(job)
      response.socket?.write("HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\nconnection: close\r\n\r\n")
      return void response.socket?.end(whole.subarray(0, 50_001))
    }
    if (fault === "file shorter than said" && isEarly) {
      meets(job)
      return broken(response, whole, whole.length + 4_096)
    }
    if (fault === "file a page" && isEarly) {
      meets(job)
      response.writeHead(200, { "content-type": "video/mp4" })
      return void response.end("<html><body>502 Bad Gateway</body></html>")
    }
    if (fault === "file of two versions" && isEarly) {
      meets(job)
      const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0)
      if (from === 0) return broken(response, whole.subarray(0, 50_001), whole.length)
      const other = videoOf(`another ${job.id}`, videoBytes)
      response.writeHead(206, {
        "content-type": "video/mp4",
        "content-range": `bytes ${from}-${other.length - 1}/${other.length}`
      })
      return void response.end(other.subarray(from))
    }
    response.writeHead(200, { "content-type": "video/mp4", "content-length": whole.length })
    const half = Math.floor(whole.length / 2)
    response.write(whole.subarray(0, half))
    await pause(between(100, 500))
    response.end(whole.subarray(half))
  }

  const during = async (kind: keyof typeof now, response: ServerResponse, work: Promise<void> | void) => {
    now[kind]++
    response.once("close", () => now[kind]--)
    await work
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    requests++
    const path = new URL(request.url ?? "", url).pathname
    const dialect = dialects.find((name) => path.startsWith(`/${name}/`))
    const job = jobs.get(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(path)?.[0] ?? "")
    if (request.method === "POST" && dialect !== undefined && job === undefined)
      return during("posts", response, submit(dialect, request, response))
    if (path.endsWith("/models")) return json(response, { data: listed[path.split("/")[1] ?? ""] ?? [] })
    if (job === undefined) return json(response, { error: { message: "Not found" } }, 404)
    if (/\.mp4$|\/content$|:download$/.test(path))
      return during("downloads", response, file(job, request, response, path.startsWith("/elsewhere/")))
    const isResult = job.dialect === "fal" && !path.endsWith("/status")
    return isResult ? result(job, response) : look(job, response)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const vendors: Vendors = {
    url,
    ledger,
    met,
    activity: () => ({ ...now }),
    requests: () => requests,
    run: 0,
    hurry: () => {
      isSlow = false
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
  return vendors
}

/** The lists of models that a vendor gives. */
const listed: Readonly<Record<string, ReadonlyArray<Json>>> = {
  openai: [{ id: "wan-video" }],
  openrouter: [
    {
      id: "mutoscope/emulator",
      name: "A model",
      supported_resolutions: ["720p"],
      supported_aspect_ratios: ["16:9"],
      supported_durations: [4, 5],
      pricing_skus: { duration_seconds: "0.02" },
      allowed_passthrough_parameters: []
    }
  ]
}

/** Some bytes under a length that is not theirs, and the end of the connection. */
const broken = (response: ServerResponse, bytes: Buffer, length: number) => {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\ncontent-length: ${length}\r\n\r\n`
  response.socket?.write(head)
  response.socket?.end(bytes)
}

const uuidOf = (text: string) =>
  createHash("sha256")
    .update(text)
    .digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5")

const pause = (millis: number) =>
  millis <= 0 ? Promise.resolve() : new Promise<void>((resolve) => setTimeout(resolve, millis))

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}

const json = (response: ServerResponse, value: unknown, status = 200) => {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify(value))
}
