/**
 * What the world does to jobs that were accepted: files that are late, cut or wrong, polls that fail, forget the job for a
 * while or make no sense. Each job meets one trouble, drawn from a seed, and it passes: the provider has every video.
 */
import { createHash } from "node:crypto"
import type { ServerResponse } from "node:http"
import type { Asked, Job, Twist } from "./provider.ts"
import * as Provider from "./provider.ts"
import { videoOf } from "./video.ts"

/** Answers one request in the provider's place. */
type Deed = (asked: Asked, job: Job) => void

interface Trouble {
  readonly at: "look" | "download"
  /** So many requests of a job meet it, one after the other. */
  readonly times: number
  readonly deed: Deed
}

const answer = (response: ServerResponse, status: number, type: string, body: string) => {
  response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) }).end(body)
}

const status =
  (code: number): Deed =>
  ({ response }) =>
    answer(response, code, "application/json", JSON.stringify({ error: { code, message: "not now" } }))

/** Without a length, half of the video, and the end of the connection. */
const cut: Deed = ({ response }, { operation }) => {
  const whole = videoOf(operation, Provider.videoBytes)
  response.socket?.end(
    Buffer.concat([
      Buffer.from("HTTP/1.1 200 OK\r\ncontent-type: video/mp4\r\nconnection: close\r\n\r\n"),
      whole.subarray(0, whole.length / 2)
    ])
  )
}

/** Half of the video under the length of all of it; what is asked for after that is another version, without a word. */
const otherVersion: Deed = ({ request, response }, { operation }) => {
  const whole = videoOf(operation, Provider.videoBytes)
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0)
  if (start > 0) {
    const other = videoOf(`${operation} in other words`, Provider.videoBytes).subarray(start)
    response
      .writeHead(206, {
        "content-type": "video/mp4",
        "content-length": other.length,
        "content-range": `bytes ${start}-${whole.length - 1}/${whole.length}`
      })
      .end(other)
    return
  }
  response.writeHead(200, { "content-type": "video/mp4", "content-length": whole.length, etag: '"first"' })
  response.write(whole.subarray(0, whole.length / 2), () => response.destroy())
}

const page: Deed = ({ response }) => answer(response, 200, "video/mp4", "<html><h1>Sorry</h1></html>")

const empty: Deed = ({ response }) => {
  response.writeHead(200, { "content-type": "video/mp4", "transfer-encoding": "chunked" }).end()
}

/** A box that is no part of a video, served whole. */
const noVideo: Deed = ({ response }) =>
  answer(response, 200, "video/mp4", "\0\0\0\u0010ftypisom\0\0\0\0\0\0\0\u0010freexxxxxxxx")

/** Every trouble by its name; `none` is the job that meets none. */
export const troubles: Readonly<Record<string, Trouble | undefined>> = {
  none: undefined,
  "file 404": { at: "download", times: 2, deed: status(404) },
  "file 403": { at: "download", times: 1, deed: status(403) },
  "file 410": { at: "download", times: 2, deed: status(410) },
  "file 502": { at: "download", times: 2, deed: status(502) },
  "file cut": { at: "download", times: 2, deed: cut },
  "file of two versions": { at: "download", times: 2, deed: otherVersion },
  "page as file": { at: "download", times: 2, deed: page },
  "empty file": { at: "download", times: 2, deed: empty },
  "file that is no video": { at: "download", times: 1, deed: noVideo },
  "poll 404": { at: "look", times: 3, deed: status(404) },
  "poll 500": { at: "look", times: 3, deed: status(500) },
  "poll 429": { at: "look", times: 2, deed: status(429) },
  "poll of a page": {
    at: "look",
    times: 2,
    deed: ({ response }) => answer(response, 200, "text/html", "<html>")
  },
  "poll without a name": {
    at: "look",
    times: 2,
    deed: ({ response }) => answer(response, 200, "application/json", '{"name":"another","done":false}')
  }
}

const names = Object.keys(troubles)

/** The trouble that a job meets. */
export const troubleOf = (seed: number, { operation }: Pick<Job, "operation">): string =>
  names[createHash("sha256").update(`${seed} ${operation}`).digest().readUInt32BE() % names.length] ?? "none"

/** A twist that gives each job its trouble, and how many jobs have met each. */
export const make = (seed: number): { readonly twist: Twist; readonly met: ReadonlyMap<string, number> } => {
  const left = new Map<string, number>()
  const met = new Map<string, number>()
  const twist: Twist = (asked) => {
    const { job, point } = asked
    if (job === undefined) return "go on"
    const name = troubleOf(seed, job)
    const trouble = troubles[name]
    if (trouble === undefined || trouble.at !== point) return "go on"
    const times = left.get(job.operation) ?? trouble.times
    if (times === 0) return "go on"
    if (times === trouble.times) met.set(name, (met.get(name) ?? 0) + 1)
    left.set(job.operation, times - 1)
    trouble.deed(asked, job)
    return "answered"
  }
  return { twist, met }
}
