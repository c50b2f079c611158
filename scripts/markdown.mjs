// The examples of the project's Markdown pages. A page's block of TypeScript is a program of its own, unless an HTML comment
// right before it says what it stands on:
//   <!-- example: import ... declare ... -->  lines that the block needs and a reader does not
//   <!-- example continues: ... -->           the same, where the block also continues the one before it
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { remark } from "remark"

/** The committed Markdown pages, and those about to be. */
export const pages = (root) => {
  const { error, status, stderr, stdout } = spawnSync(
    "git",
    ["ls-files", "-co", "--exclude-standard", "--deduplicate", "--", "*.md"],
    { cwd: root, encoding: "utf8" }
  )
  if (error !== undefined || status !== 0) throw new Error(`git ls-files failed: ${error?.message ?? stderr}`)
  return stdout.split("\n").filter((path) => path !== "")
}

/** The blocks of TypeScript of a page: where each stands, its text, and the whole program that it is part of. */
export const examples = (root, page) => {
  const { children } = remark.parse(readFileSync(join(root, page), "utf8"))
  const found = []
  children.forEach((node, index) => {
    if (node.type !== "code" || (node.lang !== "ts" && node.lang !== "typescript")) return
    const { continues, prelude } = comment(children[index - 1])
    const previous = continues ? found.at(-1) : { program: "" }
    if (previous === undefined)
      throw new Error(`${page}:${node.position.start.line} continues an example, but none stands before it`)
    const program = `${previous.program}${prelude}\n${node.value}\n`
    found.push({ page, line: node.position.start.line, text: node.value, program })
  })
  return found
}

const comment = (node) => {
  const match = node?.type === "html" ? /^<!--\s*example( continues)?:([\s\S]*)-->$/.exec(node.value) : null
  return { continues: match?.[1] !== undefined, prelude: match?.[2] ?? "" }
}
