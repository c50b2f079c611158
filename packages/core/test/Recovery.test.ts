/**
 * What becomes of what others left, of submits whose outcome is unknown, and of jobs that are asked for twice.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import * as Errors from "@mutoscope/core/GenerationError"
import { unlimited } from "@mutoscope/core/GenerationQueue"
import { GenerationStore, layerMemory as layerRecords } from "@mutoscope/core/GenerationStore"
import type { OperationStatus } from "@mutoscope/core/Operation"
import * as Policy from "@mutoscope/core/Policy"
import { layer as layerGenerator, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import { layerMemory as layerVideos } from "@mutoscope/core/VideoStore"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { withClocks } from "./clock.ts"
import {
  api,
  id,
  type Ledger,
  layer,
  operation,
  provider,
  request,
  type Script,
  succeeded
} from "./scripted.ts"

const running: OperationStatus = { _tag: "Running" }
const lost = new Errors.SubmitUnknown({ provider: "scripted", reason: "connection reset" })
const seeded = new VideoRequest({ ...request, seed: 7 })

const on = <A, E>(
  script: Script,
  test: (ledger: Ledger) => Effect.Effect<A, E, VideoGenerator | GenerationStore>
) => {
  const ledger: Ledger = []
  return Effect.provide(test(ledger), layer(script, ledger))
}

const submits = (ledger: Ledger) => ledger.filter((call) => call === "submit").length

const newGeneration = (name: string) =>
  Effect.map(
    DateTime.now,
    (now) =>
      new Generation.Generation({
        id: Generation.GenerationId.make(name),
        request,
        provider: "scripted",
        model: "scripted-1",
        state: { _tag: "Queued", attempt: 0 },
        createdAt: now,
        updatedAt: now
      })
  )

/** A record that a process sent, and that says so, before it died or gave it back. */
const left = (name: string, state: "Queued" | "Submitting" | "Rendering", owner = "a process that died") =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const now = yield* DateTime.now
    const claim = yield* records.create(yield* newGeneration(name), owner)
    if (state === "Queued") return claim
    const intent = { _tag: "Submitting", attempt: 1, startedAt: now } as const
    const sent = Option.getOrThrow(yield* records.intend(claim, intent, unlimited))
    if (state === "Submitting") return sent
    const handle = { ...operation, id: `operations/${name}` }
    return yield* records.accept(sent, { _tag: "Rendering", operation: handle, submittedAt: now }, "sent")
  })

// A download is hashed off this thread, which no test's clock waits for.
const stateOf = (name: string) =>
  Effect.flatMap(GenerationStore, (records) =>
    Effect.map(records.get(Generation.GenerationId.make(name)), ({ state }) => state._tag)
  ).pipe(
    Effect.repeat({
      while: (tag) =>
        Effect.as(
          Effect.promise(() => new Promise((resolve) => setImmediate(resolve))),
          tag === "Downloading"
        )
    })
  )

