// Google's own client.
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { GoogleGenAI } from "@google/genai"

export const connect = ({ baseUrl, directory, pollInterval }) => {
  const ai = new GoogleGenAI({ apiKey: "key", httpOptions: { baseUrl } })
  return async (name, prompt) => {
    let operation = await ai.models.generateVideos({
      model: "veo-3.0-generate-001",
      source: { prompt },
      config: { durationSeconds: 8, aspectRatio: "16:9" }
    })
    while (operation.done !== true) {
      await sleep(pollInterval)
      operation = await ai.operations.getVideosOperation({ operation })
    }
    const path = join(directory, `${name}.mp4`)
    // It finds the name of a file only in an address that begins with https.
    const [file] = /files\/\w+/.exec(operation.response.generatedVideos[0].video.uri)
    await ai.files.download({ file, downloadPath: path })
    return path
  }
}
