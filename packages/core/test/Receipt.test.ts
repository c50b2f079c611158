/**
 * A receipt that is larger than its quote: a warning on the record, and wider quotes of its model from then on.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import { GenerationFailed, OutputRefused, StorageError } from "@mutoscope/core/GenerationError"
import { GenerationStore, layerMemory } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import type { OperationStatus } from "@mutoscope/core/Operation"
import * as Policy from "@mutoscope/core/Policy"
import * as Prices from "@mutoscope/core/Prices"
import { layer as generatorLayer, make, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { api, layer, mp4, remote, request, type Script } from "./scripted.ts"

const price = { asOf: "2026-01-01", rates: [{ perSecond: Money.dollars(0.2) }] } as const
const succeeded = (told: Pick<OperationStatus & { readonly _tag: "Cancelled" }, "cost" | "estimate">) =>
  Effect.succeed({ _tag: "Succeeded" as const, videos: [remote] as const, ...told })
const charged = (...amounts: ReadonlyArray<number>): Script => ({
  capabilities: { price },
  poll: amounts.map((amount) => succeeded({ cost: Money.dollars(amount) }))
})

const logged: Array<string> = []
const logger = Logger.replace(
  Logger.defaultLogger,
  Logger.make(({ logLevel, message }) => {
    if (logLevel._tag === "Warning") logged.push(String(message))
  })
)

const on = (script: Script) => Effect.provide(Layer.mergeAll(layer(script), logger))

/** What is on record of a job at its end, however it ended. */
const finished = Effect.gen(function* () {
  const generator = yield* VideoGenerator
  const id = yield* Generation.makeId
  const exit = yield* Effect.exit(generator.generate(request, { id }))
  const record = yield* Effect.flatMap(GenerationStore, (records) => records.get(id))
  return { exit, record }
})

const plan = Effect.flatMap(VideoGenerator, (generator) => generator.plan(request))

