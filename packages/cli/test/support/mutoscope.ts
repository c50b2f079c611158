/**
 * The built command as a process of its own, in a world of its own: no settings, home or data but the test's.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const bin = fileURLToPath(new URL("../../dist/bin.cjs", import.meta.url))

/** How a run ended, and what it said. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly cwd?: string
  /** Nobody reads what it prints, like behind `| head` once that has ended. */
  readonly closeStdout?: boolean
  /** Called with the process, as soon as there is one. */
  readonly onStart?: (child: ChildProcess) => void
  /** Called with what stderr has said so far; the process can be told to stop. */
  readonly onStderr?: (said: string, child: ChildProcess) => void
}

/** A folder for one test file, and the command in it. */
export const world = () => {
  const home = mkdtempSync(join(tmpdir(), "mutoscope-cli-"))
  const cwd = join(home, "work")
  const config = join(home, "config", "mutoscope")
  mkdirSync(cwd)
  mkdirSync(config, { recursive: true })
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: join(home, "config"),
    APPDATA: join(home, "config"),
    MUTOSCOPE_DATA_DIR: join(home, "data")
  }
  return {
    home,
    cwd,
    userFile: join(config, "config.json"),
    remove: () => rmSync(home, { recursive: true, force: true }),
    run: (args: ReadonlyArray<string>, options: RunOptions = {}) =>
      run(args, { ...options, cwd: options.cwd ?? cwd, env: { ...env, ...options.env } })
  }
}

const run = (
  args: ReadonlyArray<string>,
  { env, input, cwd, closeStdout, onStart, onStderr }: RunOptions
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd, env: { ...env }, stdio: "pipe" })
    onStart?.(child)
    const said = { stdout: "", stderr: "" }
    if (closeStdout === true) child.stdout.destroy()
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said.stdout += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.stderr += text
      onStderr?.(said.stderr, child)
    })
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, ...said }))
    child.stdin.on("error", () => {}).end(input ?? "")
  })
