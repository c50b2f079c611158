// A video API that does next to nothing, in a process of its own: it answers the forms of Veo (API key) and of OpenAI, and
// those of `wires.mjs` below a prefix each, so that what is measured is the client. Its operations are done at the fifth poll; those of the model of `waiting.mjs`
// never are.
import { createServer } from "node:http"
import { movie, writeMovie } from "./movie.mjs"
import { pollsToDone, videoBytes } from "./server-facts.mjs"
import { wires } from "./wires.mjs"

const small = movie(videoBytes)
const polls = new Map()
const waiting = new Set()
let operations = 0
let sockets = 0
let mostSockets = 0

const json = (response, value) => {
  const text = JSON.stringify(value)
  response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) })
  response.end(text)
}

/** True at the last poll of an operation, which is then forgotten. */
const isDone = (id) => {
  const count = (polls.get(id) ?? 0) + 1
  if (count < pollsToDone) return !polls.set(id, count)
  return polls.delete(id) || true
}

const veoOperation = (name, origin) => {
  const id = name.slice(name.lastIndexOf("/") + 1)
  if (id.startsWith("waiting")) waiting.add(id)
  if (id.startsWith("waiting") || !isDone(id)) return { name, metadata: {} }
  const uri = `${origin}/v1beta/files/${id}:download?alt=media`
  return { name, done: true, response: { generateVideoResponse: { generatedSamples: [{ video: { uri } }] } } }
}

const openaiVideo = (id, status) => ({
  id,
  object: "video",
  model: "sora-2",
  status,
  progress: status === "completed" ? 100 : 50,
  created_at: 1,
  seconds: "4",
  size: "1280x720"
})

/** Waits until a request has been read, and hands back its beginning, where a prompt is. */
const received = (request) =>
  new Promise((resolve) => {
    const chunks = []
    request.on("data", (chunk) => chunks.push(chunk))
    request.on("end", () => resolve(Buffer.concat(chunks).toString()))
  })

const submitted = (body) => {
  // A prompt may ask for an operation that never ends, or for a video of so many bytes.
  const [, wish] = /\b(waiting|size\d+)\b/.exec(body) ?? []
  operations += 1
  return `${wish ?? "op"}n${operations}`
}

const sendVideo = (response, id) => {
  const [, size] = /^size(\d+)n/.exec(id) ?? []
  const bytes = size === undefined ? videoBytes : Number(size)
  response.writeHead(200, { "content-type": "video/mp4", "content-length": bytes, etag: `"${id}"` })
  return size === undefined ? response.end(signed(small, id)) : writeMovie(response, bytes)
}

/** Each job has a video of its own: no real API gives two the same. */
const signed = (video, id) => {
  const own = Buffer.from(video)
  own.write(id, own.length - 32, "latin1")
  return own
}

/** One of the wires, below its prefix: whatever ends in `/content` is a video, and a job's id is a part of the path. */
const answerWire = async ({ answers }, request, response, path) => {
  const base = `http://${request.headers.host}`
  if (request.method === "POST")
    return json(response, answers.submit(submitted(await received(request)), base))
  const id = path.split("/").find((part) => /^(op|size\d+)n\d+$/.test(part)) ?? ""
  if (path.endsWith("/content")) return sendVideo(response, id)
  if (answers.result !== undefined && !path.endsWith("/status"))
    return json(response, answers.result(id, base))
  // What is no job is asked about the models.
  return json(response, id === "" ? { data: [] } : answers.poll(id, isDone(id), base))
}

const answer = async (request, response) => {
  const path = request.url.split("?")[0]
  const wire = wires[path.split("/")[1]]
  if (wire !== undefined) return answerWire(wire, request, response, path)
  if (request.method === "POST") {
    const id = submitted(await received(request))
    return path.startsWith("/v1/videos")
      ? json(response, openaiVideo(id, "queued"))
      : json(response, { name: `models/veo-3.0-generate-001/operations/${id}` })
  }
  const [, file] = /^\/v1beta\/files\/([^:]+):download$/.exec(path) ?? []
  if (file !== undefined) return sendVideo(response, file)
  const [, video, content] = /^\/v1\/videos\/([^/]+)(\/content)?$/.exec(path) ?? []
  if (content !== undefined) return sendVideo(response, video)
  if (video !== undefined)
    return json(response, openaiVideo(video, isDone(video) ? "completed" : "in_progress"))
  if (path === "/sockets") return json(response, { mostSockets })
  if (path === "/polled") return json(response, { all: waiting.size })
  return json(response, veoOperation(path.slice("/v1beta/".length), `http://${request.headers.host}`))
}

const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  answer(request, response).catch((error) => response.destroy(error))
})
server.on("connection", (socket) => {
  sockets += 1
  mostSockets = Math.max(mostSockets, sockets)
  socket.on("close", () => {
    sockets -= 1
  })
})
server.listen(0, "127.0.0.1", 4096, () => process.send?.({ port: server.address().port }))
process.on("disconnect", () => process.exit(0))
