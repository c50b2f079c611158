/**
 * Many jobs in one queue: what is sent, in which order, how fast, and what stops it.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import * as Errors from "@mutoscope/core/GenerationError"
import type { Budget } from "@mutoscope/core/GenerationQueue"
import { GenerationStore, layerMemory } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import type { Operation, OperationStatus } from "@mutoscope/core/Operation"
import * as Policy from "@mutoscope/core/Policy"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { capabilities, operation, provider, remote, request } from "./scripted.ts"

/** A submit as the provider saw it. */
interface Sent {
  readonly prompt: string
  readonly at: number
}

type Answer = (prompt: string, nth: number) => Effect.Effect<Operation, Errors.SubmitError>

const world = (
  options: {
    readonly answer?: Answer
    readonly renders?: number
    readonly priced?: boolean
    readonly room?: (prompt: string) => Effect.Effect<void, Errors.StorageError>
  } = {}
) => {
  const { answer = () => Effect.succeed(operation), priced = true, renders = 0 } = options
  const { room = () => Effect.void } = options
  const sent: Array<Sent> = []
  const most = { now: 0, ever: 0 }
  const readyAt = new Map<string, number>()
  const price = { asOf: "2026-11-01", rates: [{ perSecond: Money.dollars(0.2) }] } as const
  const model = priced ? { ...capabilities, price } : capabilities
  const api = Layer.map(provider({}, []), (context) => {
    const scripted = Context.get(context, VideoProvider)
    return Context.make(VideoProvider, {
      ...scripted,
      capabilities: (name) => Option.as(scripted.capabilities(name), model),
      submit: ({ request: { prompt } }) =>
        Effect.gen(function* () {
          const at = yield* Clock.currentTimeMillis
          sent.push({ prompt, at })
          const accepted = yield* answer(prompt, sent.length)
          most.ever = Math.max(most.ever, ++most.now)
          readyAt.set(prompt, at + renders)
          return { ...accepted, id: prompt }
        }),
      poll: ({ id }) =>
        Effect.map(Clock.currentTimeMillis, (now): OperationStatus => {
          if (now < (readyAt.get(id) ?? 0)) return { _tag: "Running" }
          most.now--
          return { _tag: "Succeeded", videos: [remote] }
        })
    })
  })
  const live = VideoGenerator.layer.pipe(
    Layer.provideMerge(api),
    Layer.provideMerge(layerMemory),
    Layer.provideMerge(
      Layer.map(VideoStore.layerMemory, (context) =>
        Context.make(VideoStore.VideoStore, {
          ...Context.get(context, VideoStore.VideoStore),
          prepare: ({ request: { prompt } }) => room(prompt)
        })
      )
    )
  )
  return { sent, most, live }
}

