#!/usr/bin/env node
/**
 * The command's first steps: the front page is printed at once; for all else the program is loaded, and what was compiled
 * of it before is used again.
 */
import { join } from "node:path"
import { load } from "./compiled.ts"
import { answer } from "./frontPage.ts"
import { userFolders } from "./userFolders.ts"

const text = answer(process.argv.slice(2))

if (text !== undefined) {
  // Nobody may be reading: `| head`.
  process.stdout.on("error", () => {}).write(text)
} else {
  load(join(__dirname, "main.cjs"), join(userFolders().cache, "compiled"))
}
