#!/usr/bin/env node
/**
 * The command's first steps: the front page is printed at once; for all else the program is loaded, and what was compiled
 * of it before is used again.
 */
import * as module from "node:module"
import { join } from "node:path"
import envPaths from "env-paths"
import { load } from "./compiled.ts"
import { answer } from "./frontPage.ts"

const text = answer(process.argv.slice(2))

if (text !== undefined) {
  // Nobody may be reading: `| head`.
  process.stdout.on("error", () => {}).write(text)
} else {
  const program = join(__dirname, "main.cjs")
  const kept = join(envPaths("videogen", { suffix: "" }).cache, "compiled")
  // Node 22.1 and later.
  if ("enableCompileCache" in module && typeof module.enableCompileCache === "function") {
    module.enableCompileCache(kept)
    require(program)
  } else {
    load(program, kept)
  }
}
