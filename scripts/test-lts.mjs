// Runs the whole suite on another Node, in a copy of this checkout that is installed, built and tested there:
//   npm run test:lts          on the newest line with long-term support
//   npm run test:lts -- 22    on another version that the registry has
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const version = process.argv[2] ?? "24"
// What is compiled against the headers of 24.19 or later aborts in a garbage collection (nodejs/node#65446). The binary
// of better-sqlite3 that is downloaded elsewhere is older than they are; here it is compiled as that one was.
const headersOf = { 24: "24.18" }
const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")
const folder = mkdtempSync(join(tmpdir(), "mutoscope-node-"))
const npm = process.env.npm_execpath ?? ""

const run = (node, args, cwd, env = {}) => {
  const { status } = spawnSync(node, args, { cwd, stdio: "inherit", env: { ...process.env, ...env } })
  if (status !== 0) throw new Error(`failed: ${args.join(" ")}`)
}

/** Node as a package: the program and, but for Windows, the headers that native modules are compiled against. */
const install = (version, name) => {
  const { arch, platform } = process
  const system = `${platform === "win32" ? "win" : platform}-${arch}`
  const source = `node-${system === "darwin-arm64" ? "bin-" : ""}${system}@${version}`
  mkdirSync(join(folder, name))
  writeFileSync(join(folder, name, "package.json"), "{}")
  const options = ["--no-save", "--no-audit", "--no-fund"]
  run(process.execPath, [npm, "install", ...options, `${name}@npm:${source}`], join(folder, name))
  return join(folder, name, "node_modules", name)
}

/** What git would commit now, and nothing that was built or installed. */
const copy = (to) => {
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root
  })
  for (const path of list.toString().split("\0")) {
    if (path !== "" && existsSync(join(root, path))) cpSync(join(root, path), join(to, path))
  }
}

try {
  if (npm === "") throw new Error("Start it with npm: npm run test:lts")
  const node = join(install(version, "runtime"), "bin", process.platform === "win32" ? "node.exe" : "node")
  const headers = install(headersOf[version] ?? version, "headers")
  const env = {
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    NX_DAEMON: "false",
    NX_TUI: "false",
    ...(existsSync(join(headers, "include")) ? { npm_config_nodedir: headers } : {})
  }
  const checkout = join(folder, "checkout")
  copy(checkout)
  run(node, ["--print", "'Node ' + process.version"], checkout, env)
  run(node, [npm, "ci"], checkout, env)
  // One package after another: this is about right and wrong, not about time.
  run(node, [npm, "test", "--", "--parallel=1", "--output-style=static"], checkout, env)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
