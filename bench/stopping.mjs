// How soon the command ends after Ctrl-C, in each stage that a user sees, beside a Node that does nothing. The command prints how to
// resume first, and gives its lease back.
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { timed, withFolder } from "./support/processes.mjs"
import { interleaved, median, print, verdict } from "./support/table.mjs"

const bin = fileURLToPath(new URL("../packages/cli/dist/bin.cjs", import.meta.url))

/** Seconds within which a user sees the prompt again. */
const target = 5

/** Each stage by the words of the command that it has begun with. */
const stages = { queued: "starting", accepted: "request sent", rendering: "initializing" }

const long = ["generate", "A slow river", "--resolution", "1080p", "--duration", "60"]

/** Milliseconds from the signal to the end. */
const stopped = (stage, env) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...long], { env, stdio: ["ignore", "ignore", "pipe"] })
    let said = ""
    let from
    child.stderr.setEncoding("utf8").on("data", (text) => {
      said += text
      if (from !== undefined || !said.includes(stages[stage])) return
      from = performance.now()
      child.kill("SIGINT")
    })
    child.once("error", reject)
    child.once("close", (code) =>
      code === 130 ? resolve(performance.now() - from) : reject(new Error(`ended with ${code}: ${said}`))
    )
  })

export const main = async ({ rounds = 9 } = {}) =>
  withFolder(async (folder) => {
    const env = {
      ...process.env,
      MUTOSCOPE_DATA_DIR: folder,
      MUTOSCOPE_OUTPUT: folder,
      XDG_CACHE_HOME: folder
    }
    const subjects = ["node -e 0", ...Object.keys(stages)]
    const results = await interleaved(rounds, subjects, (subject) =>
      subject in stages ? stopped(subject, env) : timed(process.execPath, ["-e", "0"], env)
    )
    const own = median(results.get("node -e 0"))
    const rows = subjects.map((subject) => {
      const times = results.get(subject)
      const [middle, most] = [median(times), Math.max(...times)]
      const met = subject in stages ? `<= ${target} s: ${verdict(most / 1000, target)}` : ""
      return [subject, `${Math.round(middle)} ms`, `${Math.round(most)} ms`, (middle / own).toFixed(2), met]
    })
    print("Ctrl-C: from the signal to the end", ["stage", "median", "longest", "x node", "target"], rows)
  })

if (process.argv[1] === import.meta.filename) await main()
