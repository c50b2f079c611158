/**
 * What every store of records knows of receipts that were larger than their quotes, and what it makes of them.
 */
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import { type Cost, Generation } from "@mutoscope/core/Generation"
import { GenerationFailed } from "@mutoscope/core/GenerationError"
import { type Claim, GenerationStore } from "@mutoscope/core/GenerationStore"
import { MicroUsd } from "@mutoscope/core/Money"
import type { Quoting } from "@mutoscope/core/Receipt"
import Sqlite from "better-sqlite3"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as SqliteGenerationStore from "../src/SqliteGenerationStore.ts"
import { type Fields, generation, intended, operation, temporary } from "./fixtures.ts"
import { stores } from "./stores.ts"

const epoch = DateTime.unsafeMake(0)
const model: Quoting = { provider: "test", model: "veo" }
const micros = (amount: number) => MicroUsd.make(amount)
const reported = (amount: number): Cost => ({ amount: micros(amount), source: "reported" })
const counted = (amount: number): Cost => ({ amount: micros(amount), source: "estimated" })

const created = (fields: Fields) =>
  Effect.gen(function* () {
    const store = yield* GenerationStore
    yield* store.heartbeat("me", Duration.minutes(1))
    return yield* store.create(yield* generation(fields), "me")
  })

const rendering = (fields: Fields) =>
  Effect.gen(function* () {
    const store = yield* GenerationStore
    const claim = yield* intended(yield* created(fields))
    const own = { ...operation, id: claim.generation.id }
    return yield* store.accept(claim, { _tag: "Rendering", operation: own, submittedAt: epoch }, "accepted")
  })

const fail = (claim: Claim, cost: Cost) =>
  Effect.flatMap(GenerationStore, (store) =>
    store.transition(
      claim,
      {
        _tag: "Failed",
        error: new GenerationFailed({ provider: "test", reason: "it broke" }),
        finishedAt: epoch
      },
      "it broke",
      { cost }
    )
  )

/** A job that was quoted at so much and charged so much. */
const receipt = (quoted: number, cost: Cost, fields: Fields = {}) =>
  Effect.flatMap(rendering({ estimate: quoted, quoted, ...fields }), (claim) =>
    Effect.as(fail(claim, cost), claim.generation.id)
  )

const overcharge = (quoting: Quoting = model) =>
  Effect.flatMap(GenerationStore, (store) => store.overcharge(quoting))

const estimateOf = ({ id }: Generation) =>
  Effect.map(
    Effect.flatMap(GenerationStore, (store) => store.get(id)),
    ({ estimate }) => estimate
  )

