/**
 * A paid video is never given up while its provider has it: late files, wrong files, forgotten jobs, and failures of an
 * earlier version.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import * as Errors from "@mutoscope/core/GenerationError"
import { GenerationStore, layerMemory } from "@mutoscope/core/GenerationStore"
import type { OperationStatus } from "@mutoscope/core/Operation"
import * as Policy from "@mutoscope/core/Policy"
import * as Generator from "@mutoscope/core/VideoGenerator"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import {
  id,
  type Ledger,
  layer,
  mp4,
  operation,
  provider,
  remote,
  request,
  type Script,
  succeeded
} from "./scripted.ts"

const on = <A, E>(
  script: Script,
  test: (ledger: Ledger) => Effect.Effect<A, E, VideoGenerator | GenerationStore>
) => {
  const ledger: Ledger = []
  return Effect.provide(test(ledger), layer(script, ledger))
}

const stateNow = Effect.flatMap(GenerationStore, (records) => records.get(id)).pipe(
  Effect.map(({ state }) => state)
)

/** Runs an effect while the clock goes on for so long. */
const during = <A, E, R>(time: Duration.DurationInput, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(Effect.either(effect))
    yield* TestClock.adjust(time)
    return yield* Fiber.join(fiber)
  })

const generate = (time: Duration.DurationInput) =>
  Effect.flatMap(VideoGenerator, (generator) => during(time, generator.generate(request, { id })))

const resume = (time: Duration.DurationInput) =>
  Effect.flatMap(VideoGenerator, (generator) => during(time, generator.resume(id)))

const count = (ledger: Ledger, call: Ledger[number]) => ledger.filter((one) => one === call).length

const refused = Stream.fail(new Errors.OutputRefused({ provider: "scripted", reason: "HTTP 404" }))
const video = Stream.make(mp4)
const forgotten = Effect.fail(new Errors.OperationNotFound({ provider: "scripted", reason: "no such job" }))
const running: Effect.Effect<OperationStatus> = Effect.succeed({ _tag: "Running" })
const done = Effect.succeed(succeeded)

describe("a file that is not served", () => {
  it.effect("is asked for again after a second, and completes", () =>
    on({ download: [refused, video] }, (ledger) =>
      Effect.gen(function* () {
        const result = yield* generate("1 seconds")
        assert.isTrue(Either.isRight(result))
        assert.deepStrictEqual(ledger, ["submit", "poll", "download", "poll", "download"])
      })
    )
  )

  it.effect("is asked for after 1, 2, 4 ... seconds, never more than a minute apart, for ten minutes", () =>
    on({ download: [refused] }, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const fiber = yield* Effect.fork(Effect.flip(generator.generate(request, { id })))
        let downloads = 1
        for (const wait of [1, 2, 4, 8, 16, 32, 60, 60, 60]) {
          yield* TestClock.adjust(`${wait * 1000 - 1} millis`)
          assert.strictEqual(count(ledger, "download"), downloads, `before ${wait} s`)
          yield* TestClock.adjust("1 millis")
          downloads++
          assert.strictEqual(count(ledger, "download"), downloads, `after ${wait} s`)
        }
        yield* TestClock.adjust("7 minutes")
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error._tag, "DownloadFailed")
        assert.include(error.message, "HTTP 404")
        assert.isAtMost(count(ledger, "download"), 18)
      })
    )
  )

  it.effect("leaves a record that a later run finishes without a second submit", () =>
    on({ download: [...Array.from({ length: 3 }, () => refused), video] }, (ledger) =>
      Effect.gen(function* () {
        assert.isTrue(Either.isLeft(yield* generate("2 seconds")))
        assert.strictEqual((yield* stateNow)._tag, "Downloading")
        assert.isTrue(Either.isRight(yield* resume("5 seconds")))
        assert.strictEqual(count(ledger, "submit"), 1)
      }).pipe(Effect.provideService(Policy.Policy, Policy.make({ outputTimeout: "1 seconds" })))
    )
  )

  it.effect("is fetched from the address that the provider names now", () => {
    const moved: OperationStatus = {
      _tag: "Succeeded",
      videos: [{ _tag: "Remote", uri: "https://videos.example/2" }]
    }
    return on({ poll: [done, Effect.succeed(moved)], download: [refused, refused] }, () =>
      Effect.gen(function* () {
        yield* generate("4 seconds")
        const state = yield* stateNow
        assert.deepStrictEqual(state._tag === "Downloading" && state.videos, moved.videos)
      }).pipe(Effect.provideService(Policy.Policy, Policy.make({ outputTimeout: "2 seconds" })))
    )
  })

  it.effect("W13 is given up once the provider itself says that it has expired", () => {
    const error = new Errors.GenerationFailed({ provider: "scripted", reason: "expired", code: "EXPIRED" })
    return on({ poll: [done, Effect.succeed({ _tag: "Failed", error })], download: [refused] }, (ledger) =>
      Effect.gen(function* () {
        const result = yield* generate("1 minutes")
        assert.strictEqual(Either.isLeft(result) && result.left._tag, "GenerationFailed")
        const state = yield* stateNow
        assert.strictEqual(state._tag, "Failed")
        assert.deepStrictEqual(state._tag === "Failed" && state.videos, [remote])
        assert.strictEqual(count(ledger, "download"), 1)
      })
    )
  })

  it.effect("stays a download though a poll between fails, or says that the job is running again", () =>
    on({ poll: [done, forgotten, running, done], download: [refused, refused, refused, video] }, () =>
      Effect.gen(function* () {
        assert.isTrue(Either.isRight(yield* generate("10 seconds")))
      })
    )
  )
})

