/**
 * What a provider's `Retry-After` does to a call: it is kept, shown and bounded, and never waited for in silence past the time
 * that a call has.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Errors from "@mutoscope/core/GenerationError"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import type { OperationStatus } from "@mutoscope/core/Operation"
import * as Policy from "@mutoscope/core/Policy"
import type { Progress } from "@mutoscope/core/Progress"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { id, type Ledger, layer, mp4, operation, request, type Script, succeeded } from "./scripted.ts"

const limited = (retryAfter: Duration.DurationInput) =>
  new Errors.RateLimited({ provider: "scripted", retryAfter: Duration.decode(retryAfter) })

const done: Effect.Effect<OperationStatus> = Effect.succeed(succeeded)

/** One call with everything that it reports. */
const started = (script: Script, settings: Partial<Policy.Settings> = {}) =>
  Effect.gen(function* () {
    const ledger: Ledger = []
    const reports: Array<Progress> = []
    const call = Effect.flatMap(VideoGenerator, (generator) =>
      generator.generate(request, {
        id,
        onProgress: (progress) => Effect.sync(() => reports.push(progress))
      })
    )
    const records = Effect.flatMap(GenerationStore, (store) => store.get(id))
    const fiber = yield* Effect.fork(
      Effect.zip(Effect.either(call), records).pipe(
        Effect.provide(layer(script, ledger)),
        Effect.provideService(Policy.Policy, Policy.make(settings))
      )
    )
    return { fiber, ledger, reports }
  })

const pauses = (reports: ReadonlyArray<Progress>) =>
  reports.flatMap(({ message, pauseSeconds, stage }) =>
    pauseSeconds === undefined ? [] : [{ stage, pauseSeconds, message }]
  )

const asks = (limit: Duration.DurationInput) => {
  const error = limited(limit)
  return [
    ["a submit", { submit: [Effect.fail(error), Effect.succeed(operation)] }, "starting", "Failed"],
    ["a look", { poll: [Effect.fail(error), done] }, "rendering", "Rendering"],
    ["a download", { download: [Stream.fail(error), Stream.make(mp4)] }, "downloading", "Downloading"]
  ] as const
}

describe("a pause that a call can wait for", () => {
  for (const [what, script, stage] of asks("3 minutes"))
    it.effect(`after ${what} is reported and kept`, () =>
      Effect.gen(function* () {
        const { fiber, ledger, reports } = yield* started(script)
        yield* TestClock.adjust("179 seconds")
        const asked = ledger.length
        assert.deepStrictEqual(pauses(reports), [
          { stage, pauseSeconds: 180, message: "rate limited: the provider asks to wait 3m" }
        ])
        yield* TestClock.adjust("30 seconds")
        assert.isAbove(ledger.length, asked)
        const [result, record] = yield* Fiber.join(fiber)
        assert.strictEqual(result._tag, "Right")
        assert.strictEqual(record.state._tag, "Completed")
      })
    )
})

describe("a pause that is longer than a call waits", () => {
  for (const [what, script, , state] of asks("1 day"))
    it.effect(`after ${what} ends the call at once, with what the provider asked for`, () =>
      Effect.gen(function* () {
        const { fiber, ledger } = yield* started(script)
        yield* TestClock.adjust("5 seconds")
        const asked = ledger.length
        const [result, record] = yield* Fiber.join(fiber)
        assert.deepInclude(result, { _tag: "Left" })
        if (result._tag === "Left" && result.left._tag === "RateLimited")
          assert.strictEqual(Duration.toHours(result.left.retryAfter), 24)
        else assert.fail(`expected RateLimited, got ${JSON.stringify(result)}`)
        // What is paid for can be resumed.
        assert.strictEqual(record.state._tag, state)
        assert.strictEqual(ledger.length, asked)
      })
    )

  it.effect("is bounded by the policy where calls wait without an end", () =>
    Effect.gen(function* () {
      const { fiber, ledger, reports } = yield* started(
        { poll: [Effect.fail(limited("1 day")), done] },
        { pollTimeout: Duration.infinity, retryAfterLimit: "5 minutes" }
      )
      yield* TestClock.adjust("299 seconds")
      assert.deepStrictEqual(ledger, ["submit", "poll"])
      assert.strictEqual(pauses(reports)[0]?.pauseSeconds, 300)
      yield* TestClock.adjust("5 seconds")
      const [result] = yield* Fiber.join(fiber)
      assert.strictEqual(result._tag, "Right")
    })
  )
})
