/**
 * A server of OpenAI's Videos dialect with one model, `wan-video`: it accepts every job, and serves what its script says.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tinyMp4 } from "../../../storage/test/tinyMp4.ts"

export interface Answer {
  readonly status?: number
  readonly json?: unknown
  readonly body?: Buffer
}

/** Whether jobs are done, and what their files are answered with. */
export interface Script {
  status: Answer | "completed"
  content: Answer
}

/** The smallest video. */
const mp4 = tinyMp4(Buffer.alloc(2000, 7))
/** The job, or its file, is not there. */
export const missing: Answer = { status: 404, json: { error: { message: "Not Found" } } }
/** A video. */
export const video: Answer = { body: mp4 }

/** Starts the server; its `env` points the command to it. */
export const open = async () => {
  const script: Script = { status: "completed", content: missing }
  let posts = 0
  const answer = (method = "", path = ""): Answer => {
    if (path.endsWith("/models")) return { json: { data: [{ id: "wan-video" }] } }
    if (method === "POST") return { json: { id: `v${++posts}`, status: "queued" } }
    if (path.endsWith("/content")) return script.content
    return script.status === "completed"
      ? { json: { id: path.split("/")[3], status: "completed" } }
      : script.status
  }
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const { body = Buffer.alloc(0), json, status = 200 } = answer(request.method, request.url)
      response.writeHead(status, { "content-type": json === undefined ? "video/mp4" : "application/json" })
      response.end(json === undefined ? body : JSON.stringify(json))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    script,
    submits: () => posts,
    env: {
      MUTOSCOPE_OPENAI_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      MUTOSCOPE_OUTPUT_TIMEOUT: "1",
      MUTOSCOPE_UNREACHABLE_AFTER: "1",
      MUTOSCOPE_RETRIES: "0",
      MUTOSCOPE_POLL_INTERVAL: "0.2"
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}
