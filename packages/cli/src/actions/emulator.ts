/**
 * `videogen emulator`: the video API of this machine, for other programs to talk to.
 */
import type { DialectName } from "@videogen/emulator/Dialects"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Rec from "effect/Record"
import { accountVariable } from "../Configuration.ts"
import { Output } from "../Output.ts"
import { table } from "../table.ts"

/** Runs until it is stopped. */
export const emulator = () =>
  Effect.gen(function* () {
    const { columns: width, data, note } = yield* Output
    const [{ Emulator }, { dialects }] = yield* Effect.promise(() =>
      Promise.all([import("@videogen/emulator/Emulator"), import("@videogen/emulator/Dialects")])
    )
    const { url, urlOf } = yield* Emulator
    yield* data(url)
    const rows = Rec.toEntries(accounts).map(([name, speakers]) => [
      dialects[name].title,
      urlOf(name),
      speakers.map((account) => accountVariable(account, "baseUrl")).join(", ")
    ])
    yield* note(
      `Speaks the APIs of ${rows.length} vendors, and draws procedural previews: no AI model is behind it.`
    )
    yield* Effect.forEach(table(columns, rows, Option.getOrUndefined(width)), note, { discard: true })
    yield* note(
      `Try it: VIDEOGEN_VEO_URL=${url} VIDEOGEN_VEO_API_KEY=any videogen generate "A lighthouse at dusk"`
    )
    yield* note("Stop it with Ctrl-C.")
    return yield* Effect.never
  })

/** Whose base URL that of a dialect is. */
const accounts: { readonly [Name in DialectName]: ReadonlyArray<string> } = {
  veo: ["veo", "vertex"],
  geminiOmni: ["gemini"],
  openai: ["openai"],
  openrouter: ["openrouter"],
  runway: ["runway"],
  xai: ["xai"],
  seedance: ["seedance"],
  comfyui: ["comfyui"],
  fal: ["fal"],
  replicate: ["replicate"]
}

const columns = [
  { heading: "API", flexible: true },
  { heading: "BASE URL" },
  { heading: "TOLD TO VIDEOGEN BY" }
]
