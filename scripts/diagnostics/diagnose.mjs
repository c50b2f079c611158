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
    "--strict"
  ]
  const { status } = spawnSync(process.execPath, args, { cwd: here, stdio: "inherit" })
  return status !== 0
})
if (failures.length > 0) {
  console.error(`Effect diagnostics: ${failures.join(", ")}`)
  process.exit(1)
}
