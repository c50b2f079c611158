// The embedded renderer: CPU and memory of a clip, in a process of its own.
import { measured, withFolder } from "./support/processes.mjs"
import { mebibytes, print, verdict } from "./support/table.mjs"

const mostSeconds = 10
const mostMemory = 300 * 1024 ** 2

const clips = [
  { name: "5 s of 720p", width: 1280, height: 720, duration: 5, target: true },
  { name: "60 s of 720p", width: 1280, height: 720, duration: 60 },
  { name: "5 s of 1080p", width: 1920, height: 1080, duration: 5 },
  { name: "4 s of 4K", width: 3840, height: 2160, duration: 4 }
]

export const main = async () => {
  const rows = []
  for (const { name, width, height, duration, target } of clips) {
    const { cpu, wall, memory } = await withFolder((folder) =>
      measured("clients/render.mjs", [folder, width, height, duration])
    )
    rows.push([
      name,
      `${(cpu / 1000).toFixed(1)} s`,
      `${(wall / 1000).toFixed(1)} s`,
      target === true ? `<= ${mostSeconds} s of CPU: ${verdict(cpu / 1000, mostSeconds)}` : "",
      mebibytes(memory),
      `< ${mebibytes(mostMemory)}: ${verdict(memory, mostMemory)}`
    ])
  }
  print(
    "The embedded renderer: a sunset ocean with sound",
    ["clip", "CPU", "time", "target", "peak memory", "target"],
    rows
  )
}

if (process.argv[1] === import.meta.filename) await main()
