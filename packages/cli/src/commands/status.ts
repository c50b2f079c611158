/**
 * `mutoscope status`
 */
import * as Command from "@effect/cli/Command"
import { lazily } from "../lazily.ts"
import { json, reference } from "./shared.ts"

/** Ask the provider how a generation is doing */
export const status = Command.make(
  "status",
  { reference, json },
  lazily(async () => (await import("../work.ts")).status)
).pipe(Command.withDescription("Ask the provider how a generation is doing"))
