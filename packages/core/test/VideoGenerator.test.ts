import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import * as Errors from "@mutoscope/core/GenerationError"
import { unlimited } from "@mutoscope/core/GenerationQueue"
import { GenerationStore, layerMemory as layerRecords } from "@mutoscope/core/GenerationStore"
import type { OperationStatus } from "@mutoscope/core/Operation"
import * as Policy from "@mutoscope/core/Policy"
import type { Progress } from "@mutoscope/core/Progress"
import { layer as layerGenerator, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import { layerMemory as layerVideos } from "@mutoscope/core/VideoStore"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import {
  id,
  type Ledger,
  layer,
  mp4,
  operation,
  provider,
  request,
  type Script,
  succeeded
} from "./scripted.ts"

const running: OperationStatus = { _tag: "Running" }
const at = (progress: number): OperationStatus => ({ _tag: "Running", progress })

/** Runs the flow to its end under the test clock, however long it waits. */
const generate = Effect.gen(function* () {
  const generator = yield* VideoGenerator
  const fiber = yield* Effect.fork(Effect.either(generator.generate(request, { id })))
  yield* TestClock.adjust("6 minutes")
  return yield* Fiber.join(fiber)
})

const stateNow = Effect.flatMap(GenerationStore, (records) => records.get(id)).pipe(
  Effect.map(({ state }) => state)
)

const on = <A, E>(
  script: Script,
  test: (ledger: Ledger) => Effect.Effect<A, E, VideoGenerator | GenerationStore>
) => {
  const ledger: Ledger = []
  return Effect.provide(test(ledger), layer(script, ledger))
}

const failure = Effect.flatMap(generate, Effect.flip)

const unavailable = new Errors.ProviderUnavailable({ provider: "scripted", reason: "connection refused" })
const lost = new Errors.SubmitUnknown({ provider: "scripted", reason: "connection reset" })

describe("generate", () => {
  it.effect("goes from a request to a verified file with one submit", () =>
    on({ poll: [Effect.succeed(running), Effect.succeed(succeeded)] }, (ledger) =>
      Effect.gen(function* () {
        const generation = yield* Effect.flatten(generate)
        assert.strictEqual(generation.state.video.bytes, mp4.length)
        assert.deepStrictEqual(ledger, ["submit", "poll", "poll", "download"])
        const events = yield* Effect.flatMap(GenerationStore, (records) => records.events(id))
        assert.deepStrictEqual(
          events.map(({ to }) => to),
          ["Queued", "Submitting", "Rendering", "Downloading", "Downloading", "Completed"]
        )
        assert.deepStrictEqual(
          events.slice(-3).map(({ cause }) => cause),
          ["rendered", "verified on disk", "complete"]
        )
      })
    )
  )

  it.effect("refuses what the model cannot do before it stores or sends anything", () =>
    on({}, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const long = new VideoRequest({ ...request, duration: 60 })
        const error = yield* Effect.flip(generator.generate(long))
        assert.strictEqual(error._tag, "UnsupportedOption")
        assert.include(error.message, "nearest: 10 s")
        assert.deepStrictEqual(ledger, [])
        assert.deepStrictEqual(yield* Effect.flatMap(GenerationStore, (records) => records.list({})), [])
      })
    )
  )

  it.effect("refuses a model that nobody has, and names those that are there", () =>
    on({}, () =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const error = yield* Effect.flip(
          generator.generate(new VideoRequest({ ...request, model: "nothing" }))
        )
        assert.include(error.message, "scripted/s1")
      })
    )
  )
})