describe("recovery", () => {
  it.effect(
    "W5 what a dead process had sent is finished within 15 seconds, unasked; nothing is submitted",
    () =>
      on({}, (ledger) =>
        Effect.gen(function* () {
          const records = yield* GenerationStore
          yield* records.heartbeat("a process that died", Duration.seconds(12))
          yield* left("rendering", "Rendering")
          yield* left("submitting", "Submitting")
          yield* left("queued", "Queued")
          yield* TestClock.adjust("11 seconds")
          assert.strictEqual(yield* stateOf("rendering"), "Rendering")
          yield* TestClock.adjust("4 seconds")
          assert.strictEqual(yield* stateOf("rendering"), "Completed")
          assert.strictEqual(yield* stateOf("submitting"), "SubmitUnknown")
          assert.strictEqual(yield* stateOf("queued"), "Queued")
          assert.strictEqual(submits(ledger), 0)
        })
      )
  )

  it.effect(
    "S20 after a sleep of the whole machine, whoever lives is let say so before anything is taken",
    () =>
      withClocks(({ suspend }) =>
        on({}, () =>
          Effect.gen(function* () {
            const records = yield* GenerationStore
            const lease = Duration.seconds(12)
            yield* records.heartbeat("another process", lease)
            yield* left("rendering", "Rendering", "another process")
            yield* TestClock.adjust("3 seconds")
            yield* suspend(3_600_000)
            yield* TestClock.adjust("3 seconds")
            yield* records.heartbeat("another process", lease)
            yield* TestClock.adjust("5 seconds")
            assert.strictEqual(yield* stateOf("rendering"), "Rendering")
            yield* TestClock.adjust("10 seconds")
            assert.strictEqual(yield* stateOf("rendering"), "Completed")
          })
        )
      )
  )

  it.effect("what was given back is left alone until it is asked for; W11 but a cancel is passed on", () =>
    on({ poll: [Effect.succeed({ _tag: "Cancelled" })] }, (ledger) =>
      Effect.gen(function* () {
        const records = yield* GenerationStore
        yield* records.release(yield* left("parked", "Rendering"))
        yield* TestClock.adjust("1 minutes")
        assert.deepStrictEqual(ledger, [])
        yield* records.requestCancel(Generation.GenerationId.make("parked"))
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(ledger, ["cancel", "poll"])
        assert.strictEqual(yield* stateOf("parked"), "Cancelled")
      })
    )
  )

  it.effect("resumeAll finishes what can be finished and names the rest", () =>
    on({}, (ledger) =>
      Effect.gen(function* () {
        const records = yield* GenerationStore
        yield* records.heartbeat("another process", Duration.hours(1))
        yield* records.release(yield* left("queued", "Queued"))
        yield* records.release(yield* left("submitting", "Submitting"))
        yield* records.release(yield* left("rendering", "Rendering"))
        yield* left("elsewhere", "Rendering", "another process")
        const generator = yield* VideoGenerator
        const recovery = yield* generator.resumeAll()
        const names = (all: ReadonlyArray<Generation.Generation>) => all.map(({ id }) => String(id)).sort()
        assert.deepStrictEqual(names(recovery.finished), ["queued", "rendering"])
        assert.deepStrictEqual(names(recovery.undecided), ["submitting"])
        assert.deepStrictEqual(names(recovery.elsewhere), ["elsewhere"])
        assert.deepStrictEqual(recovery.unfinished, [])
        assert.strictEqual(submits(ledger), 1)
        const again = yield* generator.resumeAll()
        assert.deepStrictEqual([names(again.finished), names(again.undecided)], [[], ["submitting"]])
      })
    )
  )

  it.effect(
    "resumeAll waits for the lease of a process that ended, and for no other, where that is wanted",
    () =>
      on({}, () =>
        Effect.gen(function* () {
          const records = yield* GenerationStore
          yield* records.heartbeat("a process that ended", Duration.seconds(12))
          yield* records.heartbeat("another process", Duration.hours(1))
          yield* records.release(yield* left("free", "Rendering"))
          yield* left("queued", "Queued", "a process that ended")
          yield* left("elsewhere", "Rendering", "another process")
          const generator = yield* VideoGenerator
          const held: Array<readonly [number, number]> = []
          const resuming = yield* Effect.fork(
            generator.resumeAll({
              onHeld: (count, wait) => Effect.sync(() => held.push([count, Duration.toSeconds(wait)]))
            })
          )
          yield* TestClock.adjust("12 seconds")
          assert.deepStrictEqual(held, [[2, 13]])
          assert.strictEqual(yield* stateOf("free"), "Completed")
          yield* TestClock.adjust("5 seconds")
          const { elsewhere, finished } = yield* Fiber.join(resuming)
          const names = (all: ReadonlyArray<Generation.Generation>) => all.map(({ id }) => String(id)).sort()
          assert.deepStrictEqual(names(finished), ["free", "queued"])
          assert.deepStrictEqual(names(elsewhere), ["elsewhere"])
        })
      )
  )

  it.effect("what a generator still holds when it closes is adopted by the next", () =>
    Effect.gen(function* () {
      const ledger: Ledger = []
      const script: Script = { poll: [Effect.succeed(running), Effect.succeed(succeeded)] }
      const ports = provider(script, ledger)
      const use = <A, E>(effect: Effect.Effect<A, E, VideoGenerator>) =>
        Effect.provide(effect, layerGenerator.pipe(Layer.provide(ports)))
      yield* use(
        Effect.gen(function* () {
          yield* Effect.flatMap(VideoGenerator, (generator) => generator.start(request, { id }))
          yield* TestClock.adjust("1 seconds")
        })
      )
      assert.strictEqual(yield* stateOf(id), "Rendering")
      yield* use(TestClock.adjust("3 seconds"))
      assert.strictEqual(yield* stateOf(id), "Completed")
      assert.strictEqual(submits(ledger), 1)
    }).pipe(Effect.provide([layerRecords, layerVideos]))
  )
})

