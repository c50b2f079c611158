// The AI SDK with its Google provider. Its own download refuses addresses of this machine, so it is given one.
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createGoogleGenerativeAI } from "@ai-sdk/google"
import { experimental_generateVideo as generateVideo } from "ai"

const download = async ({ url }) => {
  const response = await fetch(url)
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return { data: new Uint8Array(await response.arrayBuffer()), mediaType: "video/mp4" }
}

export const connect = ({ baseUrl, directory, pollInterval }) => {
  const google = createGoogleGenerativeAI({ apiKey: "key", baseURL: `${baseUrl}/v1beta` })
  return async (name, prompt) => {
    const { video } = await generateVideo({
      model: google.video("veo-3.0-generate-001"),
      prompt,
      duration: 8,
      aspectRatio: "16:9",
      download,
      providerOptions: { google: { pollIntervalMs: pollInterval } }
    })
    const path = join(directory, `${name}.mp4`)
    await writeFile(path, video.uint8Array)
    return path
  }
}
