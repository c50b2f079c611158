// One clip of the embedded renderer in a process of its own. Arguments: folder, width, height, seconds.
import { join } from "node:path"
import { render } from "@mutoscope/emulator/Renderer"
import * as Effect from "effect/Effect"
import { cpuSince, peakMemory, report } from "../support/processes.mjs"

const [folder, width, height, duration] = process.argv.slice(2)
const begin = performance.now()
await Effect.runPromise(
  render({
    prompt: "a sunset ocean",
    seed: 1,
    width: Number(width),
    height: Number(height),
    duration: Number(duration),
    audio: true,
    output: join(folder, "ocean.mp4")
  })
)
// Everything since the process began: the workers, and the compiler, are part of the price.
report({ cpu: cpuSince({ user: 0, system: 0 }), wall: performance.now() - begin, memory: peakMemory() })
