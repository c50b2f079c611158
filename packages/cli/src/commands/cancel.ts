/**
 * `mutoscope cancel`
 */
import * as Command from "@effect/cli/Command"
import { lazily } from "../lazily.ts"
import { detach, json, quiet, requiredReference } from "./shared.ts"

/** Stop a generation, and say what came of it */
export const cancel = Command.make(
  "cancel",
  { reference: requiredReference, detach, json, quiet },
  lazily(async () => (await import("../work.ts")).cancel)
).pipe(Command.withDescription("Stop a generation, and say what came of it"))
