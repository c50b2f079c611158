// How fast the command answers, beside a Node that does nothing.
import { execFile } from "node:child_process"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { makeId } from "@mutoscope/core/Generation"
import * as GenerationStore from "@mutoscope/core/GenerationStore"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { recordsIn, request } from "./clients/mutoscope.mjs"
import { timed, withFolder } from "./support/processes.mjs"
import { interleaved, median, print, verdict } from "./support/table.mjs"

const bin = fileURLToPath(new URL("../packages/cli/dist/bin.cjs", import.meta.url))
const records = 1000

/** A database as a year of use leaves it. */
const fill = (path) =>
  Effect.gen(function* () {
    const store = yield* GenerationStore.GenerationStore
    for (let number = 0; number < records; number++) {
      const now = yield* DateTime.now
      const generation = {
        id: yield* makeId,
        request: yield* request(`A serene mountain landscape at sunset, take ${number}`),
        provider: "veo",
        model: "veo-3.0",
        state: { _tag: "Queued", attempt: 0 },
        createdAt: now,
        updatedAt: now
      }
      yield* Effect.flatMap(store.create(generation, "bench"), store.release)
    }
  }).pipe(Effect.provide(recordsIn(path)), Effect.runPromise)

const commands = {
  node: { name: "node -e 0", args: () => ["-e", "0"] },
  help: { name: "mutoscope --help", args: () => [bin, "--help"], target: 2.5 },
  list: { name: `mutoscope list, ${records} records`, args: () => [bin, "list"], target: 3.5 }
}

/** Fast because it looked elsewhere would not be fast. */
const expectRecords = async (env) => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [bin, "list", "--json", "--limit", String(records)],
    { env }
  )
  const lines = stdout.trim().split("\n").length
  if (lines !== records) throw new Error(`mutoscope list shows ${lines} records of ${records}`)
}

export const main = async ({ rounds = 15 } = {}) =>
  withFolder(async (folder) => {
    await fill(join(folder, "mutoscope.db"))
    const env = { ...process.env, MUTOSCOPE_DATA_DIR: folder, XDG_CACHE_HOME: folder }
    const run = (command) => timed(process.execPath, commands[command].args(), env)
    // The first run fills the compile cache, as the first run on a user's machine does.
    for (const command of Object.keys(commands)) await run(command)
    await expectRecords(env)
    const results = await interleaved(rounds, Object.keys(commands), run)
    const base = median(results.get("node"))
    print(
      "The start of the command",
      ["command", "time", "x node", "target"],
      Object.entries(commands).map(([command, { name, target }]) => {
        const ratio = median(results.get(command)) / base
        return [
          name,
          `${median(results.get(command)).toFixed(0)} ms`,
          ratio.toFixed(2),
          target === undefined ? "" : `<= ${target}: ${verdict(ratio, target)}`
        ]
      })
    )
  })

if (process.argv[1] === import.meta.filename) await main()