describe("submit", () => {
  it.effect("R2 R3 a lost answer is never followed by a second submit", () =>
    on({ submit: [Effect.fail(lost)] }, (ledger) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* failure)._tag, "SubmitUnknown")
        assert.strictEqual((yield* stateNow)._tag, "SubmitUnknown")
        const generator = yield* VideoGenerator
        assert.strictEqual((yield* Effect.flip(generator.resume(id)))._tag, "SubmitUnknown")
        assert.deepStrictEqual(ledger, ["submit"])
      })
    )
  )

  it.effect("N01 tries again after 2, 4 and 6 seconds where nothing was accepted, then gives up", () =>
    on({ submit: [Effect.fail(unavailable)] }, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const fiber = yield* Effect.fork(Effect.flip(generator.generate(request, { id })))
        for (const [wait, submits] of [
          ["1999 millis", 1],
          ["1 millis", 2],
          ["3999 millis", 2],
          ["1 millis", 3],
          ["5999 millis", 3],
          ["1 millis", 4]
        ] as const) {
          yield* TestClock.adjust(wait)
          assert.strictEqual(ledger.length, submits, wait)
        }
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "ProviderUnavailable")
        assert.strictEqual((yield* stateNow)._tag, "Failed")
      })
    )
  )

  it.effect("P13 waits as long as the provider asks before it tries again", () => {
    const limited = new Errors.RateLimited({ provider: "scripted", retryAfter: Duration.seconds(30) })
    return on({ submit: [Effect.fail(limited), Effect.succeed(operation)] }, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        yield* Effect.fork(generator.generate(request, { id }))
        yield* TestClock.adjust("29 seconds")
        assert.strictEqual(ledger.filter((call) => call === "submit").length, 1)
        yield* TestClock.adjust("1 seconds")
        assert.strictEqual(ledger.filter((call) => call === "submit").length, 2)
      })
    )
  })

  it.effect("no more than 16 are on their way at once; whoever waits for a turn is still queued", () =>
    Effect.gen(function* () {
      let inFlight = 0
      let most = 0
      const submit = Effect.acquireUseRelease(
        Effect.sync(() => {
          inFlight += 1
          most = Math.max(most, inFlight)
        }),
        () => Effect.as(Effect.sleep("1 seconds"), operation),
        () =>
          Effect.sync(() => {
            inFlight -= 1
          })
      )
      yield* on({ submit: [submit], poll: [Effect.never] }, () =>
        Effect.gen(function* () {
          const generator = yield* VideoGenerator
          yield* Effect.forEach(Array.from({ length: 40 }), () => generator.start(request))
          yield* TestClock.adjust("500 millis")
          const records = yield* GenerationStore
          assert.strictEqual((yield* records.list({ states: ["Submitting"] })).length, 16)
          assert.strictEqual((yield* records.list({ states: ["Queued"] })).length, 24)
          yield* TestClock.adjust("3 seconds")
          assert.strictEqual((yield* records.list({ states: ["Rendering"] })).length, 40)
          assert.strictEqual(most, 16)
        })
      )
    })
  )

  it.effect("does not try again what the provider refuses for good", () => {
    const quota = new Errors.QuotaExceeded({ provider: "scripted", reason: "daily limit" })
    return on({ submit: [Effect.fail(quota)] }, (ledger) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* failure)._tag, "QuotaExceeded")
        assert.deepStrictEqual(ledger, ["submit"])
        assert.strictEqual((yield* stateNow)._tag, "Failed")
      })
    )
  })

  it.effect("an interruption waits for the answer, so that the operation is never lost", () =>
    on({ submit: [Effect.delay(Effect.succeed(operation), "9 seconds")] }, () =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const fiber = yield* Effect.fork(generator.generate(request, { id }))
        yield* TestClock.adjust("1 seconds")
        const stopping = yield* Effect.fork(Fiber.interrupt(fiber))
        yield* TestClock.adjust("8 seconds")
        assert.isTrue(Exit.isInterrupted(yield* Fiber.join(stopping)))
        assert.strictEqual((yield* stateNow)._tag, "Rendering")
      })
    )
  )

  it.effect("an interruption waits for no more than 10 seconds, and then says that it does not know", () =>
    on({ submit: [Effect.never] }, () =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const fiber = yield* Effect.fork(generator.generate(request, { id }))
        yield* TestClock.adjust("1 seconds")
        const stopping = yield* Effect.fork(Fiber.interrupt(fiber))
        yield* TestClock.adjust("9 seconds")
        assert.isNull(
          yield* Fiber.poll(stopping).pipe(Effect.map((exit) => (exit._tag === "None" ? null : exit)))
        )
        yield* TestClock.adjust("1 seconds")
        yield* Fiber.join(stopping)
        assert.strictEqual((yield* stateNow)._tag, "SubmitUnknown")
      })
    )
  )
})

