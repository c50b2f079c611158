// One long download in a process of its own. Arguments: client, base address, folder, bytes.
import { createWriteStream } from "node:fs"
import { stat } from "node:fs/promises"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { cpuSince, peakMemory, report } from "../support/processes.mjs"

const [client, baseUrl, directory, bytes] = process.argv.slice(2)
const id = `size${bytes}n1`

const clients = {
  mutoscope: async () => {
    const { connect } = await import("./mutoscope.mjs")
    const generate = await connect({ baseUrl, directory, pollInterval: 1 })
    return () => generate("video", `A long one: size${bytes}`)
  },
  fetch: () => async () => {
    const response = await fetch(`${baseUrl}/v1beta/files/${id}:download?alt=media`)
    const path = join(directory, "video.mp4")
    await pipeline(Readable.fromWeb(response.body), createWriteStream(path))
    return path
  },
  genai: async () => {
    const { GoogleGenAI } = await import("@google/genai")
    const ai = new GoogleGenAI({ apiKey: "key", httpOptions: { baseUrl } })
    return async () => {
      const downloadPath = join(directory, "video.mp4")
      await ai.files.download({ file: `files/${id}`, downloadPath })
      return downloadPath
    }
  }
}

const run = await clients[client]()
const from = process.cpuUsage()
const begin = performance.now()
const path = await run()
const seconds = (performance.now() - begin) / 1000
if ((await stat(path)).size !== Number(bytes)) throw new Error(`${path} is not whole`)
report({ seconds, cpu: cpuSince(from), memory: peakMemory() })