describe("an unknown submit", () => {
  const unknown = Effect.gen(function* () {
    const generator = yield* VideoGenerator
    yield* Effect.flip(generator.generate(request, { id }))
    assert.strictEqual(yield* stateOf(id), "SubmitUnknown")
    return generator
  })

  it.effect("adopted, it goes on with the operation that a person found", () =>
    on({ submit: [Effect.fail(lost)] }, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* unknown
        const decided = yield* generator.resolve(id, { _tag: "Adopt", operationId: "operations/found" })
        assert.strictEqual(decided.state._tag, "Rendering")
        const completed = yield* generator.resume(id)
        assert.strictEqual(completed.state.operation.id, "operations/found")
        assert.strictEqual(submits(ledger), 1)
      })
    )
  )

  it.effect(
    "P11 an operation of another record, or one that the provider does not know, is not adopted",
    () => {
      const gone = new Errors.UnexpectedAnswer({
        provider: "scripted",
        status: 404,
        reason: "gone",
        body: ""
      })
      return on({ submit: [Effect.fail(lost)], poll: [Effect.fail(gone)] }, () =>
        Effect.gen(function* () {
          const records = yield* GenerationStore
          yield* records.release(yield* left("another", "Rendering"))
          const generator = yield* unknown
          const adopt = (operationId: string) =>
            Effect.flip(generator.resolve(id, { _tag: "Adopt", operationId }))
          const taken = yield* adopt("operations/another")
          assert.include(taken.message, "another")
          assert.strictEqual(taken._tag, "InvalidRequest")
          const slip = yield* adopt("operations/slip")
          assert.deepInclude(slip, { _tag: "InvalidRequest", field: "operation", value: "operations/slip" })
          assert.include(slip.message, "does not know the operation operations/slip: gone")
          assert.strictEqual(yield* stateOf(id), "SubmitUnknown")
        })
      )
    }
  )

  const by = { provider: "scripted" }
  it.effect.each([
    [
      "no name of an operation at all",
      Effect.fail(new Errors.UnexpectedAnswer({ ...by, status: 0, reason: "no name", body: "" })),
      "InvalidRequest"
    ],
    [
      "a job that its queue does not have",
      Effect.succeed({
        _tag: "Failed",
        error: new Errors.GenerationFailed({ ...by, reason: "no job", code: "lost" })
      }),
      "InvalidRequest"
    ],
    [
      "an answer that cannot be read",
      Effect.fail(new Errors.UnexpectedAnswer({ ...by, status: 200, reason: "what?", body: "" })),
      "UnexpectedAnswer"
    ],
    [
      "nobody to ask",
      Effect.fail(new Errors.ProviderUnavailable({ ...by, reason: "down" })),
      "ProviderUnavailable"
    ]
  ] as ReadonlyArray<[string, Effect.Effect<OperationStatus, Errors.PollError>, string]>)(
    "P11 adopted, what is %s is refused and stays undecided",
    ([, poll, expected]) =>
      on({ submit: [Effect.fail(lost)], poll: [poll] }, () =>
        Effect.gen(function* () {
          const generator = yield* unknown
          const error = yield* Effect.flip(generator.resolve(id, { _tag: "Adopt", operationId: "slip" }))
          assert.strictEqual(error._tag, expected)
          assert.strictEqual(yield* stateOf(id), "SubmitUnknown")
        })
      )
  )

  it.effect("sent again, it is paid for a second time because somebody said so", () =>
    on({ submit: [Effect.fail(lost), Effect.succeed(operation)] }, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* unknown
        yield* generator.resolve(id, { _tag: "Resubmit" })
        assert.strictEqual(yield* stateOf(id), "Queued")
        assert.strictEqual((yield* generator.resume(id)).state._tag, "Completed")
        assert.strictEqual(submits(ledger), 2)
      })
    )
  )

  it.effect("given up, it has failed, and there is nothing left to decide", () =>
    on({ submit: [Effect.fail(lost)] }, () =>
      Effect.gen(function* () {
        const generator = yield* unknown
        yield* generator.resolve(id, { _tag: "Abandon" })
        assert.strictEqual((yield* Effect.flip(generator.resume(id)))._tag, "SubmitUnknown")
        const error = yield* Effect.flip(generator.resolve(id, { _tag: "Abandon" }))
        assert.include(error.message, "nothing to decide")
      })
    )
  )

  it.effect("sent again by policy, it is sent no more often than any other", () =>
    on({ submit: [Effect.fail(lost)] }, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const fiber = yield* Effect.fork(Effect.flip(generator.generate(request, { id })))
        yield* TestClock.adjust("1 minutes")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "SubmitUnknown")
        assert.strictEqual(submits(ledger), 4)
      })
    ).pipe(Effect.provideService(Policy.Policy, Policy.make({ unknownSubmit: "resubmit" })))
  )
})