describe("a file that is no video", () => {
  const page = (text: string) => Stream.make(new TextEncoder().encode(text))

  it.effect("is not fetched a third time where it was the same twice", () =>
    on({ download: [page("<html>Sorry 1"), page("<html>Sorry 1"), video] }, (ledger) =>
      Effect.gen(function* () {
        const result = yield* generate("1 minutes")
        assert.strictEqual(Either.isLeft(result) && result.left._tag, "NotAVideo")
        assert.strictEqual(count(ledger, "download"), 2)
        assert.strictEqual((yield* stateNow)._tag, "Downloading")
      })
    )
  )

  it.effect("is fetched again where it was another one", () =>
    on({ download: [page("<html>Sorry 1"), page("<html>Sorry 2"), video] }, () =>
      Effect.gen(function* () {
        assert.isTrue(Either.isRight(yield* generate("1 minutes")))
      })
    )
  )

  it.effect("is recognised by its strong ETag before a byte of it comes", () =>
    on({ download: [page("<html>Sorry 1"), video], validator: '"v1"' }, () =>
      Effect.gen(function* () {
        yield* generate("1 minutes")
        const seen = yield* resume("1 minutes")
        assert.strictEqual(Either.isLeft(seen) && seen.left._tag, "NotAVideo")
        const state = yield* stateNow
        assert.strictEqual(state._tag === "Downloading" && state.refused?.file?.validator, '"v1"')
      })
    )
  )
})

