// The CPU of one generation: 5 polls and a file of 64 KiB, beside a bare fetch loop and the clients of others.
import { measured, withFolder, withServer } from "./support/processes.mjs"
import { interleaved, mebibytes, median, print, verdict } from "./support/table.mjs"

const clients = ["fetch", "mutoscope", "bare", "genai", "ai-sdk", "openai"]
const names = {
  fetch: "fetch loop, no record",
  mutoscope: "**mutoscope**, durable",
  bare: "the same six writes and synced file by hand",
  genai: "@google/genai 2.32.0",
  "ai-sdk": "ai 6 with @ai-sdk/google 3",
  openai: "openai 6"
}
const target = 1

export const main = async ({ rounds = 3, widths = [1, 100, 1000], only = clients } = {}) => {
  for (const width of widths) {
    const results = await interleaved(rounds, only, (client) =>
      withServer((address) =>
        withFolder((folder) => measured("clients/client.mjs", [client, address, folder, width]))
      )
    )
    const cpu = (client) => median(results.get(client).map((result) => result.cpu))
    const row = (client) => {
      const ratio = cpu(client) / cpu("fetch")
      return [
        names[client],
        `${cpu(client).toFixed(2)} ms`,
        ratio.toFixed(2),
        mebibytes(median(results.get(client).map(({ memory }) => memory))),
        client === "mutoscope" ? `<= ${target.toFixed(1)}: ${verdict(ratio, target)}` : ""
      ]
    }
    print(
      `One generation, ${width} at once`,
      ["client", "CPU of one", "x fetch loop", "peak memory of the process", "target"],
      only.map(row)
    )
  }
}

if (process.argv[1] === import.meta.filename) {
  const [widths, only, rounds] = process.argv.slice(2)
  await main({
    ...(widths === undefined ? {} : { widths: widths.split(",").map(Number) }),
    ...(only === undefined ? {} : { only: only.split(",") }),
    ...(rounds === undefined ? {} : { rounds: Number(rounds) })
  })
}
