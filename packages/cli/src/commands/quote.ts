/**
 * `mutoscope quote`
 */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { lazily } from "../lazily.ts"
import { prompt, request } from "./generate.ts"
import { json, noInput } from "./shared.ts"

const { fallback: _, fallbackUnclear: __, model: ___, ...video } = request

/** What a request would cost. */
export const quote = Command.make(
  "quote",
  {
    ...prompt,
    model: Options.text("model").pipe(
      Options.withDescription("The model; may be given several times, to compare"),
      Options.repeated
    ),
    request: video,
    json,
    noInput
  },
  lazily(async () => (await import("../work.ts")).quote)
).pipe(Command.withDescription("Say what a video would cost; nothing is sent"))
