/**
 * N06: the answer to each submit is lost, though its job is accepted and paid for. How many of them wait for a person, in
 * each dialect; what is found is its own job, and is paid for once.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Policy from "@mutoscope/core/Policy"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import { label } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Emulator from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { afterAll, assert, describe, it } from "vitest"
import { accountOf, generator, rows } from "./dialects.ts"

const lost = 4

/** How many of the lost submits a person has to look for: all, unless the dialect shows what a job was called. */
const left: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.keys(rows).map((name) => [name, lost])),
  seedance: 0,
  comfyui: 0,
  "replicate, with a webhook": 0
}

const policy = Policy.make({ pollInterval: 20, retries: 0, reconcileAfter: [0, 50, 200] })

const told: Array<string> = []
afterAll(() => console.log([`Of ${lost} lost submits, left to a person:`, ...told.toSorted()].join("\n")))

describe.each(Object.entries(rows))("lost submits of %s", (name, row) => {
  it(`leave ${left[name]} of ${lost} to a person, and are paid for once`, () => {
    const folder = mkdtempSync(join(tmpdir(), "mutoscope-lost-"))
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const request = (prompt: string) =>
        new VideoRequest({
          prompt,
          model: `${accountOf(name, row)}/${row.model}`,
          duration: row.duration,
          aspectRatio: "16:9",
          resolution: "720p"
        })
      // Three of them ask for the very same, at the same time.
      const prompts = ["a lamp", "a lamp", "a lamp", "a door"]
      yield* Effect.forEach(prompts, (prompt) => Effect.exit(generator.generate(request(prompt))), {
        concurrency: "unbounded"
      })
      const all = yield* Effect.flatMap(GenerationStore, (records) => records.list({}))
      const jobs = yield* Effect.flatMap(Emulator.Emulator, ({ accepted }) => accepted)
      const unknown = all.filter(({ state }) => state._tag === "SubmitUnknown")
      told.push(`  ${name.padEnd(26)} ${unknown.length}`)
      assert.lengthOf(jobs, lost)
      assert.strictEqual(unknown.length, left[name])
      for (const { id, request, state } of all) {
        if (state._tag !== "Completed") continue
        const job = jobs.find(({ operation }) => operation === state.operation.id)
        assert.strictEqual(job?.prompt, request.prompt)
        if (job?.label !== undefined) assert.include(job.label, label({ id, attempt: 1 }))
      }
      const operations = all.flatMap(({ state }) => (state._tag === "Completed" ? [state.operation.id] : []))
      assert.strictEqual(new Set(operations).size, lost - unknown.length)
    }).pipe(
      Effect.provideService(Policy.Policy, policy),
      Effect.provide(generator(name, row, folder, () => "lost-response")),
      Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true }))),
      Logger.withMinimumLogLevel(LogLevel.None),
      Effect.runPromise
    )
  })
})
