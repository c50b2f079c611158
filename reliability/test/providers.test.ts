/**
 * Every provider against the emulator in its own dialect: from a prompt to a file, and everything that can go wrong on the
 * way. A provider without a row here fails the test.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Adapters from "@mutoscope/client/Adapters"
import * as Policy from "@mutoscope/core/Policy"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import { dialects } from "@mutoscope/emulator/Dialects"
import * as Emulator from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Schedule from "effect/Schedule"
import { assert, describe, it } from "vitest"
import { accountOf, canary, generator, rows } from "./dialects.ts"

const names = [...new Set([...Adapters.all.map(({ name }) => name), ...Object.keys(rows)])]

/** What each scenario ends with. Counted ones are over before the patience is. */
const ends: Readonly<Record<string, string>> = {
  quota: "QuotaExceeded",
  unauthorized: "AuthenticationFailed",
  "retired-model": "UnsupportedOption",
  "rate-limit:1": "Completed",
  reset: "SubmitUnknown",
  unavailable: "SubmitUnknown",
  "lost-response": "SubmitUnknown",
  "malformed-json": "SubmitUnknown",
  failure: "GenerationFailed",
  "content-block": "ContentBlocked",
  "empty-result": "EmptyResult",
  "poll-unavailable:2": "Completed",
  "truncated-download:1": "Completed",
  "expired-file": "DownloadFailed"
}

const policy = Policy.make({
  pollInterval: 20,
  retryDelay: 20,
  retries: 3,
  downloadTimeout: 2_000,
  outputTimeout: 20,
  unreachableAfter: 200,
  reconcileAfter: [0, 20]
})

/** The prompt names the scenario. */
const byPrompt = ({ prompt }: { readonly prompt: string }) => (prompt === "none" ? undefined : prompt)

/** Runs a program with a provider; the prompt is the scenario. */
const played = <A, E>(
  name: string,
  scenario: string,
  program: (
    generator: VideoGenerator.VideoGenerator["Type"],
    request: VideoRequest,
    accepted: Effect.Effect<number>
  ) => Effect.Effect<A, E>
): Promise<A> => {
  const row = rows[name]
  if (row === undefined) return Promise.reject(new Error(`${name} has no row`))
  const folder = mkdtempSync(join(tmpdir(), "mutoscope-dialects-"))
  return Effect.gen(function* () {
    const emulator = yield* Emulator.Emulator
    return yield* program(
      yield* VideoGenerator.VideoGenerator,
      new VideoRequest({
        prompt: scenario,
        model: `${accountOf(name, row)}/${row.model}`,
        duration: row.duration,
        aspectRatio: "16:9",
        resolution: "720p"
      }),
      Effect.map(emulator.accepted, ({ length }) => length)
    )
  }).pipe(
    Effect.provideService(Policy.Policy, policy),
    Effect.provide(generator(name, row, folder, byPrompt)),
    Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true }))),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.runPromise
  )
}

const end = <E extends { readonly _tag: string }>(exit: Exit.Exit<unknown, E>) =>
  Exit.match(exit, {
    onFailure: (cause) => (cause._tag === "Fail" ? cause.error._tag : `defect ${String(cause)}`),
    onSuccess: () => "Completed"
  })

/** Some scenarios cannot happen on some wires. */
const isKnown = (name: string, scenario: string) => {
  const dialect = rows[name]?.dialect
  return dialect === undefined || !(scenario.replace(/:.*/, "") in dialects[dialect].lacks)
}

describe.each(names)("%s, end to end", (name) => {
  it("makes a prompt into a verified file", () =>
    played(name, "none", (generator, request, accepted) =>
      Effect.gen(function* () {
        const { state } = yield* generator.generate(request)
        assert.isTrue(existsSync(state.video.path))
        assert.strictEqual(readFileSync(state.video.path).subarray(4, 8).toString("latin1"), "ftyp")
        assert.strictEqual(yield* accepted, 1)
        assert.notInclude(JSON.stringify(state), canary)
      })
    ))

  it.each(Object.entries(ends).filter(([scenario]) => isKnown(name, scenario)))(
    "ends %s with %s, paid at most once",
    (scenario, expected) =>
      played(name, scenario, (generator, request, accepted) =>
        Effect.gen(function* () {
          const exit = yield* Effect.exit(generator.generate(request))
          assert.strictEqual(end(exit), rows[name]?.instead?.[scenario] ?? expected)
          assert.isAtMost(yield* accepted, 1)
          assert.notInclude(JSON.stringify(exit), canary)
        })
      )
  )

  it("tells the truth about a cancel, and goes on to the job's own end", () =>
    played(name, "stuck", (generator, request) =>
      Effect.gen(function* () {
        const { id } = yield* generator.start(request)
        yield* Effect.repeat(generator.status(id), {
          until: ({ generation }) => generation.state._tag === "Rendering",
          schedule: Schedule.spaced(20)
        })
        assert.strictEqual(yield* generator.cancel(id), rows[name]?.cancel)
      })
    ))
})
