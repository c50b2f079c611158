/**
 * A queue does not pay into a hole: what opens the breaker of a provider, what is sent while it is open, and what closes it.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Breaker from "@mutoscope/core/Breaker"
import * as Generation from "@mutoscope/core/Generation"
import * as Errors from "@mutoscope/core/GenerationError"
import { GenerationStore, layerMemory } from "@mutoscope/core/GenerationStore"
import * as Policy from "@mutoscope/core/Policy"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { api, type Ledger, mp4, operation, request, router, type Script } from "./scripted.ts"

const provider = "scripted"
const refusal = new Errors.OutputRefused({ provider, reason: "HTTP 404" })
const refused = Stream.fail(refusal)

/** Soon out of patience with each kind of trouble. */
const policy = Policy.make({ outputTimeout: "1 second", retries: 1, pollTimeout: "5 seconds" })

const world = (script: Script) => {
  const ledger: Ledger = []
  const other: Ledger = []
  const apis = [api(script, ledger), api({ capabilities: { provider: "other", model: "other-1" } }, other)]
  const live = VideoGenerator.layer.pipe(
    Layer.provideMerge(Layer.succeed(VideoProvider, router(apis))),
    Layer.provideMerge(layerMemory),
    Layer.provideMerge(VideoStore.layerMemory)
  )
  const count = (call: Ledger[number]) => ledger.filter((one) => one === call).length
  return { count, live, other }
}

/** Adds so many clips to a batch. */
const add = (batch: string, clips: number, model = request.model) =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator.VideoGenerator
    const plans = yield* Effect.forEach(Array.from({ length: clips }).keys(), (index) =>
      generator.plan(new VideoRequest({ ...request, model, prompt: `${batch} ${index}` }), {
        key: Generation.JobKey.make(`${batch}/${index}`),
        queue: { batch, priority: 0 }
      })
    )
    return yield* generator.enqueue(plans)
  })

/** Runs an effect while time passes. */
const whileTimePasses = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const run = yield* effect.pipe(Effect.provideService(Policy.Policy, policy), Effect.fork)
    while (Option.isNone(yield* Fiber.poll(run))) yield* TestClock.adjust("1 second")
    return yield* Fiber.join(run)
  })

const drain = (options: VideoGenerator.DrainOptions = {}) =>
  Effect.flatMap(VideoGenerator.VideoGenerator, (generator) =>
    whileTimePasses(generator.drain({ concurrency: 1, ...options }))
  )

const generate = Effect.flatMap(VideoGenerator.VideoGenerator, (generator) =>
  whileTimePasses(Effect.either(generator.generate(request)))
)

const halt = ({ halted }: VideoGenerator.Drained) => Option.getOrUndefined(halted)

const breakers = Effect.flatMap(GenerationStore, ({ queue }) =>
  Effect.map(queue.state, ({ breakers }) => breakers)
)

const waiting = Effect.flatMap(GenerationStore, ({ queue }) => queue.waiting({}))

const limited = new Errors.RateLimited({ provider, retryAfter: Duration.seconds(1) })

