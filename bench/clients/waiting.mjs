// Many generations that wait, in one process: what each holds. Arguments: base address, folder, how many.

import { setTimeout as sleep } from "node:timers/promises"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as Effect from "effect/Effect"
import { report } from "../support/processes.mjs"
import { request, runtime } from "./mutoscope.mjs"

const [baseUrl, directory, count] = process.argv.slice(2)

const held = async () => {
  // What finalizers let go is only collected the next time.
  for (let round = 0; round < 4; round++) {
    globalThis.gc()
    await sleep(100)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
}

/** Long enough that the polls of all of them are no load, short enough that each is asked at least once. */
const running = runtime({ baseUrl, directory, pollInterval: "20 seconds", pollTimeout: "1 hour" })
const generator = await running.runPromise(VideoGenerator)

const start = (number) => Effect.flatMap(request(`waiting ${number}`), generator.start)
const rendering = async () => {
  const { all } = await (await fetch(`${baseUrl}/polled`)).json()
  return all
}

/** Starts some and waits until the server has been asked about every one of them. */
const startMany = async (from, to) => {
  await running.runPromise(
    Effect.forEach(
      Array.from({ length: to - from }, (_, index) => from + index),
      start,
      {
        concurrency: 200,
        discard: true
      }
    )
  )
  while ((await rendering()) < to) await sleep(200)
}

/** The base has compiled, connected and polled already; what comes on top is what waits. */
const few = 200
await startMany(0, few)
const base = await held()
await startMany(few, few + Number(count))
const full = await held()
report({ heap: (full.heap - base.heap) / count, rss: (full.rss - base.rss) / count, total: full.rss })
