// Builds one project (quietly, unless that fails) and runs a file of it: node scripts/run.mjs PROJECT FILE [ARGUMENT ...]
import { spawn, spawnSync } from "node:child_process"
import { createRequire } from "node:module"

const [project, file, ...args] = process.argv.slice(2)
const nx = createRequire(import.meta.url).resolve("nx/bin/nx.js")

if (process.stderr.isTTY) process.stderr.write("Building (only the first time) ...\r")
const build = spawnSync(process.execPath, [nx, "build", project], {
  encoding: "utf8",
  env: { ...process.env, NX_DAEMON: "false", NX_TUI: "false" }
})
if (build.status !== 0) {
  process.stderr.write(`${build.stdout}${build.stderr}`)
  process.exit(build.status ?? 1)
}
if (process.stderr.isTTY) process.stderr.write("\x1b[2K")

const program = spawn(process.execPath, [file, ...args], { stdio: "inherit" })
// The terminal sends its signals to the program as well; this process only waits for what becomes of it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {})
program.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1)
})
