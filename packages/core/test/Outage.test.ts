/**
 * L03 L04: a crowd that is due at once, and a provider that is gone for ten minutes.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Errors from "@mutoscope/core/GenerationError"
import { unlimited } from "@mutoscope/core/GenerationQueue"
import { GenerationStore, layerMemory } from "@mutoscope/core/GenerationStore"
import * as Policy from "@mutoscope/core/Policy"
import { layer as layerGenerator, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { id, type Ledger, layer, operation, provider, request, succeeded } from "./scripted.ts"

const quietly = Logger.minimumLogLevel(LogLevel.None)

describe("an outage", () => {
  it.effect("L04 costs no more looks than no outage would, and what was paid for is had afterwards", () => {
    const gone = Effect.fail(new Errors.ProviderUnavailable({ provider: "scripted", reason: "HTTP 503" }))
    const ledger: Ledger = []
    const outage = Array.from({ length: 4 }, () => gone)
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const fiber = yield* Effect.fork(Effect.flip(generator.generate(request, { id })))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "ProviderUnavailable")
      // Ten minutes of nothing but looks every two seconds would be 300.
      assert.isAtMost(ledger.filter((asked) => asked === "poll").length, 4)
      const resumed = yield* Effect.fork(generator.resume(id))
      yield* TestClock.adjust("1 minutes")
      assert.strictEqual((yield* Fiber.join(resumed)).state._tag, "Completed")
      assert.lengthOf(
        ledger.filter((asked) => asked === "submit"),
        1
      )
    }).pipe(
      Effect.provide(layer({ poll: [...outage, Effect.succeed(succeeded)] }, ledger)),
      Effect.provide(quietly)
    )
  })

  it.effect("L03 of a crowd that is due at once, only so many ask at once", () => {
    const asking = { now: 0, most: 0 }
    const slow = Layer.effect(
      VideoProvider,
      Effect.map(VideoProvider, (api) =>
        VideoProvider.of({
          ...api,
          poll: (of) =>
            Effect.acquireUseRelease(
              Effect.sync(() => {
                asking.most = Math.max(asking.most, ++asking.now)
              }),
              () => Effect.delay(api.poll(of), "1 seconds"),
              () => Effect.sync(() => asking.now--)
            )
        })
      )
    ).pipe(Layer.provide(provider({}, [])))
    return Effect.gen(function* () {
      const records = yield* GenerationStore
      const generator = yield* VideoGenerator
      const crowd = 500
      yield* Effect.forEach(Array.from({ length: crowd }), (_, index) =>
        Effect.gen(function* () {
          const plan = yield* generator.plan(request)
          const claim = yield* records.create(plan, "a process that died")
          const submittedAt = claim.generation.createdAt
          const intent = { _tag: "Submitting", attempt: 1, startedAt: submittedAt } as const
          const intended = Option.getOrThrow(yield* records.intend(claim, intent, unlimited))
          const mine = { ...operation, id: `operations/${index}` }
          yield* records.release(
            yield* records.accept(intended, { _tag: "Rendering", operation: mine, submittedAt }, "test")
          )
        })
      )
      const recovery = yield* Effect.fork(generator.resumeAll())
      yield* TestClock.adjust("5 minutes")
      assert.lengthOf((yield* Fiber.join(recovery)).finished, crowd)
      assert.isAtMost(asking.most, Policy.defaults.looksAtOnce)
      assert.isAbove(asking.most, 1)
    }).pipe(
      Effect.provide(
        layerGenerator.pipe(Layer.provideMerge(Layer.mergeAll(slow, layerMemory, VideoStore.layerMemory)))
      ),
      Effect.provide(quietly)
    )
  })
})
