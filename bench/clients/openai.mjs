// OpenAI's client, against the same server's `/v1/videos`.
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import OpenAI from "openai"

export const connect = ({ baseUrl, directory, pollInterval }) => {
  const { videos } = new OpenAI({ apiKey: "key", baseURL: `${baseUrl}/v1` })
  return async (name, prompt) => {
    let video = await videos.create({ model: "sora-2", prompt, seconds: "8" })
    while (video.status !== "completed") {
      await sleep(pollInterval)
      video = await videos.retrieve(video.id)
    }
    const path = join(directory, `${name}.mp4`)
    await writeFile(path, Buffer.from(await (await videos.downloadContent(video.id)).arrayBuffer()))
    return path
  }
}
