/**
 * `mutoscope watch`
 */
import * as Command from "@effect/cli/Command"
import { lazily } from "../lazily.ts"
import { json, quiet, reference } from "./shared.ts"

/** Watch a generation until it is finished, and print its path */
export const watch = Command.make(
  "watch",
  { reference, json, quiet },
  lazily(async () => (await import("../work.ts")).watch)
).pipe(Command.withDescription("Watch a generation until it is finished, and print its path"))
