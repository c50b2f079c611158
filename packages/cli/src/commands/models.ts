/**
 * `videogen models`
 */
import * as Command from "@effect/cli/Command"
import { lazily } from "../lazily.ts"
import { json } from "./shared.ts"

/** List the models, and what each can do */
export const models = Command.make(
  "models",
  { json },
  lazily(async () => (await import("../work.ts")).models)
).pipe(Command.withDescription("List the models, and what each can do"))