describe("a job that its provider does not know", () => {
  it.effect("is asked about again, and completes where it was only late", () =>
    on({ poll: [forgotten, forgotten, done] }, (ledger) =>
      Effect.gen(function* () {
        assert.isTrue(Either.isRight(yield* generate("1 minutes")))
        assert.strictEqual(count(ledger, "submit"), 1)
      })
    )
  )

  it.effect("is unreachable after three minutes of nothing else, and holds its operation", () =>
    on({ poll: [forgotten] }, () =>
      Effect.gen(function* () {
        const result = yield* generate("4 minutes")
        assert.strictEqual(Either.isLeft(result) && result.left._tag, "OperationNotFound")
        const state = yield* stateNow
        assert.strictEqual(state._tag, "Unreachable")
        assert.strictEqual(state._tag === "Unreachable" && state.operation.id, operation.id)
      })
    )
  )

  it.effect("stays in flight where a call was too short to tell", () =>
    on({ poll: [forgotten] }, () =>
      Effect.gen(function* () {
        const result = yield* generate("30 seconds")
        assert.strictEqual(Either.isLeft(result) && result.left._tag, "OperationNotFound")
        assert.strictEqual((yield* stateNow)._tag, "Rendering")
      }).pipe(Effect.provideService(Policy.Policy, Policy.make({ pollTimeout: "12 seconds" })))
    )
  )

  it.effect("counts from the beginning where another answer came between", () =>
    on({ poll: [...Array.from({ length: 15 }, () => forgotten), running, forgotten] }, () =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const fiber = yield* Effect.fork(Effect.either(generator.generate(request, { id })))
        yield* TestClock.adjust("4 minutes")
        assert.strictEqual((yield* stateNow)._tag, "Rendering")
        yield* TestClock.adjust("4 minutes")
        assert.strictEqual((yield* stateNow)._tag, "Unreachable")
        yield* Fiber.join(fiber)
      })
    )
  )

  it.effect("takes no room in flight, is looked at once by a resume, and is found there", () =>
    on({ poll: [...Array.from({ length: 40 }, () => forgotten), running, done] }, (ledger) =>
      Effect.gen(function* () {
        yield* generate("4 minutes")
        const records = yield* GenerationStore
        assert.strictEqual((yield* records.queue.state).inFlight, 0)
        const looks = count(ledger, "poll")
        const still = yield* resume("1 seconds")
        assert.strictEqual(Either.isLeft(still) && still.left._tag, "OperationNotFound")
        assert.strictEqual(count(ledger, "poll"), looks + 1)
        while (count(ledger, "poll") < 40) yield* resume("1 seconds")
        assert.isTrue(Either.isRight(yield* resume("10 seconds")))
        assert.strictEqual(count(ledger, "submit"), 1)
      })
    )
  )

  it.effect("is ended by a person alone, and can still be adopted afterwards", () =>
    on({ poll: [...Array.from({ length: 20 }, () => forgotten), done] }, (ledger) =>
      Effect.gen(function* () {
        yield* generate("4 minutes")
        const generator = yield* VideoGenerator
        const sent = yield* Effect.flip(generator.resolve(id, { _tag: "Resubmit" }))
        assert.include(sent.message, "not sent again")
        yield* generator.resolve(id, { _tag: "Abandon" })
        assert.strictEqual((yield* stateNow)._tag, "Failed")
        while (count(ledger, "poll") < 20)
          yield* Effect.ignore(generator.resolve(id, { _tag: "Adopt", operationId: operation.id }))
        yield* generator.resolve(id, { _tag: "Adopt", operationId: operation.id })
        assert.isTrue(Either.isRight(yield* resume("10 seconds")))
      })
    )
  )

  it.effect("can be abandoned at once, unless the provider knows it", () =>
    on({ poll: [forgotten, forgotten, forgotten, forgotten, running, forgotten] }, (ledger) =>
      Effect.gen(function* () {
        yield* generate("5 seconds")
        const generator = yield* VideoGenerator
        const abandon = generator.resolve(id, { _tag: "Abandon" })
        while (count(ledger, "poll") < 4) yield* Effect.ignore(resume("1 seconds"))
        assert.include((yield* Effect.flip(abandon)).message, "nothing to decide")
        assert.strictEqual((yield* stateNow)._tag, "Rendering")
        yield* abandon
        assert.strictEqual((yield* stateNow)._tag, "Failed")
      }).pipe(Effect.provideService(Policy.Policy, Policy.make({ pollTimeout: "1 seconds" })))
    )
  )

  it.effect("is cancelled once, by whichever sees first that its provider has stopped it", () => {
    let meanwhile: Effect.Effect<unknown, unknown> = Effect.void
    const stop = Effect.suspend(() => Effect.orDie(meanwhile)).pipe(Effect.as("Cancelled" as const))
    return on({ poll: [running, forgotten], cancel: [stop] }, () =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const records = yield* GenerationStore
        const fiber = yield* Effect.fork(Effect.flip(generator.generate(request, { id })))
        yield* TestClock.adjust("1 seconds")
        // The answer to the cancel is on its way while the flow looks again.
        meanwhile = Effect.zipRight(records.confirmCancel(id), TestClock.adjust("10 seconds"))
        assert.strictEqual(yield* generator.cancel(id), "Cancelled")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Cancelled")
      })
    )
  })

  it.effect("is cancelled where its provider has confirmed a cancel and forgets stopped jobs", () =>
    on({ poll: [running, forgotten] }, () =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const fiber = yield* Effect.fork(Effect.flip(generator.generate(request, { id })))
        yield* TestClock.adjust("1 seconds")
        // As another process does it: that has no claim, and the provider's word is all that it can leave.
        const records = yield* GenerationStore
        yield* records.confirmCancel(id)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Cancelled")
        assert.strictEqual((yield* stateNow)._tag, "Cancelled")
      })
    )
  )
})

