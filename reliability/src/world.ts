/**
 * A folder in which processes live and die: their records, their videos, and everything that they said.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Provider } from "./provider.ts"

/** How a process ended. `code` is null where a signal ended it. */
export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<End>
  readonly isOver: () => boolean
  /** Ends it without giving it a chance to do anything about it. */
  readonly kill: () => Promise<End>
}

export interface World {
  readonly folder: string
  readonly data: string
  readonly database: string
  readonly videos: string
  /** Every process that ended here, in order. */
  readonly ends: ReadonlyArray<End>
  /** Starts a program of Node. */
  readonly run: (program: string, args: ReadonlyArray<string>, options?: RunOptions) => Running
  /** Starts the command. */
  readonly mutoscope: (args: ReadonlyArray<string>, options?: RunOptions) => Running
  readonly remove: () => void
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  /** What the program is started by, with its arguments before it. */
  readonly under?: ReadonlyArray<string>
}

const require = createRequire(import.meta.url)

const manifest = require.resolve("@mutoscope/cli/package.json")

/** The built command. */
export const mutoscope = join(dirname(manifest), "dist", "bin.cjs")

/** The programs of this project. */
export const main = fileURLToPath(new URL("../dist/main.js", import.meta.url))

/** A new world, whose processes use this provider and no other. */
export const make = (provider: Pick<Provider, "url" | "apiKey">): World => {
  const folder = mkdtempSync(join(tmpdir(), "mutoscope-reliability-"))
  const [data, videos, config] = ["data", "videos", "config"].map((name) => join(folder, name))
  if (data === undefined || videos === undefined || config === undefined) throw new Error("unreachable")
  for (const path of [data, videos, config]) mkdirSync(path)
  const ends: Array<End> = []
  const settled = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    USERPROFILE: folder,
    XDG_CONFIG_HOME: config,
    APPDATA: config,
    MUTOSCOPE_DATA_DIR: data,
    MUTOSCOPE_STATE_DIR: join(folder, "state"),
    MUTOSCOPE_OUTPUT: videos,
    MUTOSCOPE_MODEL: "veo-3.1",
    MUTOSCOPE_DURATION: "4",
    MUTOSCOPE_RESOLUTION: "720p",
    MUTOSCOPE_VEO_URL: provider.url,
    MUTOSCOPE_VEO_API_KEY: provider.apiKey
  }
  const run: World["run"] = (program, args, { env = {}, under = [] } = {}) => {
    const [command = "", ...rest] = [...under, process.execPath, program, ...args]
    const child = spawn(command, rest, { cwd: folder, env: { ...settled, ...env }, stdio: "pipe" })
    return follow(child, (end) => ends.push(end))
  }
  return {
    folder,
    data,
    database: join(data, "mutoscope.db"),
    videos,
    ends,
    run,
    mutoscope: (args, options) => run(mutoscope, args, options),
    remove: () => rmSync(folder, { recursive: true, force: true })
  }
}

const follow = (child: ChildProcess, onEnd: (end: End) => void): Running => {
  const said = { stdout: "", stderr: "" }
  for (const channel of ["stdout", "stderr"] as const) {
    child[channel]?.setEncoding("utf8").on("data", (text: string) => {
      said[channel] += text
    })
  }
  child.stdin?.on("error", () => {}).end()
  let isOver = false
  const ended = new Promise<End>((resolve, reject) => {
    child.on("error", reject)
    child.on("exit", () => {
      isOver = true
    })
    child.on("close", (code, signal) => {
      const end = { code, signal, ...said }
      onEnd(end)
      resolve(end)
    })
  })
  return {
    child,
    ended,
    isOver: () => isOver,
    kill: () => {
      child.kill("SIGKILL")
      return ended
    }
  }
}

/** The arguments that others see of a process, where the system shows them. */
export const argumentsOf = ({ child }: Running): string => {
  try {
    return readFileSync(`/proc/${child.pid}/cmdline`, "utf8")
  } catch {
    return ""
  }
}
