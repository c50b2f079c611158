// Checks what is about to be published: that the tarballs are sound, that a stranger can build on them, that nothing
// is left over, and that no committed file knows the machine it was written on. Needs a build.
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { examples } from "./markdown.mjs"

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")
const folder = mkdtempSync(join(tmpdir(), "mutoscope-check-"))
const npm = process.platform === "win32" ? "npm.cmd" : "npm"
const binary = (name) =>
  join(root, "node_modules", ".bin", process.platform === "win32" ? `${name}.cmd` : name)
let passed = 0
let failed = 0

const run = (command, args, cwd = root) => {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    shell: process.platform === "win32"
  })
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}\n${stdout}${stderr}`)
  return stdout
}

const check = (name, body) => {
  try {
    body()
    passed++
    console.log(`ok      ${name}`)
  } catch (error) {
    failed++
    console.log(`FAILED  ${name}\n${error instanceof Error ? error.message : error}`)
  }
}

const names = readdirSync(join(root, "packages"))
const tarballs = new Map()

for (const name of names) {
  const directory = join(root, "packages", name)
  check(`${name}: packs`, () => {
    const [{ filename }] = JSON.parse(run(npm, ["pack", "--json", "--pack-destination", folder], directory))
    tarballs.set(name, join(folder, filename))
  })
  check(`${name}: publint`, () => run(binary("publint"), ["run", "--strict", tarballs.get(name)]))
  if (JSON.parse(readFileSync(join(directory, "package.json"), "utf8")).exports["."] !== undefined) {
    check(`${name}: are the types wrong`, () =>
      run(binary("attw"), [tarballs.get(name), "--profile", "esm-only", "--format", "ascii"])
    )
  }
}

check("no unused file, export or dependency", () => run(binary("knip"), ["--no-progress"]))

check("no committed file names a machine or a registry", () => {
  const suspicious = [`"resolved": "http`, "/root/", "/home/[a-z]", "/Users/[a-z]"]
  // A checkout in the folder for temporary files says nothing of a machine.
  if (dirname(root) !== tmpdir()) suspicious.push(join(dirname(root), "/"))
  const { stdout } = spawnSync(
    "git",
    ["grep", "-nIE", suspicious.join("|"), "--", ".", ":!scripts/check.mjs"],
    { cwd: root, encoding: "utf8" }
  )
  if (stdout !== "") throw new Error(stdout)
})

check("the README's program, on the tarballs alone, type-checks and makes a video", () => {
  const program = join(folder, "program")
  mkdirSync(program)
  cpSync(join(root, "scripts", "consumer"), program, { recursive: true })
  // Word for word what the README shows.
  const [shown, ...others] = examples(root, "README.md")
  if (shown === undefined || others.length > 0)
    throw new Error("README.md shows one program, and this is not it")
  writeFileSync(join(program, "program.ts"), shown.program)
  const versions = JSON.parse(
    readFileSync(join(root, "packages", "storage", "package.json"), "utf8")
  ).devDependencies
  const tools = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies
  const libraries = ["core", "client", "storage", "emulator"].map((name) => [
    `@mutoscope/${name}`,
    `file:${tarballs.get(name)}`
  ])
  const dependencies = {
    ...Object.fromEntries(
      Object.entries(versions).filter(([name]) => name.startsWith("@effect/") || name === "effect")
    ),
    ...Object.fromEntries(libraries),
    typescript: tools.typescript,
    "@types/node": tools["@types/node"],
    // Effect's own declarations name these and do not bring them.
    "@types/ws": "8.18.1"
  }
  writeFileSync(
    join(program, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies, overrides: Object.fromEntries(libraries) })
  )
  // Without install scripts; the one native module was compiled for this checkout already.
  run(npm, ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], program)
  const native = join("node_modules", "better-sqlite3", "build")
  cpSync(join(root, native), join(program, native), { recursive: true })
  run(process.execPath, [join("node_modules", "typescript", "bin", "tsc"), "-p", "."], program)
  const stdout = run(process.execPath, ["program.js"], program)
  const path = stdout.trim().split("\n").at(-1)
  if (readFileSync(path).subarray(4, 8).toString() !== "ftyp")
    throw new Error(`not a video: ${path}\n${stdout}`)
})

rmSync(folder, { recursive: true, force: true })
console.log(`\nChecks: ${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