describe("render", () => {
  it.effect("looks every 2 seconds, 150 times, 300 seconds in all; then the job can be resumed", () =>
    on(
      { poll: [...Array.from({ length: 150 }, () => Effect.succeed(running)), Effect.succeed(succeeded)] },
      (ledger) =>
        Effect.gen(function* () {
          const error = yield* failure
          assert.strictEqual(error._tag, "GenerationTimeout")
          assert.strictEqual(ledger.filter((call) => call === "poll").length, 150)
          assert.strictEqual((yield* stateNow)._tag, "Rendering")
          const generator = yield* VideoGenerator
          const resumed = yield* generator.resume(operation.id)
          assert.strictEqual(resumed.state._tag, "Completed")
          assert.strictEqual(ledger.filter((call) => call === "submit").length, 1)
        })
    )
  )

  it.effect(
    "gives up a look whose answer does not end, after the time to wait, but not within 10 seconds",
    () =>
      Effect.forEach(
        [
          ["45 seconds", 45],
          ["3 seconds", 10]
        ] as const,
        ([pollTimeout, seconds]) =>
          on({ poll: [Effect.never, Effect.succeed(succeeded)] }, (ledger) =>
            Effect.gen(function* () {
              const impatient = Effect.provideService(Policy.Policy, Policy.make({ pollTimeout }))
              const made = yield* Effect.fork(impatient(failure))
              yield* TestClock.adjust(`${seconds - 1} seconds`)
              assert.isTrue(Option.isNone(yield* Fiber.poll(made)))
              yield* TestClock.adjust("1 second")
              const error = yield* Fiber.join(made)
              assert.strictEqual(
                error._tag === "GenerationTimeout" && Duration.toSeconds(error.waited),
                seconds
              )
              assert.strictEqual((yield* stateNow)._tag, "Rendering")
              const resumed = yield* Effect.flatMap(VideoGenerator, ({ resume }) => resume(operation.id))
              assert.strictEqual(resumed.state._tag, "Completed")
              assert.strictEqual(ledger.filter((call) => call === "submit").length, 1)
            })
          ),
        { discard: true }
      )
  )

  it.effect("a time-out names a state that is not known, in the provider's word", () =>
    on({ poll: [Effect.succeed({ _tag: "Running", word: "cooking" })] }, () =>
      Effect.gen(function* () {
        const error = yield* failure
        assert.deepInclude(error, { _tag: "GenerationTimeout", word: "cooking" })
        assert.match(error.message, /still running in a state that is not known, "cooking"$/)
      })
    )
  )

  it.effect("looks no sooner than the provider wants to be asked", () =>
    on({ poll: [Effect.succeed(running)], minimumPollInterval: 10 }, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        yield* Effect.fork(generator.generate(request, { id }))
        yield* TestClock.adjust("29 seconds")
        assert.strictEqual(ledger.filter((call) => call === "poll").length, 3)
      })
    )
  )

  it.effect("a caller's own policy holds", () =>
    on({ poll: [Effect.succeed(running)] }, (ledger) =>
      Effect.gen(function* () {
        const error = yield* failure.pipe(
          Effect.provideService(Policy.Policy, Policy.make({ pollInterval: "1 seconds", pollAttempts: 3 }))
        )
        assert.strictEqual(error._tag, "GenerationTimeout")
        assert.strictEqual(ledger.filter((call) => call === "poll").length, 3)
      })
    )
  )

  it.effect("R8 a missed look is tried again and never ends the job", () =>
    on({ poll: [Effect.fail(unavailable)] }, (ledger) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* failure)._tag, "ProviderUnavailable")
        assert.strictEqual(ledger.filter((call) => call === "poll").length, 4)
        assert.strictEqual((yield* stateNow)._tag, "Rendering")
      })
    )
  )

  it.effect("the API's own reason ends the job", () => {
    const error = new Errors.GenerationFailed({ provider: "scripted", reason: "internal", code: "13" })
    return on({ poll: [Effect.succeed({ _tag: "Failed", error })] }, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* failure).message, error.message)
        const summary = Generation.summary(
          yield* Effect.flatMap(GenerationStore, (records) => records.get(id))
        )
        assert.strictEqual(summary.errorType, "generation_failed")
      })
    )
  })
})

