/**
 * The jobs of one process: each is counted once, told to all who listen, and nobody's after its end.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Errors from "@videogen/core/GenerationError"
import { GenerationStore, layerMemory as layerRecords } from "@videogen/core/GenerationStore"
import * as Telemetry from "@videogen/core/Telemetry"
import { layer as layerGenerator, VideoGenerator } from "@videogen/core/VideoGenerator"
import { layerMemory as layerVideos } from "@videogen/core/VideoStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/TestClock"
import { type Ledger, provider, request, type Script } from "./scripted.ts"

const wrongKey = new Errors.AuthenticationFailed({ provider: "scripted", reason: "wrong key" })

/** The generator on a script, where a record is given back only through the gate. */
const world = (script: Script, gate = Effect.unsafeMakeLatch(true)) => {
  const ledger: Ledger = []
  const records = Layer.map(layerRecords, (context) => {
    const store = Context.get(context, GenerationStore)
    return Context.make(GenerationStore, {
      ...store,
      release: (claim) => Effect.zipRight(gate.await, store.release(claim))
    })
  })
  const live = layerGenerator.pipe(
    Layer.provideMerge(Layer.mergeAll(provider(script, ledger), records, layerVideos))
  )
  return { gate, ledger, live }
}

const inFlight = Effect.map(Metric.value(Telemetry.inFlight), ({ value }) => value)

describe("the jobs of a process", () => {
  it.effect("one that is stopped while it ends is counted once, and its record is free afterwards", () => {
    const { gate, live } = world({ poll: [Effect.fail(wrongKey)] }, Effect.unsafeMakeLatch(false))
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const records = yield* GenerationStore
      const before = yield* inFlight
      const run = yield* Effect.fork(generator.generate(request))
      yield* TestClock.adjust("1 second")
      const stop = yield* Effect.fork(Fiber.interrupt(run))
      yield* TestClock.adjust("1 second")
      yield* gate.open
      assert.isTrue(Exit.isFailure(yield* Fiber.join(stop)))
      assert.strictEqual(yield* inFlight, before)
      const [left] = yield* records.list({})
      assert.strictEqual((yield* records.claim((yield* Effect.fromNullable(left)).id, "next")).owner, "next")
    }).pipe(Effect.provide(live))
  })

  it.effect("one that comes to its end while it is stopped is counted once", () => {
    const looking = Effect.unsafeMakeLatch(false)
    const blocked = new Errors.ContentBlocked({ provider: "scripted", reasons: ["no"] })
    const { live } = world({ submit: [Effect.zipRight(looking.await, Effect.fail(blocked))] })
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const before = yield* inFlight
      const run = yield* Effect.fork(generator.generate(request))
      yield* TestClock.adjust("1 second")
      const stop = yield* Effect.fork(Fiber.interrupt(run))
      yield* TestClock.adjust("1 second")
      yield* looking.open
      yield* Fiber.join(stop)
      assert.strictEqual(yield* inFlight, before)
    }).pipe(Effect.provide(live))
  })
})
