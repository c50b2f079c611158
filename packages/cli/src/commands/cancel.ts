/**
 * `videogen cancel`
 */
import * as Command from "@effect/cli/Command"
import { lazily } from "../lazily.ts"
import { json, requiredReference } from "./shared.ts"

/** Stop a generation, and say what came of it */
export const cancel = Command.make(
  "cancel",
  { reference: requiredReference, json },
  lazily(async () => (await import("../work.ts")).cancel)
).pipe(Command.withDescription("Stop a generation, and say what came of it"))
