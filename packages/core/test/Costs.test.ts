/**
 * What a job cost: said by its provider, estimated, or unknown; and never nothing where it is unknown.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Costs from "@mutoscope/core/Costs"
import * as Generation from "@mutoscope/core/Generation"
import {
  GenerationFailed,
  OutputExpired,
  type PollError,
  RateLimited,
  SubmitUnknown,
  UnexpectedAnswer
} from "@mutoscope/core/GenerationError"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import type { OperationStatus } from "@mutoscope/core/Operation"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { id, layer, mp4, remote, request, type Script } from "./scripted.ts"

const dollar = Money.dollars(1)
const price = { asOf: "2026-01-01", rates: [{ perSecond: dollar }] } as const

/** What is on record of a job at its end, however it ended. */
const record = (script: Script) =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator
    const fiber = yield* Effect.fork(Effect.ignore(generator.generate(request, { id })))
    yield* TestClock.adjust("1 minutes")
    yield* Fiber.join(fiber)
    return yield* Effect.flatMap(GenerationStore, (records) => records.get(id))
  }).pipe(Effect.provide(layer(script)))

const priced = { capabilities: { price } }
const charged = { _tag: "Succeeded", videos: [remote], cost: Money.dollars(0.25) } as const

describe("the receipt", () => {
  it.effect("is what the provider says, and else the estimate, marked as one", () =>
    Effect.gen(function* () {
      const reported = yield* record({ ...priced, poll: [Effect.succeed(charged)] })
      assert.deepStrictEqual(reported.cost, { amount: Money.dollars(0.25), source: "reported" })
      assert.strictEqual(reported.estimate, Money.dollars(5))
      assert.deepInclude(Generation.summary(reported), { cost: Money.dollars(0.25), costSource: "reported" })
      const estimated = yield* record(priced)
      assert.deepStrictEqual(estimated.cost, { amount: Money.dollars(5), source: "estimated" })
    })
  )

  it.effect("is an estimate where the provider tells tokens, and what they cost is from our table", () =>
    Effect.gen(function* () {
      const estimate = Money.dollars(0.31)
      const error = new GenerationFailed({ provider: "scripted", reason: "it broke" })
      for (const status of [
        { _tag: "Succeeded", videos: [remote], estimate },
        { _tag: "Failed", error, estimate },
        { _tag: "Cancelled", estimate }
      ] as const) {
        const made = yield* record({ ...priced, poll: [Effect.succeed(status)] })
        assert.deepStrictEqual(made.cost, { amount: estimate, source: "estimated" }, status._tag)
      }
      const both = { _tag: "Cancelled", estimate, cost: Money.zero } as const
      const made = yield* record({ ...priced, poll: [Effect.succeed(both)] })
      assert.deepStrictEqual(made.cost, { amount: Money.zero, source: "reported" })
    })
  )

  it.effect("is not there where nobody knows it", () =>
    Effect.gen(function* () {
      const unknown = yield* record({})
      assert.strictEqual(unknown.state._tag, "Completed")
      assert.isUndefined(unknown.cost)
      assert.notProperty(Generation.summary(unknown), "cost")
      assert.deepInclude(Costs.totalOf([unknown]), { jobs: 1, unknown: 1, reported: Money.zero })
    })
  )

  it.effect("of a failed job is what its provider says, or unknown", () =>
    Effect.gen(function* () {
      const error = new GenerationFailed({ provider: "scripted", reason: "it broke" })
      const free = yield* record({
        ...priced,
        poll: [Effect.succeed({ _tag: "Failed", error, cost: Money.zero })]
      })
      assert.deepStrictEqual(free.cost, { amount: Money.zero, source: "reported" })
      const silent = yield* record({ ...priced, poll: [Effect.succeed({ _tag: "Failed", error })] })
      assert.isUndefined(silent.cost)
      assert.deepInclude(Costs.totalOf([free, silent]), { jobs: 2, unknown: 1, estimated: Money.zero })
    })
  )

  it.effect("of a stopped job is what its provider says, whoever stopped it", () =>
    Effect.gen(function* () {
      const stopped = { _tag: "Cancelled", cost: Money.dollars(0.1) } as const
      const seen = yield* record({ ...priced, poll: [Effect.succeed(stopped)] })
      assert.strictEqual(seen.state._tag, "Cancelled")
      assert.deepStrictEqual(seen.cost, { amount: Money.dollars(0.1), source: "reported" })
      assert.deepInclude(Costs.totalOf([seen]), { jobs: 1, unknown: 0, reported: Money.dollars(0.1) })
      const silent = yield* record({ ...priced, poll: [Effect.succeed({ _tag: "Cancelled" })] })
      assert.isUndefined(silent.cost)
      assert.deepInclude(Costs.totalOf([silent]), { jobs: 1, unknown: 1 })
    })
  )

  it.effect("of a job that we stop is asked for once it has stopped, and not waited for", () =>
    Effect.gen(function* () {
      const stop = (after: Effect.Effect<OperationStatus, PollError>) =>
        Effect.gen(function* () {
          const generator = yield* VideoGenerator
          const following = yield* Effect.fork(generator.generate(request, { id }))
          yield* TestClock.adjust("1 second")
          yield* Fiber.interrupt(following)
          const outcome = yield* Effect.fork(generator.cancel(id))
          yield* TestClock.adjust("10 seconds")
          assert.strictEqual(yield* Fiber.join(outcome), "Cancelled")
          const { cost, state } = yield* Effect.flatMap(GenerationStore, (records) => records.get(id))
          assert.strictEqual(state._tag, "Cancelled")
          return cost
        }).pipe(Effect.provide(layer({ ...priced, poll: [Effect.succeed({ _tag: "Running" }), after] })))
      const amount = Money.dollars(0.1)
      assert.deepStrictEqual(yield* stop(Effect.succeed({ _tag: "Cancelled", cost: amount })), {
        amount,
        source: "reported"
      })
      const forgotten = new UnexpectedAnswer({ provider: "scripted", status: 404, reason: "gone", body: "" })
      assert.isUndefined(yield* stop(Effect.fail(forgotten)))
      assert.isUndefined(yield* stop(Effect.never))
    })
  )

  it.effect("a refused job costs nothing, a lost answer may cost what it would", () =>
    Effect.gen(function* () {
      const lost = yield* record({
        ...priced,
        submit: [Effect.fail(new SubmitUnknown({ provider: "scripted", reason: "reset" }))]
      })
      assert.deepStrictEqual(
        Costs.chargeOf(lost),
        Option.some({ certainty: "possible" as const, amount: Money.dollars(5) })
      )
      const refusal = new RateLimited({ provider: "scripted", retryAfter: Duration.zero })
      const refused = new Generation.Generation({
        ...lost,
        state: { _tag: "Failed", error: refusal, finishedAt: DateTime.unsafeMake(0) }
      })
      assert.deepStrictEqual(Costs.chargeOf(refused), Option.none())
      assert.deepInclude(Costs.totalOf([lost, refused]).possible, { jobs: 1, amount: Money.dollars(5) })
    })
  )

  it.effect("that came with an earlier answer is kept when a later one says nothing of money", () =>
    Effect.gen(function* () {
      const elsewhere = { ...remote, uri: "https://videos.example/2" }
      const expired = new OutputExpired({ provider: "scripted", reason: "gone" })
      const made = yield* record({
        ...priced,
        poll: [Effect.succeed(charged), Effect.succeed({ _tag: "Succeeded", videos: [elsewhere] })],
        download: [Stream.fail(expired), Stream.make(mp4)]
      })
      assert.strictEqual(made.state._tag, "Completed")
      assert.deepStrictEqual(made.cost, { amount: Money.dollars(0.25), source: "reported" })
    })
  )
})