describe("the breaker of a provider", () => {
  const causes: ReadonlyArray<readonly [string, Script, Errors.DeliveryTrouble["_tag"]]> = [
    ["files are refused", { download: [refused] }, "DownloadFailed"],
    [
      "downloads break",
      { download: [Stream.fail(new Errors.DownloadFailed({ provider, reason: "closed" }))] },
      "DownloadFailed"
    ],
    [
      "the status is an error",
      { poll: [Effect.fail(new Errors.ProviderUnavailable({ provider, reason: "HTTP 500" }))] },
      "ProviderUnavailable"
    ],
    ["looks are put off", { poll: [Effect.fail(limited)] }, "RateLimited"],
    ["downloads are put off", { download: [Stream.fail(limited)] }, "RateLimited"],
    [
      "no video is named",
      { poll: [Effect.succeed({ _tag: "Failed", error: new Errors.EmptyResult({ provider }) })] },
      "EmptyResult"
    ],
    [
      "the status makes no sense",
      { poll: [Effect.fail(new Errors.UnexpectedAnswer({ provider, status: 200, reason: "?", body: "" }))] },
      "UnexpectedAnswer"
    ],
    [
      "the jobs are unknown",
      { poll: [Effect.fail(new Errors.OperationNotFound({ provider, reason: "HTTP 404" }))] },
      "OperationNotFound"
    ]
  ]
  it.effect.each(causes)("stops a run after five jobs where %s", ([, script, cause]) => {
    const here = world(script)
    return Effect.gen(function* () {
      yield* add("a", 12)
      const drained = yield* drain()
      assert.strictEqual(here.count("submit"), 5)
      assert.deepInclude(drained, { completed: 0, failed: 5, paused: false })
      assert.deepInclude(halt(drained), { _tag: "ProviderPaused", provider, failures: 5 })
      const [breaker] = yield* breakers
      assert.strictEqual(breaker?.trouble._tag, cause)
      assert.strictEqual(yield* waiting, 7)
    }).pipe(Effect.provide(here.live))
  })

  it.effect("sends no more than five and what was in flight", () => {
    const here = world({ download: [refused] })
    return Effect.gen(function* () {
      yield* add("a", 40)
      yield* drain({ concurrency: 8 })
      assert.isAtMost(here.count("submit"), 4 + 8)
    }).pipe(Effect.provide(here.live))
  })

  it.effect("tries one job in a later run, and stops that where it delivers nothing either", () => {
    const here = world({ download: [refused] })
    return Effect.gen(function* () {
      yield* add("a", 12)
      yield* drain()
      assert.strictEqual(halt(yield* drain())?._tag, "ProviderPaused")
      assert.strictEqual(here.count("submit"), 5)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(halt(yield* drain({ concurrency: 8 }))?._tag, "ProviderPaused")
      assert.strictEqual(here.count("submit"), 6)
    }).pipe(Effect.provide(here.live))
  })

  it.effect("is closed by the video of the job that is tried, and the rest follows", () => {
    let works = false
    const file = Stream.suspend(() => (works ? Stream.make(mp4) : refused))
    const here = world({ download: [file] })
    return Effect.gen(function* () {
      yield* add("a", 12)
      yield* drain()
      works = true
      yield* TestClock.adjust("1 minute")
      const drained = yield* drain({ concurrency: 8 })
      assert.deepInclude(drained, { completed: 7, failed: 0, halted: Option.none() })
      assert.deepStrictEqual(yield* breakers, [])
    }).pipe(Effect.provide(here.live))
  })

  it.effect("is closed by the video of an earlier job, which costs nothing but looks", () => {
    let works = false
    const file = Stream.suspend(() => (works ? Stream.make(mp4) : refused))
    const here = world({ download: [file] })
    return Effect.gen(function* () {
      yield* add("a", 12)
      yield* drain()
      works = true
      const drained = yield* drain({ batch: "a" })
      assert.deepInclude(drained, { completed: 12, failed: 0, halted: Option.none() })
    }).pipe(Effect.provide(here.live))
  })

  it.effect("leaves other providers alone, and stops the run when only its own jobs are left", () => {
    const here = world({ download: [refused] })
    return Effect.gen(function* () {
      yield* add("a", 12)
      yield* add("b", 9, "other-1")
      const drained = yield* drain()
      assert.deepInclude(drained, { completed: 9, failed: 5 })
      assert.deepInclude(halt(drained), { _tag: "ProviderPaused", provider })
      assert.lengthOf(
        here.other.filter((one) => one === "submit"),
        9
      )
    }).pipe(Effect.provide(here.live))
  })

  it.effect("refuses a single generation, but for the one that is tried", () => {
    const here = world({ download: [refused] })
    return Effect.gen(function* () {
      yield* add("a", 5)
      yield* drain()
      const early = yield* generate
      assert.strictEqual(early._tag === "Left" && early.left._tag, "ProviderPaused")
      assert.strictEqual(here.count("submit"), 5)
      yield* TestClock.adjust("1 minute")
      const tried = yield* generate
      assert.strictEqual(tried._tag === "Left" && tried.left._tag, "DownloadFailed")
      const again = yield* generate
      assert.strictEqual(again._tag === "Left" && again.left._tag, "ProviderPaused")
      assert.strictEqual(here.count("submit"), 6)
    }).pipe(Effect.provide(here.live))
  })

  it.effect("counts a job once, however often it is resumed", () => {
    const here = world({ download: [refused] })
    return Effect.gen(function* () {
      const [one] = yield* add("a", 1)
      if (one === undefined) return assert.fail("nothing was added")
      const { resume } = yield* VideoGenerator.VideoGenerator
      for (let times = 0; times < 7; times++) yield* whileTimePasses(Effect.either(resume(one.id)))
      assert.deepStrictEqual(yield* breakers, [])
    }).pipe(Effect.provide(here.live))
  })

  it.effect.each([
    [
      "the provider says that the jobs failed",
      {
        poll: [
          Effect.succeed({
            _tag: "Failed" as const,
            error: new Errors.GenerationFailed({ provider, reason: "no" })
          })
        ]
      }
    ],
    [
      "submits are refused",
      { submit: [Effect.fail(new Errors.ContentBlocked({ provider, reasons: ["no"] }))] }
    ]
  ] satisfies ReadonlyArray<readonly [string, Script]>)("stays closed where %s", ([, script]) => {
    const here = world(script)
    return Effect.gen(function* () {
      yield* add("a", 8)
      const drained = yield* drain()
      assert.deepInclude(drained, { failed: 8, halted: Option.none() })
      assert.strictEqual(here.count("submit"), 8)
    }).pipe(Effect.provide(here.live))
  })

  it.effect("stays closed where the provider renders for longer than we wait", () => {
    const here = world({ poll: [Effect.succeed({ _tag: "Running" })] })
    return Effect.gen(function* () {
      yield* add("a", 8)
      const drained = yield* drain()
      assert.deepInclude(drained, { failed: 8, halted: Option.none() })
    }).pipe(Effect.provide(here.live))
  })
})

describe("Breaker", () => {
  it("survives JSON", () => {
    const submittedAt = DateTime.unsafeMake(1)
    const waited = Duration.seconds(3)
    const trouble = new Errors.GenerationTimeout({ generationId: "a", operationId: "o", waited })
    const first = { provider, id: Generation.GenerationId.make("a"), submittedAt, trouble }
    const breaker = { ...Breaker.after(undefined, first, submittedAt), openedAt: submittedAt }
    const json = Schema.parseJson(Breaker.Breaker)
    assert.deepStrictEqual(Schema.decodeSync(json)(Schema.encodeSync(json)(breaker)), breaker)
    const error = Breaker.toError(breaker)
    const errors = Schema.parseJson(Errors.GenerationError)
    assert.deepStrictEqual(Schema.decodeSync(errors)(Schema.encodeSync(errors)(error)), error)
    assert.strictEqual(error.provider, operation.provider)
  })
})