describe("a receipt that is larger than its quote", () => {
  it.effect("is a warning on the record and in the log, once, and widens the next quote", () =>
    Effect.gen(function* () {
      logged.length = 0
      const { record } = yield* finished
      assert.deepInclude(record, {
        estimate: Money.dollars(1),
        cost: { amount: Money.dollars(1.03), source: "reported" }
      })
      assert.deepStrictEqual(record.quoted, { amount: Money.dollars(1) })
      const sentence =
        "It was charged $1.03, more than the $1.00 that was quoted; later quotes of scripted/scripted-1 are widened by 3 %"
      assert.deepStrictEqual(record.warnings, [sentence])
      assert.deepInclude(Generation.summary(record), { warnings: [sentence] })
      assert.deepStrictEqual(logged, [sentence])
      const { estimate, quoted } = yield* plan
      assert.deepStrictEqual([estimate, quoted?.amount], [Money.dollars(1.03), Money.dollars(1)])
    }).pipe(on(charged(1.03)))
  )

  it.effect("does not add up: a job that costs what its wider quote says is no warning", () =>
    Effect.gen(function* () {
      yield* finished
      const { record } = yield* finished
      assert.isUndefined(record.warnings)
      assert.strictEqual((yield* plan).estimate, Money.dollars(1.03))
      const larger = yield* finished
      assert.match(
        larger.record.warnings?.[0] ?? "",
        /charged \$1\.05, more than the \$1\.03 .* widened by 5 %/
      )
      assert.strictEqual((yield* plan).estimate, Money.dollars(1.05))
    }).pipe(on(charged(1.03, 1.03, 1.05)))
  )

  it.effect("is kept where the job failed or was stopped, and where it is counted from tokens", () =>
    Effect.gen(function* () {
      const error = new GenerationFailed({ provider: "scripted", reason: "it broke" })
      for (const status of [
        { _tag: "Failed", error, cost: Money.dollars(2) },
        { _tag: "Cancelled", cost: Money.dollars(2) },
        { _tag: "Succeeded", videos: [remote], estimate: Money.dollars(2) }
      ] as const) {
        const widened = Effect.gen(function* () {
          const { record } = yield* finished
          assert.lengthOf(record.warnings ?? [], 1, status._tag)
          assert.strictEqual((yield* plan).estimate, Money.dollars(2))
        })
        yield* on({ capabilities: { price }, poll: [Effect.succeed(status)] })(widened)
      }
    })
  )

  it.effect("is none where the job cost what was quoted, or nothing was quoted", () =>
    Effect.gen(function* () {
      yield* on(charged(1))(
        Effect.gen(function* () {
          assert.isUndefined((yield* finished).record.warnings)
          assert.strictEqual((yield* plan).estimate, Money.dollars(1))
        })
      )
      const unpriced = { poll: [succeeded({ cost: Money.dollars(1) })] }
      yield* on(unpriced)(
        Effect.gen(function* () {
          const { record } = yield* finished
          assert.isUndefined(record.warnings)
          assert.isUndefined(record.quoted)
          assert.isUndefined((yield* plan).estimate)
        })
      )
    })
  )

  const late = Stream.fail(new OutputRefused({ provider: "scripted", reason: "HTTP 404" }))
  const file = Stream.make(mp4)

  it.effect.each([
    [[0, 1.03], 1.03],
    [[0.1, 1.03, 0.5], 1.03],
    [[undefined, 0.4, 0.2], 0.4]
  ] as const)("is the highest that was named until the file came (%j)", ([bills, expected]) =>
    Effect.gen(function* () {
      const made = yield* Effect.fork(finished)
      yield* TestClock.adjust("1 minute")
      const { record } = yield* Fiber.join(made)
      assert.strictEqual(record.state._tag, "Completed")
      assert.deepStrictEqual(record.cost, { amount: Money.dollars(expected), source: "reported" })
      assert.lengthOf(record.warnings ?? [], expected > 1 ? 1 : 0)
    }).pipe(
      on({
        capabilities: { price },
        poll: bills.map((bill) => succeeded(bill === undefined ? {} : { cost: Money.dollars(bill) })),
        download: [...bills.slice(1).map(() => late), file]
      })
    )
  )

  it.effect("keeps a cap that the next job would pass", () =>
    Effect.gen(function* () {
      const policy = yield* Policy.Policy
      const capped = Effect.provideService(finished, Policy.Policy, {
        ...policy,
        budget: { run: Money.dollars(2.04) }
      })
      yield* capped
      const { exit, record } = yield* capped
      assert.strictEqual(record.state._tag, "Queued")
      assert.include(JSON.stringify(exit), "BudgetSpent")
    }).pipe(on(charged(1.03)))
  )

  it.effect("is kept out of a job that waits for a price, until there is one", () => {
    const base = api({ poll: [succeeded({})] }, [])
    let prices: Prices.Prices = []
    const changing: VideoProvider["Type"] = {
      ...base,
      capabilities: (name) =>
        Option.map(base.capabilities(name), (one) => Prices.apply(prices, one, "2026-11-30"))
    }
    const live = generatorLayer.pipe(
      Layer.provideMerge(
        Layer.mergeAll(Layer.succeed(VideoProvider, changing), layerMemory, VideoStore.layerMemory)
      )
    )
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator
      const policy = yield* Policy.Policy
      const drain = Effect.provideService(generator.drain(), Policy.Policy, {
        ...policy,
        budget: { run: Money.dollars(1) }
      })
      const planned = yield* generator.plan(request, { queue: { batch: "a", priority: 0 } })
      const [queued = planned] = yield* generator.enqueue([planned])
      const halted = Option.getOrUndefined((yield* drain).halted)
      assert.deepInclude(halted, { _tag: "BudgetSpent", model: "scripted/scripted-1" })
      assert.notProperty(halted, "estimate")
      prices = [{ pattern: "scripted/*", rows: [{ perSecond: Money.dollars(0.3) }] }]
      assert.deepInclude(Option.getOrUndefined((yield* drain).halted), { estimate: Money.dollars(1.5) })
      // What the user says now counts, whatever was said before.
      prices = [{ pattern: "scripted/*", rows: [{ perSecond: Money.dollars(0.2) }] }]
      assert.isTrue(Option.isNone((yield* drain).halted))
      const records = yield* GenerationStore
      const record = yield* records.get(queued.id)
      assert.deepInclude(record, { cost: { amount: Money.dollars(1), source: "estimated" } })
      assert.isDefined(record.quoted?.ownPrice)
    }).pipe(Effect.provide(live))
  })

  it.scoped("that cannot be looked for is said, and hinders no plan", () =>
    Effect.gen(function* () {
      logged.length = 0
      const records = yield* GenerationStore
      const overcharge = () => Effect.fail(new StorageError({ operation: "look for receipts", reason: "no" }))
      const generator = yield* Effect.provideService(make, GenerationStore, { ...records, overcharge })
      assert.strictEqual((yield* generator.plan(request)).estimate, Money.dollars(1))
      assert.match(logged[0] ?? "", /^The quote is not held against earlier receipts: /)
    }).pipe(on(charged(1)))
  )
})