describe("a record that failed in an earlier version", () => {
  const at = DateTime.unsafeMake(0)
  const failedWith = (error: Errors.GenerationError, withOperation = true) =>
    Effect.gen(function* () {
      const records = yield* GenerationStore
      const generation = new Generation.Generation({
        id,
        request,
        provider: "scripted",
        model: "scripted-1",
        state: { _tag: "Queued", attempt: 0 },
        createdAt: at,
        updatedAt: at
      })
      const claim = yield* records.create(generation, "old")
      const state = {
        _tag: "Failed",
        error,
        finishedAt: at,
        ...(withOperation ? { operation } : {})
      } as const
      yield* records.transition(claim, state, error.message)
    })

  const conclusions: ReadonlyArray<readonly [string, Errors.GenerationError]> = [
    ["a refused download", new Errors.OutputExpired({ provider: "scripted", reason: "HTTP 404" })],
    ["a file that is no video", new Errors.NotAVideo({ found: "a page" })],
    ["an empty result", new Errors.EmptyResult({ provider: "scripted" })],
    [
      "a status taken for the end",
      new Errors.GenerationFailed({ provider: "scripted", reason: "Internal Server Error", code: "500" })
    ],
    [
      "a job that a server lost",
      new Errors.GenerationFailed({ provider: "scripted", reason: "gone", code: "lost" })
    ]
  ]
  for (const [name, error] of conclusions) {
    it.effect(`by ${name} is looked at again, and completes`, () =>
      on({}, (ledger) =>
        Effect.gen(function* () {
          yield* failedWith(error)
          assert.isTrue(Either.isRight(yield* resume("10 seconds")))
          assert.deepStrictEqual(ledger, ["poll", "download"])
        })
      )
    )
  }

  it.effect("stays as it is where the provider says nothing new", () =>
    on({ poll: [forgotten] }, () =>
      Effect.gen(function* () {
        yield* failedWith(new Errors.OutputExpired({ provider: "scripted", reason: "HTTP 404" }))
        const result = yield* resume("1 minutes")
        assert.strictEqual(Either.isLeft(result) && result.left._tag, "OutputExpired")
        assert.strictEqual((yield* stateNow)._tag, "Failed")
        const records = yield* GenerationStore
        const claim = yield* records.claim(id, "another")
        assert.strictEqual(claim.generation.state._tag, "Failed")
      })
    )
  )

  it.effect("is not asked about where the provider itself ended it", () =>
    on({}, (ledger) =>
      Effect.gen(function* () {
        yield* failedWith(new Errors.ContentBlocked({ provider: "scripted", reasons: ["no"] }))
        const result = yield* resume("10 seconds")
        assert.strictEqual(Either.isLeft(result) && result.left._tag, "ContentBlocked")
        assert.deepStrictEqual(ledger, [])
      })
    )
  )

  it.effect("is among those that resumeAll resumes, and is not counted where nothing changes", () =>
    on({ poll: [forgotten, done] }, () =>
      Effect.gen(function* () {
        yield* failedWith(new Errors.OutputExpired({ provider: "scripted", reason: "HTTP 404" }))
        const generator = yield* VideoGenerator
        const first = yield* generator.resumeAll()
        assert.deepStrictEqual([first.finished.length, first.unfinished.length], [0, 0])
        const second = yield* generator.resumeAll()
        assert.strictEqual(second.finished.length, 1)
      })
    )
  )
})