describe("download", () => {
  const broken = Stream.fail(new Errors.DownloadFailed({ provider: "scripted", reason: "reset" }))

  it.effect("goes on after a broken download", () =>
    on({ download: [broken, broken, Stream.make(mp4)] }, (ledger) =>
      Effect.gen(function* () {
        yield* Effect.flatten(generate)
        assert.deepStrictEqual(ledger, ["submit", "poll", "download", "download", "download"])
      })
    )
  )

  it.effect("R6 a download that keeps failing leaves a record to go on with", () =>
    on({ download: [broken] }, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* failure)._tag, "DownloadFailed")
        assert.strictEqual((yield* stateNow)._tag, "Downloading")
      })
    )
  )

  it.effect("R9 P26 a page in place of a video is never a finished generation", () =>
    on({ download: [Stream.make(new TextEncoder().encode("<html>Sorry</html>"))] }, (ledger) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* failure)._tag, "NotAVideo")
        assert.strictEqual((yield* stateNow)._tag, "Downloading")
        assert.strictEqual(ledger.filter((call) => call === "download").length, 2)
      })
    )
  )

  it.effect("P23 P25 what was no video once may be one the next time", () =>
    on({ download: [Stream.make(new TextEncoder().encode("<html>Sorry</html>")), Stream.make(mp4)] }, () =>
      Effect.gen(function* () {
        yield* Effect.flatten(generate)
        assert.strictEqual((yield* stateNow)._tag, "Completed")
      })
    )
  )
})