describe("a provider that gives two jobs one operation", () => {
  it.effect("P11 the first has it; the second says so, and is nobody's video", () => {
    const ledger: Ledger = []
    const same = Layer.succeed(VideoProvider, {
      ...api({ poll: [Effect.succeed(running), Effect.succeed(succeeded)] }, ledger),
      submit: () => Effect.succeed(operation)
    })
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const first = yield* Effect.fork(generator.generate(request, { id }))
      yield* TestClock.adjust("1 seconds")
      const error = yield* Effect.flip(generator.generate(request))
      assert.strictEqual(error._tag, "SubmitUnknown")
      assert.include(error.message, `operations/1, which belongs to generation ${id}`)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(first)).state._tag, "Completed")
      assert.strictEqual(ledger.filter((call) => call === "download").length, 1)
      const records = yield* GenerationStore
      const [parked] = yield* records.list({ states: ["SubmitUnknown"] })
      const adopted = generator.resolve(parked?.id ?? "", { _tag: "Adopt", operationId: operation.id })
      assert.strictEqual((yield* Effect.flip(adopted))._tag, "InvalidRequest")
    }).pipe(
      Effect.provide(
        layerGenerator.pipe(Layer.provide(same), Layer.provide(layerVideos), Layer.provideMerge(layerRecords))
      )
    )
  })
})

describe("asked for twice", () => {
  it.effect("a key makes generate happen once: the second call is given the first one's video", () =>
    on({}, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const key = Generation.JobKey.make("clip 7")
        const first = yield* generator.generate(request, { key })
        const second = yield* generator.generate(request, { key })
        assert.strictEqual(second.id, first.id)
        assert.strictEqual(submits(ledger), 1)
        const other = new VideoRequest({ ...request, prompt: "Something else" })
        const error = yield* Effect.flip(generator.generate(other, { key }))
        assert.deepInclude({ ...error }, { _tag: "InvalidRequest", field: "key" })
      })
    )
  )

  it.effect("two at once with one key wait for the same job", () =>
    on({ poll: [Effect.succeed(running), Effect.succeed(succeeded)] }, (ledger) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const key = Generation.JobKey.make("clip 7")
        const both = yield* Effect.fork(
          Effect.all([generator.generate(request, { key }), generator.generate(request, { key })], {
            concurrency: "unbounded"
          })
        )
        yield* TestClock.adjust("5 seconds")
        const [one, two] = yield* Fiber.join(both)
        assert.strictEqual(one.id, two.id)
        assert.strictEqual(submits(ledger), 1)
      })
    )
  )

  it.effect(
    "P12 a video that another job was given, which asked for something else, is kept with a warning",
    () =>
      on({}, () =>
        Effect.gen(function* () {
          const generator = yield* VideoGenerator
          const first = yield* generator.generate(request)
          const again = yield* generator.generate(request)
          const other = yield* generator.generate(new VideoRequest({ ...request, prompt: "A stormy sea" }))
          assert.deepStrictEqual([first.warnings, again.warnings], [undefined, undefined])
          assert.strictEqual(other.state.video.sha256, first.state.video.sha256)
          assert.lengthOf(other.warnings ?? [], 1)
          const names = [first.id, again.id].join("|")
          assert.match(
            other.warnings?.[0] ?? "",
            new RegExp(`^Generation (${names}) was given the very same video`)
          )
          const { generation } = yield* generator.status(other.id)
          assert.deepStrictEqual(generation.warnings, other.warnings)
        })
      )
  )

  it.effect("the same request with the same seed finds its clip, under any name of the model", () =>
    on({}, () =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        assert.isTrue(Option.isNone(yield* generator.rendered(seeded)))
        const { id } = yield* generator.generate(seeded)
        const same = new VideoRequest({ ...seeded, model: "s1" })
        assert.deepStrictEqual(
          Option.map(yield* generator.rendered(same), (found) => found.id),
          Option.some(id)
        )
        for (const other of [{ seed: 8 }, { duration: 6 }, { prompt: "Another" }]) {
          assert.isTrue(Option.isNone(yield* generator.rendered(new VideoRequest({ ...seeded, ...other }))))
        }
        yield* generator.generate(request)
        assert.isTrue(Option.isNone(yield* generator.rendered(request)))
      })
    )
  )
})
