/**
 * `mutoscope providers`
 */
import * as Command from "@effect/cli/Command"
import { lazily } from "../lazily.ts"
import { json } from "./shared.ts"

/** List the kinds of providers, what each wants to be told, and which are configured */
export const providers = Command.make(
  "providers",
  { json },
  lazily(async () => (await import("../work.ts")).providers)
).pipe(Command.withDescription("List the providers, what each wants to be told, and which are configured"))
