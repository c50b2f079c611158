// Runs the diagnostics of the Effect language service over every package, and fails on any error or warning.
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
const command = createRequire(import.meta.url).resolve("@effect/language-service/cli.js")
const projects = ["packages", "apps"]
  .flatMap((folder) =>
    readdirSync(join(here, "..", "..", folder)).map((name) => join("..", "..", folder, name))
  )
  .map((project) => join(project, "tsconfig.json"))
  .filter((config) => existsSync(join(here, config)))

const failures = projects.filter((config) => {
  const args = [
    "--require",
    join(here, "typescript.cjs"),
    command,
    "diagnostics",
    "--project",
    config,
    "--strict",
    // Without a configuration every file is passed over, and that counts as success.
    "--lspconfig",
    JSON.stringify({ diagnosticSeverity: {} })
  ]
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: here,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"]
  })
  process.stdout.write(stdout)
  const [, checked, all] = /Checked (\d+) files out of (\d+)/.exec(stdout) ?? []
  return status !== 0 || checked === undefined || checked === "0" || checked !== all
})
if (failures.length > 0) {
  console.error(`Effect diagnostics: ${failures.join(", ")}`)
  process.exit(1)
}
