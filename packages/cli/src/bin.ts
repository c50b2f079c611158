#!/usr/bin/env node
/**
 * The command's first steps: the front page is printed at once; for all else what was compiled before is used again
 * (where Node can), and the rest is loaded.
 */
import * as module from "node:module"
import { answer } from "./frontPage.ts"

const text = answer(process.argv.slice(2))

if (text !== undefined) {
  // Nobody may be reading: `| head`.
  process.stdout.on("error", () => {}).write(text)
} else {
  // Node 22.1 and later.
  if ("enableCompileCache" in module && typeof module.enableCompileCache === "function") {
    module.enableCompileCache()
  }
  await import("./main.ts")
}
