// One long video from loopback to disk, beside curl. Ours is the whole way: submit, polls, download, SHA-256, check of the
// boxes, sync to disk and record; the others stop when the last byte has been handed to the system. So there is curl a second
// time, with what makes the file as safe: that is as much as the disk and the hash leave of the first.
import { rm } from "node:fs/promises"
import { measured, timed, withFolder, withServer } from "./support/processes.mjs"
import { interleaved, mebibytes, median, print } from "./support/table.mjs"

const gibibyte = 1024 ** 3
const sizes = [gibibyte / 4, gibibyte, 2 * gibibyte]
const target = 0.8
const flat = 64 * 1024 ** 2

const clients = ["curl", "mutoscope", "safe", "fetch", "genai"]
const names = {
  curl: "curl -o",
  safe: "curl -o, then sync and sha256sum",
  mutoscope: "**mutoscope**, hashed, verified, synced",
  fetch: "fetch and pipeline, neither",
  genai: "@google/genai 2.32.0, neither"
}

const withCurl = (address, path, bytes) =>
  timed("curl", ["-s", "-o", path, `${address}/v1beta/files/size${bytes}n1:download`])

/** A file that is on disk, and whose hash is known. */
const withCurlSafely = async (address, path, bytes) => {
  const steps = [
    () => withCurl(address, path, bytes),
    () => timed("sync", [path]),
    () => timed("sha256sum", [path])
  ]
  let milliseconds = 0
  for (const step of steps) milliseconds += await step()
  return milliseconds
}

const others = { curl: withCurl, safe: withCurlSafely }

const download = async (client, address, folder, bytes) => {
  const other = others[client]
  if (other === undefined) return measured("clients/download.mjs", [client, address, folder, bytes])
  return { seconds: (await other(address, `${folder}/video.mp4`, bytes)) / 1000 }
}

const once = (client, bytes) =>
  withServer((address) =>
    withFolder(async (folder) => {
      const result = await download(client, address, folder, bytes)
      // Gigabytes that are still to be written would be in the way of whoever comes next.
      await rm(folder, { recursive: true })
      return result
    })
  )

export const main = async ({ rounds = 3 } = {}) => {
  const results = await interleaved(rounds, clients, (client) => once(client, gibibyte))
  const seconds = (client) => median(results.get(client).map((result) => result.seconds))
  const share = (client) => seconds("curl") / seconds(client)
  print(
    "A download of 1 GiB from loopback to disk",
    ["client", "MB/s", "x curl", "peak memory", "target"],
    clients.map((client) => [
      names[client],
      Math.round(gibibyte / 1e6 / seconds(client)),
      share(client).toFixed(2),
      client in others ? "" : mebibytes(median(results.get(client).map(({ memory }) => memory))),
      client === "mutoscope" ? `>= ${target}: ${share(client) >= target ? "met" : "**not met**"}` : ""
    ])
  )
  const peaks = []
  for (const size of sizes) peaks.push((await once("mutoscope", size)).memory)
  const spread = Math.max(...peaks) - Math.min(...peaks)
  print(
    "Memory of a download, by its size",
    ["size", "peak memory of the process", "target"],
    sizes.map((size, index) => [
      mebibytes(size),
      mebibytes(peaks[index]),
      index === sizes.length - 1
        ? `within ${mebibytes(flat)} of each other: ${spread <= flat ? "met" : "**not met**"} (${mebibytes(spread)})`
        : ""
    ])
  )
}

if (process.argv[1] === import.meta.filename) await main({ rounds: Number(process.argv[2] ?? 3) })
