/**
 * `mutoscope emulator`: the video API of this machine, for other programs to talk to.
 */
import type { DialectName } from "@mutoscope/emulator/Dialects"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Rec from "effect/Record"
import { accountVariable, Configuration, variable } from "../Configuration.ts"
import type { EmulatorOptions } from "../Live.ts"
import { UsageError } from "../Outcome.ts"
import { Output } from "../Output.ts"
import { table } from "../table.ts"

const loopback = ["127.0.0.1", "localhost", "::1"]

/** Fails where it could not listen like that, or would be open to everybody. */
export const allowed = ({ allowedHosts, host, port }: EmulatorOptions) =>
  Effect.gen(function* () {
    if (port < 0 || port > 65_535)
      return yield* new UsageError({ reason: `--port: ${port} is none; they go from 0 (any) to 65535` })
    const { settings } = yield* Configuration
    const missing = [
      ...(settings.emulatorApiKey === undefined ? [`a key in ${variable("emulatorApiKey")}`] : []),
      ...(allowedHosts.length === 0 ? ["--allowed-host, the name that its clients call it by"] : [])
    ]
    if (loopback.includes(host) || missing.length === 0) return
    return yield* new UsageError({
      reason: `--host: other machines can reach ${host}, so it needs ${missing.join(", and ")}`
    })
  })

/** Runs until it is stopped. */
export const serve = () =>
  Effect.gen(function* () {
    const { columns: width, data, note } = yield* Output
    const [{ Emulator }, { dialects }] = yield* Effect.promise(() =>
      Promise.all([import("@mutoscope/emulator/Emulator"), import("@mutoscope/emulator/Dialects")])
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
      `Try it: MUTOSCOPE_VEO_URL=${url} MUTOSCOPE_VEO_API_KEY=any mutoscope generate "A lighthouse at dusk"`
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
  { heading: "TOLD TO MUTOSCOPE BY" }
]
