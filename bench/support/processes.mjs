// Processes that are measured, and the server that they talk to.
import { fork, spawn } from "node:child_process"
import { rmSync } from "node:fs"
import { mkdtemp } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Runs `use` with the address of a fake video API, which ends with it. */
export const withServer = async (use) => {
  const server = fork(here("./server.mjs"))
  try {
    const { port } = await new Promise((resolve, reject) => {
      server.once("message", resolve)
      server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)))
    })
    return await use(`http://127.0.0.1:${port}`)
  } finally {
    server.disconnect()
  }
}

/**
 * Runs `use` with an empty folder, which is removed when this process ends and not before: for seconds after many files were
 * removed, ext4 searches long for the place of a new one, and whoever comes next would pay for it.
 */
export const withFolder = async (use) => {
  const folder = await mkdtemp(join(process.env.BENCH_FOLDER ?? tmpdir(), "mutoscope-bench-"))
  folders.push(folder)
  return use(folder)
}

const folders = []
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Runs a script of this folder in a process of its own and returns the message that it sends. */
export const measured = (script, args, execArgv = []) =>
  new Promise((resolve, reject) => {
    const child = fork(here(`../${script}`), args.map(String), {
      execArgv: [...execArgv, ...(process.env.BENCH_NODE_OPTIONS ?? "").split(" ").filter(Boolean)],
      stdio: ["ignore", "ignore", "inherit", "ipc"]
    })
    let message
    child.once("message", (value) => {
      message = value
    })
    child.once("exit", (code) =>
      code === 0 && message !== undefined
        ? resolve(message)
        : reject(new Error(`${script} ${args.join(" ")} ended with ${code}`))
    )
  })

/** Runs a command and returns the milliseconds that it took. */
export const timed = (command, args, env = process.env) =>
  new Promise((resolve, reject) => {
    const from = performance.now()
    const child = spawn(command, args, { stdio: "ignore", env })
    child.once("error", reject)
    child.once("exit", (code) =>
      code === 0 ? resolve(performance.now() - from) : reject(new Error(`${command} ended with ${code}`))
    )
  })

/** Sends a result to the process that measures, and ends. */
export const report = (message) => process.send(message, () => process.exit(0))

/** Milliseconds of CPU, in all threads of this process, since `from`. */
export const cpuSince = (from) => {
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1000
}

/** The most memory that this process ever held, in bytes. */
export const peakMemory = () => process.resourceUsage().maxRSS * 1024