describe("progress", () => {
  const collect = Effect.gen(function* () {
    const generator = yield* VideoGenerator
    const fiber = yield* Effect.fork(Stream.runCollect(generator.stream(request, { id })))
    yield* TestClock.adjust("6 minutes")
    return Chunk.toReadonlyArray(yield* Fiber.join(fiber))
  })

  it.effect("passes the five stages, follows the provider's figure, and ends with the generation", () =>
    on({ poll: [at(0), at(50), at(25), at(100), succeeded].map((status) => Effect.succeed(status)) }, () =>
      Effect.gen(function* () {
        const all = yield* collect
        const reports = all.filter((one): one is Progress => "_tag" in one && one._tag === "Progress")
        assert.deepStrictEqual(
          reports.map(({ percent }) => percent),
          [0, 10, 20, 50, 50, 80, 90, 99, 100]
        )
        assert.deepStrictEqual(
          [...new Set(reports.map(({ stage }) => stage))],
          ["starting", "submitted", "rendering", "downloading", "complete"]
        )
        const last = all.at(-1)
        assert.isTrue(last !== undefined && "state" in last && last.state._tag === "Completed")
      })
    )
  )

  it.effect(
    "tells the place in the provider's queue, in which nothing has begun, and the last line of its log",
    () => {
      const waits = [3, 3, 0].map((position) => ({ _tag: "Pending" as const, position }))
      const works = [
        { _tag: "Running" as const, log: "loading weights" },
        { ...at(50), log: "step 5" }
      ]
      return on({ poll: [...waits, ...works, succeeded].map((status) => Effect.succeed(status)) }, () =>
        Effect.gen(function* () {
          const reports = (yield* collect).filter(
            (one): one is Progress => "_tag" in one && one._tag === "Progress"
          )
          const rendering = reports.filter(({ stage }) => stage === "rendering")
          assert.deepStrictEqual(
            rendering.map(({ percent, position, log }) => [position ?? log, percent === 20]),
            [
              [3, true],
              [3, true],
              [0, true],
              ["loading weights", false],
              ["step 5", false]
            ]
          )
          assert.deepInclude(rendering[0], { message: "initializing", source: "reported" })
        })
      )
    }
  )

  it.effect("estimates where the provider says nothing: never back, never 80", () =>
    on(
      { poll: [...Array.from({ length: 100 }, () => Effect.succeed(running)), Effect.succeed(succeeded)] },
      () =>
        Effect.gen(function* () {
          const reports = (yield* collect).filter(
            (one): one is Progress => "_tag" in one && one._tag === "Progress" && one.stage === "rendering"
          )
          const percents = reports.map(({ percent }) => percent)
          assert.deepStrictEqual(
            percents,
            [...percents].sort((a, b) => a - b)
          )
          assert.isBelow(Math.max(...percents), 80)
          assert.isAbove(Math.max(...percents), 70)
          assert.isTrue(reports.every(({ source }) => source === "estimated"))
          assert.deepStrictEqual(
            [...new Set(reports.map(({ message }) => message))],
            ["initializing", "generating frames", "rendering video", "finalizing"]
          )
        })
    )
  )

  it.effect("P08 what the provider reports may go back; what is told does not", () => {
    const at = (progress: number): Effect.Effect<OperationStatus> =>
      Effect.succeed({ _tag: "Running", progress })
    return on({ poll: [at(70), at(30), at(75), at(10), Effect.succeed(succeeded)] }, () =>
      Effect.gen(function* () {
        const told = (yield* collect).flatMap((one) => ("percent" in one ? [one.percent] : []))
        assert.deepStrictEqual(
          told,
          [...told].sort((a, b) => a - b)
        )
        assert.includeMembers(told, [62, 65, 100])
      })
    )
  })
})