const rising = (what: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${what}${index + 1}`)

/** Adds a clip for each prompt to a batch. */
const add = (batch: string, prompts: ReadonlyArray<string>, priority = 0) =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator.VideoGenerator
    const plans = yield* Effect.forEach(prompts, (prompt) =>
      generator.plan(new VideoRequest({ ...request, prompt }), {
        key: Generation.JobKey.make(`${batch}/${prompt}`),
        queue: { batch, priority }
      })
    )
    return yield* generator.enqueue(plans)
  })

/** Drains the queue while time passes. */
const drain = (options: VideoGenerator.DrainOptions & { readonly budget?: Budget } = {}) =>
  Effect.gen(function* () {
    const { budget = {}, ...rest } = options
    const generator = yield* VideoGenerator.VideoGenerator
    const run = yield* generator
      .drain(rest)
      .pipe(Effect.provideService(Policy.Policy, Policy.make({ budget })), Effect.fork)
    while (Option.isNone(yield* Fiber.poll(run))) yield* TestClock.adjust("1 second")
    return yield* Fiber.join(run)
  })

const prompts = ({ sent }: { readonly sent: ReadonlyArray<Sent> }) => sent.map(({ prompt }) => prompt)

const states = Effect.flatMap(GenerationStore, (records) =>
  Effect.map(records.list({}), (all) => all.map(({ state }) => state._tag).sort())
)

/** A wrong key, a spent budget: what stopped the run. */
const halt = ({ halted }: VideoGenerator.Drained) => Option.getOrUndefined(halted)

describe("the queue", () => {
  it.effect("leaves to others what it cannot send soon, however many it may have in hand", () => {
    const gate = Effect.unsafeMakeLatch()
    const here = world({ answer: () => Effect.as(gate.await, operation) })
    return Effect.gen(function* () {
      const { submitsAtOnce } = Policy.defaults
      const generator = yield* VideoGenerator.VideoGenerator
      const { queue } = yield* GenerationStore
      yield* add("a", rising("x", 100))
      yield* Effect.fork(generator.drain({ concurrency: 100 }))
      yield* TestClock.adjust("1 minute")
      assert.lengthOf(here.sent, submitsAtOnce)
      const left = yield* queue.take("another process", { most: 100 })
      assert.isAtLeast(left.length, 100 - 2 * submitsAtOnce)
      yield* gate.open
    }).pipe(Effect.provide(here.live))
  })

  it.effect("makes each clip once, however often it is added", () => {
    const here = world()
    return Effect.gen(function* () {
      const first = yield* add("a", rising("x", 3))
      const again = yield* add("a", rising("x", 4))
      assert.deepStrictEqual(
        again.slice(0, 3).map(({ id }) => id),
        first.map(({ id }) => id)
      )
      assert.deepInclude(yield* drain(), { completed: 4, failed: 0, paused: false })
      yield* add("a", rising("x", 4))
      assert.deepInclude(yield* drain(), { completed: 0, failed: 0 })
      assert.deepStrictEqual(prompts(here), rising("x", 4))
    }).pipe(Effect.provide(here.live))
  })

  it.effect("has no more in hand than the caller wants", () => {
    const here = world({ renders: 10_000 })
    return Effect.gen(function* () {
      yield* add("a", rising("x", 7))
      yield* drain({ concurrency: 3 })
      assert.strictEqual(here.most.ever, 3)
    }).pipe(Effect.provide(here.live))
  })

  it.effect("keeps the limit in flight of a provider and of a model", () => {
    const here = world({ renders: 10_000 })
    return Effect.gen(function* () {
      const { queue } = yield* GenerationStore
      yield* queue.limit({ provider: "scripted", most: 4 })
      yield* queue.limit({ provider: "scripted", model: "scripted-1", most: 2 })
      yield* add("a", rising("x", 5))
      assert.strictEqual((yield* drain()).completed, 5)
      assert.strictEqual(here.most.ever, 2)
      yield* queue.unlimit({ provider: "scripted", model: "scripted-1" })
      yield* add("a", rising("y", 5))
      yield* drain()
      assert.strictEqual(here.most.ever, 4)
    }).pipe(Effect.provide(here.live))
  })

  describe("where a limit in flight is reached", () => {
    /** A clip that is in flight and nobody looks after any more. */
    const abandoned = Effect.gen(function* () {
      const generator = yield* VideoGenerator.VideoGenerator
      yield* add("earlier", ["left"])
      const run = yield* Effect.fork(generator.drain({ batch: "earlier" }))
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.interrupt(run)
      yield* Effect.flatMap(GenerationStore, ({ queue }) => queue.limit({ provider: "scripted", most: 1 }))
    })

    it.effect("by what was given back, a run looks after that, and gets its room", () => {
      const here = world({ renders: 10_000 })
      return Effect.gen(function* () {
        yield* abandoned
        yield* add("a", ["x"])
        assert.deepInclude(yield* drain({ batch: "a" }), { completed: 1, failed: 0 })
        assert.deepStrictEqual(prompts(here), ["left", "x"])
        assert.strictEqual(here.most.ever, 1)
        assert.deepStrictEqual(yield* states, ["Completed", "Completed"])
      }).pipe(Effect.provide(here.live))
    })

    it.effect("by what was given back, a single generation looks after that, and says that it waits", () => {
      const here = world({ renders: 10_000 })
      const said: Array<string> = []
      return Effect.gen(function* () {
        const generator = yield* VideoGenerator.VideoGenerator
        yield* abandoned
        const run = yield* Effect.fork(
          generator.generate(new VideoRequest({ ...request, prompt: "x" }), {
            onProgress: ({ message }) =>
              Effect.sync(() => void (said.at(-1) !== message && said.push(message)))
          })
        )
        yield* TestClock.adjust("1 minute")
        yield* Fiber.join(run)
        assert.deepStrictEqual(said.slice(0, 3), [
          "starting",
          "waiting: as many are in flight as the limit allows",
          "request sent"
        ])
        assert.deepStrictEqual(prompts(here), ["left", "x"])
      }).pipe(Effect.provide(here.live))
    })

    it.effect("a run that can only wait says once for what, and goes on when there is room", () => {
      const here = world()
      const told: Array<unknown> = []
      return Effect.gen(function* () {
        const generator = yield* VideoGenerator.VideoGenerator
        const { queue } = yield* GenerationStore
        yield* queue.limit({ provider: "scripted", most: 0 })
        yield* add("a", ["x"])
        const onFull = (limits: unknown) => Effect.sync(() => void told.push(limits))
        const run = yield* Effect.fork(generator.drain({ onFull }))
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(told, [[{ provider: "scripted", most: 0 }]])
        yield* queue.unlimit({ provider: "scripted" })
        yield* TestClock.adjust("5 seconds")
        assert.deepInclude(yield* Fiber.join(run), { completed: 1 })
      }).pipe(Effect.provide(here.live))
    })
  })

  it.effect("takes the higher priority first, and batches of one priority in turn", () => {
    const here = world()
    return Effect.gen(function* () {
      yield* add("a", rising("a", 3))
      yield* add("b", rising("b", 2))
      yield* add("c", ["urgent"], 1)
      yield* drain({ concurrency: 1 })
      assert.deepStrictEqual(prompts(here), ["urgent", "a1", "b1", "a2", "b2", "a3"])
    }).pipe(Effect.provide(here.live))
  })

  it.effect("takes nothing while it is paused, and goes on when it is continued", () => {
    const here = world()
    return Effect.gen(function* () {
      const { queue } = yield* GenerationStore
      yield* add("a", ["x"])
      yield* queue.pause(true)
      assert.deepInclude(yield* drain(), { completed: 0, paused: true })
      assert.deepStrictEqual(prompts(here), [])
      yield* queue.pause(false)
      assert.deepInclude(yield* drain(), { completed: 1, paused: false })
    }).pipe(Effect.provide(here.live))
  })

  it.effect(
    "sends nothing while it is paused, however it is asked for, but a generation that is not in it",
    () => {
      const here = world()
      return Effect.gen(function* () {
        const generator = yield* VideoGenerator.VideoGenerator
        const records = yield* GenerationStore
        const [queued] = yield* add("a", ["x", "y"])
        if (queued === undefined) return assert.fail("nothing was added")
        const left = yield* generator.plan(new VideoRequest({ ...request, prompt: "left" }))
        yield* records.release(yield* records.create(left, "a process that ended"))
        yield* records.queue.pause(true)
        const { heldBack, finished, unfinished } = yield* generator.resumeAll()
        assert.deepStrictEqual([finished, unfinished], [[], []])
        assert.deepStrictEqual(
          heldBack.map(({ generation, why }) => `${generation.request.prompt} ${why}`).sort(),
          ["left paused", "x paused", "y paused"]
        )
        assert.deepInclude(yield* Effect.flip(generator.resume(queued.id)), {
          _tag: "HeldBack",
          why: "paused"
        })
        assert.deepStrictEqual(prompts(here), [])
        yield* generator.generate(new VideoRequest({ ...request, prompt: "now" }))
        assert.deepStrictEqual(prompts(here), ["now"])
        yield* records.queue.pause(false)
        assert.lengthOf((yield* generator.resumeAll()).finished, 3)
      }).pipe(Effect.provide(here.live))
    }
  )

  it.effect("keeps what was never sent from a resumeAll that leaves the queue alone", () => {
    const here = world()
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator.VideoGenerator
      const records = yield* GenerationStore
      yield* add("a", ["x", "y"])
      const left = yield* generator.plan(new VideoRequest({ ...request, prompt: "left" }))
      yield* records.release(yield* records.create(left, "a process that ended"))
      const { finished, heldBack } = yield* generator.resumeAll({ queued: false })
      assert.deepStrictEqual(
        finished.map(({ request: { prompt } }) => prompt),
        ["left"]
      )
      assert.deepStrictEqual(
        heldBack.map(({ generation, why }) => `${generation.request.prompt} ${why}`).sort(),
        ["x unsent", "y unsent"]
      )
      assert.deepStrictEqual(prompts(here), ["left"])
    }).pipe(Effect.provide(here.live))
  })

  it.effect("what a run has in hand and has not sent goes back when it is paused", () => {
    const limited = new Errors.RateLimited({ provider: "scripted", retryAfter: Duration.seconds(20) })
    const here = world({ answer: (_, nth) => (nth === 1 ? Effect.fail(limited) : Effect.succeed(operation)) })
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator.VideoGenerator
      const { queue } = yield* GenerationStore
      yield* add("a", rising("x", 3))
      const run = yield* Effect.fork(generator.drain({ concurrency: 1 }))
      yield* TestClock.adjust("5 seconds")
      yield* queue.pause(true)
      yield* TestClock.adjust("1 minute")
      assert.deepInclude(yield* Fiber.join(run), { completed: 0, failed: 0, paused: true })
      assert.deepStrictEqual(prompts(here), ["x1"])
      assert.deepStrictEqual(yield* states, ["Queued", "Queued", "Queued"])
    }).pipe(Effect.provide(here.live))
  })

  it.effect("drains one batch and leaves the others", () => {
    const here = world()
    return Effect.gen(function* () {
      yield* add("a", ["x"])
      yield* add("b", ["y"])
      yield* drain({ batch: "b" })
      assert.deepStrictEqual(prompts(here), ["y"])
    }).pipe(Effect.provide(here.live))
  })

  it.effect("a clip that fails stops no other; each end is told", () => {
    const blocked = new Errors.ContentBlocked({ provider: "scripted", reasons: ["no"] })
    const here = world({
      answer: (prompt) => (prompt === "x2" ? Effect.fail(blocked) : Effect.succeed(operation))
    })
    const ends: Array<string> = []
    return Effect.gen(function* () {
      yield* add("a", rising("x", 3))
      const onEnd = ({ generation, result }: VideoGenerator.End) =>
        Effect.sync(() => void ends.push(`${generation.request.prompt} ${result._tag}`))
      assert.deepInclude(yield* drain({ onEnd }), { completed: 2, failed: 1 })
      assert.deepStrictEqual(ends.sort(), ["x1 Right", "x2 Left", "x3 Right"])
    }).pipe(Effect.provide(here.live))
  })

  describe("where a video has no place", () => {
    const noPlace = new Errors.StorageError({ operation: "write", reason: "EACCES", onePlace: true })

    it.effect("stops no other, is told once and stays queued", () => {
      let open = false
      const here = world({ room: (prompt) => (prompt === "x2" && !open ? noPlace : Effect.void) })
      const ends: Array<string> = []
      return Effect.gen(function* () {
        yield* add("a", rising("x", 20))
        const onEnd = ({ generation, result }: VideoGenerator.End) =>
          Effect.sync(() => void (result._tag === "Left" && ends.push(generation.request.prompt)))
        const drained = yield* drain({ concurrency: 2, onEnd })
        assert.deepInclude(drained, { completed: 19, failed: 1, halted: Option.none() })
        assert.deepStrictEqual(ends, ["x2"])
        open = true
        assert.deepInclude(yield* drain(), { completed: 1, failed: 0 })
        assert.lengthOf(here.sent, 20)
      }).pipe(Effect.provide(here.live))
    })

    it.effect("stops the run where so many have none that it is no accident", () => {
      const here = world({ room: () => noPlace })
      return Effect.gen(function* () {
        yield* add("a", rising("x", 150))
        const drained = yield* drain()
        assert.strictEqual(halt(drained)?.message, noPlace.message)
        assert.deepStrictEqual([here.sent.length, drained.failed < 120], [0, true])
      }).pipe(Effect.provide(here.live))
    })

    it.effect("stops the run at once where the disk is full", () => {
      const full = new Errors.StorageError({ operation: "write", reason: "ENOSPC" })
      const here = world({ room: () => full })
      return Effect.gen(function* () {
        yield* add("a", rising("x", 30))
        const drained = yield* drain({ concurrency: 1 })
        assert.deepStrictEqual([halt(drained)?.message, drained.failed], [full.message, 0])
      }).pipe(Effect.provide(here.live))
    })
  })

  it.effect("interrupted, it gives back what it holds and has not sent", () => {
    const here = world({ renders: 60_000 })
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator.VideoGenerator
      yield* add("a", rising("x", 3))
      const run = yield* Effect.fork(generator.drain({ concurrency: 1 }))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.interrupt(run)
      assert.deepStrictEqual(prompts(here), ["x1"])
      assert.strictEqual((yield* drain({ batch: "a" })).completed, 3)
      assert.deepStrictEqual(prompts(here), rising("x", 3))
    }).pipe(Effect.provide(here.live))
  })
})

describe("the pace", () => {
  it.effect("slows down where the provider asks for it, and recovers", () => {
    const limited = new Errors.RateLimited({ provider: "scripted", retryAfter: Duration.seconds(20) })
    const here = world({ answer: (_, nth) => (nth === 1 ? Effect.fail(limited) : Effect.succeed(operation)) })
    return Effect.gen(function* () {
      yield* add("a", rising("x", 20))

      assert.deepInclude(yield* drain({ concurrency: 1 }), { completed: 20, failed: 0 })
      const times = here.sent.map(({ at }) => at)
      const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
      assert.isAtLeast(gaps[0] ?? 0, 20_000)
      assert.isAtLeast(gaps[1] ?? 0, 500)
      assert.isBelow(gaps.at(-1) ?? 0, gaps[1] ?? 0)
      assert.strictEqual(here.sent.length, 21)
    }).pipe(Effect.provide(here.live))
  })
})

describe("the budget", () => {
  const afford = (budget: Budget, options: Parameters<typeof world>[0] = {}) => {
    const here = world(options)
    return Effect.gen(function* () {
      yield* add("a", rising("x", 5))
      const drained = yield* drain({ concurrency: 1, budget })
      return { error: halt(drained), sent: here.sent.length, states: yield* states }
    }).pipe(Effect.provide(here.live))
  }

  it.effect("stops at so many jobs and leaves the rest queued", () =>
    Effect.gen(function* () {
      const { error, sent, states } = yield* afford({ jobs: 2 })
      assert.deepInclude(error, { _tag: "BudgetSpent", limit: "jobs", most: 2 })
      assert.strictEqual(sent, 2)
      assert.deepStrictEqual(states, ["Completed", "Completed", "Queued", "Queued", "Queued"])
    })
  )

  it.effect("ends for all that wait for their turn together, however slow the provider has made them", () => {
    const limited = new Errors.RateLimited({ provider: "scripted", retryAfter: Duration.seconds(40) })
    const here = world({ answer: (_, nth) => (nth < 4 ? Effect.fail(limited) : Effect.succeed(operation)) })
    return Effect.gen(function* () {
      yield* add("a", rising("x", 8))
      const began = yield* Clock.currentTimeMillis
      const drained = yield* drain({ concurrency: 8, budget: { jobs: 1 } })
      assert.deepInclude(halt(drained), { _tag: "BudgetSpent", limit: "jobs" })
      assert.strictEqual(drained.completed, 1)
      const accepted = here.sent.at(-1)?.at ?? 0
      // The next turn is that of all that are left.
      assert.isBelow((yield* Clock.currentTimeMillis) - began - accepted, 12_000)
      assert.strictEqual((yield* states).filter((state) => state === "Queued").length, 7)
    }).pipe(Effect.provide(here.live))
  })

  it.effect(
    "waits no longer for a provider than the policy allows, and keeps no longer pause on record",
    () => {
      const limited = new Errors.RateLimited({ provider: "scripted", retryAfter: Duration.days(1) })
      const here = world({
        answer: (_, nth) => (nth === 1 ? Effect.fail(limited) : Effect.succeed(operation))
      })
      return Effect.gen(function* () {
        yield* add("a", ["x"])
        const generator = yield* VideoGenerator.VideoGenerator
        const records = yield* GenerationStore
        const run = yield* generator
          .drain()
          .pipe(
            Effect.provideService(Policy.Policy, Policy.make({ retryAfterLimit: "40 seconds" })),
            Effect.fork
          )
        yield* TestClock.adjust("39 seconds")
        const [record] = yield* records.list({})
        const state = record?.state
        const refusal = state?._tag === "Queued" ? state.refusal : undefined
        assert.strictEqual(
          refusal?._tag === "RateLimited" ? Duration.toSeconds(refusal.retryAfter) : undefined,
          40
        )
        assert.strictEqual(here.sent.length, 1)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(here.sent.length, 2)
        assert.strictEqual((yield* Fiber.join(run)).completed, 1)
      }).pipe(Effect.provide(here.live))
    }
  )

  it.effect("stops before the money of a run or a day would be passed", () =>
    Effect.gen(function* () {
      for (const limit of ["run", "day"] as const) {
        const { error, sent } = yield* afford({ [limit]: Money.dollars(3.5) })
        assert.deepInclude(error, { _tag: "BudgetSpent", limit, spent: Money.dollars(3) })
        assert.strictEqual(sent, 3)
      }
    })
  )

  it.effect("sends nothing whose price is unknown where money is limited", () =>
    Effect.gen(function* () {
      const { error, sent } = yield* afford({ run: Money.dollars(100) }, { priced: false })
      assert.strictEqual(sent, 0)
      assert.match(error?.message ?? "", /The price is unknown/)
    })
  )

  it.effect("counts a submit whose outcome is unknown, and not one that was refused", () =>
    Effect.gen(function* () {
      const unknown = new Errors.SubmitUnknown({ provider: "scripted", reason: "lost" })
      const lost = yield* afford({ run: Money.dollars(2) }, { answer: () => Effect.fail(unknown) })
      assert.strictEqual(lost.sent, 2)
      const blocked = new Errors.ContentBlocked({ provider: "scripted", reasons: ["no"] })
      const refused = yield* afford({ run: Money.dollars(2) }, { answer: () => Effect.fail(blocked) })
      assert.strictEqual(refused.sent, 5)
      assert.isUndefined(refused.error)
    })
  )

  it.effect("a wrong key stops the run once and leaves all of it queued", () =>
    Effect.gen(function* () {
      const wrong = new Errors.AuthenticationFailed({ provider: "scripted", reason: "wrong key" })
      const { error, sent, states } = yield* afford({}, { answer: () => Effect.fail(wrong) })
      assert.strictEqual(error?._tag, "AuthenticationFailed")
      assert.strictEqual(sent, 1)
      assert.deepStrictEqual(
        states,
        Array.from({ length: 5 }, () => "Queued")
      )
    })
  )
})
