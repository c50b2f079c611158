/**
 * Each cause has its own exit code: as data, and in a process that talks to an API where things go wrong.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Generation } from "@mutoscope/core/Generation"
import * as GenerationError from "@mutoscope/core/GenerationError"
import * as Emulator from "@mutoscope/emulator/Emulator"
import * as Arbitrary from "effect/Arbitrary"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { meanings } from "../src/ExitCode.ts"
import { GenerationStopped, describe as outcomeOf } from "../src/Outcome.ts"
import { exitCode } from "../src/process.ts"
import { world } from "./support/mutoscope.ts"

const documented = meanings.map(([code]) => code)

describe("Outcome", () => {
  it("gives every error a documented code of its own kind, and its own message", () => {
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(GenerationError.GenerationError), (error) => {
        const { code, message } = outcomeOf(error)
        return code > 1 && documented.includes(code) && message === error.message
      })
    )
  })

  it("says how to go on only where that can help", () => {
    FastCheck.assert(
      FastCheck.property(
        Arbitrary.make(GenerationError.GenerationError),
        Arbitrary.make(Generation.fields.id),
        FastCheck.boolean(),
        (error, id, resumable) => {
          const { code, hints } = outcomeOf(new GenerationStopped({ error, id, resumable }))
          // What was set aside has its file for the way back.
          const helps = resumable && !(error._tag === "HeldBack" && error.why === "aside")
          return (
            code === outcomeOf(error).code && hints.some((hint) => hint.includes(`resume ${id}`)) === helps
          )
        }
      )
    )
  })

  it("says that nothing was charged only of what was never sent", () => {
    FastCheck.assert(
      FastCheck.property(
        Arbitrary.make(GenerationError.GenerationError),
        Arbitrary.make(Generation.fields.id),
        FastCheck.boolean(),
        (error, id, resumable) => {
          const told = [
            outcomeOf(error),
            outcomeOf(new GenerationStopped({ error, id, resumable })),
            outcomeOf(new GenerationStopped({ error, id, resumable, unsent: false }))
          ]
          return told.every(({ hints }) => !/nothing was charged/i.test(hints.join()))
        }
      )
    )
    const error = new GenerationError.RateLimited({ provider: "veo", retryAfter: Duration.zero })
    const { hints } = outcomeOf(
      new GenerationStopped({ error, id: Generation.fields.id.make("a"), resumable: false, unsent: true })
    )
    assert.deepStrictEqual(hints, ["Nothing was charged; try again in a while"])
  })

  it("turns exits into codes: the value, 141 for a lost reader, 1 for what nobody expected", () => {
    const codes: Array<number> = []
    for (const exit of [Exit.succeed(7), Exit.interrupt(0 as never), Exit.die("bug")])
      exitCode(exit, (code) => codes.push(code))
    assert.deepStrictEqual(codes, [7, 141, 1])
  })
})

describe("mutoscope, at an API where things go wrong", () => {
  const here = world()
  afterAll(here.remove)

  const api = ManagedRuntime.make(
    Layer.orDie(Emulator.layerTest({ faults: ({ prompt }) => (prompt === "fine" ? undefined : prompt) }))
  )
  let url = ""
  beforeAll(async () => {
    url = await api.runPromise(Effect.map(Emulator.Emulator, (emulator) => emulator.url))
  })
  afterAll(() => api.dispose())

  const generate = (scenario: string, env: Readonly<Record<string, string>> = {}) =>
    here.run(["generate", scenario, "--output", scenario, "--json"], {
      env: {
        MUTOSCOPE_VEO_URL: url,
        MUTOSCOPE_VEO_API_KEY: "canary",
        MUTOSCOPE_RETRIES: "0",
        MUTOSCOPE_POLL_TIMEOUT: "8",
        ...env
      }
    })

  const cases: ReadonlyArray<readonly [string, number, RegExp, Readonly<Record<string, string>>?]> = [
    ["quota", 4, /quota exceeded/i],
    ["rate-limit", 4, /slow down.*\n {2}Nothing was charged; try again in \d+s/],
    ["unavailable", 8, /It is unknown whether/],
    ["unauthorized", 3, /mutoscope doctor/],
    ["lost-response", 8, /It is not sent again, since it may be running and charged already/],
    ["failure", 6, /could not render/],
    ["content-block", 5, /blocked/],
    ["empty-result", 6, /without a video/],
    [
      "expired-file",
      11,
      /does not serve the file[\s\S]*Go on with it: mutoscope resume/,
      { MUTOSCOPE_OUTPUT_TIMEOUT: "1" }
    ],
    ["truncated-download", 11, /What has arrived is kept\n {2}Go on with it: mutoscope resume/],
    ["stuck", 7, /still running\n {2}Go on with it: mutoscope resume/, { MUTOSCOPE_POLL_TIMEOUT: "1" }]
  ]

  it("exits with the code of the cause, tells it on stderr and, with --json, in the last line", async () => {
    const ended = await Promise.all(
      cases.map(async ([scenario, code, reason, env]) => ({
        scenario,
        code,
        reason,
        ...(await told(scenario, env))
      }))
    )
    for (const { scenario, code, reason, ended: run } of ended) {
      assert.strictEqual(run.code, code, `${scenario}: ${run.stderr}`)
      assert.match(run.stderr, reason, scenario)
      assert.deepInclude(JSON.parse(run.stdout.trimEnd().split("\n").at(-1) ?? ""), {
        event: "error",
        exitCode: code
      })
      assert.notMatch(run.stdout + run.stderr, /canary|\n {4}at /)
    }
  })

  const told = async (scenario: string, env?: Readonly<Record<string, string>>) => ({
    ended: await generate(scenario, env)
  })

  it("asks a real model for the nearest duration that it has, where none was given", async () => {
    const { code, stdout } = await generate("fine")
    assert.strictEqual(code, 0, stdout)
    const shown = await here.run(["list", "--json", "--state", "completed"])
    assert.deepInclude(JSON.parse(shown.stdout), { provider: "veo", model: "veo-3.1", prompt: "fine" })
    const { stdout: record } = await here.run(["show", JSON.parse(shown.stdout).recordId, "--json"])
    assert.deepInclude(JSON.parse(record).request, { duration: 6, resolution: "720p", aspectRatio: "16:9" })
    const wrong = await here.run(["generate", "fine", "--duration", "5"], {
      env: { MUTOSCOPE_VEO_URL: url, MUTOSCOPE_VEO_API_KEY: "canary" }
    })
    assert.strictEqual(wrong.code, 2)
    assert.match(wrong.stderr, /supported: 4 s, 6 s, 8 s; nearest: 6 s/)
  })
})
