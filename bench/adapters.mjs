// The CPU of an adapter beside a loop of one's own for the same protocol: submit, 5 polls, and a file of 64 KiB. No records.
import { measured, withFolder, withServer } from "./support/processes.mjs"
import { interleaved, mebibytes, median, print, verdict } from "./support/table.mjs"
import { wires } from "./support/wires.mjs"

const target = 1

export const main = async ({ rounds = 3, width = 100, protocols = Object.keys(wires) } = {}) => {
  const rows = []
  for (const protocol of protocols) {
    const results = await interleaved(rounds, ["loop", "adapter"], (who) =>
      withServer((address) =>
        withFolder((folder) => measured("clients/wire.mjs", [who, protocol, address, folder, width]))
      )
    )
    const of = (who, field) => median(results.get(who).map((result) => result[field]))
    const ratio = of("adapter", "cpu") / of("loop", "cpu")
    rows.push([
      protocol,
      `${of("loop", "cpu").toFixed(2)} ms`,
      `${of("adapter", "cpu").toFixed(2)} ms`,
      ratio.toFixed(2),
      `${mebibytes(of("loop", "memory"))}, ${mebibytes(of("adapter", "memory"))}`,
      `<= ${target.toFixed(1)}: ${verdict(ratio, target)}`
    ])
  }
  print(
    `An adapter beside a fetch loop, ${width} at once`,
    ["protocol", "fetch loop", "adapter", "x fetch loop", "peak memory of each", "target"],
    rows
  )
}

if (process.argv[1] === import.meta.filename) {
  const [protocols, rounds, width] = process.argv.slice(2)
  await main({
    ...(protocols === undefined ? {} : { protocols: protocols.split(",") }),
    ...(rounds === undefined ? {} : { rounds: Number(rounds) }),
    ...(width === undefined ? {} : { width: Number(width) })
  })
}
