// Checks the project's Markdown pages: each link leads to a file and a heading that exist, and each example of TypeScript
// compiles against the sources, under the settings of a strict project. Needs no build and no network.
import { spawnSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { examples, pages } from "./markdown.mjs"

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..")
const modules = join(root, "node_modules")
const run = (script, args) => {
  const { status, stderr, stdout } = spawnSync(process.execPath, [join(modules, script), ...args], {
    cwd: root,
    encoding: "utf8"
  })
  return { ok: status === 0, text: `${stdout}${stderr}` }
}

const links = (files) =>
  run(join("remark-cli", "cli.js"), [
    "--no-stdout",
    "--no-color",
    "--quiet",
    "--frail",
    "--use",
    "remark-validate-links=repository:false",
    ...files
  ])

/** A folder for each place, since an example finds the modules that a file beside its page would find. */
const folders = new Set()
const write = ({ line, page, program }) => {
  const folder = join(root, dirname(page), ".examples")
  folders.add(folder)
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${page.replaceAll(/[^A-Za-z0-9]+/g, "-")}-${line}.ts`)
  writeFileSync(path, program)
  return path
}

const compile = (found) => {
  const files = found.map(write)
  const config = join(root, ".examples.tsconfig.json")
  writeFileSync(
    config,
    JSON.stringify({
      extends: "./tsconfig.json",
      // A reader's program need not use all that it names.
      compilerOptions: { noUnusedLocals: false, isolatedModules: false },
      include: [],
      files: files.map((file) => `./${relative(root, file)}`)
    })
  )
  try {
    return run(join("typescript", "bin", "tsc"), ["-p", config])
  } finally {
    rmSync(config)
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
}

const all = pages(root)
const found = all.flatMap((page) => examples(root, page))
const checks = [
  [`${all.length} pages: links`, links(all)],
  [`${found.length} examples: types`, compile(found)],
  // A check that cannot fail is none: the same two on what is wrong.
  ["a broken link is seen", broken()],
  [
    "a broken example is seen",
    { ok: !compile([{ page: "README.md", line: 0, program: "const x: string = 1\n" }]).ok, text: "" }
  ]
]

function broken() {
  const page = join(root, ".examples.md")
  writeFileSync(
    page,
    "[a page that is not there](.examples/none.md) [a heading that is not](README.md#none)\n"
  )
  try {
    const { ok, text } = links([".examples.md", "README.md"])
    return { ok: !ok && text.includes("none.md") && text.includes("#none"), text }
  } finally {
    rmSync(page)
  }
}

for (const [name, { ok, text }] of checks)
  console.log(`${ok ? "ok     " : "FAILED "} ${name}${ok ? "" : `\n${text}`}`)
process.exitCode = checks.every(([, { ok }]) => ok) ? 0 : 1
