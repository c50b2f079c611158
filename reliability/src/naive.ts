/**
 * THE NAIVE CLIENT, on purpose: what a loop around `fetch` does with a paid API. It is run through the same kills as the
 * product, and has to fail them; if it did not, they would prove nothing.
 */
import { createWriteStream, existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"

const atOnce = 6

interface Answer {
  readonly name: string
  readonly done?: boolean
  readonly response?: {
    readonly generateVideoResponse: {
      readonly generatedSamples: ReadonlyArray<{ readonly video: { readonly uri: string } }>
    }
  }
}

/** Makes a clip of each line of a file that has none yet. */
export const naive = async (file: string) => {
  const {
    MUTOSCOPE_OUTPUT: folder = "",
    MUTOSCOPE_VEO_API_KEY: key = "",
    MUTOSCOPE_VEO_URL: url = ""
  } = process.env
  const headers = { "x-goog-api-key": key, "content-type": "application/json" }
  const ask = async (path: string, init: RequestInit = {}) =>
    (await (await fetch(`${url}/v1beta/${path}`, { headers, ...init })).json()) as Answer

  const make = async (prompt: string) => {
    const body = JSON.stringify({ instances: [{ prompt }] })
    let { done, name, response } = await ask("models/veo-3.1-generate-preview:predictLongRunning", {
      method: "POST",
      body
    })
    while (done !== true) {
      await new Promise((resolve) => setTimeout(resolve, 300))
      ;({ done, response } = await ask(name))
    }
    const [sample] = response?.generateVideoResponse.generatedSamples ?? []
    const video = await fetch(sample?.video.uri ?? "", { headers })
    if (video.body !== null)
      await pipeline(Readable.fromWeb(video.body), createWriteStream(join(folder, `${prompt}.mp4`)))
  }

  const waiting = readFileSync(file, "utf8")
    .split("\n")
    .filter((prompt) => !existsSync(join(folder, `${prompt}.mp4`)))
  const worker = async () => {
    for (let prompt = waiting.shift(); prompt !== undefined; prompt = waiting.shift()) await make(prompt)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
