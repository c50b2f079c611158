// The loop that everybody writes first: no record, no check, no retry.
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"

export const connect = ({ baseUrl, directory, pollInterval }) => {
  const headers = { "x-goog-api-key": "key", "content-type": "application/json" }
  const ask = async (url, init) => {
    const response = await fetch(url, { headers, ...init })
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    return response
  }
  return async (name, prompt) => {
    const body = JSON.stringify({
      instances: [{ prompt }],
      parameters: { durationSeconds: 8, aspectRatio: "16:9" }
    })
    const submitted = await ask(`${baseUrl}/v1beta/models/veo-3.0-generate-001:predictLongRunning`, {
      method: "POST",
      body
    })
    let operation = await submitted.json()
    while (operation.done !== true) {
      await sleep(pollInterval)
      operation = await (await ask(`${baseUrl}/v1beta/${operation.name}`)).json()
    }
    const { uri } = operation.response.generateVideoResponse.generatedSamples[0].video
    const path = join(directory, `${name}.mp4`)
    await writeFile(path, Buffer.from(await (await ask(uri)).arrayBuffer()))
    return path
  }
}
