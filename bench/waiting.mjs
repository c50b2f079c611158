// What a generation that waits costs: memory, and connections.
import { measured, withFolder, withServer } from "./support/processes.mjs"
import { mebibytes, print, verdict } from "./support/table.mjs"

const mostKilobytes = 20
const mostSockets = 64

export const main = async ({ count = 10_000 } = {}) => {
  const [memory, sockets] = await withServer((address) =>
    withFolder(async (folder) => {
      const result = await measured("clients/waiting.mjs", [address, folder, count], ["--expose-gc"])
      const counted = await (await fetch(`${address}/sockets`)).json()
      return [result, counted.mostSockets]
    })
  )
  const kilobytes = (bytes) => bytes / 1000
  // The last connection is the one that asks for this very number, the one before asked how many had been polled.
  const own = sockets - 2
  print(
    `${count} generations waiting in one process`,
    ["what", "measured", "target"],
    [
      [
        "heap of each",
        `${kilobytes(memory.heap).toFixed(1)} kB`,
        `<= ${mostKilobytes} kB: ${verdict(kilobytes(memory.heap), mostKilobytes)}`
      ],
      [
        "resident memory of each",
        `${kilobytes(memory.rss).toFixed(1)} kB`,
        `<= ${mostKilobytes} kB: ${verdict(kilobytes(memory.rss), mostKilobytes)}`
      ],
      ["resident memory of the process", mebibytes(memory.total), ""],
      ["most connections to the host at any time", own, `<= ${mostSockets}: ${verdict(own, mostSockets)}`]
    ]
  )
}

if (process.argv[1] === import.meta.filename) await main({ count: Number(process.argv[2] ?? 10_000) })
