/**
 * How long many are waited for that are not alike: the preview as long as it takes, what is elsewhere as was settled.
 */
import { assert, describe, it } from "@effect/vitest"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { request, succeeded } from "../../core/test/scripted.ts"
import { resumeAll } from "../src/actions/resumeAll.ts"
import { codes } from "../src/ExitCode.ts"
import { world } from "./support/scriptedWorld.ts"

const afterSevenMinutes = Effect.map(Clock.currentTimeMillis, (now) =>
  now > 420_000 ? succeeded : ({ _tag: "Running" } as const)
)

const slow = (provider: string) => ({ provider, model: `${provider}-1`, poll: [afterSevenMinutes] })

describe("mutoscope resume --all", () => {
  it.effect("waits for a preview beyond the five minutes that others are given beside it", () => {
    const here = world([slow("emulator"), slow("veo")])
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const begun = yield* Effect.fork(
        Effect.forEach(
          ["emulator-1", "veo-1"],
          (model) => generator.generate({ ...request, model }, { output: `${model}.mp4` }),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.interrupt(begun)
      const resumed = yield* Effect.fork(
        Effect.flip(resumeAll({ json: false, quiet: false, maxCost: Option.none() }))
      )
      yield* TestClock.adjust("8 minutes")
      const error = yield* Fiber.join(resumed)
      assert.deepInclude(error, { _tag: "SomeLeft", code: codes.timeout })
      const receipt = here.notes.join("\n")
      assert.match(receipt, /2 resumed:[\s\S]*1 finished\n[\s\S]*1 did not come to an end/)
      assert.match(receipt, /Not finished after \dm/)
      assert.strictEqual(here.data.length, 1)
    }).pipe(Effect.provide(here.live))
  })
})
