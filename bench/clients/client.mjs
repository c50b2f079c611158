// One client in a process of its own: warmed up, then measured. Arguments: client, base address, folder, at once.
import { stat } from "node:fs/promises"
import { cpuSince, peakMemory, report } from "../support/processes.mjs"
import { videoBytes } from "../support/server-facts.mjs"

const [client, baseUrl, directory, atOnce] = process.argv.slice(2)
const width = Number(atOnce)
/** Enough of them that the compiler is done and the clock is coarse no more. */
const warmUps = width === 1 ? 150 : Math.max(300, width)
const measured = width === 1 ? 150 : Math.max(600, 2 * width)

const { connect } = await import(`./${client}.mjs`)
const generate = await connect({ baseUrl, directory, pollInterval: 5 })

let made = 0
const one = async () => {
  made += 1
  const number = made
  const path = await generate(`video-${number}`, `A serene mountain landscape at sunset, take ${number}`)
  if ((await stat(path)).size !== videoBytes) throw new Error(`${path} is not whole`)
}

/** `count` generations, `width` of them at any time. */
const run = async (count) => {
  let left = count
  const worker = async () => {
    while (left > 0) {
      left -= 1
      await one()
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}

await run(warmUps)
const from = process.cpuUsage()
const begin = performance.now()
await run(measured)
report({ cpu: cpuSince(from) / measured, wall: (performance.now() - begin) / measured, memory: peakMemory() })
