// One client in a process of its own: warmed up, then measured. Arguments: client, base address, folder, at once.
import { stat } from "node:fs/promises"
import { cpuSince, peakMemory, report } from "../support/processes.mjs"
import { videoBytes } from "../support/server-facts.mjs"

const [client, baseUrl, directory, wanted] = process.argv.slice(2)
const width = Number(wanted)
/** Enough of them that the compiler is done, which at 300 it is not with anybody's code. */
const warmUps = 2000
const warmUpWidth = 100
/** Enough of them that the clock is coarse no more. */
const measured = width === 1 ? 300 : 2000

const { connect } = await import(`./${client}.mjs`)
const generate = await connect({ baseUrl, directory, pollInterval: 5 })

let made = 0
const one = async () => {
  made += 1
  const number = made
  const path = await generate(`video-${number}`, `A serene mountain landscape at sunset, take ${number}`)
  if ((await stat(path)).size !== videoBytes) throw new Error(`${path} is not whole`)
}

/** `count` generations, `atOnce` of them at any time. */
const run = async (count, atOnce) => {
  let left = count
  const worker = async () => {
    while (left > 0) {
      left -= 1
      await one()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

await run(warmUps, warmUpWidth)
const from = process.cpuUsage()
const begin = performance.now()
await run(measured, width)
report({ cpu: cpuSince(from) / measured, wall: (performance.now() - begin) / measured, memory: peakMemory() })
