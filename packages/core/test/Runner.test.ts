/**
 * The jobs of one process: each is counted once, told to all who listen, and nobody's after its end.
 */
import { assert, describe, it } from "@effect/vitest"
import { JobKey } from "@mutoscope/core/Generation"
import * as Errors from "@mutoscope/core/GenerationError"
import { GenerationStore, layerMemory as layerRecords } from "@mutoscope/core/GenerationStore"
import type { Progress } from "@mutoscope/core/Progress"
import * as Telemetry from "@mutoscope/core/Telemetry"
import { layer as layerGenerator, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import { layerMemory as layerVideos } from "@mutoscope/core/VideoStore"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as TestClock from "effect/TestClock"
import { id, type Ledger, provider, request, type Script, succeeded } from "./scripted.ts"

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

  it.effect("whoever joins one is told of it, from where it is; also when whoever began it stops", () => {
    const { live } = world({ poll: [Effect.succeed({ _tag: "Running", progress: 50 })] })
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const told: Record<string, Array<string>> = { first: [], second: [] }
      const telling = (name: string) => ({
        onProgress: ({ message }: Progress) => Effect.sync(() => void told[name]?.push(message))
      })
      const first = yield* Effect.fork(generator.generate(request, { ...telling("first"), id }))
      yield* TestClock.adjust("3 seconds")
      const second = yield* Effect.fork(generator.resume(id, telling("second")))
      yield* Effect.yieldNow()
      assert.deepStrictEqual(told["second"], ["rendering video"])
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(told["second"], ["rendering video", "rendering video"])
      yield* Fiber.interrupt(first)
      const [heard, before] = [told["first"]?.length, told["second"]?.length ?? 0]
      yield* TestClock.adjust("2 seconds")
      assert.isAbove(told["second"]?.length ?? 0, before)
      yield* Fiber.interrupt(second)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(told["first"]?.length, heard)
    }).pipe(Effect.provide(live))
  })

  it.effect("whoever joins one and leaves is told no more, and stops nothing", () => {
    const { live } = world({ poll: [Effect.succeed({ _tag: "Running", progress: 50 })] })
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      let told = 0
      yield* generator.start(request, { id })
      yield* TestClock.adjust("3 seconds")
      const onProgress = () => Effect.sync(() => void told++)
      const joined = yield* Effect.fork(generator.resume(id, { onProgress }))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.interrupt(joined)
      const then = told
      yield* TestClock.adjust("4 seconds")
      assert.deepStrictEqual([told, then > 0], [then, true])
      const records = yield* GenerationStore
      assert.strictEqual((yield* Effect.flip(records.claim(id, "another")))._tag, "LeaseLost")
    }).pipe(Effect.provide(live))
  })

  describe("a job that is started again under its key", () => {
    const options = { key: JobKey.make("clip 7") }
    const completed = Effect.gen(function* () {
      yield* TestClock.adjust("10 seconds")
      const list = Effect.flatMap(GenerationStore, (records) => records.list({}))
      // A download is hashed off this thread, which no test's clock waits for.
      const [record, ...others] = yield* Effect.repeat(list, {
        while: ([one]) =>
          Effect.as(
            Effect.promise(() => new Promise((resolve) => setImmediate(resolve))),
            one?.state._tag === "Downloading"
          )
      })
      assert.deepStrictEqual([record?.state._tag, others], ["Completed", []])
    })

    it.effect("is gone on with where nobody has it in hand, and asked for once", () => {
      const { ledger, live } = world({})
      return Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const records = yield* GenerationStore
        const plan = yield* generator.plan(request, options)
        yield* records.release(yield* records.create(plan, "a process that ended"))
        const started = yield* generator.start(request, options)
        assert.strictEqual(started.id, plan.id)
        yield* generator.start(request, options)
        yield* completed
        yield* generator.start(request, options)
        assert.lengthOf(
          ledger.filter((call) => call === "submit"),
          1
        )
      }).pipe(Effect.provide(live))
    })

    it.effect("goes on after whoever began it has stopped, and is told of", () => {
      const running = Effect.succeed({ _tag: "Running" } as const)
      const { ledger, live } = world({ poll: [running, running, running, Effect.succeed(succeeded)] })
      return Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const first = yield* Effect.fork(generator.generate(request, options))
        yield* TestClock.adjust("1 second")
        const said: Array<string> = []
        yield* generator.start(request, {
          ...options,
          onProgress: ({ message }) => Effect.sync(() => void said.push(message))
        })
        yield* Fiber.interrupt(first)
        yield* completed
        assert.strictEqual(said.at(-1), "complete")
        assert.lengthOf(
          ledger.filter((call) => call === "submit"),
          1
        )
      }).pipe(Effect.provide(live))
    })

    it.effect("is left to the process that has it in hand", () => {
      const { ledger, live } = world({})
      return Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const records = yield* GenerationStore
        yield* records.heartbeat("another", Duration.hours(1))
        const { generation } = yield* records.create(yield* generator.plan(request, options), "another")
        assert.strictEqual((yield* generator.start(request, options)).id, generation.id)
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(ledger, [])
      }).pipe(Effect.provide(live))
    })
  })
})