describe.each(stores)("GenerationStore.overcharge (%s)", (_, layer) => {
  const test = (name: string, effect: Effect.Effect<void, unknown, GenerationStore>) =>
    it.effect(name, () => Effect.provide(effect, layer))

  test(
    "is the receipt that exceeded its quote the most",
    Effect.gen(function* () {
      assert.isTrue(Option.isNone(yield* overcharge()))
      yield* receipt(1_000_000, reported(1_000_000))
      yield* receipt(1_000_000, reported(900_000))
      assert.isTrue(Option.isNone(yield* overcharge()))
      const id = yield* receipt(1_000_000, reported(1_030_000))
      yield* receipt(2_000_000, reported(2_050_000))
      assert.deepStrictEqual(
        yield* overcharge(),
        Option.some({ generationId: id, quoted: micros(1_000_000), charged: micros(1_030_000) })
      )
      const free = yield* receipt(0, reported(1))
      assert.strictEqual(Option.getOrThrow(yield* overcharge()).generationId, free)
    })
  )

  test(
    "is of one provider, one model and one price",
    Effect.gen(function* () {
      yield* receipt(1, reported(2))
      assert.isTrue(Option.isSome(yield* overcharge()))
      assert.isTrue(Option.isNone(yield* overcharge({ ...model, provider: "other" })))
      assert.isTrue(Option.isNone(yield* overcharge({ ...model, model: "other" })))
      assert.isTrue(Option.isNone(yield* overcharge({ ...model, ownPrice: "a" })))
      yield* receipt(1, reported(3), { ownPrice: "a" })
      assert.strictEqual(Option.getOrThrow(yield* overcharge({ ...model, ownPrice: "a" })).charged, 3)
      assert.strictEqual(Option.getOrThrow(yield* overcharge()).charged, 2)
      assert.isTrue(Option.isNone(yield* overcharge({ ...model, ownPrice: "b" })))
    })
  )

  test(
    "counts what tokens come to, and no cost that is only what was expected, nor one without a quote",
    Effect.gen(function* () {
      yield* receipt(10, counted(12), { estimate: 12 })
      const unquoted = yield* rendering({ estimate: 10 })
      yield* fail(unquoted, reported(20))
      assert.isTrue(Option.isNone(yield* overcharge()))
      yield* receipt(10, counted(11))
      assert.strictEqual(Option.getOrThrow(yield* overcharge()).charged, 11)
    })
  )

  test(
    "is forgotten after fifty newer receipts, or after 90 days",
    Effect.gen(function* () {
      yield* receipt(10, reported(20))
      yield* TestClock.adjust("1 day")
      yield* Effect.replicateEffect(receipt(10, reported(10)), 49)
      assert.isTrue(Option.isSome(yield* overcharge()))
      yield* receipt(10, reported(10))
      assert.isTrue(Option.isNone(yield* overcharge()))
      yield* receipt(10, reported(15))
      yield* TestClock.adjust("90 days")
      assert.isTrue(Option.isSome(yield* overcharge()))
      yield* TestClock.adjust("1 milli")
      assert.isTrue(Option.isNone(yield* overcharge()))
    })
  )

  test(
    "raises the estimates of what waits and of what is in flight, rounded up, and of nothing else",
    Effect.gen(function* () {
      const quoted = { estimate: 1_000, quoted: 1_000 }
      const waiting = yield* created(quoted)
      const flying = yield* rendering(quoted)
      const wider = yield* created({ estimate: 5_000, quoted: 1_000 })
      const others = yield* Effect.forEach(
        [{ model: "other" }, { provider: "other" }, { ownPrice: "a" }] satisfies ReadonlyArray<Fields>,
        (fields) => created({ ...quoted, ...fields })
      )
      const unquoted = yield* created({ estimate: 1_000 })
      yield* receipt(300, reported(301))
      assert.strictEqual(yield* estimateOf(waiting.generation), 1_004)
      assert.strictEqual(yield* estimateOf(flying.generation), 1_004)
      assert.strictEqual(yield* estimateOf(wider.generation), 5_000)
      for (const { generation } of [...others, unquoted])
        assert.strictEqual(yield* estimateOf(generation), 1_000)
      // A smaller one lowers nothing.
      yield* receipt(1_000, reported(1_001))
      assert.strictEqual(yield* estimateOf(waiting.generation), 1_004)
      // What was thought to be free has no known price any more.
      yield* receipt(0, reported(1))
      assert.isUndefined(yield* estimateOf(waiting.generation))
    })
  )

  test(
    "is in the budget at once: what is in flight counts as what it may really cost",
    Effect.gen(function* () {
      const store = yield* GenerationStore
      const quoted = { estimate: 1_000, quoted: 1_000 }
      const first = yield* rendering(quoted)
      yield* rendering(quoted)
      const next = yield* created(quoted)
      yield* fail(first, reported(1_500))
      const intent = { _tag: "Submitting", attempt: 1, startedAt: epoch } as const
      const error = yield* Effect.flip(store.intend(next, intent, { day: micros(4_499) }))
      assert.deepInclude(error, { _tag: "BudgetSpent", spent: 3_000, estimate: micros(1_500) })
      assert.isTrue(Option.isSome(yield* store.intend(next, intent, { day: micros(4_500) })))
    })
  )

  test(
    "of what is quoted anew is forgotten with the quote: both are written as it is sent",
    Effect.gen(function* () {
      const store = yield* GenerationStore
      const claim = yield* created({})
      const intent = { _tag: "Submitting", attempt: 1, startedAt: epoch } as const
      const budget = { run: micros(1_000) }
      assert.deepInclude(yield* Effect.flip(store.intend(claim, intent, budget)), {
        _tag: "BudgetSpent",
        model: "test/veo"
      })
      const quoted = { amount: micros(900), ownPrice: "a" }
      const priced = new Generation(
        { ...claim.generation, estimate: micros(1_000), quoted },
        { disableValidation: true }
      )
      const intended = yield* store.intend({ ...claim, generation: priced }, intent, budget)
      assert.deepInclude(Option.getOrThrow(intended).generation, { estimate: micros(1_000) })
      const record = yield* store.get(claim.generation.id)
      assert.deepStrictEqual([record.estimate, record.quoted], [micros(1_000), quoted])
      const dear = yield* created({ estimate: 5_000, quoted: 5_000 })
      const cheaper = new Generation(
        { ...dear.generation, estimate: micros(1), quoted: { amount: micros(1), ownPrice: "b" } },
        { disableValidation: true }
      )
      yield* store.intend({ ...dear, generation: cheaper }, intent, { run: micros(1_001) })
      assert.strictEqual(yield* estimateOf(dear.generation), 1)
    })
  )

  test(
    "stays raised where the record is amended by somebody who read it before",
    Effect.gen(function* () {
      const store = yield* GenerationStore
      const claim = yield* intended(yield* created({ estimate: 1_000, quoted: 1_000 }))
      yield* receipt(1_000, reported(2_000))
      const error = new GenerationFailed({ provider: "test", reason: "no" })
      const again = yield* store.transition(claim, { _tag: "Queued", attempt: 1, refusal: error }, "again", {
        warnings: ["something"]
      })
      assert.strictEqual(yield* estimateOf(again.generation), 2_000)
    })
  )
})

describe("the receipts of a database", () => {
  it.scoped("are found by their index", () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "records.db")
      yield* Effect.provide(
        receipt(1, reported(2)),
        SqliteGenerationStore.layer({ path }).pipe(Layer.provide(NodeContext.layer))
      )
      const database = new Sqlite(path)
      const plan = database
        .prepare(
          `EXPLAIN QUERY PLAN SELECT id FROM generations WHERE provider = 'test' AND model = 'veo'
            AND quoted IS NOT NULL AND cost IS NOT NULL AND intended_at >= 0 ORDER BY intended_at DESC, number DESC LIMIT 50`
        )
        .all()
      database.close()
      assert.match(JSON.stringify(plan), /generations_by_receipt/)
      assert.notMatch(JSON.stringify(plan), /TEMP B-TREE/)
    })
  )
})