describe("a finished job whose video has no address yet", () => {
  const nameless: Effect.Effect<OperationStatus> = Effect.succeed({
    _tag: "Failed",
    error: new Errors.EmptyResult({ provider: "scripted" })
  })

  it.effect("is asked about again, and completes", () =>
    on({ poll: [nameless, nameless, done] }, (ledger) =>
      Effect.gen(function* () {
        assert.isTrue(Either.isRight(yield* generate("10 seconds")))
        assert.deepStrictEqual(ledger, ["submit", "poll", "poll", "poll", "download"])
      })
    )
  )

  it.effect("ends after minutes of that, and resume looks again", () => {
    let isNamed = false
    return on({ poll: [Effect.suspend(() => (isNamed ? done : nameless))] }, (ledger) =>
      Effect.gen(function* () {
        const result = yield* generate("4 minutes")
        assert.strictEqual(Either.isLeft(result) && result.left._tag, "EmptyResult")
        assert.isAbove(count(ledger, "poll"), 5)
        const state = yield* stateNow
        assert.isDefined(state._tag === "Failed" ? state.submittedAt : undefined)
        isNamed = true
        assert.isTrue(Either.isRight(yield* resume("1 minutes")))
        assert.strictEqual(count(ledger, "submit"), 1)
      })
    )
  })
})

describe("resume with another place", () => {
  it.effect("puts the video there", () =>
    on({ download: [refused, refused, video] }, () =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        yield* during("1 seconds", generator.generate(request, { id, output: "/full" }))
        const done = yield* generator.resume(id, { output: "/free" })
        assert.strictEqual(done.output, "/free")
      }).pipe(Effect.provideService(Policy.Policy, Policy.make({ outputTimeout: "500 millis" })))
    )
  )

  it.effect("has the first place cleared of what was left there", () => {
    const left: Array<readonly [string | undefined, string | undefined]> = []
    const videos = Layer.map(VideoStore.layerMemory, (context) =>
      Context.make(VideoStore.VideoStore, {
        ...Context.get(context, VideoStore.VideoStore),
        leave: (from, to) => Effect.sync(() => left.push([from.output, to.output]))
      })
    )
    const live = Generator.layer.pipe(
      Layer.provideMerge(provider({ download: [refused, refused, video] }, [])),
      Layer.provideMerge(layerMemory),
      Layer.provide(videos)
    )
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      yield* during("1 seconds", generator.generate(request, { id, output: "/full" }))
      yield* generator.resume(id, { output: "/free" })
      assert.deepStrictEqual(left, [["/full", "/free"]])
    }).pipe(
      Effect.provideService(Policy.Policy, Policy.make({ outputTimeout: "500 millis" })),
      Effect.provide(live)
    )
  })
})

describe("the address of a video", () => {
  it.effect("stays in the record of a download that was given up", () =>
    on({ download: [refused] }, () =>
      Effect.gen(function* () {
        yield* generate("11 minutes")
        const state = yield* stateNow
        assert.deepStrictEqual(state._tag === "Downloading" && state.videos, [remote])
      })
    )
  )
})