describe("start, resume, status and cancel", () => {
  it.effect("start returns at once; resume waits for the same run and submits nothing", () =>
    on({ poll: [Effect.succeed(running), Effect.succeed(succeeded)] }, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const started = yield* generator.start(request, { id })
        assert.strictEqual(started.state._tag, "Queued")
        const fiber = yield* Effect.fork(generator.resume(started.id))
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Fiber.join(fiber)).state._tag, "Completed")
        assert.strictEqual(ledger.filter((call) => call === "submit").length, 1)
      })
    )
  )

  it.effect("what was started stops with the generator, and its record is free to be resumed", () =>
    Effect.gen(function* () {
      const records = yield* GenerationStore
      const started = Effect.gen(function* () {
        const generator = yield* VideoGenerator
        yield* generator.start(request, { id })
        yield* TestClock.adjust("3 seconds")
      })
      const scripted = provider({ poll: [Effect.succeed(running)] }, [])
      yield* Effect.provide(started, Layer.provide(layerGenerator, scripted))
      assert.strictEqual((yield* records.claim(id, "another process")).generation.state._tag, "Rendering")
    }).pipe(Effect.provide([layerRecords, layerVideos]))
  )

  it.live("C13 wherever a submit is interrupted, what was accepted is in the record", () =>
    Effect.gen(function* () {
      const slowly = Effect.as(Effect.repeatN(Effect.yieldNow(), 20), operation)
      const reached = new Set<string>()
      for (let yields = 0; yields < 100; yields++) {
        const ledger: Ledger = []
        const state = yield* interruptedAfter(yields).pipe(
          Effect.provide(layer({ submit: [slowly], poll: [Effect.never] }, ledger))
        )
        assert.strictEqual(
          state === "Rendering",
          ledger.includes("submit"),
          `after ${yields} yields: ${state}`
        )
        reached.add(state)
      }
      assert.deepStrictEqual([...reached], ["none", "Queued", "Rendering"])
    }).pipe(Effect.provide(Logger.minimumLogLevel(LogLevel.None)))
  )

  it.effect("R5 a record left in the middle of a submit becomes unknown and is not sent again", () =>
    on({}, (ledger) =>
      Effect.gen(function* () {
        const records = yield* GenerationStore
        const dead = yield* records.create(yield* newGeneration, "a process that died")
        const startedAt = dead.generation.createdAt
        yield* records.intend(dead, { _tag: "Submitting", attempt: 1, startedAt }, unlimited)
        const generator = yield* VideoGenerator
        assert.strictEqual((yield* Effect.flip(generator.resume(id)))._tag, "SubmitUnknown")
        assert.deepStrictEqual(ledger, [])
      })
    )
  )

  it.effect("R4 a spooled operation is found again", () =>
    on({}, (ledger) =>
      Effect.gen(function* () {
        const records = yield* GenerationStore
        const dead = yield* records.create(yield* newGeneration, "a process that died")
        const startedAt = dead.generation.createdAt
        yield* records.intend(dead, { _tag: "Submitting", attempt: 1, startedAt }, unlimited)
        yield* records.spool(id, operation)
        const generator = yield* VideoGenerator
        assert.strictEqual((yield* generator.resume(id)).state._tag, "Completed")
        assert.deepStrictEqual(ledger, ["poll", "download"])
      })
    )
  )

  it.effect("R7 what another process holds is not touched", () =>
    Effect.gen(function* () {
      const ledger: Ledger = []
      const another = layerGenerator.pipe(
        Layer.provide(provider({ poll: [Effect.succeed(running)] }, ledger))
      )
      const holder = yield* Layer.build(another)
      yield* Effect.fork(
        Effect.provide(
          Effect.flatMap(VideoGenerator, (one) => one.generate(request, { id })),
          holder
        )
      )
      yield* TestClock.adjust("1 seconds")
      const resumed = Effect.flatMap(VideoGenerator, (generator) => generator.resume(id))
      const error = yield* Effect.flip(Effect.provide(resumed, another))
      assert.strictEqual(error._tag, "LeaseLost")
      assert.deepStrictEqual(ledger, ["submit", "poll"])
    }).pipe(Effect.provide([layerRecords, layerVideos]), Effect.scoped)
  )

  it.effect("R7 whoever lost the lease stops and writes nothing more", () =>
    Effect.gen(function* () {
      const memory = yield* GenerationStore
      const owners: Array<string> = []
      const heartbeat: typeof memory.heartbeat = (owner, lease) => {
        owners.push(owner)
        return memory.heartbeat(owner, lease)
      }
      yield* Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const fiber = yield* Effect.fork(Effect.flip(generator.generate(request, { id })))
        yield* TestClock.adjust("1 seconds")
        yield* Effect.forEach(owners, memory.retire)
        yield* memory.heartbeat("somebody who thought it dead", Duration.minutes(1))
        const taken = yield* memory.claim(id, "somebody who thought it dead")
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "LeaseLost")
        assert.strictEqual((yield* memory.get(id)).state._tag, "Rendering")
        yield* memory.transition(
          taken,
          { _tag: "Failed", error: unavailable, finishedAt: taken.generation.updatedAt },
          ""
        )
      }).pipe(
        Effect.provide(
          layerGenerator.pipe(
            Layer.provide(provider({ poll: [Effect.succeed(running), Effect.succeed(succeeded)] }, [])),
            Layer.provide(Layer.succeed(GenerationStore, { ...memory, heartbeat }))
          )
        )
      )
    }).pipe(Effect.provide([layerRecords, layerVideos]))
  )

  it.effect("S20 whoever slept through its own lease, and lost nothing by it, goes on", () =>
    Effect.gen(function* () {
      const memory = yield* GenerationStore
      const owners: Array<string> = []
      // A machine that sleeps: the lease is over before anybody says that it lives.
      const heartbeat: typeof memory.heartbeat = (owner) => {
        owners.push(owner)
        return owners.length < 3 ? Effect.void : memory.heartbeat(owner, Duration.seconds(12))
      }
      const generated = Effect.flatMap(VideoGenerator, (generator) =>
        Effect.fork(generator.generate(request, { id }))
      )
      yield* Effect.gen(function* () {
        const fiber = yield* generated
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Fiber.join(fiber)).state._tag, "Completed")
      }).pipe(
        Effect.provide(
          layerGenerator.pipe(
            Layer.provide(
              provider(
                {
                  poll: [
                    ...Array.from({ length: 4 }, () => Effect.succeed(running)),
                    Effect.succeed(succeeded)
                  ]
                },
                []
              )
            ),
            Layer.provide(Layer.succeed(GenerationStore, { ...memory, heartbeat }))
          )
        )
      )
    }).pipe(Effect.provide([layerRecords, layerVideos]))
  )

  it.effect("whoever joins a run goes on alone where its first caller is stopped", () =>
    on({ poll: [Effect.succeed(running), Effect.succeed(running), Effect.succeed(succeeded)] }, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const first = yield* Effect.fork(generator.generate(request, { id }))
        yield* TestClock.adjust("1 seconds")
        const joined = yield* Effect.fork(generator.resume(id))
        yield* TestClock.adjust("1 millis")
        yield* Fiber.interrupt(first)
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual((yield* Fiber.join(joined)).state._tag, "Completed")
        assert.strictEqual(ledger.filter((call) => call === "submit").length, 1)
      })
    )
  )

  it.effect("status asks the provider while it renders", () =>
    on({ poll: [Effect.succeed(at(40))] }, () =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        yield* Effect.fork(generator.generate(request, { id }))
        yield* TestClock.adjust("1 seconds")
        const { generation, operation: answer } = yield* generator.status("last")
        assert.strictEqual(generation.id, id)
        assert.deepStrictEqual(answer._tag === "Some" ? answer.value : undefined, at(40))
      })
    )
  )

  it.effect("cancel reaches the provider, and the flow ends when the provider agrees", () =>
    on({ poll: [Effect.succeed(running), Effect.succeed({ _tag: "Cancelled" })] }, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const fiber = yield* Effect.fork(Effect.flip(generator.generate(request, { id })))
        yield* TestClock.adjust("1 seconds")
        assert.strictEqual(yield* generator.cancel(id), "Cancelled")
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Cancelled")
        assert.include(ledger, "cancel")
        assert.strictEqual(yield* generator.cancel(id), "AlreadyFinished")
      })
    )
  )

  it.effect("keeps the video of a job that finished, though its cancel was confirmed", () =>
    on({ poll: [Effect.succeed(running), Effect.succeed(succeeded)] }, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const left = yield* Effect.provideService(failure, Policy.Policy, Policy.make({ pollAttempts: 1 }))
        assert.strictEqual(left._tag, "GenerationTimeout")
        assert.strictEqual(yield* generator.cancel(id), "AlreadyFinished")
        assert.include(ledger, "cancel")
        assert.strictEqual((yield* stateNow)._tag, "Downloading")
        assert.strictEqual((yield* generator.resume(id)).state._tag, "Completed")
      })
    )
  )

  it.effect("W12 a record that was sent while its cancel was asked for is not said to be cancelled", () =>
    Effect.gen(function* () {
      const memory = yield* GenerationStore
      const dead = yield* memory.create(yield* newGeneration, "a process that dies")
      const startedAt = dead.generation.createdAt
      // The wish arrives, and just after it the intent of a process that then dies.
      const requestCancel = (wanted: typeof id) =>
        Effect.zipLeft(
          memory.requestCancel(wanted),
          Effect.orDie(memory.intend(dead, { _tag: "Submitting", attempt: 1, startedAt }, unlimited))
        )
      const outcome = yield* Effect.flatMap(VideoGenerator, (generator) => generator.cancel(id)).pipe(
        Effect.provide(
          layerGenerator.pipe(
            Layer.provide(provider({}, [])),
            Layer.provide(Layer.succeed(GenerationStore, { ...memory, requestCancel }))
          )
        )
      )
      assert.strictEqual(outcome, "Requested")
      assert.strictEqual((yield* memory.get(id)).state._tag, "Submitting")
      yield* memory.claim(id, "whoever goes on with it")
    }).pipe(Effect.provide([layerRecords, layerVideos]))
  )

  it.effect("what nobody holds and nobody sent is cancelled at once", () =>
    on({}, (ledger) =>
      Effect.gen(function* () {
        const records = yield* GenerationStore
        yield* records.create(yield* newGeneration, "a process that died")
        const generator = yield* VideoGenerator
        assert.strictEqual(yield* generator.cancel(id), "Cancelled")
        assert.strictEqual((yield* stateNow)._tag, "Cancelled")
        assert.deepStrictEqual(ledger, [])
      })
    )
  )

  it.effect("a provider that cannot cancel is not said to have cancelled; the video is kept", () =>
    on(
      {
        poll: [Effect.succeed(running), Effect.succeed(succeeded)],
        cancel: [Effect.succeed("NotSupported")]
      },
      () =>
        Effect.gen(function* () {
          const generator = yield* VideoGenerator
          const fiber = yield* Effect.fork(generator.generate(request, { id }))
          yield* TestClock.adjust("1 seconds")
          assert.strictEqual(yield* generator.cancel(id), "NotSupported")
          yield* TestClock.adjust("2 seconds")
          assert.strictEqual((yield* Fiber.join(fiber)).state._tag, "Completed")
        })
    )
  )

  it.effect("W12 a cancel while the answer is on its way is passed on once there is an operation", () =>
    Effect.gen(function* () {
      const answer = yield* Deferred.make<typeof operation>()
      yield* on(
        { submit: [Deferred.await(answer)], poll: [Effect.succeed({ _tag: "Cancelled" })] },
        (ledger) =>
          Effect.gen(function* () {
            const generator = yield* VideoGenerator
            const fiber = yield* Effect.fork(Effect.flip(generator.generate(request, { id })))
            yield* TestClock.adjust("1 seconds")
            assert.strictEqual(yield* generator.cancel(id), "Requested")
            yield* Deferred.succeed(answer, operation)
            assert.strictEqual((yield* Fiber.join(fiber))._tag, "Cancelled")
            assert.deepStrictEqual(ledger, ["submit", "cancel", "poll"])
          })
      )
    })
  )
})

const newGeneration = Effect.map(
  DateTime.now,
  (now) =>
    new Generation.Generation({
      id,
      request,
      provider: "scripted",
      model: "scripted-1",
      state: { _tag: "Queued", attempt: 0 },
      createdAt: now,
      updatedAt: now
    })
)

/** Interrupts a generation when it has yielded so many times, and looks how far its record came. */
const interruptedAfter = (yields: number) =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator
    const records = yield* GenerationStore
    const fiber = yield* Effect.fork(Effect.withMaxOpsBeforeYield(generator.generate(request, { id }), 50))
    for (let count = 0; count < yields; count++) yield* Effect.yieldNow()
    yield* Fiber.interrupt(fiber)
    return yield* records.get(id).pipe(
      Effect.map(({ state }) => state._tag),
      Effect.catchTag("GenerationNotFound", () => Effect.succeed("none"))
    )
  })
