#!/usr/bin/env node
/**
 * The command's first steps: what is compiled once is kept for the next start (where Node can), then all else is
 * loaded.
 */
import * as module from "node:module"

// Node 22.1 and later.
if ("enableCompileCache" in module && typeof module.enableCompileCache === "function") {
  module.enableCompileCache()
}

await import("./main.ts")
